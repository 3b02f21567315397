namespace Gesto.Training.Scoring;

/// <summary>Orders classes so that those confused with each other sit together: in alphabetical order the errors of 126
/// classes are scattered dots, in this order they are blocks along the diagonal.</summary>
/// <remarks>Agglomerative clustering with average linkage over the confusion rates of both directions; each merge joins
/// the two chains at the ends that are confused most (the idea of Z. Bar-Joseph et al., "Fast optimal leaf ordering",
/// 2001, done greedily). Groups come by size; classes never confused keep the order of their ids at the end. O(K³) at
/// worst, a few milliseconds for K = 126.</remarks>
internal static class ConfusionOrder
{
    /// <returns>A permutation of 0…K−1: entry = position, value = label.</returns>
    public static int[] Of(ConfusionMatrix matrix)
    {
        int classes = matrix.Count;
        double[,] rate = SymmetricRates(matrix);
        var chains = Enumerable.Range(0, classes).Select(label => new List<int> { label }).ToList();
        while (Closest(chains, rate) is (int a, int b))
        {
            chains[a] = Join(chains[a], chains[b], rate);
            chains.RemoveAt(b);
        }
        return [.. chains.OrderByDescending(c => c.Count).ThenBy(c => c.Min()).SelectMany(c => c)];
    }

    private static double[,] SymmetricRates(ConfusionMatrix matrix)
    {
        int classes = matrix.Count;
        double[] support =
        [
            .. Enumerable.Range(0, classes).Select(label => (double)Math.Max(1, matrix.Support(label))),
        ];
        var rate = new double[classes, classes];
        for (int a = 0; a < classes; a++)
        for (int b = 0; b < classes; b++)
            if (a != b)
                rate[a, b] = matrix[a, b] / support[a] + matrix[b, a] / support[b];
        return rate;
    }

    /// <returns>The two chains with the highest mean rate between them, the first of equals; null when no rate is
    /// left.</returns>
    private static (int A, int B)? Closest(List<List<int>> chains, double[,] rate)
    {
        double best = 0;
        (int, int)? pair = null;
        for (int a = 0; a < chains.Count; a++)
        for (int b = a + 1; b < chains.Count; b++)
        {
            double sum = 0;
            foreach (int x in chains[a])
            foreach (int y in chains[b])
                sum += rate[x, y];
            double mean = sum / (chains[a].Count * chains[b].Count);
            if (mean <= best)
                continue;
            best = mean;
            pair = (a, b);
        }
        return pair;
    }

    private static List<int> Join(List<int> a, List<int> b, double[,] rate)
    {
        List<int> reversedA = [.. Enumerable.Reverse(a)];
        List<int> reversedB = [.. Enumerable.Reverse(b)];
        (List<int> Left, List<int> Right)[] ways = [(a, b), (a, reversedB), (reversedA, b), (reversedA, reversedB)];
        (List<int> left, List<int> right) = ways.MaxBy(w => rate[w.Left[^1], w.Right[0]]);
        return [.. left, .. right];
    }
}

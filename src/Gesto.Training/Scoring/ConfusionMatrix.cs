using Gesto.Signs;

namespace Gesto.Training.Scoring;

/// <summary>Two classes and how often one was taken for the other, in either direction.</summary>
/// <param name="First">Name of the class with the lower id.</param>
/// <param name="Second">Name of the other.</param>
/// <param name="Count">Samples of either class recognised as the other.</param>
/// <param name="Rate"><paramref name="Count"/> / samples of both classes, 0…1; 0 where there are none.</param>
/// <param name="FirstAsSecond">The part of <paramref name="Count"/> that is First recognised as Second.</param>
public sealed record ConfusedPair(string First, string Second, int Count, double Rate, int FirstAsSecond);

/// <summary>Counts of truth against prediction.</summary>
public sealed class ConfusionMatrix
{
    private readonly int[] counts; // (K,K) row-major, row = truth

    public ConfusionMatrix(int[] predicted, int[] labels, int classes)
    {
        Count = classes;
        counts = new int[classes * classes];
        for (int n = 0; n < labels.Length; n++)
            counts[labels[n] * classes + predicted[n]]++;
    }

    /// <summary>K, the number of classes.</summary>
    public int Count { get; }

    /// <returns>Samples of class <paramref name="truth"/> recognised as <paramref name="predicted"/>.</returns>
    public int this[int truth, int predicted] => counts[truth * Count + predicted];

    public int Support(int truth) => counts.AsSpan(truth * Count, Count).ToArray().Sum();

    /// <returns>All pairs confused at least once, the highest count first, then the highest rate, then by
    /// label.</returns>
    public IReadOnlyList<ConfusedPair> ConfusedPairs(LabelSet labels)
    {
        var pairs = new List<ConfusedPair>();
        for (int a = 0; a < Count; a++)
        for (int b = a + 1; b < Count; b++)
            if (this[a, b] + this[b, a] > 0)
                pairs.Add(PairOf(a, b, labels));
        return [.. pairs.OrderByDescending(p => p.Count).ThenByDescending(p => p.Rate)];
    }

    /// <returns>The pairs of <paramref name="names"/> whose two classes are both in the label set.</returns>
    public IReadOnlyList<ConfusedPair> WatchedPairs(LabelSet labels, IReadOnlyList<(string First, string Second)> names)
    {
        var labelOf = labels
            .Classes.Select((c, label) => (c.Name, label))
            .GroupBy(p => p.Name)
            .ToDictionary(g => g.Key, g => g.First().label, StringComparer.OrdinalIgnoreCase);
        return
        [
            .. names
                .Where(p => labelOf.ContainsKey(p.First) && labelOf.ContainsKey(p.Second))
                .Select(p => (A: labelOf[p.First], B: labelOf[p.Second]))
                .Select(p => PairOf(Math.Min(p.A, p.B), Math.Max(p.A, p.B), labels)),
        ];
    }

    private ConfusedPair PairOf(int a, int b, LabelSet labels)
    {
        int count = this[a, b] + this[b, a];
        int samples = Support(a) + Support(b);
        return new(labels[a].Name, labels[b].Name, count, samples == 0 ? 0 : (double)count / samples, this[a, b]);
    }
}

namespace Gesto.Training.Scoring;

/// <summary>The exact test of McNemar (Q. McNemar, Psychometrika 12 (1947); exact form: two-sided binomial over the
/// samples on which the two disagree). It takes samples for independent; where few signers gave them, trust the
/// interval by signer first.</summary>
public static class McNemar
{
    /// <param name="onlyFirst">Samples that only the first recognised.</param>
    /// <param name="onlySecond">Samples that only the second recognised.</param>
    /// <returns>The probability of a split at least as uneven if both were equally good: 2 · P(X ≤ min), X ~
    /// Binomial(sum, ½), at most 1.</returns>
    public static double P(int onlyFirst, int onlySecond)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(onlyFirst);
        ArgumentOutOfRangeException.ThrowIfNegative(onlySecond);
        int n = onlyFirst + onlySecond,
            least = Math.Min(onlyFirst, onlySecond);
        double log = -n * Math.Log(2),
            sum = 0; // log of C(n, i) / 2^n
        for (int i = 0; i <= least; i++)
        {
            sum += Math.Exp(log);
            log += Math.Log((double)(n - i) / (i + 1));
        }
        return Math.Min(1, 2 * sum);
    }

    /// <returns>Every p multiplied as S. Holm, Scand. J. Stat. 6 (1979), asks for when several tests are read
    /// together.</returns>
    public static double[] Holm(IReadOnlyList<double> p)
    {
        var adjusted = new double[p.Count];
        double before = 0;
        foreach ((int rank, int i) in Enumerable.Range(0, p.Count).OrderBy(i => p[i]).Index())
            adjusted[i] = before = Math.Max(before, Math.Min(1, p[i] * (p.Count - rank)));
        return adjusted;
    }
}

namespace Gesto.Training.Scoring;

/// <summary>Samples of similar confidence.</summary>
/// <param name="Samples">How many.</param>
/// <param name="Confidence">Their mean confidence, 0…1.</param>
/// <param name="Accuracy">The share of them that is right.</param>
public sealed record ReliabilityBin(int Samples, double Confidence, double Accuracy);

/// <summary>Whether confidence is what it says: of the answers given with 80 %, are 80 % right? Confidence is the
/// probability of the answer, 0…1. Pure; any thread.</summary>
/// <remarks> The expected calibration error (M. P. Naeini, G. F. Cooper, M. Hauskrecht, AAAI 2015) over 15 bins of
/// equal mass: as many samples in each (K. Nguyen, B. O'Connor, EMNLP 2015; J. Nixon et al., "Measuring Calibration in
/// Deep Learning", 2019). With bins of equal width, the more common choice (Guo et al. 2017), most samples of a good
/// recogniser share one bin and the others hold a handful.
/// <para>The error is biased upwards: a perfectly calibrated recogniser shows one too, since 50 samples of a bin do not
/// hit their expectation. <see cref="ByChance"/> says how much.</para>
/// </remarks>
public static class Reliability
{
    public const int Bins = 15;

    /// <returns>At most <paramref name="bins"/> bins, ascending; sizes differ by one at most, except that equal
    /// confidences are never parted.</returns>
    public static IReadOnlyList<ReliabilityBin> EqualMass(double[] confidences, bool[] correct, int bins = Bins)
    {
        int count = confidences.Length;
        int[] order = [.. Enumerable.Range(0, count).OrderBy(n => confidences[n])];
        var result = new List<ReliabilityBin>();
        for (int b = 0, from = 0; b < bins && from < count; b++)
        {
            int to = (int)((long)(b + 1) * count / bins);
            if (to <= from)
                continue;
            while (to < count && confidences[order[to]] == confidences[order[to - 1]])
                to++;
            result.Add(BinOf(order[from..to], confidences, correct));
            from = to;
        }
        return result;
    }

    /// <returns>The bins of equal width that hold a sample, ascending; bin b is (b / bins, (b + 1) / bins].</returns>
    public static IReadOnlyList<ReliabilityBin> EqualWidth(double[] confidences, bool[] correct, int bins = Bins) =>
        [
            .. Enumerable
                .Range(0, confidences.Length)
                .GroupBy(n => Math.Clamp((int)Math.Ceiling(confidences[n] * bins) - 1, 0, bins - 1))
                .OrderBy(g => g.Key)
                .Select(g => BinOf([.. g], confidences, correct)),
        ];

    /// <returns>Σ share of samples · |accuracy − confidence|, 0…1.</returns>
    public static double Ece(IReadOnlyList<ReliabilityBin> bins)
    {
        double all = bins.Sum(b => b.Samples);
        return bins.Sum(b => b.Samples / all * Math.Abs(b.Accuracy - b.Confidence));
    }

    /// <summary>The error over equal-mass bins that a perfectly calibrated recogniser with these confidences would
    /// show: the mean over <paramref name="draws"/> draws in which each answer is right with its own confidence (the
    /// consistency resampling of J. Bröcker, L. A. Smith, Weather and Forecasting 22 (2007)).</summary>
    public static double ByChance(double[] confidences, int seed, int draws = 200)
    {
        var random = new Random(seed);
        double[] sorted = [.. confidences.Order()];
        double sum = 0;
        for (int i = 0; i < draws; i++)
            sum += Ece(EqualMass(sorted, [.. sorted.Select(c => random.NextDouble() < c)]));
        return sum / draws;
    }

    private static ReliabilityBin BinOf(int[] members, double[] confidences, bool[] correct) =>
        new(
            members.Length,
            members.Average(n => confidences[n]),
            members.Count(n => correct[n]) / (double)members.Length
        );
}

using System.Globalization;

namespace Gesto.Training.Scoring;

/// <summary>A 95 % interval of an accuracy, or of the difference of two.</summary>
/// <param name="Low">Lower end, fraction 0…1; of a difference −1…1.</param>
/// <param name="High">Upper end, likewise.</param>
/// <param name="Method">How it was computed and why so, in words for a reader of the report.</param>
public readonly record struct AccuracyInterval(double Low, double High, string Method);

/// <summary>The 95 % percentile bootstrap of top-1 accuracy and of other means over samples.</summary>
/// <remarks>
/// Samples of one signer resemble each other, so resampling single samples gives intervals that are too narrow for the
/// question people ask: how well does it do on the next signer? Where every signer is known, whole signers are drawn:
/// <list type="bullet">
/// <item>5 signers or more: signers with replacement, each with all of its samples (cluster bootstrap; C. A. Field, A.
/// H. Welsh, "Bootstrapping clustered data", J. R. Stat. Soc. B 69 (2007); A. C. Davison, D. V. Hinkley, Bootstrap
/// Methods and their Application (1997), section 3.8).</item>
/// <item>2 to 4 signers: drawing S of S signers has only 3, 10 or 35 distinct outcomes (S = 2, 3, 4), so the
/// percentiles of the pure cluster bootstrap are a handful of steps. Signers are drawn first and then samples within
/// each drawn signer (two-stage, the same sections; Field and Welsh call it the two-stage bootstrap). It is a little
/// conservative, and with so few signers no method knows the spread between people well.</item>
/// <item>1 signer, or some signers unknown: samples with replacement.</item>
/// </list> Where all samples are right, or all wrong, no resample differs and the bootstrap would claim certainty: the
/// exact binomial interval (Clopper and Pearson, 1934) over the samples is given instead.
/// </remarks>
public static class BootstrapInterval
{
    public const int DefaultResamples = 2000;

    public const int DefaultSeed = 1;

    /// <summary>Below this number of signers the two-stage bootstrap is used.</summary>
    internal const int FewSigners = 5;

    private const double Level = 0.95;

    /// <param name="correct">(N) whether each sample was recognised, N ≥ 1.</param>
    /// <param name="signers">(N) signer of each sample, null where unknown.</param>
    /// <param name="seed">Equal seeds give equal intervals.</param>
    /// <param name="resamples">2,000 or more; the ends' own random error is about ± 0.003 at an interval ± 0.05
    /// wide.</param>
    public static AccuracyInterval OfTop1(
        bool[] correct,
        IReadOnlyList<string?> signers,
        int seed,
        int resamples = DefaultResamples
    )
    {
        ArgumentOutOfRangeException.ThrowIfZero(correct.Length);
        ArgumentOutOfRangeException.ThrowIfNotEqual(signers.Count, correct.Length);
        ArgumentOutOfRangeException.ThrowIfLessThan(resamples, DefaultResamples);
        int right = correct.Count(c => c);
        return right == 0 || right == correct.Length
            ? Exact(correct.Length, right > 0)
            : OfMean([.. correct.Select(c => c ? 1.0 : 0.0)], signers, seed, resamples);
    }

    /// <summary>The same of the mean of any values, e.g. of the differences between two recognisers on the same
    /// samples: one draw takes both at once, so what is hard for both cancels.</summary>
    /// <param name="values">(N), N ≥ 1.</param>
    /// <param name="signers">(N) signer of each sample, null where unknown.</param>
    /// <param name="seed">Equal seeds give equal intervals.</param>
    /// <param name="resamples">As in <see cref="OfTop1"/>.</param>
    public static AccuracyInterval OfMean(
        double[] values,
        IReadOnlyList<string?> signers,
        int seed,
        int resamples = DefaultResamples
    )
    {
        ArgumentOutOfRangeException.ThrowIfZero(values.Length);
        ArgumentOutOfRangeException.ThrowIfNotEqual(signers.Count, values.Length);
        ArgumentOutOfRangeException.ThrowIfLessThan(resamples, DefaultResamples);
        var random = new Random(seed);
        string drawn = string.Create(
            CultureInfo.InvariantCulture,
            $"95 % percentile bootstrap, {resamples:N0} resamples"
        );
        int unknown = signers.Count(s => s is null);
        // Signers and values sorted: the interval must not depend on the order of samples.
        double[][] clusters =
            unknown > 0
                ? []
                :
                [
                    .. signers
                        .Zip(values, (signer, v) => (signer, v))
                        .GroupBy(p => p.signer, p => p.v)
                        .OrderBy(g => g.Key, StringComparer.Ordinal)
                        .Select(g => g.OrderDescending().ToArray()),
                ];

        if (clusters.Length >= FewSigners)
            return Percentiles(
                resamples,
                () => DrawSigners(clusters, random),
                $"{drawn} of {clusters.Length} whole signers"
            );
        if (clusters.Length >= 2)
            return Percentiles(
                resamples,
                () => DrawSignersThenSamples(clusters, random),
                $"{drawn} in two stages, signers and samples within each: only {clusters.Length} signers"
            );
        string why = unknown > 0 ? $"signer unknown for {unknown} of {values.Length}" : "only one signer";
        double[] all = [.. values.OrderDescending()];
        return Percentiles(
            resamples,
            () => DrawSamples(all, random) / all.Length,
            $"{drawn} of single samples ({why}); it says nothing about other signers"
        );
    }

    /// <summary>The interval of Wilson (1927) for <paramref name="right"/> of <paramref name="samples"/>: sound for
    /// small counts, used where a group is one signer's samples.</summary>
    public static (double Low, double High) Wilson(int right, int samples)
    {
        const double z = 1.959963984540054;
        double p = (double)right / samples;
        double centre = p + z * z / (2 * samples);
        double half = z * Math.Sqrt(p * (1 - p) / samples + z * z / (4.0 * samples * samples));
        double scale = 1 + z * z / samples;
        return (Math.Max(0, (centre - half) / scale), Math.Min(1, (centre + half) / scale));
    }

    private static AccuracyInterval Exact(int samples, bool allRight)
    {
        double end = Math.Pow((1 - Level) / 2, 1.0 / samples);
        string method =
            $"95 % exact binomial (Clopper-Pearson) over samples: {(allRight ? "all" : "none")} of {samples} are right, "
            + "so the bootstrap has nothing to vary";
        return allRight ? new(end, 1, method) : new(0, 1 - end, method);
    }

    private static double DrawSigners(double[][] clusters, Random random)
    {
        double samples = 0,
            sum = 0;
        for (int i = 0; i < clusters.Length; i++)
        {
            double[] drawn = clusters[random.Next(clusters.Length)];
            samples += drawn.Length;
            foreach (double value in drawn)
                sum += value;
        }
        return sum / samples;
    }

    private static double DrawSignersThenSamples(double[][] clusters, Random random)
    {
        double samples = 0,
            sum = 0;
        for (int i = 0; i < clusters.Length; i++)
        {
            double[] drawn = clusters[random.Next(clusters.Length)];
            samples += drawn.Length;
            sum += DrawSamples(drawn, random);
        }
        return sum / samples;
    }

    /// <returns>The sum of as many draws with replacement as there are values.</returns>
    private static double DrawSamples(double[] values, Random random)
    {
        double sum = 0;
        for (int i = 0; i < values.Length; i++)
            sum += values[random.Next(values.Length)];
        return sum;
    }

    private static AccuracyInterval Percentiles(int resamples, Func<double> draw, string method)
    {
        var values = new double[resamples];
        for (int i = 0; i < resamples; i++)
            values[i] = draw();
        Array.Sort(values);
        return new(Quantile(values, (1 - Level) / 2), Quantile(values, (1 + Level) / 2), method);
    }

    /// <summary>Linear interpolation between order statistics (R's type 7, numpy's default).</summary>
    private static double Quantile(double[] sorted, double q)
    {
        double position = q * (sorted.Length - 1);
        int below = (int)position;
        int above = Math.Min(below + 1, sorted.Length - 1);
        return sorted[below] + (position - below) * (sorted[above] - sorted[below]);
    }
}

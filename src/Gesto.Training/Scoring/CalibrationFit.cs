using System.Globalization;
using Gesto.Signs;
using Gesto.Training.Features;
using Gesto.Training.Models;
using Gesto.Training.Recognition;

namespace Gesto.Training.Scoring;

/// <summary>Learns a <see cref="Calibration"/> from samples that training held out.</summary>
/// <remarks> One temperature is what the few held-out people can bear: it is one number, it is fitted by likelihood and
/// it cannot change an answer. Still, care is due where validation is one or two signers:
/// <list type="bullet">
/// <item>Signers count equally, however many samples each has: the next user is another person, not another
/// sample.</item>
/// <item>A weak pull to T = 1 (<see cref="LogLinearPool"/>) keeps a handful of samples from earning certainty.</item>
/// <item>Of its 95 % interval the T nearest to 1 is taken: few samples held out say little of what the next recordings
/// are like, and where 1 may be right nothing is changed; hundreds make the interval narrow.</item>
/// <item>T comes with an interval, by the sandwich estimator: over signers where there are five or more, else over
/// samples, and then it says that it knows nothing of the next signer (P. J. Huber 1967; K.-Y. Liang, S. L. Zeger,
/// Biometrika 73 (1986)).</item>
/// <item>The calibration error after fitting is cross-fitted: each signer is scored with the temperature of the
/// others.</item>
/// <item>The checkpoint was chosen by its accuracy on the same samples, which makes T a little low; only out-of-fold
/// predictions would mend that, and <see cref="Fit"/> takes them as well.</item>
/// </list>
/// </remarks>
public static class CalibrationFit
{
    /// <summary>The share of validation that the threshold for `unknown` answers. A coverage is a quantile and always
    /// there; a target for the error may be out of reach of any threshold.</summary>
    public const double DefaultCoverage = 0.9;

    private const double HighestTemperature = 20; // a recogniser that knows nothing would go to infinity
    private const double LeastTemperature = 0.05;
    private const int FoldsWithoutSigners = 5;

    /// <summary>Fits on the samples a run held out, and writes `calibration.json` into it.</summary>
    /// <returns>What was learnt; null where the run held nothing out, and then nothing is written.</returns>
    /// <exception cref="InvalidDataException">The features are not those of the run.</exception>
    public static Calibration? OfRun(
        string runFolder,
        FeatureSet features,
        int threads,
        double coverage = DefaultCoverage,
        IProgress<WorkProgress>? progress = null,
        CancellationToken cancel = default
    )
    {
        using ITrainedRecogniser recogniser = ITrainedRecogniser.Load(runFolder, threads);
        recogniser.Calibration = Calibration.None;
        HeldOutPredictions held = HeldOutPredictions.Of([recogniser], features, progress, cancel);
        if (held.Samples.Length == 0)
            return null;
        Calibration calibration = Fit(
            held.Probabilities[0],
            held.Truth,
            [.. held.Samples.Select(s => s.Signer)],
            held.Words,
            coverage
        );
        calibration.Save(runFolder);
        return calibration;
    }

    /// <summary>The temperature and threshold of uncalibrated probabilities.</summary>
    /// <param name="probabilities">(N,K) of samples the recogniser did not learn from.</param>
    /// <param name="truth">(N) labels.</param>
    /// <param name="signers">(N) signer of each sample, null where unknown.</param>
    /// <param name="fittedOn">What these samples are, in words.</param>
    /// <param name="coverage">The share of them that should get an answer, 0…1.</param>
    public static Calibration Fit(
        float[][] probabilities,
        int[] truth,
        IReadOnlyList<string?> signers,
        string fittedOn,
        double coverage = DefaultCoverage
    )
    {
        Metrics.CheckLabels(probabilities, truth);
        ArgumentOutOfRangeException.ThrowIfNotEqual(signers.Count, truth.Length);
        int[] all = [.. Enumerable.Range(0, truth.Length)];
        (double power, double low, double high, string method) = Cautious(all, probabilities, truth, signers);
        bool[] correct = [.. Metrics.Predict(probabilities).Zip(truth, (p, t) => p == t)];
        double[] confidences = [.. probabilities.Select(row => Confidence(row, power))];
        (double after, string eceMethod) = CrossFitted(probabilities, truth, signers, correct);
        return new()
        {
            Temperature = 1 / power,
            TemperatureLow = 1 / high,
            TemperatureHigh = 1 / low,
            IntervalMethod = method,
            UnknownBelow = Threshold(confidences, coverage),
            Coverage = coverage,
            FittedOn = fittedOn,
            Samples = truth.Length,
            Signers = signers.OfType<string>().Distinct().Count(),
            EceBefore = Reliability.Ece(
                Reliability.EqualMass([.. probabilities.Select(row => (double)row.Max())], correct)
            ),
            EceAfter = after,
            EceMethod = eceMethod,
        };
    }

    private static double Confidence(float[] row, double power) => Calibration.Sharpen(row, power).Max();

    /// <returns>1 / T of the samples named, as near to 1 as its interval allows, and the interval.</returns>
    private static (double Power, double Low, double High, string Method) Cautious(
        int[] members,
        float[][] probabilities,
        int[] truth,
        IReadOnlyList<string?> signers
    )
    {
        double power = Power(members, probabilities, truth, signers);
        (double low, double high, string method) = Interval(
            power,
            [.. members.Select(n => probabilities[n])],
            [.. members.Select(n => truth[n])],
            [.. members.Select(n => signers[n])]
        );
        return (Math.Clamp(1, low, high), low, high, method);
    }

    /// <returns>1 / T of the samples named.</returns>
    internal static double Power(int[] members, float[][] probabilities, int[] truth, IReadOnlyList<string?> signers) =>
        LogLinearPool.Fit(
            [
                [.. members.Select(n => probabilities[n])],
            ],
            [.. members.Select(n => truth[n])],
            Shares([.. members.Select(n => signers[n])]),
            [1],
            1 / HighestTemperature,
            1 / LeastTemperature
        )[0];

    /// <returns>(N) weights of mean 1: equal sums a signer where all signers are known, else all 1.</returns>
    internal static double[] Shares(IReadOnlyList<string?> signers)
    {
        if (signers.Any(s => s is null))
            return [.. signers.Select(_ => 1.0)];
        Dictionary<string, int> count = signers.CountBy(s => s!).ToDictionary();
        return [.. signers.Select(s => signers.Count / (double)(count.Count * count[s!]))];
    }

    /// <summary>The largest threshold that still answers <paramref name="coverage"/> of the samples.</summary>
    private static double Threshold(double[] confidences, double coverage)
    {
        int answered = Math.Clamp((int)Math.Ceiling(coverage * confidences.Length - 1e-9), 1, confidences.Length);
        return confidences.OrderDescending().ElementAt(answered - 1);
    }

    /// <summary>power ± 1.96 · √(Σ_c (Σ_{n∈c} score)²) / (Σ curvature + 1), c = signers or samples.</summary>
    private static (double Low, double High, string Method) Interval(
        double power,
        float[][] probabilities,
        int[] truth,
        IReadOnlyList<string?> signers
    )
    {
        double[] shares = Shares(signers);
        (double Score, double Curvature)[] each =
        [
            .. probabilities.Select((row, n) => LogLinearPool.OfSample(row, truth[n], power)),
        ];
        double curvature = 1 + each.Zip(shares, (e, s) => s * e.Curvature).Sum();
        bool bySigner = signers.All(s => s is not null) && signers.Distinct().Count() >= BootstrapInterval.FewSigners;
        double spread = Enumerable
            .Range(0, truth.Length)
            .GroupBy(n => bySigner ? signers[n] : n.ToString(CultureInfo.InvariantCulture))
            .Sum(c => Math.Pow(c.Sum(n => shares[n] * each[n].Score), 2));
        double half = 1.959963984540054 * Math.Sqrt(spread) / curvature;
        string method = bySigner
            ? "95 % sandwich interval over signers"
            : $"95 % sandwich interval over samples (fewer than {BootstrapInterval.FewSigners} known signers); it says nothing about other signers";
        return (Math.Max(1 / HighestTemperature, power - half), Math.Min(1 / LeastTemperature, power + half), method);
    }

    private static (double Ece, string Method) CrossFitted(
        float[][] probabilities,
        int[] truth,
        IReadOnlyList<string?> signers,
        bool[] correct
    )
    {
        bool bySigner = signers.All(s => s is not null) && signers.Distinct().Count() > 1;
        var confidences = new double[truth.Length];
        foreach (
            IGrouping<string, int> fold in Enumerable
                .Range(0, truth.Length)
                .GroupBy(n => bySigner ? signers[n]! : (n % FoldsWithoutSigners).ToString(CultureInfo.InvariantCulture))
        )
        {
            int[] others = [.. Enumerable.Range(0, truth.Length).Except(fold)];
            double power = others.Length == 0 ? 1 : Cautious(others, probabilities, truth, signers).Power;
            foreach (int n in fold)
                confidences[n] = Confidence(probabilities[n], power);
        }
        return (
            Reliability.Ece(Reliability.EqualMass(confidences, correct)),
            $"{Reliability.Bins} equal-mass bins; after: "
                + (
                    bySigner
                        ? "each signer with the temperature of the others"
                        : $"{FoldsWithoutSigners} folds of samples of the same signer, so for new signers it is too low"
                )
        );
    }
}

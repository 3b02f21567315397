using System.Globalization;
using Gesto.Bundles;
using Gesto.Files;
using Gesto.Inference;
using Gesto.Recordings;
using Gesto.Signs;
using Gesto.Training.Datasets;
using Gesto.Training.Features;
using Gesto.Training.Fitting;
using Gesto.Training.Models;
using Gesto.Training.Recipes;
using Gesto.Training.Recognition;
using Gesto.Training.Runs;
using Gesto.Training.Scoring;

namespace Gesto.Training.Evaluation;

/// <summary>Makes an ensemble directory of finished runs: weights and temperature from samples that every member held
/// out, never from test.</summary>
public static class EnsembleFit
{
    private const double HighestPower = 20,
        LowestPower = 0.05;

    /// <summary>A weight below this is no vote, and would cost a prediction its time.</summary>
    private const double Least = 0.01;

    /// <param name="runs">Run directories or bundles of single runs, two or more.</param>
    /// <param name="folder">The ensemble's directory; made where absent.</param>
    /// <param name="features">Features made as those the members were trained on.</param>
    /// <param name="equal">Give every member the same weight instead of fitting weights; needs no common validation
    /// samples.</param>
    /// <param name="threads">libtorch's threads.</param>
    /// <param name="progress">Counts samples.</param>
    /// <param name="cancel">Nothing is written then.</param>
    /// <returns>What was written as `ensemble.json`, and the calibration beside it; null where no sample was held out
    /// by all.</returns>
    /// <exception cref="IOException"><paramref name="folder"/> holds something that is not an ensemble.</exception>
    /// <exception cref="InvalidDataException">The members do not go together, or no sample was held out by
    /// all.</exception>
    public static (EnsembleFile File, Calibration? Calibration) Fit(
        IReadOnlyList<string> runs,
        string folder,
        FeatureSet features,
        bool equal,
        int threads,
        IProgress<WorkProgress>? progress = null,
        CancellationToken cancel = default
    )
    {
        string[] members = [.. runs.Select(Path.GetFullPath)];
        CheckFolders(members, folder);
        double[] weights = [.. members.Select(_ => 1.0 / members.Length)];
        var nothing = new Dictionary<string, IReadOnlyList<double>>();
        using Ensemble ensemble = Ensemble.Load(
            folder,
            members,
            new VoteWeights(weights, nothing),
            Calibration.None,
            threads,
            features
        );
        HeldOutPredictions held = HeldOutPredictions.Of(ensemble.Members, features, progress, cancel);
        if (held.Samples.Length == 0 && !equal)
            throw new InvalidDataException(
                $"{folder}: no sample was held out of training by all {members.Length} runs, so no weights can be fitted without looking at test. "
                    + "Train them with the same split, or give all the same weight."
                    + (
                        ensemble.Members.Any(m => m is ExportedRecogniser && IsLinear(m))
                            ? " A linear run's bundle does not hold what it said of samples it had not learnt from; name the run instead."
                            : ""
                    )
            ).Suggest(NextStep.WeighEqually);
        EnsembleFile file = new() { Members = Entries(folder, members, weights), FittedOn = "nothing: equal weights" };
        Calibration? calibration = null;
        if (held.Samples.Length > 0)
        {
            string?[] signers = [.. held.Samples.Select(s => s.Signer)];
            string chosen = equal ? file.FittedOn : held.Words;
            if (!equal)
                (weights, chosen) = Vote(ensemble, held, signers, weights, cancel);
            int[] voters =
            [
                .. Enumerable
                    .Range(0, members.Length)
                    .Where(m => weights[m] > 0 || equal || !ensemble.Members.Any(IsLinear)),
            ];
            float[][] pooled = Pooled(held.Probabilities, weights);
            // One alone is calibrated already, on all that it held out.
            calibration = voters is [int only]
                ? ensemble.Members[only].Calibration with
                {
                    Temperature = 1,
                    TemperatureLow = 1,
                    TemperatureHigh = 1,
                }
                : CalibrationFit.Fit(pooled, held.Truth, signers, held.Words);
            file = new()
            {
                Members = Entries(folder, [.. voters.Select(m => members[m])], [.. voters.Select(m => weights[m])]),
                Subsets = equal
                    ? nothing
                    : Subsets(ensemble, voters, held, features, signers, calibration.Temperature, cancel),
                FittedOn = chosen,
                Samples = held.Truth.Length,
                MemberLoss = [.. voters.Select(m => LogLinearPool.Loss(held.Probabilities[m], held.Truth))],
                Loss = LogLinearPool.Loss(
                    [.. pooled.Select(p => Calibration.Sharpen(p, 1 / calibration.Temperature))],
                    held.Truth
                ),
            };
        }
        _ = members.Any(m => RgbEncoders.CopyOwnFile(m, folder));
        calibration?.Save(folder);
        file.Save(folder);
        return (file, calibration);
    }

    /// <summary>Weights by likelihood; but where a linear classifier is among the members, others vote only if the
    /// vote's loss is below the linear classifier's by more than the standard error of the difference: with few samples
    /// held out, a likelihood gives weight to luck. Where neither signers nor sessions are known, what is held out is
    /// of the same hours as what was learnt from and shows nothing of another day, which costs a network more than a
    /// line (KKT60, learnt from earlier sittings: from 99 to 75 %, from 98 to 89): then the vote must also be right
    /// <see cref="LinearTraining.Doubt"/> more often, surely. Landmarks alone hold neither a room nor its light: there
    /// the loss decides.</summary>
    /// <remarks>The one-standard-error rule of L. Breiman et al., "Classification and Regression Trees", 1984, for the
    /// simplest of the candidates. Both losses are at the temperature that suits them; the error is the
    /// bootstrap's.</remarks>
    private static (double[] Weights, string Words) Vote(
        Ensemble ensemble,
        HeldOutPredictions held,
        string?[] signers,
        double[] start,
        CancellationToken cancel
    )
    {
        double[] powers = LogLinearPool.Fit(
            held.Probabilities,
            held.Truth,
            CalibrationFit.Shares(signers),
            start,
            0,
            HighestPower,
            cancel
        );
        // All powers 0 says that no member knows anything: then one is as good as another.
        double[] weights = powers.Sum() > 1e-6 ? [.. powers.Select(p => p / powers.Sum())] : start;
        int linear = ensemble.Members.Index().FirstOrDefault(m => IsLinear(m.Item), (-1, ensemble)).Index;
        if (linear < 0)
            return (weights, held.Words);
        double[] gain =
        [
            .. LogLinearPool
                .CalibratedLosses(held.Probabilities[linear], held.Truth, LowestPower, HighestPower)
                .Zip(
                    LogLinearPool.CalibratedLosses(
                        Pooled(held.Probabilities, weights),
                        held.Truth,
                        LowestPower,
                        HighestPower
                    ),
                    (a, b) => a - b
                ),
        ];
        (double mean, double error) = MeanAndError(gain, signers);
        string compared = string.Create(
            CultureInfo.InvariantCulture,
            $"{mean:0.000} ± {error:0.000} nats on {held.Words}"
        );
        double[] alone = [.. weights.Select((_, m) => m == linear ? 1.0 : 0)];
        if (!(mean > error))
            return (alone, $"the linear classifier alone: a vote would gain {compared}, no more than its error");
        double[] more =
        [
            .. Right(Pooled(held.Probabilities, weights), held.Truth)
                .Zip(Right(held.Probabilities[linear], held.Truth), (a, b) => a - b),
        ];
        (mean, error) = MeanAndError(more, signers);
        if (
            !held.OfOthers
            && !ensemble.Facts.Streams.Modalities.SequenceEqual([Modality.Landmarks])
            && mean - error < LinearTraining.Doubt
        )
            return (
                alone,
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"the linear classifier alone: a vote would be right {100 * mean:0.0} ± {100 * error:0.0} points more often on {held.Words}, too little where neither signers nor sessions are known (columns of {ManifestFile.FileName})"
                )
            );
        double[] kept = [.. weights.Select(w => w < Least ? 0 : w)];
        return ([.. kept.Select(w => w / kept.Sum())], $"the vote gains {compared}, over the linear classifier alone");
    }

    /// <summary>Weights for each subset of the modalities, fitted as if there were no more: as those of an ensemble
    /// trained for it. What has learnt from all samples tells of those held out with everything alone: where such a one
    /// would have to do with less there are none.</summary>
    /// <returns>By <see cref="VoteWeights.NameOf"/>, of the voters.</returns>
    private static Dictionary<string, IReadOnlyList<double>> Subsets(
        Ensemble ensemble,
        int[] voters,
        HeldOutPredictions held,
        FeatureSet features,
        string?[] signers,
        double temperature,
        CancellationToken cancel
    )
    {
        var subsets = new Dictionary<string, IReadOnlyList<double>>();
        ITrainedRecogniser[] members = [.. voters.Select(v => ensemble.Members[v])];
        foreach (ModalityMask mask in ensemble.Masks.Skip(1).Where(m => m.HiddenAntennas.Count == 0))
        {
            int[] able =
            [
                .. Enumerable
                    .Range(0, members.Length)
                    .Where(m => members[m].CanUse(mask.Among(members[m].Facts.Streams.Modalities))),
            ];
            if (able.Length < 2 || able.Any(m => !SeesAll(m, mask) && members[m].LeftOut().Count > 0))
                continue;
            float[][][] said =
            [
                .. able.Select(m =>
                    SeesAll(m, mask)
                        ? held.Probabilities[voters[m]]
                        : members[m].PredictAll(features, held.Samples, [mask], null, cancel)[0]
                ),
            ];
            double[] powers = LogLinearPool.Fit(
                said,
                held.Truth,
                CalibrationFit.Shares(signers),
                [.. able.Select(_ => 1.0 / able.Length)],
                0,
                HighestPower,
                cancel
            );
            var weights = new double[members.Length];
            foreach ((int i, int m) in able.Index())
                weights[m] = powers[i] * temperature;
            subsets[VoteWeights.NameOf(mask)] = weights;
        }
        return subsets;

        bool SeesAll(int member, ModalityMask mask) => members[member].Facts.Streams.Modalities.All(mask.Uses);
    }

    private static (double Mean, double Error) MeanAndError(double[] values, string?[] signers)
    {
        AccuracyInterval interval = BootstrapInterval.OfMean(values, signers, BootstrapInterval.DefaultSeed);
        return (values.Average(), (interval.High - interval.Low) / (2 * 1.96));
    }

    private static IEnumerable<double> Right(float[][] probabilities, int[] truth) =>
        Metrics.Predict(probabilities).Zip(truth, (p, t) => p == t ? 1.0 : 0);

    private static bool IsLinear(ITrainedRecogniser member) => member.Recipe.Classifier == ClassifierKind.Linear;

    private static float[][] Pooled(float[][][] each, double[] weights) =>
        [
            .. Enumerable
                .Range(0, each[0].Length)
                .Select(n => ProbabilityPool.Of([.. each.Select(m => m[n])], weights, 1)),
        ];

    private static void CheckFolders(string[] members, string folder)
    {
        if (members.Length < 2)
            throw new InvalidDataException($"{folder}: {members.Length} run given, an ensemble needs two or more.");
        if (members.GroupBy(m => m).FirstOrDefault(g => g.Count() > 1) is { } twice)
            throw new InvalidDataException($"{folder}: {twice.Key} is named twice. A run votes once.");
        if (RunDirectory.Exists(folder))
            throw new IOException($"{folder}: a run is here. Choose another directory for the ensemble.");
        if (
            Directory.Exists(folder)
            && Directory.EnumerateFileSystemEntries(folder).Any()
            && !Ensemble.Exists(folder)
            && !EnsembleTraining.Exists(folder)
        )
            throw new IOException($"{folder}: not empty and not an ensemble. Choose a new directory.");
        if (members.FirstOrDefault(m => !RunDirectory.Exists(m) && !BundleFile.Is(m)) is { } none)
            throw new InvalidDataException(
                Ensemble.Exists(none)
                    ? $"{none}: an ensemble itself; name its members instead."
                    : $"{none}: no run here (run.json is missing). Train one."
            ).Suggest(NextStep.Train, none);
    }

    private static EnsembleMember[] Entries(string folder, string[] members, double[] weights) =>
        [
            .. members.Select(
                (m, i) =>
                    new EnsembleMember(
                        Path.GetRelativePath(Path.GetFullPath(folder), m).Replace(Path.DirectorySeparatorChar, '/'),
                        weights[i]
                    )
            ),
        ];
}

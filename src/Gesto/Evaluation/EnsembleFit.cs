using Gesto.Data;
using Gesto.Features;
using Gesto.Inference;
using Gesto.Training;

namespace Gesto.Evaluation;

/// <summary>Makes an ensemble directory of finished runs: weights and temperature from samples that every member held out,
/// never from test.</summary>
public static class EnsembleFit
{
    private const double HighestPower = 20;

    /// <param name="runs">Run directories, two or more.</param>
    /// <param name="folder">The ensemble's directory; made where absent.</param>
    /// <param name="features">Features made as those the members were trained on.</param>
    /// <param name="equal">Give every member the same weight instead of fitting weights; needs no common validation samples.</param>
    /// <param name="threads">libtorch's threads.</param>
    /// <param name="progress">Counts samples.</param>
    /// <param name="cancel">Nothing is written then.</param>
    /// <returns>What was written as `ensemble.json`, and the calibration beside it; null where no sample was held out by all.</returns>
    /// <exception cref="IOException"><paramref name="folder"/> holds something that is not an ensemble.</exception>
    /// <exception cref="InvalidDataException">The members do not go together, or no sample was held out by all.</exception>
    public static (EnsembleFile File, Calibration? Calibration) Make(
        IReadOnlyList<string> runs, string folder, FeatureSet features, bool equal, int threads,
        IProgress<WorkProgress>? progress = null, CancellationToken cancel = default)
    {
        string[] members = [.. runs.Select(Path.GetFullPath)];
        CheckFolders(members, folder);
        double[] weights = [.. members.Select(_ => 1.0 / members.Length)];
        using Ensemble ensemble = Ensemble.Load(folder, members, weights, Calibration.None, threads);
        (Sample[] samples, int[] truth) = CalibrationFit.HeldOut(ensemble, features);
        if (samples.Length == 0 && !equal)
            throw new InvalidDataException(
                $"{folder}: no sample was held out of training by all {members.Length} runs, so no weights can be fitted without looking at test. " +
                "Train them with the same split, or give all the same weight with --equal.");
        EnsembleFile file = new() { Members = Entries(folder, members, weights), FittedOn = "nothing: equal weights" };
        Calibration? calibration = null;
        if (samples.Length > 0)
        {
            float[][][] each = ensemble.PredictMembers(features, samples, progress, cancel);
            string?[] signers = [.. samples.Select(s => s.Signer)];
            string words = CalibrationFit.Words(ensemble);
            if (!equal)
            {
                double[] powers = LogLinearPool.Fit(each, truth, CalibrationFit.Shares(signers), weights, 0, HighestPower, cancel);
                // All powers 0 says that no member knows anything: then one is as good as another.
                if (powers.Sum() > 1e-6) weights = [.. powers.Select(p => p / powers.Sum())];
            }
            float[][] pooled = [.. Enumerable.Range(0, truth.Length).Select(n => Ensemble.Pool([.. each.Select(m => m[n])], weights, 1))];
            calibration = CalibrationFit.Fit(pooled, truth, signers, words);
            file = new()
            {
                Members = Entries(folder, members, weights),
                FittedOn = equal ? file.FittedOn : words,
                Samples = truth.Length,
                MemberLoss = [.. each.Select(m => LogLinearPool.Loss(m, truth))],
                Loss = LogLinearPool.Loss([.. pooled.Select(p => Calibration.Sharpen(p, 1 / calibration.Temperature))], truth),
            };
        }
        CopySmallEncoder(members, folder);
        calibration?.Save(folder);
        file.Save(folder);
        return (file, calibration);
    }

    private static void CheckFolders(string[] members, string folder)
    {
        if (members.Length < 2)
            throw new InvalidDataException($"{folder}: {members.Length} run given, an ensemble needs two or more.");
        if (members.GroupBy(m => m).FirstOrDefault(g => g.Count() > 1) is { } twice)
            throw new InvalidDataException($"{folder}: {twice.Key} is named twice. A run votes once.");
        if (RunDirectory.Exists(folder))
            throw new IOException($"{folder}: a run of 'gesto train' is here. Choose another directory for the ensemble.");
        if (Directory.Exists(folder) && Directory.EnumerateFileSystemEntries(folder).Any() && !Ensemble.Exists(folder) && !EnsembleTraining.Exists(folder))
            throw new IOException($"{folder}: not empty and not an ensemble. Choose a new directory.");
        if (members.FirstOrDefault(m => !RunDirectory.Exists(m)) is { } none)
            throw new InvalidDataException(Ensemble.Exists(none)
                ? $"{none}: an ensemble itself; name its members instead."
                : $"{none}: no run here (run.json is missing). Make one with 'gesto train FEATURES --run {none}'.");
    }

    private static EnsembleMember[] Entries(string folder, string[] members, double[] weights) =>
        [.. members.Select((m, i) => new EnsembleMember(
            Path.GetRelativePath(Path.GetFullPath(folder), m).Replace(Path.DirectorySeparatorChar, '/'), weights[i]))];

    /// <summary>Predicting from videos looks for the small RGB encoder beside the run.</summary>
    private static void CopySmallEncoder(string[] members, string folder)
    {
        if (members.Select(m => Path.Combine(m, SmallRgbEncoder.FileName)).FirstOrDefault(File.Exists) is { } encoder)
            AtomicFile.Write(Path.Combine(folder, SmallRgbEncoder.FileName), to => to.Write(File.ReadAllBytes(encoder)));
    }
}

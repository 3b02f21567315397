using System.Globalization;
using Gesto.Files;
using Gesto.Recordings;
using Gesto.Training.Features;

namespace Gesto.Training.Recognition;

/// <summary>Lets a recogniser label what nobody has labelled.</summary>
public static class SelfTraining
{
    /// <summary>Answers less probable than this are left out where nothing else is asked for (docs/LOG.md,
    /// KKT60).</summary>
    public const double DefaultAbove = 0.7;

    /// <param name="run">A finished run or ensemble.</param>
    /// <param name="features">Their test samples get labels; labels that they may have are not looked at.</param>
    /// <param name="above">Lowest probability of an answer that is taken, 0…1.</param>
    /// <param name="threads">libtorch's threads.</param>
    /// <param name="progress">Counts samples.</param>
    /// <param name="cancel">Noticed between batches.</param>
    /// <exception cref="InvalidDataException">No test sample, none that the recogniser is sure enough of, or it names
    /// other signs.</exception>
    public static PseudoLabels Label(
        string run,
        FeatureSet features,
        double above,
        int threads,
        IProgress<WorkProgress>? progress = null,
        CancellationToken cancel = default
    )
    {
        using ITrainedRecogniser recogniser = ITrainedRecogniser.Load(run, threads);
        if (recogniser.Labels.Fingerprint != features.Labels.Fingerprint)
            throw new InvalidDataException(
                $"{run}: names {recogniser.Labels.Count} signs, {features.Folder} has {features.Labels.Count} others. Take labels from a run of these features."
            );
        Sample[] samples =
        [
            .. features.Samples.Where(s => s.Split == Split.Test && recogniser.CanRecognise(features, s)),
        ];
        if (samples.Length == 0)
            throw new InvalidDataException($"{features.Folder}: no sample in split 'test' to label.");
        var ids = new Dictionary<string, int>();
        foreach (
            (Sample sample, float[] probabilities) in samples.Zip(
                recogniser.PredictAll(features, samples, progress, cancel)
            )
        )
        {
            int label = Array.IndexOf(probabilities, probabilities.Max());
            if (probabilities[label] >= above)
                ids.Add(sample.Key, features.Labels[label].Id);
        }
        return ids.Count > 0
            ? new PseudoLabels(run, above, ids)
            : throw new InvalidDataException(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"{run}: of {samples.Length} test samples none is recognised with a probability of {above} or more. Ask for less, or train it better."
                )
            ).Suggest(NextStep.LowerPseudoLabelThreshold);
    }
}

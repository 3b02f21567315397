using Gesto.Inference;
using Gesto.Recordings;
using Gesto.Training.Features;

namespace Gesto.Training.Recognition;

/// <summary>What every trained recogniser can do besides.</summary>
internal static class TrainedRecogniserExtensions
{
    /// <summary>Probabilities of many samples from all that each of them has, (K) each, in their order.</summary>
    /// <inheritdoc cref="ITrainedRecogniser.PredictAll"/>
    public static float[][] PredictAll(
        this ITrainedRecogniser recogniser,
        FeatureSet features,
        IReadOnlyList<Sample> samples,
        IProgress<WorkProgress>? progress = null,
        CancellationToken cancel = default
    ) => recogniser.PredictAll(features, samples, [ModalityMask.All], progress, cancel)[0];

    /// <returns>What an evaluation scores: without some antennas only the radar alone and everything, since what lies
    /// between says little more.</returns>
    public static IReadOnlyList<ModalityMask> MasksToScore(this ITrainedRecogniser recogniser) =>
        [
            .. recogniser.Masks.Where(m =>
                m.HiddenAntennas.Count == 0 || m.Used.Count == 1 || m.Used.Count == recogniser.Masks[0].Used.Count
            ),
        ];

    /// <returns>Whether a sample has features of enough modalities for this recogniser.</returns>
    public static bool CanRecognise(this ITrainedRecogniser recogniser, FeatureSet features, Sample sample) =>
        recogniser.CanUse(features.Offers(sample).Among(recogniser.Facts.Streams.Modalities));
}

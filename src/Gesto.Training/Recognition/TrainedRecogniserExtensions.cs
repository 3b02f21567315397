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

    /// <returns>Whether a sample has features of enough modalities for this recogniser.</returns>
    public static bool CanRecognise(this ITrainedRecogniser recogniser, FeatureSet features, Sample sample) =>
        recogniser.CanUse(features.Offers(sample).Among(recogniser.Facts.Streams.Modalities));
}

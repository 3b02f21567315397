using Gesto.Data;
using Gesto.Features;
using Gesto.Models;

namespace Gesto.Inference;

/// <summary>What every recogniser can do besides.</summary>
public static class RecogniserExtensions
{
    /// <summary>Probabilities of many samples from all that each of them has, (K) each, in their order.</summary>
    /// <inheritdoc cref="IRecogniser.PredictAll"/>
    public static float[][] PredictAll(
        this IRecogniser recogniser,
        FeatureSet features,
        IReadOnlyList<Sample> samples,
        IProgress<WorkProgress>? progress = null,
        CancellationToken cancel = default
    ) => recogniser.PredictAll(features, samples, [ModalityMask.All], progress, cancel)[0];

    /// <returns>Whether samples that offer no more than this can be recognised.</returns>
    public static bool CanUse(this IRecogniser recogniser, ModalityMask offered) =>
        recogniser.Masks.Any(m => m.Words == offered.Words);
}

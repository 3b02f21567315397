using Gesto.Features;
using Gesto.Inference;
using Gesto.Training;
using Gesto.Weights;

namespace Gesto.Cli;

/// <summary>Finds the RGB encoder that a run was trained with: ResNet50 in the weights cache, the small one in the run.</summary>
internal static class RunEncoder
{
    /// <returns>The encoder, the caller's to dispose; null where the recipe uses no RGB.</returns>
    /// <exception cref="FileNotFoundException">Its weights are not there; the message says how to get them.</exception>
    public static IRgbEncoder? Open(string runFolder, int threads) =>
        KeyOf(runFolder) is { } key ? RgbEncoders.Open(key, runFolder, WeightsCache.Default(), threads) : null;

    private static FeatureKey? KeyOf(string folder) => Ensemble.Exists(folder)
        ? EnsembleFile.Load(folder).Members.Select(m => RunDirectory.Open(Path.Combine(folder, m.Run)).Facts.Rgb).FirstOrDefault(k => k is not null)
        : RunDirectory.Open(folder).Facts.Rgb;
}

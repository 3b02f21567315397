using Gesto.Encoders;
using Gesto.Recordings;
using Gesto.Training.Features;
using Gesto.Training.Recognition;
using Gesto.Training.Runs;
using Gesto.Training.Weights;

namespace Gesto.Cli;

/// <summary>What a run or an ensemble reads, from its small files alone: known before a network is loaded.</summary>
internal static class RunInput
{
    /// <summary>The RGB encoder that a run was trained with: ResNet50 in the weights cache, the small one in the
    /// run.</summary>
    /// <returns>The encoder, the caller's to dispose; null where the recipe uses no RGB.</returns>
    /// <exception cref="FileNotFoundException">Its weights are not there; the message says how to get them.</exception>
    public static IRgbEncoder? OpenEncoder(string runFolder, int threads) =>
        KeysOf(runFolder).Rgb is { } key ? RgbEncoders.Open(key, runFolder, WeightsCache.Default(), threads) : null;

    /// <exception cref="DirectoryNotFoundException">No run here.</exception>
    public static RecordingNeeds NeedsOf(string runFolder)
    {
        (FeatureKey? rgb, FeatureKey? radar) = KeysOf(runFolder);
        return RecordingNeeds.Of(rgb, radar);
    }

    private static (FeatureKey? Rgb, FeatureKey? Radar) KeysOf(string folder)
    {
        RunFacts[] facts = Ensemble.Exists(folder)
            ? [.. EnsembleFile.Load(folder).Members.Select(m => RunDirectory.Open(Path.Combine(folder, m.Run)).Facts)]
            : [RunDirectory.Open(folder).Facts];
        return (
            facts.Select(f => f.Rgb).FirstOrDefault(k => k is not null),
            facts.Select(f => f.Radar).FirstOrDefault(k => k is not null)
        );
    }
}

using Gesto.Encoders;
using Gesto.Recordings;
using Gesto.Signs;
using Gesto.Training.Runs;

namespace Gesto.Training.Tests;

/// <summary>Facts of a run that never was, for models alone.</summary>
internal static class TinyFacts
{
    public static RunFacts Of(
        int rgbWidth,
        int radarWidth,
        int antennas,
        int classes,
        int[]? rgbShape = null,
        int[]? radarShape = null
    ) =>
        new()
        {
            Labels = [.. Enumerable.Range(0, classes).Select(k => new SignClass(k, $"SIGN{k}"))],
            Streams = PerModality.Of(
                new StreamFacts(Key(Modality.Rgb, rgbShape ?? [30, rgbWidth]), rgbWidth),
                new StreamFacts(Key(Modality.Radar, radarShape ?? [30, radarWidth]), radarWidth)
            ),
            Antennas = antennas,
            HeldOutBy = "nothing",
            HeldOut = [],
            Train = [],
            Validation = [],
            Skipped = [],
            DataFingerprint = "",
            TorchVersion = "",
        };

    private static FeatureKey Key(Modality modality, int[] shape) =>
        new()
        {
            Modality = modality.Name,
            Encoder = "planted",
            Weights = "",
            Preprocessing = "",
            Sampling = "linspace-30",
            DType = "<f4",
            Shape = shape,
        };
}

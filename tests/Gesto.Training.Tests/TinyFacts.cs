using Gesto.Encoders;
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
            Rgb = rgbShape is null ? null : Key("rgb", rgbShape),
            Radar = radarShape is null ? null : Key("radar", radarShape),
            RgbWidth = rgbWidth,
            RadarWidth = radarWidth,
            Antennas = antennas,
            HeldOutBy = "nothing",
            HeldOut = [],
            Train = [],
            Validation = [],
            Skipped = [],
            DataFingerprint = "",
            TorchVersion = "",
        };

    private static FeatureKey Key(string modality, int[] shape) =>
        new()
        {
            Modality = modality,
            Encoder = "planted",
            Weights = "",
            Preprocessing = "",
            Sampling = "linspace-30",
            DType = "<f4",
            Shape = shape,
        };
}

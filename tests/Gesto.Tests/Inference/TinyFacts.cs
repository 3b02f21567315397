using Gesto.Data;
using Gesto.Training;

namespace Gesto.Tests.Inference;

/// <summary>Facts of a run that never was, for models alone.</summary>
internal static class TinyFacts
{
    public static RunFacts Of(int rgbWidth, int radarWidth, int antennas, int classes) => new()
    {
        Labels = [.. Enumerable.Range(0, classes).Select(k => new SignClass(k, $"SIGN{k}"))],
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
}

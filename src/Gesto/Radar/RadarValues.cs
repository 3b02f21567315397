using Gesto.Files;

namespace Gesto.Radar;

/// <summary>What the numbers of radar maps are.</summary>
internal enum RadarScale
{
    /// <summary>Powers on a logarithmic scale, taken as they are.</summary>
    Decibels,

    /// <summary>Magnitudes or powers ≥ 0 over several decades: without a logarithm, one strong echo drowns the
    /// rest.</summary>
    Linear,

    /// <summary>Levels of a picture, 0…255 or 0…1: somebody has compressed them already.</summary>
    Grey,

    /// <summary>Values of both signs that no dB reach, e.g. real parts: they have no logarithm.</summary>
    BothSigns,
}

/// <summary>What decides between the scales: the numbers' extent, and how far the strongest stands out. Recordings are
/// joined with
/// <see cref="With"/>, since a quiet one alone may look like another scale.</summary>
/// <param name="Bytes">Stored as 8-bit levels.</param>
/// <param name="Integers">Stored as another kind of whole numbers: counts of a converter or a processor, never
/// dB.</param>
/// <param name="Lowest">Smallest value.</param>
/// <param name="Highest">Largest value.</param>
/// <param name="Contrast">Largest value over the median of those above 0; 1 where none is.</param>
internal readonly record struct RadarValues(bool Bytes, bool Integers, float Lowest, float Highest, double Contrast)
{
    /// <summary>No radar power in dB is as far from 0: a receiver spans about 200 dB.</summary>
    private const float FarthestDb = 300;

    /// <summary>From here on values ≥ 0 are linear. Noise of magnitudes has its peaks at 4 times the median and an echo
    /// stands 20 dB and more above it; dB above a floor, or levels, stay below 10.</summary>
    private const double LinearContrast = 30;

    /// <summary>Enough for a median; at 64 × 64 maps, a recording's every tenth value.</summary>
    private const int MedianSample = 1 << 15;

    /// <param name="dtype">numpy type that the values were stored as, see <see cref="NpyArray.DType"/>.</param>
    /// <param name="values">Any number of finite values, at least one; of a recording, say.</param>
    public static RadarValues Of(string dtype, ReadOnlySpan<float> values)
    {
        if (values.IsEmpty)
            throw new ArgumentException("No values: nothing says what they are.", nameof(values));
        float lowest = float.MaxValue,
            highest = float.MinValue;
        foreach (float v in values)
            (lowest, highest) = (Math.Min(lowest, v), Math.Max(highest, v));
        double median = MedianAbove0(values);
        return new RadarValues(
            dtype == "|u1",
            dtype[1] is 'u' or 'i' && dtype != "|u1",
            lowest,
            highest,
            median > 0 ? highest / median : 1
        );
    }

    /// <returns>Those of both sets of recordings together.</returns>
    public RadarValues With(RadarValues other) =>
        new(
            Bytes && other.Bytes,
            Integers || other.Integers,
            Math.Min(Lowest, other.Lowest),
            Math.Max(Highest, other.Highest),
            Math.Max(Contrast, other.Contrast)
        );

    /// <summary>In this order: bytes are grey; below 0 there are dB, unless too far from 0; whole numbers, what no dB
    /// reach and what stands out by more than <see cref="LinearContrast"/> are linear; up to 1, or to 255 without an
    /// echo, are levels or dB above a floor.</summary>
    public RadarScale Scale =>
        this switch
        {
            { Bytes: true } => RadarScale.Grey,
            { Lowest: < 0 } => Lowest < -FarthestDb || Highest > FarthestDb
                ? RadarScale.BothSigns
                : RadarScale.Decibels,
            { Integers: true } or { Highest: > FarthestDb } or { Contrast: > LinearContrast } => RadarScale.Linear,
            { Highest: <= 1 } => RadarScale.Grey,
            _ => RadarScale.Decibels,
        };

    /// <returns>"dB", "linear", "grey" or "both signs".</returns>
    public static string Words(RadarScale scale) =>
        scale switch
        {
            RadarScale.Decibels => "dB",
            RadarScale.Linear => "linear",
            RadarScale.Grey => "grey",
            _ => "both signs",
        };

    private static double MedianAbove0(ReadOnlySpan<float> values)
    {
        // odd: maps' sides are even, and every bin should have its turn
        int step = Math.Max(1, values.Length / MedianSample) | 1;
        var above = new List<float>(values.Length / step + 1);
        for (int i = 0; i < values.Length; i += step)
        {
            if (values[i] > 0)
                above.Add(values[i]);
        }
        above.Sort();
        return above.Count == 0 ? 0 : above[above.Count / 2];
    }
}

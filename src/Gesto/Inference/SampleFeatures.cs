namespace Gesto.Inference;

/// <summary>One sample as a recogniser takes it; real frames only, no padding.</summary>
/// <param name="Rgb">(RgbLength, F) features; null without RGB.</param>
/// <param name="RgbLength">RGB steps.</param>
/// <param name="Radar">Frames (RadarLength, A, R, D), values as in the file, or ready features (RadarLength, F); null
/// without.</param>
/// <param name="RadarLength">Radar steps.</param>
/// <param name="RadarShape">(A, R, D) of a frame, or (F) of ready features; empty without radar.</param>
public sealed record SampleFeatures(float[]? Rgb, int RgbLength, float[]? Radar, int RadarLength, int[] RadarShape)
{
    /// <exception cref="InvalidDataException">Steps of another shape, or none.</exception>
    internal static void Check(string modality, float[] values, int length, int[] found, int[] expected)
    {
        if (
            length < 1
            || !found.AsSpan().SequenceEqual(expected)
            || values.Length != length * expected.Aggregate(1, (a, b) => a * b)
        )
            throw Unfit(modality, values.Length, length, found, expected);
    }

    internal static InvalidDataException Unfit(string modality, int values, int steps, int[] found, int[] expected) =>
        new(
            $"The sample's {modality} steps are ({string.Join(',', found)}), {values} values in {steps} steps; "
                + $"the run was trained on ({string.Join(',', expected)}). Extract it with the same settings."
        );
}

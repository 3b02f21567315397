using Gesto.Files;

namespace Gesto.Radar;

/// <summary>The range-time map of one antenna from a numpy file (T, R): the 2026 challenge's `SAMPLE_n_RTM1.npy`,
/// float32, R = 256, T from 16 up to 43 at about 13 frames a second. What a bin measures in metres is
/// unknown.</summary>
/// <param name="Path">Where it comes from.</param>
/// <param name="Values">(T, R), dB.</param>
/// <param name="Frames">T ≥ 1.</param>
/// <param name="Bins">R ≥ 1, range.</param>
internal sealed record RangeTimeFile(string Path, float[] Values, int Frames, int Bins)
{
    /// <exception cref="InvalidDataException">Not such an array, no frames, or a value that is NaN or infinite; the
    /// message names the first one's place.</exception>
    public static RangeTimeFile Load(string path) => From(path, NpyFile.Load(path));

    internal static RangeTimeFile From(string path, NpyArray array)
    {
        if (array.Shape.Length != 2)
            throw new InvalidDataException(
                $"{path}: found an array of shape ({string.Join(", ", array.Shape)}), expected a range-time map (T, R), e.g. (30, 256)."
            );
        // dB are mostly negative fractions: whole numbers are levels or counts, and would be taken for powers of 10.
        if (array.DType is not ("<f4" or "<f8" or "<f2"))
            throw new InvalidDataException(
                $"{path}: found dtype '{array.DType}', expected a range-time map in dB as floats ('<f4'). "
                    + "Convert it to dB and save array.astype(np.float32)."
            );
        return new RangeTimeFile(path, NpyMaps.FiniteValues(path, array), array.Shape[0], array.Shape[1]);
    }

    /// <returns>The same values as maps (T, 1, R, 1): one antenna, one Doppler bin.</returns>
    public RangeDopplerFile AsMaps() =>
        new(Path, Values, Frames, Antennas: 1, Rows: Bins, Columns: 1) { Kind = RadarKind.RangeTime, Axes = "T,R" };
}

using Gesto.Video;

namespace Gesto.Radar;

/// <summary>Range-Doppler maps from a numpy file: (T, R, D) of one antenna, or (T, A, R, D) of all. Range-time maps are carried
/// here too, with D = 1: see <see cref="RangeTimeFile"/>.</summary>
/// <param name="Path">Where they come from.</param>
/// <param name="Values">(T, A, R, D), float32, in the file's own unit.</param>
/// <param name="Frames">T ≥ 1.</param>
/// <param name="Antennas">A ≥ 1.</param>
/// <param name="Rows">R, range bins.</param>
/// <param name="Columns">D, Doppler bins; 1 for range-time maps.</param>
public sealed record RangeDopplerFile(string Path, float[] Values, int Frames, int Antennas, int Rows, int Columns)
{
    /// <exception cref="InvalidDataException">Not such an array, no frames, or a value that is NaN or infinite; the message
    /// names the first one's place.</exception>
    public static RangeDopplerFile Load(string path) => From(path, NpyFile.Load(path));

    internal static RangeDopplerFile From(string path, NpyArray array)
    {
        int[] shape = array.Shape;
        if (shape.Length is not (3 or 4))
            throw new InvalidDataException(
                $"{path}: found an array of shape ({string.Join(", ", shape)}), expected range-Doppler maps (T, R, D) or (T, A, R, D).");
        float[] values = RadarArray.FiniteValues(path, array);
        return new RangeDopplerFile(path, values, shape[0], shape.Length == 4 ? shape[1] : 1, shape[^2], shape[^1]);
    }

    /// <summary>Cuts and resizes one antenna's map of one frame.</summary>
    /// <param name="frame">0 … Frames − 1.</param>
    /// <param name="antenna">0 … Antennas − 1.</param>
    /// <param name="format">The bins to keep; without a size the map keeps its own.</param>
    /// <param name="map">Receives R × D values, as <see cref="SizeIn"/> says.</param>
    public void CopyMap(int frame, int antenna, RadarFormat format, Span<float> map)
    {
        BinRange rows = BinRange.Within(format.Rows, Rows, Path, "rows"), columns = BinRange.Within(format.Columns, Columns, Path, "columns");
        var cut = new float[rows.Length * columns.Length];
        int origin = (frame * Antennas + antenna) * Rows * Columns;
        for (int r = 0; r < rows.Length; r++)
        {
            Values.AsSpan(origin + (rows.Start + r) * Columns + columns.Start, columns.Length).CopyTo(cut.AsSpan(r * columns.Length));
        }
        (int toRows, int toColumns) = SizeIn(format);
        MapResize.Resize(cut, rows.Length, columns.Length, map, toRows, toColumns);
    }

    /// <returns>(R, D) after cutting and resizing.</returns>
    public (int Rows, int Columns) SizeIn(RadarFormat format) => format.Size
        ?? (BinRange.Within(format.Rows, Rows, Path, "rows").Length, BinRange.Within(format.Columns, Columns, Path, "columns").Length);
}

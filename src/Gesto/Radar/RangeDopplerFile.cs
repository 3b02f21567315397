using Gesto.Files;
using Gesto.Video;

namespace Gesto.Radar;

/// <summary>Range-Doppler maps from a file. Range-time maps are carried here too, with D = 1: see <see
/// cref="RangeTimeFile"/>.</summary>
/// <param name="Path">Where they come from.</param>
/// <param name="Values">(T, A, R, D), float32, in the file's own unit.</param>
/// <param name="Frames">T ≥ 1.</param>
/// <param name="Antennas">A ≥ 1.</param>
/// <param name="Rows">R, range bins.</param>
/// <param name="Columns">D, Doppler bins; 1 for range-time maps.</param>
internal sealed record RangeDopplerFile(string Path, float[] Values, int Frames, int Antennas, int Rows, int Columns)
{
    /// <summary>What the file is.</summary>
    public RadarKind Kind { get; init; } = RadarKind.RangeDoppler;

    /// <summary>How the file's axes were read, in its own order, e.g. "T,R,D".</summary>
    public string Axes { get; init; } = "T,A,R,D";

    /// <summary>numpy's name of the type that the values, or the maps made of them, had before they became
    /// float32.</summary>
    public string StoredAs { get; init; } = "<f4";

    /// <summary>The waveform that gives the axes metres and metres a second; null where the file does not tell
    /// it.</summary>
    public FmcwWaveform? Waveform { get; init; }

    /// <exception cref="InvalidDataException">Not such an array, no frames, or a value that is NaN or infinite; the
    /// message names the first one's place.</exception>
    public static RangeDopplerFile Load(string path) => From(path, NpyFile.Load(path));

    internal static RangeDopplerFile From(string path, NpyArray array)
    {
        int[] shape = array.Shape;
        if (shape.Length is not (3 or 4))
            throw new InvalidDataException(
                $"{path}: found an array of shape ({string.Join(", ", shape)}), expected range-Doppler maps (T, R, D) or (T, A, R, D)."
            );
        float[] values = NpyMaps.FiniteValues(path, array);
        return new RangeDopplerFile(path, values, shape[0], shape.Length == 4 ? shape[1] : 1, shape[^2], shape[^1])
        {
            Axes = shape.Length == 4 ? "T,A,R,D" : "T,R,D",
        };
    }

    /// <summary>Cuts and resizes one antenna's map of one frame.</summary>
    /// <param name="frame">0 … Frames − 1.</param>
    /// <param name="antenna">0 … Antennas − 1.</param>
    /// <param name="format">The bins to keep; without a size the map keeps its own.</param>
    /// <param name="map">Receives R × D values, as <see cref="SizeIn"/> says.</param>
    public void CopyMap(int frame, int antenna, RadarFormat format, Span<float> map)
    {
        BinRange rows = BinRange.Within(format.Rows, Rows, Path, "rows"),
            columns = BinRange.Within(format.Columns, Columns, Path, "columns");
        var cut = new float[rows.Length * columns.Length];
        int origin = (frame * Antennas + antenna) * Rows * Columns;
        for (int r = 0; r < rows.Length; r++)
        {
            Values
                .AsSpan(origin + (rows.Start + r) * Columns + columns.Start, columns.Length)
                .CopyTo(cut.AsSpan(r * columns.Length));
        }
        (int toRows, int toColumns) = SizeIn(format);
        MapResize.Resize(cut, rows.Length, columns.Length, map, toRows, toColumns);
    }

    /// <returns>(R, D) after cutting and resizing.</returns>
    public (int Rows, int Columns) SizeIn(RadarFormat format) =>
        format.Size
        ?? (
            BinRange.Within(format.Rows, Rows, Path, "rows").Length,
            BinRange.Within(format.Columns, Columns, Path, "columns").Length
        );
}

using System.Text.RegularExpressions;
using Gesto.Files;

namespace Gesto.Radar;

/// <summary>Maps in a numpy file. Unless somebody says the axes, their number tells the kind: two are a range-time map
/// (T, R), three the range-Doppler maps (T, R, D) of one antenna, four those of all, (T, A, R, D).</summary>
/// <remarks>A manifest may give a file any name, so the name never decides; but where it ends in `_RTM1` or `_RDM1` it
/// promises a kind, and a file that breaks the promise is refused: a range-time map and one lone range-Doppler frame
/// look alike.</remarks>
internal sealed partial class NpyMaps : IRadarReader
{
    public bool Reads(string path) => Path.GetExtension(path).Equals(".npy", StringComparison.OrdinalIgnoreCase);

    public int Antennas(string path, RadarAxes? axes)
    {
        using FileStream stream = RecordingFile.Open(path);
        int[] shape = NpyFile.ReadHeader(stream, path).Shape;
        if (axes is null)
            return shape.Length == 4 ? shape[1] : 1;
        axes.Require(path, shape);
        return axes.Extent('A', shape);
    }

    public RangeDopplerFile Load(string path, RadarAxes? axes)
    {
        NpyArray array = NpyFile.Load(path);
        RangeDopplerFile maps = (axes is null ? ByNumberOfAxes(path, array) : AsSaid(path, array, axes)) with
        {
            StoredAs = array.DType,
        };
        MapContradictions.Refuse(maps, array.Shape, axesGiven: axes is not null);
        return maps;
    }

    private static RangeDopplerFile ByNumberOfAxes(string path, NpyArray array)
    {
        bool rangeTime = Role().Match(Path.GetFileName(path)) is { Success: true } name
            ? name.Groups["kind"].Value.Equals("RTM", StringComparison.OrdinalIgnoreCase)
            : array.Shape.Length == 2;
        return rangeTime ? RangeTimeFile.From(path, array).AsMaps() : RangeDopplerFile.From(path, array);
    }

    private static RangeDopplerFile AsSaid(string path, NpyArray array, RadarAxes axes)
    {
        axes.Require(path, array.Shape);
        RangeDopplerFile maps = axes.Arrange(path, FiniteValues(path, array), array.Shape);
        return maps with
        {
            Kind = axes.Letters.Contains('D') ? RadarKind.RangeDoppler : RadarKind.RangeTime,
            Axes = axes.ToString(),
        };
    }

    /// <exception cref="InvalidDataException">There is none, or one is NaN or infinite; the message names the first
    /// one's place.</exception>
    internal static float[] FiniteValues(string path, NpyArray array)
    {
        int[] shape = array.Shape;
        if (shape.Contains(0))
            throw new InvalidDataException($"{path}: shape ({string.Join(", ", shape)}) holds no values.");
        float[] values = array.ToSingles();
        RequireFinite(path, values, shape);
        return values;
    }

    /// <exception cref="InvalidDataException">A value is NaN or infinite; the message names the first one's
    /// place.</exception>
    internal static void RequireFinite(string path, float[] values, int[] shape)
    {
        for (int i = 0; i < values.Length; i++)
        {
            if (!float.IsFinite(values[i]))
                throw new InvalidDataException(
                    $"{path}: found {values[i]} at [{string.Join(", ", Place(i, shape))}], expected finite numbers. "
                        + "Replace the value or leave the sample out."
                );
        }
    }

    private static int[] Place(int flat, int[] shape)
    {
        var place = new int[shape.Length];
        for (int axis = shape.Length - 1; axis >= 0; axis--)
            (place[axis], flat) = (flat % shape[axis], flat / shape[axis]);
        return place;
    }

    [GeneratedRegex(@"_(?<kind>RTM|RDM)[1-3]?\.npy$", RegexOptions.IgnoreCase)]
    private static partial Regex Role();
}

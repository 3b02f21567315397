using System.Text.RegularExpressions;

namespace Gesto.Radar;

/// <summary>Radar of either kind from a numpy file. The number of axes tells the kind: two are a range-time map (T, R), three the
/// range-Doppler maps (T, R, D) of one antenna, four those of all, (T, A, R, D).</summary>
/// <remarks>A manifest may give a file any name, so the name never decides; but where it ends in `_RTM1` or `_RDM1` it promises a kind,
/// and a file that breaks the promise is refused: a range-time map and one lone range-Doppler frame look alike.</remarks>
public static partial class RadarArray
{
    /// <returns>(T, A, R, D); a range-time map has A = 1 and D = 1.</returns>
    /// <exception cref="InvalidDataException">Another number of axes than the name promises or than any kind has, no frames, or a
    /// value that is not finite.</exception>
    public static RangeDopplerFile Load(string path)
    {
        NpyArray array = NpyFile.Load(path);
        bool rangeTime = Role().Match(Path.GetFileName(path)) is { Success: true } name
            ? name.Groups["kind"].Value.Equals("RTM", StringComparison.OrdinalIgnoreCase)
            : array.Shape.Length == 2;
        return rangeTime ? RangeTimeFile.From(path, array).AsMaps() : RangeDopplerFile.From(path, array);
    }

    /// <exception cref="InvalidDataException">There is none, or one is NaN or infinite; the message names the first one's place.</exception>
    internal static float[] FiniteValues(string path, NpyArray array)
    {
        int[] shape = array.Shape;
        if (shape.Contains(0)) throw new InvalidDataException($"{path}: shape ({string.Join(", ", shape)}) holds no values.");
        float[] values = array.ToSingles();
        for (int i = 0; i < values.Length; i++)
        {
            if (!float.IsFinite(values[i]))
                throw new InvalidDataException(
                    $"{path}: found {values[i]} at [{string.Join(", ", Place(i, shape))}], expected finite numbers. " +
                    "Replace the value or leave the sample out.");
        }
        return values;
    }

    private static int[] Place(int flat, int[] shape)
    {
        var place = new int[shape.Length];
        for (int axis = shape.Length - 1; axis >= 0; axis--) (place[axis], flat) = (flat % shape[axis], flat / shape[axis]);
        return place;
    }

    [GeneratedRegex(@"_(?<kind>RTM|RDM)[1-3]?\.npy$", RegexOptions.IgnoreCase)]
    private static partial Regex Role();
}

using Gesto.Files;

namespace Gesto.Radar;

/// <summary>Refuses arrays that cannot be what they are read as.</summary>
internal static class MapContradictions
{
    /// <summary>More than any 60 GHz kit has; TI's largest has 12 virtual ones.</summary>
    public const int MostAntennas = 16;

    /// <summary>Largest value of a 12-bit converter.</summary>
    private const float MostAdc = 4095;

    /// <param name="maps">As read.</param>
    /// <param name="shape">Of the array.</param>
    /// <param name="axesGiven">Somebody has said the axes: then few frames of many antennas are what they are.</param>
    /// <exception cref="InvalidDataException">The axes cannot be those, or the values are no maps.</exception>
    public static void Refuse(RangeDopplerFile maps, int[] shape, bool axesGiven)
    {
        string read =
            $"{maps.Path}: shape ({string.Join(", ", shape)}) read as ({maps.Axes}) would be {maps.Frames} frames of {maps.Antennas} antennas";
        if (maps.Antennas > MostAntennas)
            throw Unlikely($"{read}, more than the {MostAntennas} that any kit has.", shape);
        if (!axesGiven && maps.Antennas > maps.Frames)
            throw Unlikely($"{read}: more antennas than frames.", shape);
        if (IsRawAdc(maps))
            throw new InvalidDataException(
                $"{maps.Path}: found {maps.StoredAs} values around {Median(maps.Values):0} in every row, the raw beat signal of a 12-bit converter, expected "
                    + $"range-Doppler maps. Keep an Infineon session together: {InfineonSession.ConfigFile} beside {InfineonSession.DataFile}; other raw data "
                    + "must be transformed first. Maps that look so may be saved as float32."
            );
    }

    private static InvalidDataException Unlikely(string found, int[] shape)
    {
        (string example, string other) = shape.Length == 4 ? ("A,T,R,D", "T,R,D,A") : ("T,R,D", "T,D,R");
        return new InvalidDataException(
            $"{found} Say what the axes are: {example} (or {other} …), for all recordings or in a column radar_axes of manifest.csv."
        ).Suggest(NextStep.NameRadarAxes, example);
    }

    /// <summary>A converter's whole numbers lie around the middle of its range and every row, a chirp, has the same
    /// mean. Magnitudes lie near 0 for the most part, and the rows of maps, range bins, have means of their
    /// own.</summary>
    private static bool IsRawAdc(RangeDopplerFile maps)
    {
        float[] values = maps.Values;
        if (
            maps.Columns < 8
            || maps.StoredAs is not ("<u2" or "<i2" or "<u4" or "<i4")
            || values.Min() < 0
            || values.Max() > MostAdc
        )
            return false;
        if (Median(values) is < MostAdc / 4 or > MostAdc * 3 / 4)
            return false;
        double low = double.MaxValue,
            high = 0;
        for (int row = 0; row < maps.Rows; row++)
        {
            double sum = 0;
            for (int start = row * maps.Columns; start < values.Length; start += maps.Rows * maps.Columns)
            {
                foreach (float v in values.AsSpan(start, maps.Columns))
                    sum += v;
            }
            (low, high) = (Math.Min(low, sum), Math.Max(high, sum));
        }
        return high < 1.05 * low;
    }

    private static float Median(float[] values)
    {
        float[] sorted = [.. values.Where((_, i) => i % (values.Length / 4096 + 1) == 0).Order()];
        return sorted[sorted.Length / 2];
    }
}

namespace Gesto.Radar;

/// <summary>Recordings of KaiKuTek's K60168: `DS1` (2, R, D, T). Its first channel holds the range-Doppler maps, zero
/// velocity in the middle column; the second one says where in angle an echo is, so it is no antenna and is left
/// out.</summary>
/// <remarks>`LABEL` is left alone: the manifest names classes.</remarks>
internal static class KaiKuTekMaps
{
    public static bool Are(Hdf5File file) => file.Has("DS1");

    /// <exception cref="InvalidDataException">Another shape, or a value that is not finite.</exception>
    public static RangeDopplerFile Load(Hdf5File file)
    {
        (float[] values, int[] shape, string dtype) = file.Values("DS1");
        if (shape.Length != 4 || shape[0] != 2 || shape.Contains(0))
            throw new InvalidDataException(
                $"{file.Path}: DS1 is ({string.Join(", ", shape)}), expected (2, 32, 32, T)."
            );
        int map = shape[1] * shape[2] * shape[3];
        RangeDopplerFile maps = new RadarAxes("RDT").Arrange(file.Path, values[..map], shape[1..]);
        NpyMaps.RequireFinite(file.Path, maps.Values, [maps.Frames, maps.Antennas, maps.Rows, maps.Columns]);
        return maps with { Kind = RadarKind.KaiKuTek, Axes = "DS1[0] as R,D,T", StoredAs = dtype };
    }
}

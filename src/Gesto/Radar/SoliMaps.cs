namespace Gesto.Radar;

/// <summary>Recordings of Google's Soli as the deep-soli data set keeps them: `ch0` … `ch3`, each (T, 1024) = 32 x 32
/// of one receiver.</summary>
/// <remarks>`label` is left alone: the manifest names classes. Source: S. Wang and others, "Interacting with Soli",
/// UIST 2016.</remarks>
internal static class SoliMaps
{
    public const int Channels = 4;
    private const int Side = 32;

    public static bool Are(Hdf5File file) => file.Has("ch0");

    /// <exception cref="InvalidDataException">A channel is missing, of another size, or holds a value that is not
    /// finite.</exception>
    public static RangeDopplerFile Load(Hdf5File file)
    {
        const int Map = Side * Side;
        int frames = 0;
        float[] values = [];
        for (int channel = 0; channel < Channels; channel++)
        {
            (float[] maps, int[] shape, _) = file.Values($"ch{channel}");
            if (shape.Length != 2 || shape[1] != Map || shape[0] == 0 || (channel > 0 && shape[0] != frames))
                throw new InvalidDataException(
                    $"{file.Path}: ch{channel} is ({string.Join(", ", shape)}), expected ({(channel == 0 ? "T" : frames)}, {Map}), maps of {Side} x {Side}."
                );
            if (channel == 0)
                (frames, values) = (shape[0], new float[shape[0] * Channels * Map]);
            for (int t = 0; t < frames; t++)
                maps.AsSpan(t * Map, Map).CopyTo(values.AsSpan((t * Channels + channel) * Map));
        }
        NpyMaps.RequireFinite(file.Path, values, [frames, Channels, Side, Side]);
        return new RangeDopplerFile(file.Path, values, frames, Channels, Side, Side)
        {
            Kind = RadarKind.Soli,
            Axes = "ch0 … ch3 as T,R·D",
        };
    }
}

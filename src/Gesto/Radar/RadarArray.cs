namespace Gesto.Radar;

/// <summary>Radar from any file that is not a video: the one place where the kinds of files are told apart.</summary>
internal static class RadarArray
{
    // In this order: a session's radar.npy is an array too.
    private static readonly IRadarReader[] Readers =
    [
        new InfineonSession(),
        new NpyMaps(),
        new Dca1000Capture(),
        new Hdf5Maps(),
    ];

    /// <returns>True where <see cref="Load"/> reads such a file; else it is a video, or nothing known.</returns>
    public static bool Is(string path) => ReaderOf(path) is not null;

    /// <param name="path">A `.npy` of maps, an Infineon session's `radar.npy`, a DCA1000 `.bin`, an `.h5` of Soli or
    /// KaiKuTek.</param>
    /// <param name="axes">The order of a `.npy` array's axes; null: as its number of axes tells, see <see
    /// cref="NpyMaps"/>.</param>
    /// <returns>(T, A, R, D); range-time maps have D = 1.</returns>
    /// <exception cref="InvalidDataException">The file is cut or damaged, contradicts itself, or holds a value that is
    /// not finite.</exception>
    public static RangeDopplerFile Load(string path, RadarAxes? axes = null) => Reader(path).Load(path, axes);

    /// <returns>A, as <see cref="Load"/> would find it, from as little of the file as tells it.</returns>
    /// <exception cref="InvalidDataException">As <see cref="Load"/>.</exception>
    public static int AntennasOf(string path, RadarAxes? axes = null) => Reader(path).Antennas(path, axes);

    private static IRadarReader? ReaderOf(string path) => Readers.FirstOrDefault(r => r.Reads(path));

    private static IRadarReader Reader(string path) =>
        ReaderOf(path)
        ?? throw new InvalidDataException(
            $"{path}: no radar file that is known: expected .npy, .bin with its .json, .h5, or an Infineon session."
        );
}

namespace Gesto.Radar;

/// <summary>Maps in an HDF5 file; the names of its data sets tell whose.</summary>
internal sealed class Hdf5Maps : IRadarReader
{
    public bool Reads(string path) => Path.GetExtension(path).ToUpperInvariant() is ".H5" or ".HDF5";

    public int Antennas(string path, RadarAxes? axes) => Hdf5File.Read(path, file => SoliMaps.Are(file)
                ? SoliMaps.Channels
            : KaiKuTekMaps.Are(file) ? 1
            : throw Unknown(path));

    public RangeDopplerFile Load(string path, RadarAxes? axes) => Hdf5File.Read(path, file => SoliMaps.Are(file)
                ? SoliMaps.Load(file)
            : KaiKuTekMaps.Are(file) ? KaiKuTekMaps.Load(file)
            : throw Unknown(path));

    private static InvalidDataException Unknown(string path) =>
        new(
            $"{path}: expected the data sets ch0 … ch3 of Soli, or DS1 of KaiKuTek. Other HDF5 files: save the maps as .npy, (T, R, D)."
        );
}

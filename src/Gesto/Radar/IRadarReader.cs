namespace Gesto.Radar;

/// <summary>Reads one kind of radar file. There is a closed set of them, in <see cref="RadarArray"/>.</summary>
internal interface IRadarReader
{
    /// <returns>True where the file is of this kind by its name and its neighbours; it need not be there.</returns>
    bool Reads(string path);

    /// <returns>A, from as little of the file as tells it.</returns>
    /// <exception cref="InvalidDataException">The file does not tell it.</exception>
    int Antennas(string path, RadarAxes? axes);

    /// <param name="path">The file.</param>
    /// <param name="axes">What somebody has said of the order of a bare array's axes; kinds that know their own leave
    /// it alone.</param>
    /// <exception cref="InvalidDataException">Not such a file, cut, or it contradicts itself.</exception>
    RangeDopplerFile Load(string path, RadarAxes? axes);
}

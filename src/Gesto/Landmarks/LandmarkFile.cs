namespace Gesto.Landmarks;

/// <summary>Opens landmarks in any format that is read: a `.pose` file, a `.parquet` table, a `.npy` array, a
/// folder of one `.npy` a frame.</summary>
internal static class LandmarkFile
{
    /// <param name="path">A file or a folder.</param>
    /// <exception cref="IOException">It is not there or cannot be read.</exception>
    /// <exception cref="InvalidDataException">It does not hold landmarks of body or hands.</exception>
    public static LandmarkClip Load(string path) =>
        Directory.Exists(path) ? LandmarkFrames.Load(path).InOneUnit()
        : IsPose(path) ? PoseLandmarks.Load(path)
        : Has(path, ".parquet") ? ParquetLandmarks.Load(path)
        : LandmarkArray.Load(path).InOneUnit();

    /// <returns>True for a name that a `.pose` file has.</returns>
    public static bool IsPose(string path) => Has(path, ".pose");

    /// <returns>True for a name that only landmarks have.</returns>
    public static bool IsByName(string path) => IsPose(path) || Has(path, ".parquet");

    private static bool Has(string path, string ending) =>
        Path.GetExtension(path).Equals(ending, StringComparison.OrdinalIgnoreCase);
}

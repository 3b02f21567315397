namespace Gesto.Landmarks;

/// <summary>Opens landmarks in any format that is read: a `.pose` file, a `.npy` array, a folder of one `.npy` a
/// frame.</summary>
internal static class LandmarkFile
{
    /// <summary>Endings of the files, for people.</summary>
    public const string EndingsInWords = ".pose, .npy, or a folder with a numbered .npy for each frame";

    /// <param name="path">A file or a folder.</param>
    /// <exception cref="IOException">It is not there or cannot be read.</exception>
    /// <exception cref="InvalidDataException">It does not hold landmarks of body or hands.</exception>
    public static LandmarkClip Load(string path) =>
        Directory.Exists(path) ? LandmarkFrames.Load(path).InOneUnit()
        : IsPose(path) ? PoseLandmarks.Load(path)
        : LandmarkArray.Load(path).InOneUnit();

    /// <returns>True for a name that only a `.pose` file has.</returns>
    public static bool IsPose(string path) =>
        Path.GetExtension(path).Equals(".pose", StringComparison.OrdinalIgnoreCase);
}

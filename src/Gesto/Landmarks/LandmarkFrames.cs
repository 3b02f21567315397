using System.Globalization;

namespace Gesto.Landmarks;

/// <summary>A folder that is one recording, a numbered `.npy` a frame: `MP_Data/hello/0/0.npy`, `1.npy` ….</summary>
internal static class LandmarkFrames
{
    /// <returns>True where all `.npy` files of a folder are numbered and the first holds landmarks of one
    /// frame.</returns>
    public static bool Are(string folder)
    {
        string[] names = [.. NamesIn(folder)];
        return names.Length > 0
            && names.All(n => NumberOf(n) is not null)
            && LandmarkArray.Is(Path.Combine(folder, names[0]));
    }

    /// <exception cref="IOException">A file cannot be read.</exception>
    /// <exception cref="InvalidDataException">A frame is missing between others, has another name or holds more than
    /// one; or as <see cref="LandmarkArray.Load"/>.</exception>
    public static LandmarkClip Load(string folder)
    {
        (int Number, string Name)[] frames =
        [
            .. NamesIn(folder)
                .Select(name =>
                    (
                        NumberOf(name)
                            ?? throw new InvalidDataException(
                                $"{Path.Combine(folder, name)}: not a frame's number, expected files like 0.npy, 1.npy. Put one recording into a folder, its frames numbered."
                            ),
                        name
                    )
                )
                .Order(),
        ];
        if (frames.Length is 0 or > LandmarkClip.MostFrames)
            throw new InvalidDataException(
                $"{folder}: {frames.Length} frames like 0.npy, expected 1 to {LandmarkClip.MostFrames}. Put one recording into the folder."
            );
        for (int i = 1; i < frames.Length; i++)
            if (frames[i].Number != frames[i - 1].Number + 1)
                throw new InvalidDataException(
                    $"{folder}: {frames[i].Name} comes after {frames[i - 1].Name}, expected a file for each frame. Write those that are missing, or leave the sample out."
                );
        var values = new List<float>(frames.Length * LandmarkClip.FrameValues);
        foreach ((_, string name) in frames)
        {
            string path = Path.Combine(folder, name);
            float[] frame = LandmarkArray.Values(path);
            if (frame.Length != LandmarkClip.FrameValues)
                throw new InvalidDataException(
                    $"{path}: {frame.Length / LandmarkClip.FrameValues} frames, expected one, since each has a file. Name the array itself where it holds a whole recording."
                );
            values.AddRange(frame);
        }
        return LandmarkClip.Checked(folder, [.. values]);
    }

    /// <returns>Names of the frames' files in the order of their numbers; hidden files are left alone.</returns>
    private static IEnumerable<string> NamesIn(string folder) =>
        Directory
            .EnumerateFiles(folder)
            .Select(p => Path.GetFileName(p))
            .Where(n => !n.StartsWith('.') && Path.GetExtension(n).Equals(".npy", StringComparison.OrdinalIgnoreCase))
            .OrderBy(n => NumberOf(n) ?? -1)
            .ThenBy(n => n, StringComparer.Ordinal);

    private static int? NumberOf(string name) =>
        int.TryParse(
            Path.GetFileNameWithoutExtension(name),
            NumberStyles.None,
            CultureInfo.InvariantCulture,
            out int number
        )
            ? number
            : null;
}

using Gesto.Radar;

namespace Gesto.Recordings;

/// <summary>What a file of a recording can be.</summary>
public enum StreamKind
{
    /// <summary>RGB, or radar maps of one antenna: the name or the run tells.</summary>
    Video,

    /// <summary>Radar in a format that can be nothing else.</summary>
    Radar,
}

/// <summary>Recognises a sample's files by name: `*_RGB.*` is the video; the radar antennas are `*_RDM1.*` … `*_RDM3.*`
/// (range-Doppler, challenge 2025) or `*_RTM1.npy` … `*_RTM3.npy` (range-time, challenge 2026), `*_RDM.npy`,
/// `*_RDM.bin` or `*_RDM.h5` all antennas in one file; without one of these, a raw session of an Infineon kit. The one
/// place that knows which endings are video and which radar.</summary>
public static class SampleFiles
{
    private static readonly string[] VideoEndings = [".mkv", ".mp4", ".mov", ".avi", ".webm"];
    private static readonly string[] RadarEndings = [".npy", ".bin", ".h5", ".hdf5"];

    /// <summary>Endings of the files that are looked at; others in a folder are left alone.</summary>
    public static IReadOnlyList<string> Endings { get; } = [.. VideoEndings, .. RadarEndings];

    /// <summary>Video endings, then radar endings, for people.</summary>
    internal static string EndingsInWords =>
        $"video {string.Join(", ", VideoEndings)}; radar {string.Join(", ", RadarEndings)}";

    /// <param name="path">A file or folder on disk.</param>
    /// <returns>Null where it is neither, as a folder is, or is not there.</returns>
    public static StreamKind? KindOf(string path) => File.Exists(path) ? KindOfName(path) : null;

    /// <returns>What a file of this name is, by its ending, whether or not it is there.</returns>
    internal static StreamKind? KindOfName(string path)
    {
        string ending = Path.GetExtension(path);
        return VideoEndings.Contains(ending, StringComparer.OrdinalIgnoreCase) ? StreamKind.Video
            : RadarEndings.Contains(ending, StringComparer.OrdinalIgnoreCase) ? StreamKind.Radar
            : null;
    }

    /// <summary>Looks into one sample folder.</summary>
    /// <returns>File names (not paths) of the RGB video and of the three antennas; null where absent.</returns>
    /// <exception cref="InvalidDataException">Two files claim the same place.</exception>
    public static (string? Rgb, string?[] Radar) In(string folder)
    {
        string? rgb = null;
        var radar = new string?[3];
        foreach (string name in NamesIn(folder))
        {
            switch (PlaceOf(name))
            {
                case 0:
                    Claim(folder, ref rgb, name, "RGB");
                    break;
                case { } antenna:
                    Claim(folder, ref radar[antenna - 1], name, $"antenna {antenna}");
                    break;
            }
        }
        if (radar.All(r => r is null))
            radar[0] = InfineonSession.In(folder);
        return (rgb, radar);
    }

    /// <param name="root">The data set's folder.</param>
    /// <param name="path">A file, or the folder of a raw session; relative.</param>
    /// <returns>The file, relative: what is on disk, or what is missing.</returns>
    internal static string FileIn(string root, string path) =>
        InfineonSession.In(Path.Combine(root, path.Replace('/', Path.DirectorySeparatorChar))) is { } file
            ? $"{path}/{file}"
            : path;

    /// <returns>Names of the video and radar files in a folder, in ordinal order; hidden ones are left alone.</returns>
    internal static IEnumerable<string> NamesIn(string folder) =>
        Directory
            .EnumerateFiles(folder)
            .Where(path => KindOfName(path) is not null)
            .Select(path => Path.GetFileName(path))
            .Where(name => !name.StartsWith('.'))
            .Order(StringComparer.Ordinal);

    /// <returns>What the name of a file says of it: 0 = RGB, 1 to 3 = radar of that antenna, null = nothing.</returns>
    internal static int? PlaceOf(string name)
    {
        string stem = Path.GetFileNameWithoutExtension(name).ToUpperInvariant();
        return stem[(stem.LastIndexOf('_') + 1)..] switch
        {
            "RGB" => 0,
            "RDM" or "RDM1" or "RTM" or "RTM1" => 1,
            "RDM2" or "RTM2" => 2,
            "RDM3" or "RTM3" => 3,
            _ => null,
        };
    }

    /// <summary>What to call a radar file that is not there: by the kind of those that are.</summary>
    /// <param name="present">Radar files of the same sample or data set.</param>
    /// <param name="antenna">1…3.</param>
    /// <returns>"RTM2" among `…_RTM….npy` files, else "RDM2".</returns>
    internal static string RadarRole(IEnumerable<string?> present, int antenna) =>
        (
            present.Any(f => f is not null && Path.GetFileName(f).Contains("_RTM", StringComparison.OrdinalIgnoreCase))
                ? "RTM"
                : "RDM"
        ) + antenna;

    private static void Claim(string folder, ref string? place, string name, string role)
    {
        if (place is not null)
            throw new InvalidDataException($"{folder}: both {place} and {name} claim to be {role}; keep one of them.");
        place = name;
    }
}

using Gesto.Radar;

namespace Gesto.Recordings;

/// <summary>What a file of a recording can be.</summary>
internal enum StreamKind
{
    /// <summary>RGB, or radar maps of one antenna: the name or the run tells.</summary>
    Video,

    /// <summary>Radar in a format that can be nothing else.</summary>
    Radar,
}

/// <summary>Recognises a sample's files by name: `*_RGB.*` is the video; the radar antennas are `*_RDM1.*` … `*_RDM3.*`
/// (range-Doppler, challenge 2025) or `*_RTM1.npy` … `*_RTM3.npy` (range-time, challenge 2026), `*_RDM.npy`,
/// `*_RDM.bin` or `*_RDM.h5` all antennas in one file; without one of these, a raw session of an Infineon kit;
/// `*_LANDMARKS.npy` and any `.pose` or `.parquet` file are landmarks. The one place that knows which endings are video
/// and which radar.</summary>
internal static class SampleFiles
{
    private static readonly string[] VideoEndings = [".mkv", ".mp4", ".mov", ".avi", ".webm"];
    private static readonly string[] RadarEndings = [".npy", ".bin", ".h5", ".hdf5"];

    /// <summary>Endings of the files that are looked at; others in a folder are left alone.</summary>
    public static IReadOnlyList<string> Endings { get; } = [.. VideoEndings, .. RadarEndings];

    /// <summary>Video endings, then radar endings, for people.</summary>
    internal static string EndingsInWords =>
        $"video {string.Join(", ", VideoEndings)}; radar {string.Join(", ", RadarEndings)}; landmarks .pose, .parquet";

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
    /// <returns>File names (not paths) of each modality that is there, as <see cref="Sample.Files"/>.</returns>
    /// <exception cref="InvalidDataException">Two files claim the same place.</exception>
    public static PerModality<IReadOnlyList<string?>> In(string folder)
    {
        var found = new Dictionary<Modality, string?[]>();
        foreach (string name in NamesIn(folder))
        {
            if (Modality.OfFile(name) is not ({ } modality, var place))
                continue;
            if (!found.TryGetValue(modality, out string?[]? files))
                found[modality] = files = new string?[modality.Columns.Count];
            if (files[place] is { } first)
                throw new InvalidDataException(
                    $"{folder}: both {first} and {name} claim to be {Role(modality, place)}; keep one of them."
                );
            files[place] = name;
        }
        if (!found.ContainsKey(Modality.Radar) && InfineonSession.In(folder) is { } session)
            found[Modality.Radar] = [session, null, null];
        return PerModality.For<IReadOnlyList<string?>>(found.Keys, m => found[m]);

        static string Role(Modality modality, int place) =>
            modality == Modality.Radar ? FormattableString.Invariant($"antenna {place + 1}") : modality.Title;
    }

    /// <param name="root">The data set's folder.</param>
    /// <param name="path">A file, or the folder of a raw session; relative.</param>
    /// <returns>The file, relative: what is on disk, or what is missing.</returns>
    internal static string FileIn(string root, string path) =>
        InfineonSession.In(Path.Combine(root, path.Replace('/', Path.DirectorySeparatorChar))) is { } file
            ? $"{path}/{file}"
            : path;

    /// <returns>A file alone; of a folder that is one recording, its files in ordinal order.</returns>
    internal static IEnumerable<string> FilesAt(string path) =>
        Directory.Exists(path) ? Directory.EnumerateFiles(path).Order(StringComparer.Ordinal) : [path];

    /// <returns>Names of the files in a folder that are video or radar, or named as another modality's, in ordinal
    /// order;
    /// hidden ones are left alone.</returns>
    internal static IEnumerable<string> NamesIn(string folder) =>
        Directory
            .EnumerateFiles(folder)
            .Select(path => Path.GetFileName(path))
            .Where(name =>
                KindOfName(name) is not null
                || Modality.OfFile(name) is ({ } modality, _) && modality != Modality.Rgb && modality != Modality.Radar
            )
            .Where(name => !name.StartsWith('.'))
            .Order(StringComparer.Ordinal);

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
}

using Gesto.Files;

namespace Gesto.Recordings;

/// <summary>One recording to be recognised, wherever its files are and whatever they are called.</summary>
/// <param name="Name">What the user calls it, as given.</param>
/// <param name="Root">Folder that the sample's paths are relative to; "" = the current one.</param>
/// <param name="Sample">Its files.</param>
public sealed record RecordingFiles(string Name, string Root, Sample Sample)
{
    /// <summary>Stands for an antenna that is not there in a list of radar files.</summary>
    public const string NoFile = "-";

    private const int Antennas = 3;

    /// <summary>Folder of the data set it was taken from by name; null where files were given.</summary>
    public string? DatasetFolder { get; init; }

    /// <summary>A video, a radar array, or a folder with the files of one recording. Names as the challenge's
    /// (`…_RGB.mkv`, `…_RDM1.mp4`, `…_RTM1.npy`) tell what a file is; where there are others, see <see
    /// cref="RecordingFolder"/>.</summary>
    /// <param name="path">File or folder.</param>
    /// <param name="needs">Of the run that is to recognise it.</param>
    /// <exception cref="IOException">Nothing is there, or no recording.</exception>
    /// <exception cref="InvalidDataException">Not a known kind of file, or a folder in which it is not clear what is
    /// what.</exception>
    public static RecordingFiles At(string path, RecordingNeeds needs)
    {
        if (SampleFiles.KindOf(path) is { } kind)
        {
            int place = SampleFiles.PlaceOf(Path.GetFileName(path))
                ?? (kind == StreamKind.Radar || needs.VideosAreRadar ? 1 : 0);
            return place == 0 && kind == StreamKind.Video
                ? Of(path, "", path, path, [])
                : Of(path, "", path, null, Radar(path, Math.Max(1, place)));
        }
        if (Directory.Exists(path))
        {
            (string? rgb, string?[] radar) = RecordingFolder.Read(path, needs);
            return Of(path, path, new DirectoryInfo(path).Name, rgb, radar);
        }
        if (File.Exists(path))
            throw new InvalidDataException(
                $"{path}: not a kind of file that Gesto reads ({SampleFiles.EndingsInWords}). Name its kind, RGB or radar, if it is one."
            ).Suggest(NextStep.NameFiles);
        throw new FileNotFoundException($"{path}: no such file or folder.", path);
    }

    /// <summary>A recording whose files are named one by one.</summary>
    /// <param name="rgb">RGB video; null without.</param>
    /// <param name="radar">Radar files of antennas 1, 2, 3, or one array of all; <see cref="NoFile"/> where one is
    /// missing; none without radar.</param>
    /// <exception cref="FileNotFoundException">A file is not there.</exception>
    /// <exception cref="InvalidDataException">Nothing is named, more than three radar files are, or RGB is no
    /// video.</exception>
    public static RecordingFiles OfStreams(string? rgb, IReadOnlyList<string> radar)
    {
        string[] files = [.. radar.Prepend(rgb).OfType<string>().Where(f => f != NoFile)];
        if (files.Length == 0)
            throw new InvalidDataException("No file is named: a recording has an RGB video, radar files, or both.");
        if (radar.Count > Antennas)
            throw new InvalidDataException(
                $"{radar.Count} radar files, expected one for each of {Antennas} antennas at most, or one array of all."
            );
        if (files.FirstOrDefault(f => !File.Exists(f) && SampleFiles.KindOf(f) is null) is { } missing)
            throw new FileNotFoundException($"{missing}: no such file.", missing);
        if (rgb is not null && SampleFiles.KindOf(rgb) == StreamKind.Radar)
            throw new InvalidDataException($"{rgb}: named as RGB video, and this is a radar file.");
        return Of(
            string.Join(' ', radar.Prepend(rgb).OfType<string>()),
            "",
            files[0],
            rgb,
            [.. radar.Select(f => f == NoFile ? null : f)]
        );
    }

    /// <summary>All its files, absolute.</summary>
    internal IEnumerable<string> Files =>
        Sample
            .Radar.Prepend(Sample.Rgb)
            .OfType<string>()
            .Select(f => Path.GetFullPath(Path.Combine(Root, f.Replace('/', Path.DirectorySeparatorChar))));

    private static RecordingFiles Of(string name, string root, string keyFrom, string? rgb, string?[] radar) =>
        new(
            name,
            root,
            new Sample
            {
                Key = root.Length > 0 ? keyFrom : Path.GetFileNameWithoutExtension(keyFrom),
                Split = Split.Test,
                Rgb = rgb,
                Radar = [.. radar, .. Enumerable.Repeat<string?>(null, Antennas - radar.Length)],
            }
        );

    private static string?[] Radar(string path, int antenna) =>
        [.. Enumerable.Range(1, antenna).Select(a => a == antenna ? path : null)];
}

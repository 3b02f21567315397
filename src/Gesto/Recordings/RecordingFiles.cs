using Gesto.Files;

namespace Gesto.Recordings;

/// <summary>One recording to be recognised, wherever its files are and whatever they are called.</summary>
/// <param name="Name">What the user calls it, as given.</param>
/// <param name="Root">Folder that the sample's paths are relative to; "" = the current one.</param>
/// <param name="Sample">Its files.</param>
internal sealed record RecordingFiles(string Name, string Root, Sample Sample)
{
    /// <summary>Stands for an antenna that is not there in a list of radar files.</summary>
    public const string NoFile = "-";

    private static readonly int Antennas = Modality.Radar.Columns.Count;

    /// <summary>Folder of the data set it was taken from by name; null where files were given.</summary>
    public string? DatasetFolder { get; init; }

    /// <summary>A video, a radar array, a file of landmarks, or a folder with the files of one recording. Names as the
    /// challenge's (`…_RGB.mkv`, `…_RDM1.mp4`, `…_RTM1.npy`) tell what a file is; where there are others, see <see
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
            (Modality modality, int place) = Modality.OfFile(Path.GetFileName(path))
                ?? (
                    kind == StreamKind.Radar && needs.ArraysAreLandmarks ? Modality.Landmarks
                    : kind == StreamKind.Radar || needs.VideosAreRadar ? Modality.Radar
                    : Modality.Rgb,
                    0
                );
            if (modality == Modality.Rgb && kind == StreamKind.Radar)
                modality = Modality.Radar;
            return Of(path, "", path, Alone(modality, place, path));
        }
        if (File.Exists(path) && Modality.OfFile(Path.GetFileName(path)) is ({ Open: not null } other, var column))
            return Of(path, "", path, Alone(other, column, path));
        if (Directory.Exists(path))
            return Of(path, path, new DirectoryInfo(path).Name, RecordingFolder.Read(path, needs));
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
            PerModality.Of<IReadOnlyList<string?>>(
                rgb is null ? null : [rgb],
                radar.All(f => f == NoFile)
                    ? null
                    :
                    [
                        .. radar.Select(f => f == NoFile ? null : f),
                        .. Enumerable.Repeat<string?>(null, Antennas - radar.Count),
                    ]
            )
        );
    }

    /// <summary>All its files, absolute.</summary>
    internal IEnumerable<string> Files =>
        Sample
            .Files.Values.SelectMany(files => files)
            .OfType<string>()
            .Select(f => Path.GetFullPath(Path.Combine(Root, f.Replace('/', Path.DirectorySeparatorChar))));

    private static RecordingFiles Of(
        string name,
        string root,
        string keyFrom,
        PerModality<IReadOnlyList<string?>> files
    ) =>
        new(
            name,
            root,
            new Sample
            {
                Key = root.Length > 0 ? keyFrom : Path.GetFileNameWithoutExtension(keyFrom),
                Split = Split.Test,
                Files = files,
            }
        );

    private static PerModality<IReadOnlyList<string?>> Alone(Modality modality, int place, string path) =>
        PerModality<IReadOnlyList<string?>>.None.With(
            modality,
            [.. modality.Columns.Select((_, c) => c == place ? path : null)]
        );
}

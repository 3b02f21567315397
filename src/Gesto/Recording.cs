using Gesto.Recordings;

namespace Gesto;

/// <summary>One recording of one sign: files, whatever they are called, or frames in memory. Nothing is read before it
/// is recognised.</summary>
/// <remarks>Immutable; may be recognised by several threads.</remarks>
public sealed class Recording
{
    /// <summary>Stands for an antenna that is not there, in a list of radar files.</summary>
    public const string NoFile = RecordingFiles.NoFile;

    private readonly Func<RecordingNeeds, RecordingFiles>? find;

    private Recording(string name, Func<RecordingNeeds, RecordingFiles>? find) => (Name, this.find) = (name, find);

    /// <summary>What it was called when it was named: a path, or what the caller said.</summary>
    public string Name { get; }

    internal RgbFrames? Rgb { get; private init; }

    internal RadarFrames? Radar { get; private init; }

    /// <summary>A folder, as of <see cref="FromFolder"/>, or a file, as of <see cref="FromFile"/>: for paths that users
    /// give. Whether anything is there is found out when it is recognised.</summary>
    /// <param name="path">File or folder.</param>
    public static Recording FromPath(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        return new(path, needs => RecordingFiles.At(path, needs));
    }

    /// <summary>A folder with the files of one recording. Names as `SAMPLE_7_RGB.mkv` and `SAMPLE_7_RDM1.mp4` tell what
    /// is what; else a single video is RGB, and radar arrays are antennas in the order of their names.</summary>
    /// <param name="path">The folder.</param>
    /// <returns>It; what is in the folder is looked at when it is recognised.</returns>
    /// <exception cref="DirectoryNotFoundException">No such folder.</exception>
    public static Recording FromFolder(string path) =>
        Directory.Exists(path)
            ? new(path, needs => RecordingFiles.At(path, needs))
            : throw new DirectoryNotFoundException($"{path}: no such folder.");

    /// <summary>A single file: a video, or an array of radar maps.</summary>
    /// <param name="path">mkv, mp4, mov, avi, webm; npy, h5, bin.</param>
    /// <exception cref="FileNotFoundException">No such file.</exception>
    public static Recording FromFile(string path) =>
        File.Exists(path)
            ? new(path, needs => RecordingFiles.At(path, needs))
            : throw new FileNotFoundException($"{path}: no such file.", path);

    /// <summary>Files named one by one.</summary>
    /// <param name="rgb">RGB video; null without.</param>
    /// <param name="radar">A file for each antenna, in order, <see cref="NoFile"/> where one is missing; or one array of all; none
    /// without radar.</param>
    public static Recording FromFiles(string? rgb, params IReadOnlyList<string> radar)
    {
        ArgumentNullException.ThrowIfNull(radar);
        return new(string.Join(' ', radar.Prepend(rgb).OfType<string>()), _ => RecordingFiles.OfStreams(rgb, radar));
    }

    /// <summary>Frames in memory, sampled and resized as files' are.</summary>
    /// <param name="name">For messages.</param>
    /// <param name="rgb">Null without.</param>
    /// <param name="radar">Null without.</param>
    /// <exception cref="ArgumentException">Neither, or a buffer that does not have the size said.</exception>
    public static Recording FromFrames(string name, RgbFrames? rgb, RadarFrames? radar = null)
    {
        if (rgb is null && radar is null)
            throw new ArgumentException("A recording has RGB frames, radar maps, or both.", nameof(rgb));
        if (
            rgb is not null
            && (
                rgb.Count < 1
                || rgb.Width < 1
                || rgb.Height < 1
                || rgb.Pixels.Length != (long)rgb.Count * rgb.Width * rgb.Height * 3
            )
        )
            throw new ArgumentException(
                $"{rgb.Pixels.Length} bytes are not {rgb.Count} frames of {rgb.Width} x {rgb.Height} pixels, 3 bytes each.",
                nameof(rgb)
            );
        if (
            radar is not null
            && (
                radar.Count < 1
                || radar.Antennas < 1
                || radar.Rows < 1
                || radar.Columns < 1
                || radar.Values.Length != (long)radar.Count * radar.Antennas * radar.Rows * radar.Columns
            )
        )
            throw new ArgumentException(
                $"{radar.Values.Length} values are not {radar.Count} frames of {radar.Antennas} antennas, {radar.Rows} x {radar.Columns}.",
                nameof(radar)
            );
        return new(name, null) { Rgb = rgb, Radar = radar };
    }

    /// <summary>One whose files are found already.</summary>
    internal static Recording Of(RecordingFiles files) => new(files.Name, _ => files);

    /// <returns>Its files; null where it is in memory.</returns>
    internal RecordingFiles? Find(RecordingNeeds needs) => find?.Invoke(needs);
}

using System.Text.RegularExpressions;
using Gesto.Files;
using Gesto.Landmarks;

namespace Gesto.Recordings;

/// <summary>Tells what the files of one recording's folder are. Their names do where they are called as the
/// challenge's; of others, radar arrays are radar by their format, in the order of their names, and a video alone is
/// RGB, or radar for a run that takes nothing but radar videos; for a run that takes landmarks and no radar, an array
/// alone is landmarks, and a folder of numbered frames is. Whatever more would be a guess is refused.</summary>
internal static partial class RecordingFolder
{
    private const int FilesListed = 6;

    /// <param name="folder">The folder.</param>
    /// <param name="needs">Of the run that is to recognise it.</param>
    /// <returns>File names, as <see cref="Sample.Files"/>.</returns>
    /// <exception cref="DirectoryNotFoundException">No file of a recording is in it.</exception>
    /// <exception cref="InvalidDataException">Two files claim one place, or it is not clear what is what; the message
    /// lists what was found.</exception>
    public static PerModality<IReadOnlyList<string?>> Read(string folder, RecordingNeeds needs)
    {
        if (needs.Landmarks && LandmarkFrames.Are(folder))
            return PerModality<IReadOnlyList<string?>>.None.With(Modality.Landmarks, ["."]); // the folder itself
        PerModality<IReadOnlyList<string?>> named = SampleFiles.In(folder);
        string? rgb = named[Modality.Rgb]?[0];
        string?[] radar = [.. named[Modality.Radar] ?? [null, null, null]];
        string[] unnamed = [.. SampleFiles.NamesIn(folder).Where(name => Modality.OfFile(name) is null)];
        string[] arrays = [.. InOrder(unnamed, folder, StreamKind.Radar)],
            videos = [.. InOrder(unnamed, folder, StreamKind.Video)];
        bool clear = true;
        if (arrays.Length > 0 && needs.ArraysAreLandmarks)
        {
            if (named[Modality.Landmarks] is null && arrays.Length == 1)
                named = named.With(Modality.Landmarks, [arrays[0]]);
            else
                clear = named[Modality.Landmarks] is not null;
        }
        else if (arrays.Length > 0 && !HasRadar())
        {
            if (AreAntennas(arrays))
                radar = Antennas(arrays);
            else
                clear = !needs.RadarArrays;
        }
        if (videos.Length > 0 && needs.VideosAreRadar)
        {
            if (!HasRadar() && AreAntennas(videos))
                radar = Antennas(videos);
            else
                clear &= HasRadar();
        }
        else if (videos.Length > 0 && rgb is null)
        {
            if (videos.Length == 1)
                rgb = videos[0];
            else
                clear &= !needs.Rgb;
        }
        else if (videos.Length > 0)
        {
            clear &= HasRadar() || !needs.RadarVideos;
        }
        if (!clear)
            throw Unclear(folder, rgb, radar, videos, arrays, needs);
        PerModality<IReadOnlyList<string?>> files = named
            .With(Modality.Rgb, rgb is null ? null : [rgb])
            .With(Modality.Radar, HasRadar() ? radar : null);
        return files.Count > 0
            ? files
            : throw new DirectoryNotFoundException(
                $"{folder}: no recording here. Expected a video, radar arrays, or files like SAMPLE_1_RGB.mkv and SAMPLE_1_RDM1.mp4 … SAMPLE_1_RDM3.mp4 "
                    + "or SAMPLE_1_RTM1.npy …. A sample of a data set is named by its data set."
            ).Suggest(NextStep.NameSample);

        bool HasRadar() => radar.Any(r => r is not null);

        bool AreAntennas(string[] files) =>
            files.Length == 1 || (files.Length <= radar.Length && files.Length == needs.Antennas);
    }

    private static string?[] Antennas(string[] files) =>
        [.. files, .. Enumerable.Repeat<string?>(null, 3 - files.Length)];

    /// <summary>By name, numbers in it by value: rx9.npy comes before rx10.npy.</summary>
    private static IEnumerable<string> InOrder(string[] names, string folder, StreamKind kind) =>
        names
            .Where(name => SampleFiles.KindOf(Path.Combine(folder, name)) == kind)
            .OrderBy(name => Digits().Replace(name, number => number.Value.PadLeft(20, '0')), StringComparer.Ordinal);

    private static InvalidDataException Unclear(
        string folder,
        string? rgb,
        string?[] radar,
        string[] videos,
        string[] arrays,
        RecordingNeeds needs
    )
    {
        var found = new List<string>();
        if (rgb is not null && !videos.Contains(rgb))
            found.Add($"{rgb} as RGB");
        if (radar.OfType<string>().Except(arrays).Except(videos).ToArray() is { Length: > 0 } named)
            found.Add($"{List(named)} as radar");
        if (videos.Length > 0)
            found.Add($"{videos.Length} video{(videos.Length == 1 ? "" : "s")} ({List(videos)})");
        if (arrays.Length > 0)
            found.Add($"{arrays.Length} radar array{(arrays.Length == 1 ? "" : "s")} ({List(arrays)})");
        return new InvalidDataException(
            $"{folder}: not clear what is what. Found {string.Join(", ", found)}; the run takes {needs}. Name the files: the RGB video, "
                + "and the radar's of the antennas in their order. If these are recordings of their own, give them one by one."
        ).Suggest(NextStep.NameFiles);
    }

    private static string List(string[] names) =>
        string.Join(", ", names.Take(FilesListed))
        + (names.Length > FilesListed ? $" and {names.Length - FilesListed} more" : "");

    [GeneratedRegex(@"\d+")]
    private static partial Regex Digits();
}

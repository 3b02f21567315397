using System.Globalization;
using System.Text.RegularExpressions;

namespace Gesto.Video;

/// <summary>One file that is decoded together with others.</summary>
/// <param name="Info">From <see cref="VideoFile.Probe"/>.</param>
/// <param name="Format">Cut and size.</param>
/// <param name="Frames">n to sample from, where it is not this file's own number (antennas that differ by a frame); null takes
/// the number that decode.</param>
public sealed record ClipRequest(VideoInfo Info, ClipFormat Format, int? Frames = null);

/// <summary>Decodes the files of one recording in one `ffmpeg` process, which converts and sends the sampled frames only.
/// Starting the program costs as much as decoding a radar video, and most frames of a long recording are never used.</summary>
/// <remarks>Takes flawless files only. What ffmpeg says of its inputs at the end must be the counts expected, without one
/// word of damage; else the answer is null, and <see cref="ClipFile"/> reads file by file and names what is wrong.</remarks>
internal static partial class SampledDecoder
{
    public const int MessageLimit = 1 << 18;

    /// <summary>Marks the images in the stream; any four letters that are no codec's.</summary>
    private const string Tag = "GPNM";

    /// <param name="requests">The files.</param>
    /// <param name="limits">Size, count and time limits.</param>
    /// <param name="cancel">Stops the decoder.</param>
    /// <param name="arrived">Told of each frame as it comes: the request, its clip's buffer, and how many frames are in it. Whether the
    /// file is flawless turns out only at the end.</param>
    /// <param name="waiting">A decoder that is started already, used where it fits.</param>
    /// <returns>A clip for each request, or null where any file needs a closer look.</returns>
    public static Clip[]? TryRead(
        IReadOnlyList<ClipRequest> requests, VideoLimits limits, CancellationToken cancel, Action<int, byte[], int>? arrived = null,
        WaitingDecoder? waiting = null)
    {
        if (requests.Any(r => r.Info.Packets > limits.MaxFrames || r.Frames > r.Info.Packets || r.Info.Packets == 0)) return null;
        int[][] wanted = [.. requests.Select(r => r.Format.Sampling.Indices(r.Frames ?? r.Info.Packets))];
        using FfmpegProcess? ready = waiting?.Take(requests, wanted, limits, cancel);
        if (ready is not null && Receive(ready, requests, wanted, WaitingDecoder.FirstFile, limits, arrived, cancel) is { } clips) return clips;
        using var process = new FfmpegProcess("ffmpeg", Arguments(requests, wanted, limits), limits.Timeout, cancel, MessageLimit);
        return Receive(process, requests, wanted, firstFile: 0, limits, arrived, cancel);
    }

    internal static Clip[]? Receive(
        FfmpegProcess process, IReadOnlyList<ClipRequest> requests, int[][] wanted, int firstFile, VideoLimits limits,
        Action<int, byte[], int>? arrived, CancellationToken cancel)
    {
        try
        {
            byte[][]? kept = ReadFrames(process.Output, requests, wanted, limits, arrived);
            if (kept is null) return null;
            (int exit, string messages) = process.Finish(requests[0].Info.Path);
            if (exit != 0 || !Flawless(requests, firstFile, messages)) return null;
            return [.. kept.Select((frames, i) => new Clip(frames, wanted[i].Length, requests[i].Info.Packets))];
        }
        catch (Exception e) when (e is IOException or InvalidDataException)
        {
            cancel.ThrowIfCancellationRequested(); // a killed program's output breaks off, too
            return null;
        }
    }

    private static List<string> Arguments(IReadOnlyList<ClipRequest> requests, int[][] wanted, VideoLimits limits) => Arguments(
        [.. requests.Select(r => (r.Info.Container, r.Format.Colour))], limits, before: [], firstFile: 0, i => VideoFile.Url(requests[i].Info.Path),
        // Before the conversion to R, G, B, so that unused frames are not converted.
        i => wanted[i].Length < requests[i].Info.Packets ? [$"-filter:v:{i}", Selection(wanted[i])] : []);

    /// <param name="files">Container, and colour or grey, of each file.</param>
    /// <param name="limits">Largest frames.</param>
    /// <param name="before">Inputs before the files.</param>
    /// <param name="firstFile">How many those are.</param>
    /// <param name="url">Of each file.</param>
    /// <param name="filter">Options of its stream that pick the frames.</param>
    internal static List<string> Arguments(
        IReadOnlyList<(string Container, bool Colour)> files, VideoLimits limits, string[] before, int firstFile, Func<int, string> url,
        Func<int, string[]> filter)
    {
        List<string> arguments = ["-v", "level+verbose", "-nostats", "-nostdin", "-filter_threads", "1", .. before];
        foreach ((int i, (string container, _)) in files.Index())
            arguments.AddRange([.. VideoFile.Guards(container, limits), "-threads", "1", "-i", url(i)]);
        foreach ((int i, (_, bool colour)) in files.Index())
        {
            arguments.AddRange(["-map", $"{firstFile + i}:V:0", $"-c:v:{i}", colour ? "ppm" : "pgm", $"-pix_fmt:v:{i}", colour ? "rgb24" : "gray"]);
            arguments.AddRange(filter(i));
        }
        // Bicubic: see VideoFile.Decode. An interleaving of (nearly) nothing sends a frame as soon as it is there.
        arguments.AddRange(["-fps_mode", "passthrough", "-sws_flags", "bicubic", "-tag:v", Tag, "-threads", "1",
            "-f", "matroska", "-live", "1", "-write_crc32", "0", "-max_interleave_delta", "1", "pipe:1"]);
        return arguments;
    }

    /// <returns>The filter that lets these frames through.</returns>
    internal static string Selection(int[] wanted) =>
        $"select='{string.Join('+', wanted.Select(n => string.Create(CultureInfo.InvariantCulture, $"eq(n,{n})")))}'";

    /// <returns>The frames of each request, or null where the program did not send all of them.</returns>
    private static byte[][]? ReadFrames(
        Stream output, IReadOnlyList<ClipRequest> requests, int[][] wanted, VideoLimits limits, Action<int, byte[], int>? tell)
    {
        byte[][] kept = [.. requests.Select((r, i) => new byte[wanted[i].Length * r.Format.BytesPerFrame])];
        FrameCut[] cuts = [.. requests.Select(r => new FrameCut(r.Format))];
        int[] arrived = new int[requests.Count];
        using var buffered = new BufferedStream(output, 1 << 16);
        var elements = new EbmlReader(buffered);
        var images = new PortableMapReader(buffered, requests[0].Info.Path, limits);
        while (elements.Next(out uint id, out long size))
        {
            if (id is EbmlReader.Segment or EbmlReader.Cluster or EbmlReader.BlockGroup) continue;
            if (id is not (EbmlReader.SimpleBlock or EbmlReader.Block))
            {
                elements.Skip(size);
                continue;
            }
            int track = (int)elements.ReadSize() - 1;
            elements.Skip(3); // time and flags
            if (track < 0 || track >= requests.Count || arrived[track] == wanted[track].Length || !images.Read()) return null;
            int bytes = requests[track].Format.BytesPerFrame;
            cuts[track].Resize(images, kept[track].AsSpan(arrived[track]++ * bytes, bytes));
            tell?.Invoke(track, kept[track], arrived[track]);
        }
        return arrived.Select((n, i) => n == wanted[i].Length).All(complete => complete) ? kept : null;
    }

    private static bool Flawless(IReadOnlyList<ClipRequest> requests, int firstFile, string messages)
    {
        if (Damage().IsMatch(messages)) return false;
        var decoded = new int?[requests.Count];
        foreach (Match match in Summary().Matches(messages))
        {
            if (int.TryParse(match.Groups["file"].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture, out int file)
                && (file -= firstFile) >= 0 && file < decoded.Length
                && int.TryParse(match.Groups["frames"].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture, out int frames))
                decoded[file] = frames;
        }
        return requests.Index().All(r => decoded[r.Index] is { } n && VideoFile.Agrees(r.Item.Info, n, ""));
    }

    [GeneratedRegex(@"\[(error|fatal|panic)\]")]
    private static partial Regex Damage();

    [GeneratedRegex(@"Input stream #(?<file>\d+):\d+ \(video\): \d+ packets read[^;]*; (?<frames>\d+) frames decoded")]
    private static partial Regex Summary();
}

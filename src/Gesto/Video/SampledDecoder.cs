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
    private const int MessageLimit = 1 << 18;

    /// <summary>Marks the images in the stream; any four letters that are no codec's.</summary>
    private const string Tag = "GPNM";

    /// <returns>A clip for each request, or null where any file needs a closer look.</returns>
    public static Clip[]? TryRead(IReadOnlyList<ClipRequest> requests, VideoLimits limits, CancellationToken cancel)
    {
        if (requests.Any(r => r.Info.Packets > limits.MaxFrames || r.Frames > r.Info.Packets || r.Info.Packets == 0)) return null;
        int[][] wanted = [.. requests.Select(r => r.Format.Sampling.Indices(r.Frames ?? r.Info.Packets))];
        var process = new FfmpegProcess("ffmpeg", Arguments(requests, wanted, limits), limits.Timeout, cancel, MessageLimit);
        using (process)
        {
            try
            {
                byte[][]? kept = ReadFrames(process.Output, requests, wanted, limits);
                if (kept is null) return null;
                (int exit, string messages) = process.Finish(requests[0].Info.Path);
                if (exit != 0 || !Flawless(requests, messages)) return null;
                return [.. kept.Select((frames, i) => new Clip(frames, wanted[i].Length, requests[i].Info.Packets))];
            }
            catch (Exception e) when (e is IOException or InvalidDataException)
            {
                cancel.ThrowIfCancellationRequested(); // a killed program's output breaks off, too
                return null;
            }
        }
    }

    private static List<string> Arguments(IReadOnlyList<ClipRequest> requests, int[][] wanted, VideoLimits limits)
    {
        List<string> arguments = ["-v", "level+verbose", "-nostats", "-nostdin", "-filter_threads", "1"];
        foreach (ClipRequest request in requests)
            arguments.AddRange([.. VideoFile.Guards(request.Info.Container, limits), "-threads", "1", "-i", VideoFile.Url(request.Info.Path)]);
        foreach ((int i, ClipRequest request) in requests.Index())
        {
            arguments.AddRange(["-map", $"{i}:V:0", $"-c:v:{i}", request.Format.Colour ? "ppm" : "pgm", $"-pix_fmt:v:{i}", request.Format.Colour ? "rgb24" : "gray"]);
            // Before the conversion to R, G, B, so that unused frames are not converted.
            if (wanted[i].Length < request.Info.Packets) arguments.AddRange([$"-filter:v:{i}", $"select='{Selection(wanted[i])}'"]);
        }
        // Bicubic: see VideoFile.Decode. An interleaving of (nearly) nothing sends a frame as soon as it is there.
        arguments.AddRange(["-fps_mode", "passthrough", "-sws_flags", "bicubic", "-tag:v", Tag, "-threads", "1",
            "-f", "matroska", "-live", "1", "-write_crc32", "0", "-max_interleave_delta", "1", "pipe:1"]);
        return arguments;
    }

    private static string Selection(int[] wanted) =>
        string.Join('+', wanted.Select(n => string.Create(CultureInfo.InvariantCulture, $"eq(n,{n})")));

    /// <returns>The frames of each request, or null where the program did not send all of them.</returns>
    private static byte[][]? ReadFrames(Stream output, IReadOnlyList<ClipRequest> requests, int[][] wanted, VideoLimits limits)
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
        }
        return arrived.Select((n, i) => n == wanted[i].Length).All(complete => complete) ? kept : null;
    }

    private static bool Flawless(IReadOnlyList<ClipRequest> requests, string messages)
    {
        if (Damage().IsMatch(messages)) return false;
        var decoded = new int?[requests.Count];
        foreach (Match match in Summary().Matches(messages))
        {
            if (int.TryParse(match.Groups["file"].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture, out int file) && file < decoded.Length
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

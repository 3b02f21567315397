using System.Globalization;
using System.Text.RegularExpressions;

namespace Gesto.Video;

/// <summary>One file that is decoded together with others.</summary>
/// <param name="Info">From <see cref="VideoFile.Probe"/>.</param>
/// <param name="Format">Cut and size.</param>
/// <param name="Frames">n to sample from, where it is not this file's own number (antennas that differ by a frame);
/// null takes the number that decode.</param>
/// <param name="Turn">Files of an earlier turn are decoded before those of a later one, but for the first
/// frame.</param>
internal sealed record ClipRequest(VideoInfo Info, ClipFormat Format, int? Frames = null, int Turn = 0)
{
    /// <summary>Of the <see cref="Frames"/> frames, where that is given; see <see cref="ClipFile.Read"/>.</summary>
    public IReadOnlyList<double>? Times { get; init; }

    /// <returns>Which frames are taken if as many decode as the container says; see <see
    /// cref="FrameSampling.Indices"/>.</returns>
    internal int[] Wanted() =>
        Frames is { } n ? Format.Sampling.Indices(n, Times) : Format.Sampling.Indices(Info.Packets, Info.Times);
}

/// <summary>Decodes the files of one recording in one `ffmpeg` process, which converts and sends the sampled frames
/// only. Starting the program costs as much as decoding a radar video, and most frames of a long recording are never
/// used.</summary>
/// <remarks>Takes flawless files only. What ffmpeg says of its inputs at the end must be the counts expected, without
/// one word of damage; else the answer is null, and <see cref="ClipFile"/> reads file by file and names what is
/// wrong.</remarks>
internal static partial class SampledDecoder
{
    public const int MessageLimit = 1 << 18;

    /// <summary>Marks the images in the stream; any four letters that are no codec's.</summary>
    private const string Tag = "GPNM";

    /// <summary>Seconds by which a turn is put off; longer than any recording of a sign. ffmpeg decodes what is due
    /// first.</summary>
    private const int TurnSeconds = 100_000;

    /// <summary>Told of each frame as it comes. Whether the file is flawless turns out only at the end.</summary>
    /// <param name="request">The request's place.</param>
    /// <param name="frames">Its clip's buffer.</param>
    /// <param name="count">Frames in it so far; when they fill it, the decoder lets go of it.</param>
    public delegate void FramesArrived(int request, byte[] frames, int count);

    /// <param name="requests">The files.</param>
    /// <param name="limits">Size, count and time limits.</param>
    /// <param name="cancel">Stops the decoder.</param>
    /// <param name="arrived">Told of the frames as they come.</param>
    /// <param name="waiting">A decoder that is started already, used where it fits.</param>
    /// <returns>A clip for each request, or null where any file needs a closer look.</returns>
    public static Clip[]? TryRead(
        IReadOnlyList<ClipRequest> requests,
        VideoLimits limits,
        CancellationToken cancel,
        FramesArrived? arrived = null,
        WaitingDecoder? waiting = null
    )
    {
        var clips = new Clip[requests.Count];
        return TryDecode(requests, limits, Collect, waiting, cancel) ? clips : null;

        void Collect(int request, byte[] frames, int count)
        {
            clips[request] = new Clip(frames, count, requests[request].Info.Packets);
            arrived?.Invoke(request, frames, count);
        }
    }

    /// <summary>As <see cref="TryRead"/>, but keeps nothing.</summary>
    /// <returns>False where any file needs a closer look: what was told of does not hold.</returns>
    public static bool TryDecode(
        IReadOnlyList<ClipRequest> requests,
        VideoLimits limits,
        FramesArrived arrived,
        WaitingDecoder? waiting,
        CancellationToken cancel
    )
    {
        if (requests.Any(r => r.Info.Packets > limits.MaxFrames || r.Frames > r.Info.Packets || r.Info.Packets == 0))
            return false;
        int[][] wanted = [.. requests.Select(r => r.Wanted())];
        using FfmpegProcess? ready = waiting?.Take(requests, wanted, limits, cancel);
        if (ready is not null && Receive(ready, requests, wanted, WaitingDecoder.FirstFile, limits, arrived, cancel))
            return true;
        using var process = new FfmpegProcess(
            "ffmpeg",
            Arguments(requests, wanted, limits),
            limits.Timeout,
            cancel,
            MessageLimit
        );
        return Receive(process, requests, wanted, firstFile: 0, limits, arrived, cancel);
    }

    internal static bool Receive(
        FfmpegProcess process,
        IReadOnlyList<ClipRequest> requests,
        int[][] wanted,
        int firstFile,
        VideoLimits limits,
        FramesArrived arrived,
        CancellationToken cancel
    )
    {
        try
        {
            bool all = ReadFrames(process, requests, wanted, limits, arrived);
            cancel.ThrowIfCancellationRequested(); // a killed program's output may end just where an element does
            if (!all)
                return false;
            (int exit, string messages) = process.Finish(requests[0].Info.Path);
            return exit == 0 && Flawless(requests, firstFile, messages);
        }
        catch (Exception e) when (e is IOException or InvalidDataException)
        {
            cancel.ThrowIfCancellationRequested(); // or break off
            return false;
        }
    }

    private static List<string> Arguments(IReadOnlyList<ClipRequest> requests, int[][] wanted, VideoLimits limits) =>
        Arguments(
            [.. requests.Select(r => (r.Info.Container, r.Format.Colour))],
            limits,
            before: [],
            firstFile: 0,
            i => VideoFile.Url(requests[i].Info.Path),
            i =>
                requests[i].Turn == 0
                    ? []
                    :
                    [
                        "-itsoffset",
                        string.Create(CultureInfo.InvariantCulture, $"{(long)requests[i].Turn * TurnSeconds}"),
                    ],
            // Before the conversion to R, G, B, so that unused frames are not converted.
            i => Selection(wanted[i], requests[i].Info.Packets) is { } some ? [$"-filter:v:{i}", some] : []
        );

    /// <param name="files">Container, and colour or grey, of each file.</param>
    /// <param name="limits">Largest frames.</param>
    /// <param name="before">Inputs before the files.</param>
    /// <param name="firstFile">How many those are.</param>
    /// <param name="url">Of each file.</param>
    /// <param name="input">Options of its input.</param>
    /// <param name="filter">Options of its stream that pick the frames.</param>
    internal static List<string> Arguments(
        IReadOnlyList<(string Container, bool Colour)> files,
        VideoLimits limits,
        string[] before,
        int firstFile,
        Func<int, string> url,
        Func<int, string[]> input,
        Func<int, string[]> filter
    )
    {
        List<string> arguments = ["-v", "level+verbose", "-nostats", "-nostdin", "-filter_threads", "1", .. before];
        foreach ((int i, (string container, _)) in files.Index())
            arguments.AddRange([.. VideoFile.Guards(container, limits), "-threads", "1", .. input(i), "-i", url(i)]);
        foreach ((int i, (_, bool colour)) in files.Index())
        {
            arguments.AddRange([
                "-map",
                $"{firstFile + i}:V:0",
                $"-c:v:{i}",
                colour ? "ppm" : "pgm",
                $"-pix_fmt:v:{i}",
                colour ? "rgb24" : "gray",
            ]);
            arguments.AddRange(filter(i));
        }
        // Bicubic: see VideoFile.Decode. An interleaving of (nearly) nothing sends a frame as soon as it is there.
        arguments.AddRange([
            "-fps_mode",
            "passthrough",
            "-sws_flags",
            "bicubic",
            "-tag:v",
            Tag,
            "-threads",
            "1",
            "-f",
            "matroska",
            "-live",
            "1",
            "-write_crc32",
            "0",
            "-max_interleave_delta",
            "1",
            "pipe:1",
        ]);
        return arguments;
    }

    /// <returns>The filter that lets these frames through, each once; null where they are all of the file's.</returns>
    internal static string? Selection(int[] wanted, int packets) =>
        wanted.Distinct().Count() < packets
            ? $"select='{string.Join('+', wanted.Distinct().Select(n => string.Create(CultureInfo.InvariantCulture, $"eq(n,{n})")))}'"
            : null;

    /// <returns>Whether the program sent all of them.</returns>
    private static bool ReadFrames(
        FfmpegProcess process,
        IReadOnlyList<ClipRequest> requests,
        int[][] wanted,
        VideoLimits limits,
        FramesArrived tell
    )
    {
        // Of a later turn only the first frame comes before its time: until then there is room for no more.
        byte[][] kept =
        [
            .. requests.Select((r, i) => new byte[(r.Turn == 0 ? wanted[i].Length : 1) * r.Format.BytesPerFrame]),
        ];
        FrameCut[] cuts = [.. requests.Select(r => new FrameCut(r.Format))];
        int[] arrived = new int[requests.Count];
        using var buffered = new BufferedStream(process.Output, 1 << 16);
        var elements = new EbmlReader(buffered);
        var images = new PortableMapReader(buffered, requests[0].Info.Path, limits);
        while (elements.Next(out uint id, out long size))
        {
            if (id is EbmlReader.Segment or EbmlReader.Cluster or EbmlReader.BlockGroup)
                continue;
            if (id is not (EbmlReader.SimpleBlock or EbmlReader.Block))
            {
                elements.Skip(size);
                continue;
            }
            int track = (int)elements.ReadSize() - 1;
            elements.Skip(3); // time and flags
            if (track < 0 || track >= requests.Count || arrived[track] == wanted[track].Length || !images.Read())
                return false;
            int bytes = requests[track].Format.BytesPerFrame,
                all = wanted[track].Length * bytes,
                place = arrived[track],
                start = place * bytes,
                times = Repeats(wanted[track], place);
            arrived[track] += times;
            int end = arrived[track] * bytes;
            if (end > kept[track].Length)
                Array.Resize(ref kept[track], all);
            byte[] frames = kept[track];
            cuts[track].Resize(images, frames.AsSpan(start, bytes));
            for (int to = start + bytes; to < end; to += bytes)
                frames.AsSpan(start, bytes).CopyTo(frames.AsSpan(to));
            requests[track].Format.Watch?.Invoke(place, times, images.Width, images.Height, images.Pixels);
            if (frames.Length < all)
                continue;
            tell(track, frames, arrived[track]);
            if (end < all)
                continue;
            kept[track] = [];
            // whoever was told of a whole clip may have taken its time; a decoder that dawdles over one is stopped
            process.Rearm();
        }
        return arrived.Select((n, i) => n == wanted[i].Length).All(complete => complete);
    }

    /// <returns>How many places of the clip this frame fills: sampling in time takes one that stands long more than
    /// once.</returns>
    private static int Repeats(int[] wanted, int at)
    {
        int end = at + 1;
        while (end < wanted.Length && wanted[end] == wanted[at])
            end++;
        return end - at;
    }

    private static bool Flawless(IReadOnlyList<ClipRequest> requests, int firstFile, string messages)
    {
        if (Damage().IsMatch(messages))
            return false;
        var decoded = new int?[requests.Count];
        foreach (Match match in Summary().Matches(messages))
        {
            if (
                int.TryParse(
                    match.Groups["file"].ValueSpan,
                    NumberStyles.None,
                    CultureInfo.InvariantCulture,
                    out int file
                )
                && (file -= firstFile) >= 0
                && file < decoded.Length
                && int.TryParse(
                    match.Groups["frames"].ValueSpan,
                    NumberStyles.None,
                    CultureInfo.InvariantCulture,
                    out int frames
                )
            )
                decoded[file] = frames;
        }
        return requests.Index().All(r => decoded[r.Index] is { } n && VideoFile.Agrees(r.Item.Info, n, ""));
    }

    [GeneratedRegex(@"\[(error|fatal|panic)\]")]
    private static partial Regex Damage();

    [GeneratedRegex(@"Input stream #(?<file>\d+):\d+ \(video\): \d+ packets read[^;]*; (?<frames>\d+) frames decoded")]
    private static partial Regex Summary();
}

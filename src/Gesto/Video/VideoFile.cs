using System.Globalization;
using System.Text.Json;
using Gesto.Files;

namespace Gesto.Video;

/// <summary>Limits within which a file is decoded; files come from anywhere.</summary>
internal sealed record VideoLimits
{
    public static VideoLimits Default { get; } = new();

    /// <summary>Largest width × height, checked before any frame is allocated. Default: 8K UHD.</summary>
    public int MaxPixels { get; init; } = 7680 * 4320;

    /// <summary>Most frames decoded. A sign lasts seconds; 10,000 frames are five minutes.</summary>
    public int MaxFrames { get; init; } = 10_000;

    /// <summary>Longest a file may take to decode.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromMinutes(5);
}

/// <summary>What a file's container says, before anything is decoded.</summary>
/// <param name="Path">The file.</param>
/// <param name="Container">"matroska", "mov" or "avi", told by the file's first bytes, not by its name.</param>
/// <param name="Codec">e.g. "h264".</param>
/// <param name="Width">As coded, before any rotation.</param>
/// <param name="Height">As coded, before any rotation.</param>
/// <param name="Packets">Packets of the video stream meant for showing: one per frame in the usual codecs.</param>
/// <param name="Duration">Seconds the header announces for the video stream; null where it does not.</param>
/// <param name="LastsSeconds">From the first packet's time to the end of the last one.</param>
internal sealed record VideoInfo(
    string Path,
    string Container,
    string Codec,
    int Width,
    int Height,
    int Packets,
    double? Duration,
    double LastsSeconds
)
{
    /// <summary>Read by <see cref="ContainerIndex"/>, not by ffprobe: a contradiction is looked into before it is
    /// believed.</summary>
    internal bool FromIndex { get; init; }

    /// <summary>When each frame is shown: <see cref="Packets"/> times, ascending, seconds from any zero; null where the
    /// file does not tell all of them. Not the decoder's word: where another number of frames decodes, they are other
    /// frames' times.</summary>
    public IReadOnlyList<double>? Times { get; init; }

    /// <summary>How light is stored. Frames of a high dynamic range are converted to standard R, G, B by their matrix
    /// alone, so they look paler and flatter than on the phone that took them.</summary>
    public LightRange Light { get; init; }
}

/// <summary>Receives one decoded frame. <paramref name="pixels"/> is valid during the call only.</summary>
/// <param name="index">0, 1, 2 … in order of showing.</param>
/// <param name="width">Pixels per row.</param>
/// <param name="height">Rows.</param>
/// <param name="pixels">Row-major, 1 byte a pixel for grey, R, G, B for colour.</param>
internal delegate void FrameSink(int index, int width, int height, ReadOnlySpan<byte> pixels);

/// <summary>Reads videos (mkv, mp4, mov, avi, webm) with the `ffmpeg` program: one process a file, which can be
/// limited, watched and killed. The frames are those that decode; nothing is dropped, repeated or sought.</summary>
internal static class VideoFile
{
    private static ReadOnlySpan<byte> Ebml => [0x1A, 0x45, 0xDF, 0xA3];

    /// <summary>Reads the container: every packet is counted, none is decoded. ffprobe is asked only where the file's
    /// own index does not tell.</summary>
    /// <exception cref="VideoException">Empty, no video, or larger than the limits.</exception>
    /// <exception cref="InvalidDataException">Not a regular file; see <see cref="RecordingFile"/>.</exception>
    /// <exception cref="FileNotFoundException">No such file.</exception>
    /// <exception cref="FfmpegStartException">The program is not installed, or cannot be started.</exception>
    public static VideoInfo Probe(string path, VideoLimits limits, CancellationToken cancel)
    {
        string container = ContainerOf(path);
        return ContainerIndex.TryRead(path, container, limits) ?? Ask(path, container, limits, cancel);
    }

    /// <summary>ffprobe's word.</summary>
    internal static VideoInfo Ask(string path, string container, VideoLimits limits, CancellationToken cancel)
    {
        string[] arguments =
        [
            "-v",
            "error",
            .. Guards(container, limits),
            "-select_streams",
            "V:0",
            "-show_entries",
            "packet=pts_time,dts_time,duration_time,flags:stream=codec_name,width,height,duration,color_transfer"
                + ":stream_tags=DURATION:format=duration,nb_streams",
            "-of",
            "json",
            Url(path),
        ];
        using JsonDocument json = RunProbe(path, arguments, limits, cancel);
        return InfoFrom(path, container, json.RootElement, limits);
    }

    /// <summary>The times at which the frames that decode are shown, ascending, seconds: for a file whose packets are
    /// not its frames.</summary>
    /// <returns>Null where some have none.</returns>
    internal static double[]? AskFrameTimes(VideoInfo info, VideoLimits limits, CancellationToken cancel)
    {
        string[] arguments =
        [
            "-v",
            "error",
            .. Guards(info.Container, limits),
            "-threads",
            "1",
            "-select_streams",
            "V:0",
            "-show_entries",
            "frame=best_effort_timestamp_time",
            "-of",
            "json",
            Url(info.Path),
        ];
        using JsonDocument json = RunProbe(info.Path, arguments, limits, cancel);
        if (!json.RootElement.TryGetProperty("frames", out JsonElement frames))
            return null;
        double?[] times = [.. frames.EnumerateArray().Select(f => Seconds(f, "best_effort_timestamp_time"))];
        return times.Contains(null) ? null : [.. times.OfType<double>().Order()];
    }

    private static JsonDocument RunProbe(string path, string[] arguments, VideoLimits limits, CancellationToken cancel)
    {
        using var process = new FfmpegProcess("ffprobe", arguments, limits.Timeout, cancel);
        using var text = new MemoryStream();
        process.Output.CopyTo(text);
        (int exit, string messages) = process.Finish(path);
        if (exit != 0)
            throw Unreadable(path, messages);
        try
        {
            return JsonDocument.Parse(text.ToArray());
        }
        catch (JsonException)
        {
            throw Unreadable(path, messages); // it broke off
        }
    }

    /// <summary>Decodes every frame of the first video stream, in order, at its own size.</summary>
    /// <param name="info">From <see cref="Probe"/>.</param>
    /// <param name="colour">True for R, G, B; false for full-range grey.</param>
    /// <param name="sink">Called for each frame on the calling thread.</param>
    /// <param name="limits">Size, count and time limits.</param>
    /// <param name="cancel">Kills the program.</param>
    /// <returns>The number of frames that decoded, ≥ 1.</returns>
    /// <exception cref="VideoException">The decoder reports damage; no frame decodes; or the count contradicts the
    /// packets or the duration, as in a file cut off while copying.</exception>
    public static int Decode(VideoInfo info, bool colour, FrameSink sink, VideoLimits limits, CancellationToken cancel)
    {
        string[] arguments =
        [
            "-v",
            "error",
            "-nostdin",
            .. Guards(info.Container, limits),
            "-threads",
            "1",
            "-i",
            Url(info.Path),
            // Bicubic is what OpenCV's reader uses for the chroma planes; with it the pixels are the same. Images are
            // numbered, not timed: of times that are uneven or equal the writer would complain, and its words would
            // pass for the file's.
            "-map",
            "0:V:0",
            "-vf",
            "settb=1/25,setpts=N",
            "-enc_time_base",
            "1:25",
            "-fps_mode",
            "passthrough",
            "-sws_flags",
            "bicubic",
            // Every image carries its own size, so rotated or size-changing streams cannot be read askew.
            "-c:v",
            colour ? "ppm" : "pgm",
            "-pix_fmt",
            colour ? "rgb24" : "gray",
            "-threads",
            "1",
            "-f",
            "image2pipe",
            "pipe:1",
        ];
        using var process = new FfmpegProcess("ffmpeg", arguments, limits.Timeout, cancel);
        var images = new PortableMapReader(process.Output, info.Path, limits);
        int frames = 0;
        try
        {
            while (images.Read())
            {
                if (frames == limits.MaxFrames)
                    throw new VideoException(
                        VideoFault.Undecodable,
                        $"{info.Path}: more than {limits.MaxFrames} frames, the limit. Cut the recording into signs."
                    );
                sink(frames++, images.Width, images.Height, images.Pixels);
            }
        }
        catch (IOException)
        {
            process.ThrowIfStopped(info.Path); // a killed program's output breaks off, too
            throw;
        }
        (int exit, string messages) = process.Finish(info.Path);
        if (exit != 0 && (frames == 0 || messages.Length == 0))
            throw Unreadable(info.Path, messages);
        if (info.FromIndex && !Agrees(info, frames, messages))
            info = Ask(info.Path, info.Container, limits, cancel);
        Verify(info, frames, messages);
        return frames;
    }

    /// <returns>True where nothing at all speaks against the file.</returns>
    internal static bool Agrees(VideoInfo info, int frames, string messages) =>
        frames > 0 && frames == info.Packets && messages.Length == 0 && !IsCut(info);

    /// <summary>A header that promises clearly more than the packets hold: the file was cut. Three frames of grace,
    /// because writers round durations and the last frame's length differently; where frames come unevenly, the last
    /// one may stand long.</summary>
    private static bool IsCut(VideoInfo info) =>
        info.Duration is { } announced
        && announced - info.LastsSeconds
            > Math.Max(Math.Max(0.2, 3 * info.LastsSeconds / info.Packets), 1.5 * LongestGap(info.Times));

    private static double LongestGap(IReadOnlyList<double>? times)
    {
        double longest = 0;
        for (int i = 1; i < times?.Count; i++)
            longest = Math.Max(longest, times[i] - times[i - 1]);
        return longest;
    }

    private static void Verify(VideoInfo info, int frames, string messages)
    {
        if (frames == 0)
            throw new VideoException(
                VideoFault.Empty,
                $"{info.Path}: no frame decodes. Record or copy the file again."
            );
        if (IsCut(info))
            throw new VideoException(
                VideoFault.FrameCount,
                $"{info.Path}: the header announces {info.Duration:0.00} s, found {info.LastsSeconds:0.00} s ({frames} frames). "
                    + "The file is cut off; copy it again."
            );
        // VP8 hides reference frames in packets of their own; elsewhere a packet is a frame.
        if (frames != info.Packets && !(info.Codec == "vp8" && frames < info.Packets))
            throw new VideoException(
                VideoFault.FrameCount,
                $"{info.Path}: {frames} frames decode, the file has {info.Packets} packets."
                    + Said(messages)
                    + " Copy or encode the file again."
            );
        if (messages.Length > 0)
            throw new VideoException(
                VideoFault.Undecodable,
                $"{info.Path}: {frames} frames decode, but with damage."
                    + Said(messages)
                    + " Copy or encode the file again."
            );
    }

    private static VideoInfo InfoFrom(string path, string container, JsonElement json, VideoLimits limits)
    {
        if (!json.TryGetProperty("streams", out JsonElement streams) || streams.GetArrayLength() == 0)
            throw new VideoException(VideoFault.Undecodable, $"{path}: the file has no video stream.");
        JsonElement stream = streams[0];
        string codec = stream.TryGetProperty("codec_name", out JsonElement name) ? name.GetString()! : "unknown";
        int width = stream.TryGetProperty("width", out JsonElement w) ? w.GetInt32() : 0;
        int height = stream.TryGetProperty("height", out JsonElement h) ? h.GetInt32() : 0;
        if (width <= 0 || height <= 0)
            throw new VideoException(VideoFault.Undecodable, $"{path}: codec {codec} of unknown frame size.");
        if ((long)width * height > limits.MaxPixels)
            throw new VideoException(
                VideoFault.Undecodable,
                $"{path}: {width} x {height} pixels a frame, the limit is {limits.MaxPixels}."
            );
        double first = double.PositiveInfinity,
            end = double.NegativeInfinity;
        int packets = 0;
        var times = new List<double>();
        foreach (
            JsonElement packet in json.TryGetProperty("packets", out JsonElement all)
                ? [.. all.EnumerateArray()]
                : Array.Empty<JsonElement>()
        )
        {
            // 'D': an edit list or the like cuts this packet away; it is decoded, never shown.
            if (packet.TryGetProperty("flags", out JsonElement flags) && flags.GetString()!.Contains('D'))
                continue;
            packets++;
            if ((Seconds(packet, "pts_time") ?? Seconds(packet, "dts_time")) is not { } time)
                continue;
            times.Add(time);
            first = Math.Min(first, time);
            end = Math.Max(end, time + (Seconds(packet, "duration_time") ?? 0));
        }
        times.Sort();
        return new VideoInfo(
            path,
            container,
            codec,
            width,
            height,
            packets,
            AnnouncedDuration(json, stream),
            end > first ? end - first : 0
        )
        {
            Times = times.Count == packets ? times : null,
            Light = VideoRanges.Of(
                stream.TryGetProperty("color_transfer", out JsonElement transfer) ? transfer.GetString() : null
            ),
        };
    }

    /// <summary>The stream's own duration; the container's only where no sound track can be the longer one.</summary>
    private static double? AnnouncedDuration(JsonElement json, JsonElement stream)
    {
        if (Seconds(stream, "duration") is { } own)
            return own;
        if (
            stream.TryGetProperty("tags", out JsonElement tags)
            && tags.TryGetProperty("DURATION", out JsonElement tag)
            && TimeSpan.TryParse(tag.GetString()!.Split('.')[0], CultureInfo.InvariantCulture, out TimeSpan whole)
            && double.TryParse(
                "0." + tag.GetString()!.Split('.').ElementAtOrDefault(1),
                CultureInfo.InvariantCulture,
                out double part
            )
        )
            return whole.TotalSeconds + part;
        JsonElement format = json.GetProperty("format");
        return format.TryGetProperty("nb_streams", out JsonElement n) && n.GetInt32() == 1
            ? Seconds(format, "duration")
            : null;
    }

    private static double? Seconds(JsonElement element, string property) =>
        element.TryGetProperty(property, out JsonElement value)
        && double.TryParse(value.GetString(), CultureInfo.InvariantCulture, out double seconds)
            ? seconds
            : null;

    /// <summary>Told by content, and then forced on ffmpeg: it would follow a playlist or script named .mkv to other
    /// files.</summary>
    private static string ContainerOf(string path)
    {
        Span<byte> start = stackalloc byte[12];
        using FileStream stream = RecordingFile.Open(path);
        int length = stream.ReadAtLeast(start, start.Length, throwOnEndOfStream: false);
        if (length == 0)
            throw new VideoException(
                VideoFault.Empty,
                $"{path}: the file is empty (0 bytes). Record or copy it again."
            );
        if (start.StartsWith(Ebml))
            return "matroska";
        if (start[..4].SequenceEqual("RIFF"u8) && start[8..].SequenceEqual("AVI "u8))
            return "avi";
        foreach (string box in (string[])["ftyp", "moov", "mdat", "wide", "free", "skip"])
        {
            if (start[4..8].SequenceEqual(System.Text.Encoding.ASCII.GetBytes(box)))
                return "mov";
        }
        string shown = string.Concat(start[..length].ToArray().Select(b => b is >= 32 and < 127 ? (char)b : '.'));
        throw new VideoException(
            VideoFault.Undecodable,
            $"{path}: not a video: it begins with '{shown}', expected Matroska (mkv, webm), MP4 (mov) or AVI."
        );
    }

    internal static IEnumerable<string> Guards(string container, VideoLimits limits) =>
        [
            "-protocol_whitelist",
            "file",
            "-max_pixels",
            limits.MaxPixels.ToString(CultureInfo.InvariantCulture),
            "-f",
            container,
        ];

    // "file:" and a full path: a name like "-x" or "concat:a" stays a name.
    internal static string Url(string path) => "file:" + Path.GetFullPath(path);

    private static VideoException Unreadable(string path, string messages) =>
        new(
            VideoFault.Undecodable,
            $"{path}: the video cannot be opened." + Said(messages) + " Record or copy the file again."
        );

    private static string Said(string messages)
    {
        if (messages.Length == 0)
            return "";
        string first = messages.Split('\n', 2)[0].Trim();
        // Drops "[h264 @ 0x55d0c8…]": addresses, which differ from run to run.
        while (first.StartsWith('[') && first.IndexOf(']', StringComparison.Ordinal) is > 0 and int end)
            first = first[(end + 1)..].Trim();
        return $" ffmpeg says: {first.TrimEnd('.')}.";
    }
}

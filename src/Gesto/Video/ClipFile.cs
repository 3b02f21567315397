namespace Gesto.Video;

/// <summary>The sampled, resized frames of one video.</summary>
/// <param name="Frames">(T, H, W, 3) R, G, B or (T, H, W) grey, uint8, row-major.</param>
/// <param name="Length">T, 1 to the sampling's.</param>
/// <param name="Decoded">n, the frames that decode, from which T were taken.</param>
internal sealed record Clip(byte[] Frames, int Length, int Decoded);

/// <summary>Sees the frames that a clip takes, each at its own size, in order.</summary>
/// <param name="place">Its place among those taken; 0 begins anew, where a file has to be decoded again.</param>
/// <param name="times">How often it is taken, ≥ 1.</param>
/// <param name="width">Pixels per row.</param>
/// <param name="height">Rows.</param>
/// <param name="pixels">As of <see cref="FrameSink"/>.</param>
internal delegate void FrameWatch(int place, int times, int width, int height, ReadOnlySpan<byte> pixels);

/// <summary>How the frames of a clip are cut and sized.</summary>
internal sealed record ClipFormat(bool Colour, int Width, int Height)
{
    /// <summary>Picks the part of a frame of (width, height) that is kept; null keeps all of it. The result is
    /// (left, top, width, height), inside the frame.</summary>
    public Func<int, int, (int Left, int Top, int Width, int Height)>? Crop { get; init; }

    /// <summary>What becomes of frames of another shape.</summary>
    public FrameFit Fit { get; init; }

    /// <summary>Which frames are kept.</summary>
    public FrameSampling Sampling { get; init; } = FrameSampling.Default;

    /// <summary>Sees the frames before they are cut and sized, while they are decoded; null = nobody does.</summary>
    public FrameWatch? Watch { get; init; }

    public int BytesPerFrame => Width * Height * (Colour ? 3 : 1);
}

/// <summary>Reads the frames of a video that <see cref="FrameSampling"/> picks.</summary>
internal static class ClipFile
{
    /// <summary>Reads the files of one recording, flawless ones in one process, others one by one.</summary>
    /// <returns>A clip for each request, in their order.</returns>
    /// <exception cref="VideoException">Of the first file that cannot be trusted; see <see
    /// cref="VideoFile.Decode"/>.</exception>
    public static Clip[] ReadAll(IReadOnlyList<ClipRequest> requests, VideoLimits limits, CancellationToken cancel) =>
        ReadAll(requests, limits, arrived: null, waiting: null, cancel);

    /// <param name="requests">The files.</param>
    /// <param name="limits">Size, count and time limits.</param>
    /// <param name="arrived">Told of frames as they come; they hold where a clip returned has the same buffer.</param>
    /// <param name="waiting">See <see cref="SampledDecoder.TryRead"/>.</param>
    /// <param name="cancel">Stops the decoder.</param>
    internal static Clip[] ReadAll(
        IReadOnlyList<ClipRequest> requests,
        VideoLimits limits,
        SampledDecoder.FramesArrived? arrived,
        WaitingDecoder? waiting,
        CancellationToken cancel
    ) =>
        SampledDecoder.TryRead(requests, limits, cancel, arrived, waiting)
        ?? [.. requests.Select(r => Read(r.Info, r.Format, limits, cancel, r.Frames, r.Times))];

    /// <param name="info">From <see cref="VideoFile.Probe"/>.</param>
    /// <param name="format">Cut and size.</param>
    /// <param name="limits">Size, count and time limits.</param>
    /// <param name="cancel">Stops the decoder.</param>
    /// <param name="frames">n to sample from, where it is not this file's own number (antennas that differ by a frame);
    /// null takes the number that decode.</param>
    /// <param name="times">Of those n frames, seconds, ascending; null where they are not known. Where n is the file's
    /// own number, its own times are used.</param>
    /// <exception cref="VideoException">See <see cref="VideoFile.Decode"/>.</exception>
    public static Clip Read(
        VideoInfo info,
        ClipFormat format,
        VideoLimits limits,
        CancellationToken cancel,
        int? frames = null,
        IReadOnlyList<double>? times = null
    )
    {
        // The packet count is only a guess of n, but nearly always right, and lets all unused frames go by unkept.
        int guess = frames ?? info.Packets;
        (byte[] kept, int length, int decoded) = Decode(
            info,
            format,
            limits,
            format.Sampling.Indices(guess, frames is null ? info.Times : times),
            cancel
        );
        if (frames is null && decoded != guess)
        {
            times = format.Sampling.EvenInTime ? VideoFile.AskFrameTimes(info, limits, cancel) : null;
            (kept, length, decoded) = Decode(info, format, limits, format.Sampling.Indices(decoded, times), cancel);
        }
        return new Clip(kept, length, decoded);
    }

    private static (byte[] Kept, int Length, int Decoded) Decode(
        VideoInfo info,
        ClipFormat format,
        VideoLimits limits,
        int[] wanted,
        CancellationToken cancel
    )
    {
        var kept = new byte[wanted.Length * format.BytesPerFrame];
        int length = 0;
        var cut = new FrameCut(format);
        int decoded = VideoFile.Decode(
            info,
            format.Colour,
            (index, width, height, pixels) =>
            {
                if (length == wanted.Length || index != wanted[length])
                    return;
                int bytes = format.BytesPerFrame,
                    place = length;
                Span<byte> frame = kept.AsSpan(place * bytes, bytes);
                cut.Resize(width, height, pixels, frame);
                for (length++; length < wanted.Length && index == wanted[length]; length++)
                    frame.CopyTo(kept.AsSpan(length * bytes));
                format.Watch?.Invoke(place, length - place, width, height, pixels);
            },
            limits,
            cancel
        );
        return (length < wanted.Length ? kept[..(length * format.BytesPerFrame)] : kept, length, decoded);
    }
}

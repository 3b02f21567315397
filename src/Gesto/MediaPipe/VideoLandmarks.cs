using System.Collections.Concurrent;
using System.Runtime.ExceptionServices;
using Gesto.Landmarks;
using Gesto.Video;

namespace Gesto.MediaPipe;

/// <summary>Body and hands in the frames of a video.</summary>
/// <param name="Frames">T, 1 or more.</param>
/// <param name="Width">Of the frames, pixels.</param>
/// <param name="Height">Likewise.</param>
/// <param name="FramesPerSecond">By the file; 25 where it does not tell.</param>
internal sealed record VideoLandmarks(
    IReadOnlyList<HolisticResult> Frames,
    int Width,
    int Height,
    float FramesPerSecond
)
{
    /// <returns>The same where most hands were found at arms. Else it is a video of hands alone: bodies are mistakes
    /// in it, and where no frame has two hands there is one, which is left or right in all frames.</returns>
    public VideoLandmarks WithoutFalseBodies()
    {
        int byPalms = Frames.Count(f => f.ByPalms),
            atArms = Frames.Count(f => !f.ByPalms && (f.Left ?? f.Right) is not null);
        if (byPalms <= atArms)
            return this;
        bool one = !Frames.Any(f => f.Left is not null && f.Right is not null);
        bool right = Frames.Sum(f => (f.Left ?? f.Right) is { } hand ? hand.Right - 0.5f : 0) > 0;
        return this with
        {
            Frames =
            [
                .. Frames.Select(f =>
                    !one ? f with { Pose = null }
                    : right ? new HolisticResult(null, null, f.Left ?? f.Right)
                    : new HolisticResult(null, f.Left ?? f.Right, null)
                ),
            ],
        };
    }

    /// <param name="handsByWorld">Hands have the shape and direction of their world points, which lie in space as
    /// a hand does; those of the picture are flatter. The wrist stays where it is in the picture.</param>
    /// <returns>Coordinates in pixels.</returns>
    public LandmarkClip ToClip(bool handsByWorld = false)
    {
        var values = new float[Frames.Count * LandmarkClip.FrameValues];
        foreach ((int t, HolisticResult frame) in Frames.Index())
            (handsByWorld ? frame with { Left = frame.Left?.ByWorld(), Right = frame.Right?.ByWorld() } : frame).CopyTo(
                values.AsSpan(t * LandmarkClip.FrameValues)
            );
        return new(values, Frames.Count);
    }

    /// <summary>Looks for landmarks in several frames at the same time, in each by itself; no more frames are in
    /// memory than twice as many as threads. What is found does not depend on their number.</summary>
    /// <param name="path">The video.</param>
    /// <param name="begin">Gives what looks at a frame, for one time through the video; called by several threads at
    /// once, with one in the order of time.</param>
    /// <param name="threads">Frames at the same time, ≥ 1.</param>
    /// <param name="sampling">Which frames; null = all of them.</param>
    /// <param name="limits">Limits for hostile or huge videos.</param>
    /// <param name="done">Told after each frame how many are done, and how many there are by the file.</param>
    /// <param name="cancel">Stops the decoder.</param>
    /// <exception cref="VideoException">As of <see cref="VideoFile.Decode"/>.</exception>
    public static VideoLandmarks Read(
        string path,
        Func<Func<RgbFrame, HolisticResult>> begin,
        int threads,
        FrameSampling? sampling,
        VideoLimits limits,
        Action<int, int>? done,
        CancellationToken cancel
    )
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(threads, 1);
        VideoInfo info = VideoFile.Probe(path, limits, cancel);
        int[]? wanted = sampling?.Indices(info.Packets, info.Times);
        (VideoLandmarks found, int decoded) = Read(info, begin(), threads, wanted, limits, done, cancel);
        if (sampling is not null && decoded != info.Packets)
        {
            // the packet count was a guess of the frames, and a wrong one
            double[]? times = sampling.EvenInTime ? VideoFile.AskFrameTimes(info, limits, cancel) : null;
            wanted = sampling.Indices(decoded, times);
            (found, _) = Read(info, begin(), threads, wanted, limits, done, cancel);
        }
        return found;
    }

    /// <exception cref="VideoException">A frame is of another size than those before it.</exception>
    internal static void RequireSize(string path, int index, int width, int height, (int Width, int Height) before)
    {
        if (before != (width, height))
            throw new VideoException(
                VideoFault.Undecodable,
                $"{path}: frame {index} has {width} x {height} pixels, those before it {before.Width} x {before.Height}. Encode the video with one size."
            );
    }

    private static (VideoLandmarks Found, int Decoded) Read(
        VideoInfo info,
        Func<RgbFrame, HolisticResult> find,
        int threads,
        int[]? wanted,
        VideoLimits limits,
        Action<int, int>? done,
        CancellationToken cancel
    )
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        using var queue = new BlockingCollection<(int Index, RgbFrame Frame)>(threads);
        var pool = new ConcurrentBag<byte[]>();
        var results = new ConcurrentDictionary<int, HolisticResult>();
        HashSet<int>? chosen = wanted is null ? null : [.. wanted];
        int all = chosen?.Count ?? info.Packets,
            finished = 0,
            decoded = 0;
        (int Width, int Height) size = default;
        Exception? failure = null;
        Task[] workers =
        [
            .. Enumerable
                .Range(0, threads)
                .Select(_ =>
                    Task.Factory.StartNew(
                        Work,
                        CancellationToken.None,
                        TaskCreationOptions.LongRunning,
                        TaskScheduler.Default
                    )
                ),
        ];
        try
        {
            decoded = VideoFile.Decode(info, colour: true, Take, limits, stop.Token);
        }
        catch (OperationCanceledException) when (failure is not null)
        {
            // the workers' failure is the cause
        }
        finally
        {
            queue.CompleteAdding();
            Task.WaitAll(workers, CancellationToken.None);
        }
        cancel.ThrowIfCancellationRequested();
        if (failure is not null)
            ExceptionDispatchInfo.Throw(failure);
        double rate = info.Packets / info.LastsSeconds;
        HolisticResult[] frames = wanted is null
            ? [.. results.OrderBy(r => r.Key).Select(r => r.Value)]
            : [.. wanted.Where(results.ContainsKey).Select(i => results[i])];
        return (
            new(frames, size.Width, size.Height, double.IsFinite(rate) && rate is > 0 and < 1000 ? (float)rate : 25),
            decoded
        );

        void Take(int index, int width, int height, ReadOnlySpan<byte> pixels)
        {
            if (chosen?.Contains(index) == false)
                return;
            if (size == default)
                size = (width, height);
            RequireSize(info.Path, index, width, height, size);
            if (!pool.TryTake(out byte[]? copy) || copy.Length != pixels.Length)
                copy = new byte[pixels.Length];
            pixels.CopyTo(copy);
            queue.Add((index, new RgbFrame(copy, width, height)), stop.Token);
        }

        void Work()
        {
            try
            {
                foreach ((int index, RgbFrame frame) in queue.GetConsumingEnumerable(stop.Token))
                {
                    results[index] = find(frame);
                    pool.Add(frame.Pixels);
                    done?.Invoke(Interlocked.Increment(ref finished), all);
                }
            }
            catch (OperationCanceledException)
            {
                // the others failed, or the caller wants no more
            }
            catch (Exception e)
            {
                Interlocked.CompareExchange(ref failure, e, null);
                stop.Cancel();
            }
        }
    }
}

using System.Runtime.ExceptionServices;
using Gesto.Encoders;
using Gesto.Landmarks;
using Gesto.MediaPipe;
using Gesto.Video;

namespace Gesto.Recordings;

/// <summary>Steps of the landmarks modality out of RGB videos: <see cref="LandmarkFeatures"/> of what MediaPipe's
/// networks find in the sampled frames. Thread-safe.</summary>
/// <param name="landmarker">The networks; become the reader's to dispose, but for <see cref="Of"/>.</param>
/// <param name="weights">SHA-256 that tells them from others.</param>
/// <param name="sampling">Which frames.</param>
/// <param name="limits">Limits for hostile or huge videos.</param>
/// <param name="threads">Frames of a caller's video looked at the same time, ≥ 1.</param>
/// <param name="tracking">Look where body and hands were in the sampled frame before, one frame after another.</param>
internal sealed class VideoLandmarkReader(
    HolisticLandmarker landmarker,
    string weights,
    FrameSampling sampling,
    VideoLimits limits,
    int threads = 1,
    bool tracking = false
) : IStepReader
{
    /// <summary>What a feature key calls it.</summary>
    public const string EncoderName = "mediapipe-holistic";

    public FeatureKey Key { get; } = KeyOf(weights, sampling, tracking);

    /// <summary>Ends the preprocessing in a feature key where it is so.</summary>
    internal const string Tracked = "; followed from frame to frame";

    private bool isShared;

    /// <returns>The key of what such a reader makes. Parameters as of the constructor.</returns>
    internal static FeatureKey KeyOf(string weights, FrameSampling sampling, bool tracking) =>
        new()
        {
            Modality = "landmarks",
            Encoder = EncoderName,
            Weights = weights,
            Preprocessing =
                $"{LandmarkFeatures.Name}; hands by their world points, where none are at arms by palms"
                + (tracking ? Tracked : ""),
            Sampling = sampling.Name,
            DType = "<f4",
            Shape = [sampling.Length, LandmarkFeatures.Width],
        };

    /// <returns>Whether a feature key says so.</returns>
    public static bool IsTracking(FeatureKey key) => key.Preprocessing.EndsWith(Tracked, StringComparison.Ordinal);

    /// <summary>Reads as a feature key says, with networks that stay open.</summary>
    public static VideoLandmarkReader Of(FeatureKey key, HolisticLandmarker landmarker, int threads) =>
        new(landmarker, key.Weights, FrameSampling.Parse(key.Sampling), VideoLimits.Default, threads, IsTracking(key))
        {
            isShared = true,
        };

    /// <inheritdoc/>
    /// <exception cref="InvalidDataException">The networks find places that are no numbers: they are not
    /// MediaPipe's.</exception>
    public RecordingSteps Read(IReadOnlyList<string?> files, CancellationToken cancel) =>
        Look(files[0]!, seen: null, cancel).Steps;

    /// <summary>Looks at frames in memory. Errors as of <see cref="Read(IReadOnlyList{string}, CancellationToken)"/>.
    /// </summary>
    /// <param name="name">For messages.</param>
    /// <param name="frames">All that there are.</param>
    /// <param name="cancel">Noticed between frames.</param>
    public RecordingSteps Read(string name, RgbFrames frames, CancellationToken cancel) =>
        Look(name, frames, seen: null, cancel).Steps;

    /// <summary>Reads a video and shows its sampled frames to somebody else. Errors as of <see
    /// cref="Read(IReadOnlyList{string}, CancellationToken)"/>.</summary>
    /// <param name="path">The video.</param>
    /// <param name="seen">Told of each frame, which it may not keep, and of what is found in it, by several threads at
    /// once.</param>
    /// <param name="cancel">Stops the decoder.</param>
    /// <returns>Also what is found in each frame by itself, and whether the steps are mirrored: the left hand signs,
    /// and is the right one in them.</returns>
    internal (RecordingSteps Steps, VideoLandmarks Found, bool Mirrored) Look(
        string path,
        Action<RgbFrame, HolisticResult>? seen,
        CancellationToken cancel
    )
    {
        var found = VideoLandmarks.Read(path, () => Begin(seen), AtATime, sampling, limits, done: null, cancel);
        return (Steps(path, found, out bool mirrored), found, mirrored);
    }

    /// <summary>The same of frames in memory.</summary>
    internal (RecordingSteps Steps, VideoLandmarks Found, bool Mirrored) Look(
        string name,
        RgbFrames frames,
        Action<RgbFrame, HolisticResult>? seen,
        CancellationToken cancel
    )
    {
        int[] chosen = sampling.Indices(frames.Count);
        int bytes = frames.Width * frames.Height * 3;
        var results = new HolisticResult[chosen.Length];
        var options = new ParallelOptions { MaxDegreeOfParallelism = threads, CancellationToken = cancel };
        Func<RgbFrame, HolisticResult> find = Begin(seen);
        try
        {
            if (tracking)
                for (int t = 0; t < results.Length; t++)
                {
                    cancel.ThrowIfCancellationRequested();
                    LookAt(t);
                }
            else
                Parallel.For(0, results.Length, options, LookAt);
        }
        catch (AggregateException e)
        {
            ExceptionDispatchInfo.Throw(e.InnerExceptions[0]);
        }
        var found = new VideoLandmarks(results, frames.Width, frames.Height, FramesPerSecond: 25);
        return (Steps(name, found, out bool mirrored), found, mirrored);

        void LookAt(int t)
        {
            var pixels = new byte[Math.Max(sizeof(uint), bytes)]; // as many as the sampler reads at once
            frames.Pixels.Span.Slice(chosen[t] * bytes, bytes).CopyTo(pixels);
            results[t] = find(new RgbFrame(pixels, frames.Width, frames.Height));
        }
    }

    /// <summary>Looks at the frames of one video, those that this reader samples, while they are decoded for something
    /// else. Not thread-safe.</summary>
    public LandmarkWatch Watch(string path) => new(path, () => Begin(seen: null));

    private int AtATime => tracking ? 1 : threads;

    private Func<RgbFrame, HolisticResult> Begin(Action<RgbFrame, HolisticResult>? seen)
    {
        Func<RgbFrame, HolisticResult> find = tracking ? landmarker.Follow(signing: true) : landmarker.FindSigning;
        if (seen is null)
            return find;
        return frame =>
        {
            HolisticResult found = find(frame);
            seen(frame, found);
            return found;
        };
    }

    public void Dispose()
    {
        if (!isShared)
            landmarker.Dispose();
    }

    internal static RecordingSteps Steps(string name, VideoLandmarks found) => Steps(name, found, out _);

    private static RecordingSteps Steps(string name, VideoLandmarks found, out bool mirrored)
    {
        LandmarkClip clip = found.WithoutFalseBodies().ToClip(handsByWorld: true);
        float[] steps = LandmarkFeatures.Of(clip, out mirrored);
        if (!Array.TrueForAll(steps, float.IsFinite))
            throw new InvalidDataException(
                $"{name}: the networks that find landmarks give places that are no numbers. They are not MediaPipe's, or damaged."
            );
        return new(steps, clip.Length, [LandmarkFeatures.Width]);
    }
}

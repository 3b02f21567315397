using Gesto.Encoders;
using Gesto.Landmarks;
using Gesto.MediaPipe;
using Gesto.Video;

namespace Gesto.Recordings;

/// <summary>Steps of the landmarks modality out of RGB videos: <see cref="LandmarkFeatures"/> of what MediaPipe's
/// networks find in the sampled frames, a thread a caller. Thread-safe.</summary>
/// <param name="landmarker">The networks; becomes the reader's to dispose.</param>
/// <param name="weights">SHA-256 that tells them from others.</param>
/// <param name="sampling">Which frames.</param>
/// <param name="limits">Limits for hostile or huge videos.</param>
internal sealed class VideoLandmarkReader(
    HolisticLandmarker landmarker,
    string weights,
    FrameSampling sampling,
    VideoLimits limits
) : IStepReader
{
    /// <summary>What a feature key calls it.</summary>
    public const string EncoderName = "mediapipe-holistic";

    public FeatureKey Key { get; } =
        new()
        {
            Modality = "landmarks",
            Encoder = EncoderName,
            Weights = weights,
            Preprocessing = $"{LandmarkFeatures.Name}; hands by their world points, where none are at arms by palms",
            Sampling = sampling.Name,
            DType = "<f4",
            Shape = [sampling.Length, LandmarkFeatures.Width],
        };

    public RecordingSteps Read(IReadOnlyList<string?> files, CancellationToken cancel)
    {
        VideoLandmarks found = VideoLandmarks.Read(
            files[0]!,
            landmarker.Find,
            threads: 1,
            sampling,
            limits,
            done: null,
            cancel
        );
        LandmarkClip clip = found.WithoutFalseBodies().ToClip(handsByWorld: true);
        return new(LandmarkFeatures.Of(clip), clip.Length, [LandmarkFeatures.Width]);
    }

    public void Dispose() => landmarker.Dispose();
}

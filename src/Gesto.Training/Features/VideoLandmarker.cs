using Gesto.Files;
using Gesto.Landmarks;
using Gesto.MediaPipe;
using Gesto.Training.Weights;
using Gesto.Video;

namespace Gesto.Training.Features;

/// <summary>What was found in a video.</summary>
/// <param name="Frames">T.</param>
/// <param name="Body">Frames in which a body was found.</param>
/// <param name="Left">A left hand.</param>
/// <param name="Right">A right hand.</param>
public sealed record LandmarkSummary(int Frames, int Body, int Left, int Right);

/// <summary>Writes the landmarks of videos into files, by MediaPipe's networks in the cache.</summary>
/// <remarks>Each frame is looked at by itself, several at the same time: the same video gives the same file on any
/// number of threads. Not thread-safe.</remarks>
public sealed class VideoLandmarker : IDisposable
{
    private readonly HolisticLandmarker landmarker;
    private readonly int threads;

    private VideoLandmarker(HolisticLandmarker landmarker, int threads) =>
        (this.landmarker, this.threads) = (landmarker, threads);

    /// <summary>Look for hands alone, by their palms: for close-ups without a body.</summary>
    public bool HandsAlone { get; init; }

    /// <summary>Look for body and hands where they were in the frame before, one frame after another.</summary>
    public bool Tracking { get; init; }

    /// <param name="cache">Where the networks were put by <see cref="LandmarkWeights.Fetch"/>.</param>
    /// <param name="threads">Frames looked at the same time, ≥ 1.</param>
    /// <param name="handsAlone">As <see cref="HandsAlone"/>.</param>
    /// <param name="tracking">As <see cref="Tracking"/>; not with hands alone.</param>
    /// <exception cref="ArgumentException">Both.</exception>
    /// <exception cref="FileNotFoundException">The networks are not there.</exception>
    /// <exception cref="InvalidDataException">They are damaged.</exception>
    public static VideoLandmarker Open(WeightsCache cache, int threads, bool handsAlone = false, bool tracking = false)
    {
        ArgumentNullException.ThrowIfNull(cache);
        if (handsAlone && tracking)
            throw new ArgumentException("Hands alone are not followed: a body's are.", nameof(tracking));
        return new(LandmarkWeights.Open(cache), threads) { HandsAlone = handsAlone, Tracking = tracking };
    }

    /// <param name="video">mkv, mp4, mov, avi or webm.</param>
    /// <param name="output">A `.pose` file, or a `.npy` of (T, 258) float32 in pixels: body 33 × (x, y, z,
    /// visibility), left hand 21 × (x, y, z), right hand; zeros where nothing is found.</param>
    /// <param name="picture">A PNG of the frame in the middle of those in which most is found, with the points
    /// drawn; null = none.</param>
    /// <param name="progress">Counts frames.</param>
    /// <param name="cancel">Stops soon; no half-written file stays.</param>
    /// <exception cref="IOException">The video is missing or cannot be trusted, or the disk is full.</exception>
    /// <exception cref="InvalidDataException">Not a video, or an output of another ending.</exception>
    public LandmarkSummary Write(
        string video,
        string output,
        string? picture = null,
        IProgress<WorkProgress>? progress = null,
        CancellationToken cancel = default
    )
    {
        bool pose = LandmarkFile.IsPose(output);
        if (!pose && !Path.GetExtension(output).Equals(".npy", StringComparison.OrdinalIgnoreCase))
            throw new InvalidDataException($"{output}: landmarks are written as .pose or .npy. Name such a file.");
        string stage = Path.GetFileName(video);
        VideoLandmarks found = VideoLandmarks
            .Read(
                video,
                Begin,
                Tracking ? 1 : threads,
                sampling: null,
                VideoLimits.Default,
                (done, all) => progress?.Report(new WorkProgress(stage, done, all, "frames")),
                cancel
            )
            .WithoutFalseBodies();
        if (pose)
            LandmarkPose.Of(found).Save(output);
        else
            NpyFile.Save(output, NpyArray.From(found.ToClip().Values, found.Frames.Count, LandmarkClip.FrameValues));
        if (picture is not null)
            Draw(video, found, picture, cancel);
        return new(
            found.Frames.Count,
            found.Frames.Count(f => f.Pose is not null),
            found.Frames.Count(f => f.Left is not null),
            found.Frames.Count(f => f.Right is not null)
        );
    }

    public void Dispose() => landmarker.Dispose();

    private Func<RgbFrame, HolisticResult> Begin() =>
        HandsAlone ? landmarker.FindHands
        : Tracking ? landmarker.Follow()
        : landmarker.Find;

    private static void Draw(string video, VideoLandmarks found, string picture, CancellationToken cancel)
    {
        int[] fullest = [.. found.Frames.Index().GroupBy(f => Parts(f.Item), f => f.Index).MaxBy(g => g.Key)!.Order()];
        int chosen = fullest[fullest.Length / 2];
        RgbFrame? frame = null;
        VideoFile.Decode(
            VideoFile.Probe(video, VideoLimits.Default, cancel),
            colour: true,
            (index, width, height, pixels) =>
            {
                if (index == chosen)
                    frame = new RgbFrame(pixels.ToArray(), width, height);
            },
            VideoLimits.Default,
            cancel
        );
        byte[] png = LandmarkPicture.Draw(frame!, found.Frames[chosen]);
        AtomicFile.Write(picture, to => to.Write(png));

        static int Parts(HolisticResult f) =>
            (f.Pose is null ? 0 : 1) + (f.Left is null ? 0 : 1) + (f.Right is null ? 0 : 1);
    }
}

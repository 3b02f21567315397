using Gesto.Radar;
using Gesto.Recordings;
using Gesto.Video;

namespace Gesto.Training.Features;

/// <summary>What to do with a sample that cannot be read.</summary>
public enum ExtractionPolicy
{
    /// <summary>Stop and name it.</summary>
    Fail,

    /// <summary>List it with the reason in `skipped.json` and go on; the next run tries it again.</summary>
    Skip,
}

/// <summary>Which pictures of a video RGB features are of.</summary>
public enum HandCrops
{
    /// <summary>Whole frames.</summary>
    None,

    /// <summary>The two hands, cut out of the frame's own pixels: (T, 2 F), the left hand first.</summary>
    Alone,

    /// <summary>The whole frame, then the two hands: (T, 3 F).</summary>
    Beside,
}

/// <summary>Radar frames → features, at once, as the source project did it.</summary>
/// <param name="frames">(T, A, 224, 224), grey, 0…255.</param>
/// <param name="count">T, real frames.</param>
/// <param name="antennas">A.</param>
/// <param name="features">Receives (T, A × <see cref="RadarSourceEncoder.WidthPerAntenna"/>).</param>
public delegate void RadarFrameEncoder(ReadOnlySpan<byte> frames, int count, int antennas, Span<float> features);

/// <summary>How features are extracted.</summary>
public sealed record ExtractionOptions
{
    public ExtractionPolicy Policy { get; init; } = ExtractionPolicy.Fail;

    /// <summary>Cut and size of stored radar frames. With <see cref="Source"/>, the size is 224 × 224 whatever it
    /// says.</summary>
    public RadarFormat Radar { get; init; } = RadarFormat.Default;

    /// <summary>Who encodes RGB frames.</summary>
    public RgbOptions Rgb { get; init; } = new();

    /// <summary>Which RGB frames are taken.</summary>
    public FrameSampling RgbSampling { get; init; } = FrameSampling.Default;

    /// <summary>What becomes of RGB frames that are no squares.</summary>
    public FrameFit RgbFit { get; init; }

    /// <summary>Which radar frames are taken: each modality keeps its own frame rate.</summary>
    public FrameSampling RadarSampling { get; init; } = FrameSampling.Default;

    /// <summary>Writes (30, 96) features of this encoder instead of radar frames; null writes frames.</summary>
    public RadarSourceEncoder? Source { get; init; }

    /// <summary>Store RGB features as float16, half the disk: eleven bits of each value are kept.</summary>
    public bool Float16 { get; init; }

    /// <summary>Find landmarks in the RGB videos, by MediaPipe's networks in the cache; where the samples have
    /// files of landmarks, those are taken.</summary>
    public bool LandmarksOfVideos { get; init; }

    /// <summary>Look for landmarks where they were in the sampled frame before, which saves looking for a body in every
    /// frame; false = in each frame by itself.</summary>
    public bool LandmarkTracking { get; init; }

    /// <summary>Which pictures RGB features are of; hands are found by MediaPipe's networks in the cache. Those for
    /// <see cref="RgbEncoding.Features"/> in float32.</summary>
    public HandCrops HandCrops { get; init; }

    /// <summary>Store nothing of RGB itself: no pixel, and no feature of one.</summary>
    public bool WithoutRgb { get; init; }

    /// <summary>Samples decoded at the same time, each by one ffmpeg process, and as many that wait decoded for the
    /// encoder (about 10 MB each at 30 frames).</summary>
    public int DecodeThreads { get; init; } = 2;

    /// <summary>Extract this part only, into a folder of its own that <see cref="ShardMerge"/> merges; null:
    /// everything.</summary>
    public Shard? Shard { get; init; }

    /// <summary>Finds landmarks in RGB videos; the extraction's to dispose.</summary>
    internal IStepReader? VideoLandmarks { get; init; }

    internal VideoLimits Limits { get; init; } = VideoLimits.Default;
}

/// <summary>What an extraction did.</summary>
/// <param name="Extracted">Samples done in this run.</param>
/// <param name="AlreadyDone">Samples that earlier runs had done.</param>
/// <param name="Skipped">Samples left out, in the data set's order.</param>
/// <param name="Lacking">Of each modality that some samples have and others lack: its name in words, and how many lack
/// it.</param>
public sealed record ExtractionResult(
    int Extracted,
    int AlreadyDone,
    IReadOnlyList<SkippedSample> Skipped,
    IReadOnlyList<(string Modality, int Samples)> Lacking
);

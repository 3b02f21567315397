using Gesto.Recordings;
using Gesto.Training.Features;
using Gesto.Training.Scoring;
using Gesto.Video;
using SkiaSharp;

namespace Gesto.Training.Reports;

/// <summary>A few frames of one recording.</summary>
/// <param name="Sample">Its key.</param>
/// <param name="Signer">Null where unknown.</param>
/// <param name="Frames">JPEG files, in the order of time; none where its video is not shown.</param>
public sealed record SampleFrames(string Sample, string? Signer, IReadOnlyList<byte[]> Frames)
{
    /// <summary>Its landmarks; null where there are none, or the run did not learn from them.</summary>
    internal SkeletonFigure? Skeleton { get; init; }
}

/// <summary>A confused pair with a recording of either sign.</summary>
public sealed record PairPicture(ConfusedPair Pair, SampleFrames First, SampleFrames Second);

/// <summary>Takes frames of both signs of the most confused pairs from the data set's videos, and their skeletons from
/// the landmarks that were learnt from.</summary>
public static class PairPictures
{
    private const int Pairs = 8,
        FramesEach = 5,
        Height = 120,
        Quality = 72; // half a megabyte in all

    /// <param name="root">The data set that the features were extracted from; null = no frames.</param>
    /// <param name="landmarks">Features of landmarks; null = no skeletons.</param>
    /// <param name="input">Samples, truth and answers.</param>
    /// <param name="result">Their score; its first pairs are shown.</param>
    /// <param name="progress">Counts videos.</param>
    /// <param name="cancel">Stops the decoder.</param>
    /// <returns>The pairs both of whose signs have a recording to be shown: of one signer where there is one,
    /// recognised where there is one, so that little but the sign differs.</returns>
    /// <exception cref="FileNotFoundException">A video is not in this data set.</exception>
    /// <exception cref="VideoException">A video cannot be trusted.</exception>
    internal static IReadOnlyList<PairPicture> Read(
        string? root,
        FeatureStore? landmarks,
        EvaluationInput input,
        EvaluationResult result,
        IProgress<WorkProgress>? progress,
        CancellationToken cancel
    )
    {
        int[] answers = Metrics.Predict(input.Probabilities);
        var read = new Dictionary<string, SampleFrames>();
        var pictures = new List<PairPicture>();
        ConfusedPair[] pairs = [.. result.ConfusedPairs.Take(Pairs)];
        foreach (ConfusedPair pair in pairs)
        {
            progress?.Report(new("frames", pictures.Count, pairs.Length, "pairs"));
            if (Choose(input, answers, LabelOf(pair.First), LabelOf(pair.Second), IsShown) is not var (first, second))
                continue;
            pictures.Add(new(pair, FramesOf(first), FramesOf(second)));
        }
        progress?.Report(new("frames", pairs.Length, pairs.Length, "pairs"));
        return pictures;

        int LabelOf(string name) => input.Labels.Classes.Index().First(c => c.Item.Name == name).Index;

        SampleFrames FramesOf(Sample sample)
        {
            if (read.TryGetValue(sample.Key, out SampleFrames? known))
                return known;
            return read[sample.Key] = new(
                sample.Key,
                sample.Signer,
                root is null || sample.Rgb is not { } video
                    ? []
                    : Decode(Path.Combine(root, video.Replace('/', Path.DirectorySeparatorChar)), cancel)
            )
            {
                Skeleton = landmarks?.Contains(sample.Key) == true ? SkeletonOf(landmarks, sample.Key) : null,
            };
        }

        bool IsShown(Sample sample) =>
            root is not null && sample.Has(Modality.Rgb) || landmarks?.Contains(sample.Key) == true;
    }

    private static SkeletonFigure? SkeletonOf(FeatureStore landmarks, string sample) =>
        SkeletonFigure.Of(
            landmarks.Load(sample).ToSingles(),
            landmarks.LengthOf(sample),
            [.. landmarks.Key.Shape.Skip(1)]
        );

    /// <returns>A recording of either sign; null where one has none that can be shown.</returns>
    internal static (Sample First, Sample Second)? Choose(
        EvaluationInput input,
        int[] answers,
        int first,
        int second,
        Func<Sample, bool> isShown
    )
    {
        int[] Of(int label) =>
            [.. Enumerable.Range(0, answers.Length).Where(n => input.Truth[n] == label && isShown(input.Samples[n]))];
        var pairs = from a in Of(first) from b in Of(second) select (a, b);
        (int a, int b)[] best =
        [
            .. pairs
                .OrderByDescending(p =>
                    (input.Samples[p.a].Signer is { } s && s == input.Samples[p.b].Signer ? 4 : 0)
                    + (answers[p.a] == first ? 1 : 0)
                    + (answers[p.b] == second ? 1 : 0)
                )
                .Take(1),
        ];
        return best.Length == 0 ? null : (input.Samples[best[0].a], input.Samples[best[0].b]);
    }

    /// <returns>JPEGs of the frames in the middle of equal parts of the video.</returns>
    private static List<byte[]> Decode(string path, CancellationToken cancel)
    {
        if (!File.Exists(path))
            throw new FileNotFoundException(
                $"{path}: no such video. The data set given must be that which the features were extracted from.",
                path
            );
        VideoInfo info = VideoFile.Probe(path, VideoLimits.Default, cancel);
        HashSet<int> wanted =
        [
            .. Enumerable.Range(0, FramesEach).Select(i => (int)((i + 0.5) / FramesEach * info.Packets)),
        ];
        var frames = new List<byte[]>();
        VideoFile.Decode(
            info,
            colour: true,
            (index, width, height, pixels) =>
            {
                if (wanted.Contains(index))
                    frames.Add(Jpeg(width, height, pixels));
            },
            VideoLimits.Default,
            cancel
        );
        return frames;
    }

    private static byte[] Jpeg(int width, int height, ReadOnlySpan<byte> pixels)
    {
        using var whole = new SKBitmap(width, height, SKColorType.Rgba8888, SKAlphaType.Opaque);
        Span<byte> rgba = whole.GetPixelSpan();
        for (int i = 0; i < width * height; i++)
        {
            pixels.Slice(3 * i, 3).CopyTo(rgba[(4 * i)..]);
            rgba[4 * i + 3] = 255;
        }
        using SKBitmap small = whole.Resize(
            new SKSizeI(Math.Max(1, width * Height / height), Height),
            new SKSamplingOptions(SKFilterMode.Linear, SKMipmapMode.Linear)
        );
        using SKData jpeg = small.Encode(SKEncodedImageFormat.Jpeg, Quality);
        return jpeg.ToArray();
    }
}

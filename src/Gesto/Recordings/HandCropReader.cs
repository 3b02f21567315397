using System.Collections.Concurrent;
using System.Runtime.ExceptionServices;
using Gesto.Encoders;
using Gesto.Landmarks;
using Gesto.MediaPipe;
using Gesto.Video;

namespace Gesto.Recordings;

/// <summary>Steps of RGB that show the hands at the camera's own resolution: features of the left hand and of the
/// right one, (T, 2 F), or of the whole frame before them, (T, 3 F), by one encoder. A left hand is mirrored, so that
/// it looks like a right one; a hand that is not found, or at rest, is 0; where the left hand signs, the two have each
/// other's places (<see cref="LandmarkFeatures"/> says when). Thread-safe.</summary>
internal sealed class HandCropReader : IStepReader
{
    private const string Alone = "; hands alone, ",
        Beside = "; and hands, ",
        Words =
            "112x112, fingers up, the hand that signs as the right one, by " + VideoLandmarkReader.EncoderName + " ";

    private readonly IRgbEncoder encoder,
        hands;
    private readonly VideoLandmarkReader finder;
    private readonly ClipFormat format;
    private readonly int threads,
        hand; // the place of the left hand's features, in pictures
    private readonly ConcurrentBag<FrameCut> cuts = [];

    /// <param name="encoder">Stays the caller's.</param>
    /// <param name="finder">Finds the hands, in the frames that are taken; likewise.</param>
    /// <param name="beside">The frame's own features stand before the hands'.</param>
    /// <param name="fit">What becomes of frames that are no squares.</param>
    /// <param name="threads">Pictures of a caller's video encoded at the same time, ≥ 1.</param>
    /// <exception cref="InvalidDataException">The encoder takes whole frames only.</exception>
    public HandCropReader(IRgbEncoder encoder, VideoLandmarkReader finder, bool beside, FrameFit fit, int threads)
    {
        (this.encoder, this.finder, this.threads, hand) = (encoder, finder, threads, beside ? 1 : 0);
        hands = encoder.AtSide(HandCrop.Side)
            ?? throw new InvalidDataException(
                $"The RGB encoder {encoder.Name} takes frames of {encoder.InputSize} x {encoder.InputSize} only, not hands of {HandCrop.Side} x {HandCrop.Side}. ResNet50's features in float32 can have hands."
            );
        format = new ClipFormat(Colour: true, encoder.InputSize, encoder.InputSize) { Fit = fit };
        Key = new()
        {
            Modality = "rgb",
            Encoder = encoder.Name,
            Weights = encoder.WeightsHash,
            Preprocessing =
                FrameFits.InKey(encoder.Preprocessing, fit)
                + (beside ? Beside : Alone)
                + Words
                + finder.Key.Weights
                + (VideoLandmarkReader.IsTracking(finder.Key) ? VideoLandmarkReader.Tracked : ""),
            Sampling = finder.Key.Sampling,
            DType = "<f4",
            Shape = [finder.Key.Shape[0], (hand + 2) * encoder.Width],
        };
    }

    public FeatureKey Key { get; }

    /// <returns>The key of the landmarks that the hands were found by; null where RGB features are of whole frames
    /// alone.</returns>
    /// <param name="rgb">Of RGB features.</param>
    public static FeatureKey? FinderOf(FeatureKey rgb)
    {
        if (PicturesOf(rgb) == 1)
            return null;
        string weights = rgb.Preprocessing[
            (rgb.Preprocessing.IndexOf(Words, StringComparison.Ordinal) + Words.Length)..
        ];
        bool tracking = VideoLandmarkReader.IsTracking(rgb);
        return VideoLandmarkReader.KeyOf(
            tracking ? weights[..^VideoLandmarkReader.Tracked.Length] : weights,
            FrameSampling.Parse(rgb.Sampling),
            tracking
        );
    }

    /// <returns>How many pictures' features a step holds: the frame's, the two hands', or all.</returns>
    public static int PicturesOf(FeatureKey rgb) =>
        rgb.Preprocessing.Contains(Alone + Words, StringComparison.Ordinal) ? 2
        : rgb.Preprocessing.Contains(Beside + Words, StringComparison.Ordinal) ? 3
        : 1;

    /// <returns>What is done to the whole frames' pixels, as <see cref="FrameFits.InKey"/> writes it.</returns>
    public static string WithoutHands(FeatureKey rgb) =>
        PicturesOf(rgb) switch
        {
            2 => rgb.Preprocessing[..rgb.Preprocessing.IndexOf(Alone, StringComparison.Ordinal)],
            3 => rgb.Preprocessing[..rgb.Preprocessing.IndexOf(Beside, StringComparison.Ordinal)],
            _ => rgb.Preprocessing,
        };

    /// <summary>What is made of one video.</summary>
    /// <param name="Rgb">The steps.</param>
    /// <param name="Landmarks">The finder's own steps, by which the hands were found.</param>
    /// <param name="Frames">The whole frames, (T, InputSize, InputSize, 3).</param>
    public sealed record Hands(RecordingSteps Rgb, RecordingSteps Landmarks, Clip Frames);

    public RecordingSteps Read(IReadOnlyList<string?> files, CancellationToken cancel) => Read(files[0]!, cancel).Rgb;

    /// <remarks>Errors as of <see cref="VideoLandmarkReader.Read(IReadOnlyList{string}, CancellationToken)"/>.
    /// </remarks>
    public Hands Read(string path, CancellationToken cancel) => Read(seen => finder.Look(path, seen, cancel), cancel);

    /// <summary>The same of frames in memory.</summary>
    public Hands Read(string name, RgbFrames frames, CancellationToken cancel) =>
        Read(seen => finder.Look(name, frames, seen, cancel), cancel);

    public void Dispose() => hands.Dispose();

    private Hands Read(
        Func<Action<RgbFrame, HolisticResult>, (RecordingSteps Steps, VideoLandmarks Found, bool Mirrored)> look,
        CancellationToken cancel
    )
    {
        // of each result its frame, of each hand its crop: a frame may be told of in any order, and twice
        var pictures = new ConcurrentDictionary<object, byte[]>(ReferenceEqualityComparer.Instance);
        (RecordingSteps landmarks, VideoLandmarks found, bool mirrored) = look(
            (frame, result) => Take(frame, result, pictures)
        );
        int length = found.Frames.Count,
            width = encoder.Width,
            step = Key.Shape[1];
        byte[] frames = [.. found.Frames.SelectMany(f => pictures[f])];
        var crops = new List<(int Place, byte[] Picture)>();
        foreach ((int t, HolisticResult frame) in found.WithoutFalseBodies().Frames.Index())
            for (int side = 0; side < 2; side++)
            {
                if (landmarks.Values[t * LandmarkFeatures.Width + LandmarkFeatures.Presence[1 + side]] == 0)
                    continue;
                // where the left hand signs it has the right one's place
                bool left = (side == 0) != mirrored;
                if (pictures.TryGetValue((left ? frame.Left : frame.Right)!, out byte[]? picture))
                    crops.Add((t * step + (hand + side) * width, left ? HandCrop.Mirrored(picture) : picture));
            }
        var steps = new float[length * step];
        if (hand > 0)
        {
            float[] whole = Encode(encoder, frames, length, cancel);
            for (int t = 0; t < length; t++)
                whole.AsSpan(t * width, width).CopyTo(steps.AsSpan(t * step));
        }
        float[] cut = Encode(hands, [.. crops.SelectMany(c => c.Picture)], crops.Count, cancel);
        foreach ((int i, (int place, _)) in crops.Index())
            cut.AsSpan(i * width, width).CopyTo(steps.AsSpan(place));
        return new(new(steps, length, [step]), landmarks, new(frames, length, length));
    }

    private void Take(RgbFrame frame, HolisticResult found, ConcurrentDictionary<object, byte[]> pictures)
    {
        var whole = new byte[format.BytesPerFrame];
        FrameCut cut = cuts.TryTake(out FrameCut? used) ? used : new FrameCut(format);
        cut.Resize(frame.Width, frame.Height, frame.Pixels.AsSpan(0, frame.Width * frame.Height * 3), whole);
        cuts.Add(cut);
        pictures[found] = whole;
        foreach (HandResult hand in new[] { found.Left, found.Right }.OfType<HandResult>())
            if (HandCrop.SquareOf(hand.Joints, frame.Width, frame.Height) is { } square)
                pictures[hand] = HandCrop.Cut(frame, square);
    }

    /// <returns>(count, F), the same on any number of threads but for rounding.</returns>
    private float[] Encode(IRgbEncoder by, byte[] pictures, int count, CancellationToken cancel)
    {
        var features = new float[count * by.Width];
        if (count == 0)
            return features;
        int bytes = pictures.Length / count;
        if (threads == 1)
        {
            by.Encode(pictures, count, features);
            return features;
        }
        var options = new ParallelOptions { MaxDegreeOfParallelism = threads, CancellationToken = cancel };
        try
        {
            Parallel.For(0, count, options, i =>
                by.Encode(pictures.AsSpan(i * bytes, bytes), 1, features.AsSpan(i * by.Width, by.Width))
            );
        }
        catch (AggregateException e)
        {
            ExceptionDispatchInfo.Throw(e.InnerExceptions[0]);
        }
        return features;
    }
}

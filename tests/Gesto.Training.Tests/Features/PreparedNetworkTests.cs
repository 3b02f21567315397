using Gesto.Encoders;
using Gesto.Training.Tests.Weights;
using Gesto.Training.Weights;

namespace Gesto.Training.Tests.Features;

public sealed class PreparedNetworkTests : IDisposable
{
    private static readonly ResNet50Weights Weights = FormulaResNet50.Weights(ResNet50Variant.V15);

    private readonly Folder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void A_kept_network_gives_the_same_bits_as_one_made_anew_and_a_damaged_one_is_made_again()
    {
        var cache = new WeightsCache(folder.Path);
        string path = cache.Add(Weights);
        using var direct = ResNet50Encoders.Build(Weights, threads: 1);
        float[] expected = Encode(direct);
        Assert.Null(ResNet50Encoders.TryOpenKept(cache, threads: 1, concurrency: 1));
        Assert.Equal(expected, Encode(cache, path)); // makes and keeps it
        using (NetworkRgbEncoder kept = ResNet50Encoders.TryOpenKept(cache, threads: 1, concurrency: 2)!)
        {
            Assert.Equal((Weights.Name, Weights.Hash, 2), (kept.Name, kept.WeightsHash, kept.Concurrency));
            Assert.Equal(expected, Encode(kept));
        }
        string data = Assert.Single(Directory.GetFiles(cache.PreparedFolder, "*.data", SearchOption.AllDirectories));
        File.SetLastWriteTimeUtc(data, DateTime.UnixEpoch);
        Assert.Equal(expected, Encode(cache, path)); // takes what is kept
        Assert.Equal(DateTime.UnixEpoch, File.GetLastWriteTimeUtc(data));

        using (FileStream stream = File.OpenWrite(data))
        {
            stream.Position = stream.Length / 2;
            stream.Write([1, 2, 3, 4]);
        }
        Assert.Equal(expected, Encode(cache, path));
        Assert.NotEqual(DateTime.UnixEpoch, File.GetLastWriteTimeUtc(data));
        File.WriteAllText(data, "cut");
        Assert.Equal(expected, Encode(cache, path));
        Assert.Single(Directory.GetDirectories(cache.PreparedFolder)); // nothing temporary is left
        File.WriteAllText(path, "cut");
        Assert.Null(ResNet50Encoders.TryOpenKept(cache, threads: 1, concurrency: 1));
    }

    [Fact]
    public void Weights_that_are_not_the_runs_are_refused_and_nothing_is_kept()
    {
        var cache = new WeightsCache(folder.Path);
        string path = cache.Add(Weights);
        var error = Assert.Throws<InvalidDataException>(() =>
            ResNet50Encoders.Open(cache, path, ResNet50Variant.V15, "0123", threads: 1)
        );
        Assert.Contains("expected resnet50-v1.5 0123", error.Message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(cache.PreparedFolder));
    }

    private static float[] Encode(WeightsCache cache, string path)
    {
        using NetworkRgbEncoder encoder = ResNet50Encoders.Open(
            cache,
            path,
            ResNet50Variant.V15,
            Weights.Hash,
            threads: 1
        );
        Assert.Equal((Weights.Name, Weights.Hash), (encoder.Name, encoder.WeightsHash));
        return Encode(encoder);
    }

    private static float[] Encode(NetworkRgbEncoder encoder)
    {
        var features = new float[2 * encoder.Width];
        encoder.Encode(FormulaResNet50.Frames(), 2, features);
        return features;
    }
}

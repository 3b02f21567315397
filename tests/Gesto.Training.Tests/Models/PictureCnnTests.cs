using Gesto.Training.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace Gesto.Training.Tests.Models;

[Collection(AloneWithLibtorch.Name)]
public class PictureCnnTests
{
    /// <summary>float32 against float64: libtorch's planar convolutions were wrong for some numbers of channels
    /// (docs/LOG.md).</summary>
    [Theory]
    [InlineData(3, 16, 1f)]
    [InlineData(6, 16, 1f)]
    [InlineData(6, 64, 1f)]
    [InlineData(3, 64, 1f)]
    [InlineData(6, 16, 0.01f)]
    [InlineData(6, 20, 1f)]
    [InlineData(6, 17, 1f)]
    public void Single_precision_gives_the_features_and_gradients_of_double(int channels, int side, float size)
    {
        using var scope = NewDisposeScope();
        manual_seed(3);
        using var cnn = new PictureCnn(channels);
        using var twice = new PictureCnn(channels);
        twice.load_state_dict(cnn.state_dict());
        twice.to(ScalarType.Float64);
        Tensor pictures = randn(9, channels, side, side).mul(size);
        Tensor found = cnn.Encode(pictures, [9]),
            expected = twice.Encode(pictures.to(ScalarType.Float64), [9]);
        Near(expected, found, "features");
        found.square().sum().backward();
        expected.square().sum().backward();
        foreach (((string name, var a), (_, var b)) in twice.named_parameters().Zip(cnn.named_parameters()))
            Near(a.grad!, b.grad!, name);
    }

    private static void Near(Tensor expected, Tensor found, string what)
    {
        double error =
            expected.sub(found.to(ScalarType.Float64)).abs().max().item<double>() / expected.abs().max().item<double>();
        Assert.True(error < 1e-5, $"{what}: {error}");
    }
}

using Gesto.Training.Features;
using Gesto.Training.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace Gesto.Training.Tests.Features;

public sealed class RadarSourceNetworkTests
{
    [Fact]
    public void It_computes_what_libtorch_computes_with_the_same_weights()
    {
        const int Frames = 2,
            Antennas = 3,
            Side = RadarSourceEncoder.InputSize;
        var maps = new byte[Frames * Antennas * Side * Side];
        new Random(1).NextBytes(maps);
        RadarSourceEncoder encoder = Gesto.Training.Features.RadarSourceEncoder.Create(seed: 5);
        var features = new float[Frames * Antennas * encoder.WidthPerAntenna];
        encoder.Encode(maps, Frames, Antennas, features);

        using DisposeScope scope = NewDisposeScope();
        using IDisposable noGradient = no_grad();
        float[] expected = RadarCnn
            .Source(5)
            .forward(tensor(maps, [Frames, Antennas, Side, Side]))
            .data<float>()
            .ToArray();
        // A mean over 12,544 places, summed in another order.
        for (int i = 0; i < expected.Length; i++)
            Assert.Equal(expected[i], features[i], 1e-4f * expected.Max());
        Assert.NotEqual(features[0], features[encoder.WidthPerAntenna]);
    }
}

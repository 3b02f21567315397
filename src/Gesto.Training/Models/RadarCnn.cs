using Gesto.Training.Graphs;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Gesto.Training.Models;

/// <summary>What is done to a sample's radar values, in this order, before the training split's mean and
/// deviation.</summary>
/// <param name="Logarithm">log(1 + x): for linear magnitudes.</param>
/// <param name="RemoveStatic">Subtract each bin's mean over the sample: what does not change is not the sign.</param>
/// <param name="NormaliseSample">Bring the sample to mean 0 and deviation 1: gain and background drift between
/// recordings.</param>
public readonly record struct RadarPreparation(bool Logarithm, bool RemoveStatic, bool NormaliseSample)
{
    public static RadarPreparation None => default;
}

/// <summary>Radar frames → 32 features an antenna. Per antenna, with shared weights: convolution 1→16 3×3, ReLU,
/// max-pool 2, convolution 16→32 3×3, ReLU, global average pool; the antennas' 32 are concatenated in order.</summary>
/// <remarks>Where we differ from the source project, when <c>coordinates</c> is on: two more constant input channels
/// hold the range and Doppler coordinate of each bin in [−1, 1]. Global average pooling is blind to place, and place is
/// range and velocity. Source: R. Liu et al., "An intriguing failing of convolutional neural networks and the CoordConv
/// solution", NeurIPS 2018.</remarks>
public sealed class RadarCnn : FrameEncoder
{
    /// <summary>Features of one antenna.</summary>
    public const int WidthPerAntenna = 32;

    // A constant sample stays finite. Held, not implicit: see Fitting.Adam.
    private static readonly TorchSharp.Scalar SmallestDeviation = 1e-6f;

    // Registered by field name.
    private readonly Conv2d conv1;
    private readonly Conv2d conv2;
    private readonly Tensor mean;
    private readonly Tensor deviation;
    private readonly bool coordinates;
    private readonly RadarPreparation preparation;

    /// <param name="coordinates">Add the coordinate channels.</param>
    /// <param name="preparation">What is done to a sample's values first.</param>
    /// <param name="mean">Subtracted then; saved with the weights.</param>
    /// <param name="deviation">Divided by then; saved with the weights.</param>
    public RadarCnn(bool coordinates, RadarPreparation preparation, float mean, float deviation)
        : base(nameof(RadarCnn))
    {
        (this.coordinates, this.preparation) = (coordinates, preparation);
        conv1 = nn.Conv2d(coordinates ? 3 : 1, 16, 3, padding: 1);
        conv2 = nn.Conv2d(16, WidthPerAntenna, 3, padding: 1);
        this.mean = tensor(mean);
        this.deviation = tensor(deviation);
        RegisterComponents();
    }

    /// <summary>The source project's encoder: values ÷ 255, no coordinates, random weights that depend on the seed
    /// alone.</summary>
    public static RadarCnn Source(int seed)
    {
        manual_seed(seed);
        return new RadarCnn(coordinates: false, RadarPreparation.None, mean: 0, deviation: 255);
    }

    public override int Width(int channels) => channels * WidthPerAntenna;

    internal override Tensor Scale(Tensor input, ReadOnlySpan<int> lengths)
    {
        using var scope = NewDisposeScope();
        return Prepare(input, lengths, preparation).sub(mean).div(deviation).MoveToOuterDisposeScope();
    }

    /// <summary>What comes before mean and deviation, so that both can be measured: float32, then the
    /// preparation.</summary>
    internal static Tensor Prepare(Tensor input, ReadOnlySpan<int> lengths, RadarPreparation preparation)
    {
        using var scope = NewDisposeScope();
        Tensor values = input.to(ScalarType.Float32);
        if (preparation.Logarithm)
            values = values.relu().log1p(); // magnitudes: nothing is below 0
        if (preparation.RemoveStatic || preparation.NormaliseSample)
        {
            var prepared = new List<Tensor>(lengths.Length);
            long start = 0;
            foreach (int length in lengths)
            {
                Tensor sample = values.narrow(0, start, length);
                if (preparation.RemoveStatic)
                    sample = sample.sub(sample.mean([0], keepdim: true));
                if (preparation.NormaliseSample)
                    sample = sample.sub(sample.mean()).div(sample.std(unbiased: false).add(SmallestDeviation));
                prepared.Add(sample);
                start += length;
            }
            values = prepared.Count == 1 ? prepared[0] : cat(prepared, 0);
        }
        return values.MoveToOuterDisposeScope();
    }

    internal override Tensor Encode(Tensor scaled, ReadOnlySpan<int> lengths)
    {
        using var scope = NewDisposeScope();
        long n = scaled.shape[0],
            antennas = scaled.shape[1],
            range = scaled.shape[2],
            doppler = scaled.shape[3];
        // Channels last, (N·A, R, D, C) in memory: 1.3 times faster here than (N·A, C, R, D).
        Tensor images = scaled.reshape(n * antennas, range, doppler, 1);
        if (coordinates)
            images = cat(
                [images, CoordinateMaps(range, doppler).to(scaled.device).expand(n * antennas, range, doppler, 2)],
                3
            );
        images = images.permute(0, 3, 1, 2);
        // Pooling before ReLU gives the same values (ReLU is monotone) over a quarter of the memory.
        long[] pool = [Math.Min(2, range), Math.Min(2, doppler)]; // a range-time map has one Doppler bin
        Tensor x = nn.functional.max_pool2d(conv1.forward(images), pool).relu_();
        return conv2.forward(x).relu_().mean([2, 3]).reshape(n, antennas * WidthPerAntenna).MoveToOuterDisposeScope();
    }

    /// <returns>(1, R, D, 2): range coordinate, then Doppler coordinate, from −1 in the first bin to 1 in the
    /// last.</returns>
    private static Tensor CoordinateMaps(long range, long doppler)
    {
        var values = new float[range * doppler * 2];
        for (int r = 0, i = 0; r < range; r++)
        for (int d = 0; d < doppler; d++, i += 2)
            (values[i], values[i + 1]) = (Coordinate(r, range), Coordinate(d, doppler));
        return tensor(values, [1, range, doppler, 2]);
    }

    private static float Coordinate(int bin, long bins) => bins == 1 ? 0 : 2f * bin / (bins - 1) - 1;

    internal override string Write(OnnxGraph graph, string frames, IReadOnlyList<int> shape)
    {
        (int antennas, int range, int doppler) = (shape[0], shape[1], shape[2]);
        string scaled = graph.Div(
            graph.Sub(Write(graph, frames, preparation), graph.Values(mean)),
            graph.Values(deviation)
        );
        string images = graph.Reshape(scaled, -1, 1, range, doppler);
        if (coordinates)
        {
            using Tensor maps = CoordinateMaps(range, doppler).permute(0, 3, 1, 2);
            string each = graph.Op(
                "Expand",
                [graph.Values(maps), graph.Concat(0, graph.LengthOf(images, 0), graph.Integers(2, range, doppler))]
            );
            images = graph.Concat(1, images, each);
        }
        long[] pool = [Math.Min(2, range), Math.Min(2, doppler)];
        string x = graph.Op(
            "MaxPool",
            [graph.Convolution(images, conv1)],
            OnnxGraph.Ints("kernel_shape", pool),
            OnnxGraph.Ints("strides", pool)
        );
        x = graph.Mean(graph.Relu(graph.Convolution(graph.Relu(x), conv2)), keep: false, 2, 3);
        return graph.Reshape(x, -1, antennas * WidthPerAntenna);
    }

    /// <summary>Writes what <see cref="Prepare"/> does to one sample's frames.</summary>
    internal static string Write(OnnxGraph graph, string frames, RadarPreparation preparation)
    {
        if (preparation.Logarithm)
            frames = graph.LogOnePlus(frames);
        if (preparation.RemoveStatic)
            frames = graph.Sub(frames, graph.Mean(frames, keep: true, 0));
        if (!preparation.NormaliseSample)
            return frames;
        string centred = graph.Sub(frames, graph.Mean(frames, keep: true, 0, 1, 2, 3)),
            deviation = graph.Op("Sqrt", [graph.Mean(graph.Mul(centred, centred), keep: true, 0, 1, 2, 3)]);
        return graph.Div(centred, graph.Add(deviation, graph.Scalar(1e-6f)));
    }
}

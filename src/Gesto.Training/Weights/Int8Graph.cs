using System.Runtime.InteropServices;
using Gesto.Encoders;
using Gesto.Training.Graphs;

namespace Gesto.Training.Weights;

/// <summary>Writes ResNet50 as an ONNX model in INT8: same input and output as <see cref="ResNet50Graph"/>. Every
/// convolution stands between QuantizeLinear and DequantizeLinear nodes, which ONNX Runtime turns into integer
/// convolutions.</summary>
/// <remarks>Activations: unsigned 8 bits, one scale a tensor. Weights: one scale an output channel, symmetric, and only
/// 7 bits, because AVX2 adds pairs of u8 × s8 products in 16 bits, which 8-bit weights overflow. Biases: 32 bits. A
/// ReLU before a quantisation whose smallest value is 0 is that quantisation's own clipping and is left out. The last
/// sum and the mean over the picture stay float32. Source: B. Jacob et al., "Quantization and training of neural
/// networks for efficient integer-arithmetic-only inference", CVPR 2018.</remarks>
internal static class Int8Graph
{
    /// <summary>Largest integer weight: 7 bits with sign.</summary>
    private const int LargestWeight = 63;

    /// <returns>The values that are quantised, by their names in both graphs.</returns>
    public static IEnumerable<string> Quantised(ResNet50Variant variant)
    {
        IReadOnlyList<Bottleneck> blocks = ResNet50Layout.Blocks(variant);
        return
        [
            ResNet50Network.Frames,
            .. ResNet50Layout.Units(variant).Select(u => u.Convolution),
            .. blocks.SkipLast(1).Select(b => b.Output),
        ];
    }

    public static byte[] Build(ResNet50Weights weights, Int8Ranges ranges)
    {
        var graph = new OnnxGraph(ranges.Name);
        string value = Quantise(graph, ResNet50Network.Frames, ranges, ResNet50Network.Frames);
        value = Convolve(graph, weights, ranges, ResNet50Layout.Stem, value, ResNet50Network.Frames);
        string name = ResNet50Layout.Stem.Convolution;
        value = graph.Node("MaxPool", "pool1", [value], OnnxGraph.Window(3, 2, 1));
        value = Quantise(graph, value, ranges, name); // the largest of a window needs no range of its own
        IReadOnlyList<Bottleneck> blocks = ResNet50Layout.Blocks(weights.Variant);
        foreach (Bottleneck block in blocks)
        {
            string branch = Convolve(graph, weights, ranges, block.First, value, name);
            branch = Convolve(graph, weights, ranges, block.Second, branch, block.First.Convolution);
            branch = Convolve(graph, weights, ranges, block.Third, branch, block.Second.Convolution);
            string shortcut = block.Projection is { } projection
                ? Convolve(graph, weights, ranges, projection, value, name)
                : value;
            value = graph.Node("Add", $"{block.Third.Convolution}.add", [branch, shortcut]);
            name = block.Output;
            value = block == blocks[^1] ? graph.Node("Relu", name, [value]) : Quantise(graph, value, ranges, name);
        }
        value = graph.Node("GlobalAveragePool", "pool5", [value]);
        graph.Node("Flatten", ResNet50Network.Features, [value]);
        graph.Input(ResNet50Network.Frames, 3, ResNet50Network.Side, ResNet50Network.Side);
        graph.Output(ResNet50Network.Features, ResNet50Network.FeatureWidth);
        return graph.ToModel();
    }

    /// <param name="graph">Receives the nodes.</param>
    /// <param name="weights">Float32 weights.</param>
    /// <param name="ranges">Of the activations.</param>
    /// <param name="unit">The convolution.</param>
    /// <param name="input">A dequantised value.</param>
    /// <param name="inputRange">Whose range <paramref name="input"/> was quantised with.</param>
    private static string Convolve(
        OnnxGraph graph,
        ResNet50Weights weights,
        Int8Ranges ranges,
        ConvolutionUnit unit,
        string input,
        string inputRange
    )
    {
        (byte[] folded, float[] bias) = weights.Fold(unit);
        ReadOnlySpan<float> kernel = MemoryMarshal.Cast<byte, float>(folded);
        string name = unit.Convolution;
        float inputScale = Scale(ranges.Ranges[inputRange]);
        int size = kernel.Length / unit.Outputs;
        var integers = new sbyte[kernel.Length];
        var integerBias = new int[unit.Outputs];
        var scales = new float[unit.Outputs];
        var biasScales = new float[unit.Outputs];
        for (int o = 0; o < unit.Outputs; o++)
        {
            ReadOnlySpan<float> channel = kernel.Slice(o * size, size);
            float largest = 0;
            foreach (float w in channel)
                largest = Math.Max(largest, Math.Abs(w));
            scales[o] = largest > 0 ? largest / LargestWeight : 1; // a channel of zeros
            biasScales[o] = scales[o] * inputScale;
            for (int i = 0; i < size; i++)
                integers[o * size + i] = (sbyte)MathF.Round(channel[i] / scales[o]);
            integerBias[o] = (int)Math.Clamp(Math.Round((double)bias[o] / biasScales[o]), int.MinValue, int.MaxValue);
        }
        graph.Constant($"{name}.weight.q", integers, unit.Outputs, unit.Inputs, unit.Kernel, unit.Kernel);
        graph.Constant($"{name}.weight.zero", new sbyte[unit.Outputs], unit.Outputs);
        graph.Constant($"{name}.bias.q", integerBias, unit.Outputs);
        string[] kernelInputs =
        [
            $"{name}.weight.q",
            graph.Constant($"{name}.weight.scale", scales, unit.Outputs),
            $"{name}.weight.zero",
        ];
        string[] biasInputs = [$"{name}.bias.q", graph.Constant($"{name}.bias.scale", biasScales, unit.Outputs)];
        string dequantised = graph.Node(
            "DequantizeLinear",
            $"{name}.weight",
            kernelInputs,
            OnnxGraph.Integer("axis", 0)
        );
        string added = graph.Node("DequantizeLinear", $"{name}.bias", biasInputs, OnnxGraph.Integer("axis", 0));
        string sum = graph.Node(
            "Conv",
            $"{name}.sum",
            [input, dequantised, added],
            OnnxGraph.Window(unit.Kernel, unit.Stride, unit.Padding)
        );
        return Quantise(graph, sum, ranges, name);
    }

    /// <returns>The value after a round trip through 8 bits.</returns>
    private static string Quantise(OnnxGraph graph, string value, Int8Ranges ranges, string range)
    {
        (float low, float high) = ranges.Ranges[range];
        float scale = Scale((low, high));
        byte zero = (byte)Math.Clamp(MathF.Round(-low / scale), 0, 255);
        string[] parameters = [graph.Constant($"{value}.scale", [scale]), graph.Constant($"{value}.zero", [zero])];
        string quantised = graph.Node("QuantizeLinear", $"{value}.quantised", [value, .. parameters]);
        return graph.Node("DequantizeLinear", $"{value}.dequantised", [quantised, .. parameters]);
    }

    private static float Scale((float Low, float High) range) =>
        range.High > range.Low ? (range.High - range.Low) / 255 : 1;
}

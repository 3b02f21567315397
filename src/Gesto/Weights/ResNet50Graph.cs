using System.Runtime.InteropServices;

namespace Gesto.Weights;

/// <summary>Writes ResNet50 as an ONNX model, batch norms folded into the convolutions: input "frames" (N, 3, 224, 224)
/// float32, already normalised; output "features" (N, 2048) float32, after the global average pool. N is free.</summary>
/// <remarks>Field numbers: onnx.proto of ONNX IR version 8, operator set 13. Both variants pad the max pool by 1: Keras
/// pads with zeros and PyTorch with −∞, which is the same after a ReLU.</remarks>
internal static class ResNet50Graph
{
    public const string Input = "frames";
    public const string Output = "features";

    private const int FloatType = 1;

    public static byte[] Build(ResNet50Weights weights)
    {
        var graph = new ProtoMessage().Text(2, weights.Name);
        string value = Convolve(graph, weights, ResNet50Layout.Stem, Input, relu: true);
        value = Node(graph, "MaxPool", "pool1", [value], Ints("kernel_shape", 3, 3), Ints("strides", 2, 2), Ints("pads", 1, 1, 1, 1));
        foreach (Bottleneck block in ResNet50Layout.Blocks(weights.Variant))
        {
            string branch = Convolve(graph, weights, block.First, value, relu: true);
            branch = Convolve(graph, weights, block.Second, branch, relu: true);
            branch = Convolve(graph, weights, block.Third, branch, relu: false);
            string shortcut = block.Projection is { } projection ? Convolve(graph, weights, projection, value, relu: false) : value;
            value = Node(graph, "Add", $"{block.Third.Convolution}.add", [branch, shortcut]);
            value = Node(graph, "Relu", $"{block.Third.Convolution}.out", [value]);
        }
        value = Node(graph, "GlobalAveragePool", "pool5", [value]);
        Node(graph, "Flatten", Output, [value]);
        graph.Message(11, ValueInfo(Input, 3, ResNet50Layout.InputSize, ResNet50Layout.InputSize));
        graph.Message(12, ValueInfo(Output, ResNet50Layout.Width));
        return new ProtoMessage()
            .Integer(1, 8)
            .Text(2, "gesto")
            .Message(7, graph)
            .Message(8, new ProtoMessage().Text(1, "").Integer(2, 13))
            .ToArray();
    }

    private static string Convolve(ProtoMessage graph, ResNet50Weights weights, ConvolutionUnit unit, string input, bool relu)
    {
        (float[] kernel, float[] bias) = weights.Fold(unit);
        string name = unit.Convolution;
        graph.Message(5, Tensor($"{name}.weight", kernel, unit.Outputs, unit.Inputs, unit.Kernel, unit.Kernel));
        graph.Message(5, Tensor($"{name}.bias", bias, unit.Outputs));
        string value = Node(
            graph, "Conv", relu ? $"{name}.sum" : name, [input, $"{name}.weight", $"{name}.bias"],
            Ints("kernel_shape", unit.Kernel, unit.Kernel), Ints("strides", unit.Stride, unit.Stride),
            Ints("pads", unit.Padding, unit.Padding, unit.Padding, unit.Padding));
        return relu ? Node(graph, "Relu", name, [value]) : value;
    }

    /// <returns>The node's name, which is also its output's.</returns>
    private static string Node(ProtoMessage graph, string type, string name, string[] inputs, params ProtoMessage[] attributes)
    {
        var node = new ProtoMessage();
        foreach (string input in inputs) node.Text(1, input);
        node.Text(2, name).Text(3, name).Text(4, type);
        foreach (ProtoMessage attribute in attributes) node.Message(5, attribute);
        graph.Message(1, node);
        return name;
    }

    private static ProtoMessage Ints(string name, params int[] values)
    {
        const int IntsType = 7;
        var attribute = new ProtoMessage().Text(1, name);
        foreach (int value in values) attribute.Integer(8, value);
        return attribute.Integer(20, IntsType);
    }

    private static ProtoMessage Tensor(string name, float[] values, params int[] shape)
    {
        var tensor = new ProtoMessage();
        foreach (int n in shape) tensor.Integer(1, n);
        return tensor.Integer(2, FloatType).Text(8, name).Bytes(9, MemoryMarshal.AsBytes(values.AsSpan()).ToArray());
    }

    private static ProtoMessage ValueInfo(string name, params int[] shape)
    {
        var axes = new ProtoMessage().Message(1, new ProtoMessage().Text(2, "N"));
        foreach (int n in shape) axes.Message(1, new ProtoMessage().Integer(1, n));
        var tensor = new ProtoMessage().Integer(1, FloatType).Message(2, axes);
        return new ProtoMessage().Text(1, name).Message(2, new ProtoMessage().Message(1, tensor));
    }
}

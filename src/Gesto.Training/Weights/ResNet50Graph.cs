using Gesto.Encoders;
using Gesto.Training.Graphs;
using Onnx;

namespace Gesto.Training.Weights;

/// <summary>Writes ResNet50 as an ONNX model, batch norms folded into the convolutions: input "frames" (N, 3, 224, 224)
/// float32, already normalised; output "features" (N, 2048) float32, after the global average pool. N is
/// free.</summary>
/// <remarks>Both variants pad the max pool by 1: Keras pads with zeros and PyTorch with −∞, which is the same after a
/// ReLU.</remarks>
internal static class ResNet50Graph
{
    /// <param name="weights">Either variant.</param>
    /// <param name="observed">Nodes of <see cref="Int8Graph.Quantised"/> that are outputs too, so that their values can
    /// be seen.</param>
    public static byte[] Build(ResNet50Weights weights, params IEnumerable<string> observed) =>
        Build(weights, anySide: false, observed);

    /// <summary>The same for frames of any side, 32 pixels or more: input "frames" (N, 3, H, W).</summary>
    public static byte[] BuildForAnySide(ResNet50Weights weights) => Build(weights, anySide: true, []);

    private static byte[] Build(ResNet50Weights weights, bool anySide, IEnumerable<string> observed)
    {
        var graph = new OnnxGraph(weights.Name);
        string value = Blocks(graph, weights, ResNet50Layout.Blocks(weights.Variant));
        value = graph.Node("GlobalAveragePool", "pool5", [value]);
        graph.Node("Flatten", ResNet50Network.Features, [value]);
        if (anySide)
            graph.Input(ResNet50Network.Frames, TensorProto.Types.DataType.Float, "N", "3", "H", "W");
        else
            graph.Input(ResNet50Network.Frames, 3, ResNet50Network.Side, ResNet50Network.Side);
        graph.Output(ResNet50Network.Features, ResNet50Network.FeatureWidth);
        foreach (string node in observed)
            graph.Output(node);
        return graph.ToModel();
    }

    /// <summary>The same without the last stage: output "maps" (N, 1024, 14, 14), what that stage reads.</summary>
    public static byte[] BuildMaps(ResNet50Weights weights)
    {
        var graph = new OnnxGraph(weights.Name);
        graph.Node(
            "Identity",
            ResNet50Network.Maps,
            [Blocks(graph, weights, ResNet50Layout.Blocks(weights.Variant).Where(b => !ResNet50Layout.IsLast(b)))]
        );
        graph.Input(ResNet50Network.Frames, 3, ResNet50Network.Side, ResNet50Network.Side);
        graph.Output(ResNet50Network.Maps, [.. ResNet50Network.MapShape]);
        return graph.ToModel();
    }

    /// <returns>What the last of these blocks puts out.</returns>
    private static string Blocks(OnnxGraph graph, ResNet50Weights weights, IEnumerable<Bottleneck> blocks)
    {
        string value = Convolve(graph, weights, ResNet50Layout.Stem, ResNet50Network.Frames, relu: true);
        value = graph.Node("MaxPool", "pool1", [value], OnnxGraph.Window(3, 2, 1));
        foreach (Bottleneck block in blocks)
        {
            string branch = Convolve(graph, weights, block.First, value, relu: true);
            branch = Convolve(graph, weights, block.Second, branch, relu: true);
            branch = Convolve(graph, weights, block.Third, branch, relu: false);
            string shortcut = block.Projection is { } projection
                ? Convolve(graph, weights, projection, value, relu: false)
                : value;
            value = graph.Node("Add", $"{block.Third.Convolution}.add", [branch, shortcut]);
            value = graph.Node("Relu", block.Output, [value]);
        }
        return value;
    }

    private static string Convolve(
        OnnxGraph graph,
        ResNet50Weights weights,
        ConvolutionUnit unit,
        string input,
        bool relu
    )
    {
        (byte[] kernel, float[] bias) = weights.Fold(unit);
        string name = unit.Convolution;
        graph.Singles($"{name}.weight", kernel, unit.Outputs, unit.Inputs, unit.Kernel, unit.Kernel);
        graph.Constant($"{name}.bias", bias, unit.Outputs);
        string value = graph.Node(
            "Conv",
            relu ? $"{name}.sum" : name,
            [input, $"{name}.weight", $"{name}.bias"],
            OnnxGraph.Window(unit.Kernel, unit.Stride, unit.Padding)
        );
        return relu ? graph.Node("Relu", name, [value]) : value;
    }
}

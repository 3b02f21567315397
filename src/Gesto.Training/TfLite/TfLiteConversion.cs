using Gesto.Training.Graphs;
using Onnx;

namespace Gesto.Training.TfLite;

/// <summary>Writes a TensorFlow Lite model as an ONNX model that computes the same in float32.</summary>
/// <remarks>Pictures are (N, C, H, W) throughout, as ONNX Runtime has them; constants are folded, zeros around a
/// picture go into the convolution that reads it, and a picture is weighted before it is enlarged. One conversion an
/// instance.</remarks>
internal sealed partial class TfLiteConversion
{
    private readonly TfLiteModel model;
    private readonly TfLiteConstants constants;
    private readonly OnnxGraph graph;
    private readonly TfLiteValue?[] values;
    private readonly Dictionary<TfLiteComputed, TfLiteComputed> settled = new(ReferenceEqualityComparer.Instance);

    private TfLiteConversion(TfLiteModel model, string name)
    {
        this.model = model;
        constants = new TfLiteConstants(model);
        graph = new OnnxGraph(name);
        values = new TfLiteValue?[model.Tensors.Count];
    }

    /// <param name="model">Of one input, a picture (1, H, W, C).</param>
    /// <param name="name">Of the ONNX graph.</param>
    /// <param name="input">Its input, (1, C, H, W) float32.</param>
    /// <param name="outputs">A name for each output of the model in its order; null = not wanted, and neither is what
    /// only it needs. Outputs that are pictures are (1, C, H, W), others as in the file.</param>
    /// <returns>The ONNX model.</returns>
    /// <exception cref="InvalidDataException">Operators or options that these models do not use, or what contradicts
    /// itself.</exception>
    public static byte[] ToOnnx(TfLiteModel model, string name, string input, params string?[] outputs)
    {
        if (model.Inputs.Length != 1 || model.Outputs.Length != outputs.Length)
            throw new InvalidDataException(
                $"{model.File}: {model.Inputs.Length} inputs and {model.Outputs.Length} outputs, expected 1 and {outputs.Length}. It is another model."
            );
        return new TfLiteConversion(model, name).Convert(input, outputs);
    }

    private byte[] Convert(string input, string?[] outputs)
    {
        TfLiteTensor picture = model.Tensors[model.Inputs[0]];
        if (picture.Shape is not [1, > 0, > 0, > 0] || picture.Type != TfLiteType.Float32)
            throw Wrong("input", Shown(picture.Shape), "float32 (1, height, width, channels)");
        graph.Input(input, TensorProto.Types.DataType.Float, [.. Turned(picture.Shape).Select(Text)]);
        values[model.Inputs[0]] = new TfLiteComputed(picture.Shape, input);
        bool[] needed = Needed(outputs);
        foreach (TfLiteOperator step in model.Operators)
            if (step.Outputs.Any(o => needed[o]))
                Convert(step);
        foreach ((int i, string? name) in outputs.Index())
            if (name is not null)
            {
                TfLiteComputed value = Settled(Computed(model.Outputs[i], "output"));
                int[] shape = value.IsPicture ? Turned(value.Shape) : value.Shape;
                graph.Output(value.Node, name, [.. shape.Select(Text)]);
            }
        return graph.ToModel();
    }

    /// <returns>Of each tensor, whether a wanted output needs it.</returns>
    private bool[] Needed(string?[] outputs)
    {
        var needed = new bool[model.Tensors.Count];
        foreach ((int i, string? name) in outputs.Index())
            needed[model.Outputs[i]] |= name is not null;
        foreach (TfLiteOperator step in model.Operators.Reverse())
            if (step.Outputs.Any(o => needed[o]))
                foreach (int read in step.Inputs)
                    if (read >= 0)
                        needed[read] = true;
        return needed;
    }

    private void Convert(TfLiteOperator step)
    {
        if (step.Outputs.Length != 1)
            throw Wrong(step.Operation, $"{step.Outputs.Length} outputs", "one");
        TfLiteTensor to = model.Tensors[step.Outputs[0]];
        TfLiteValue made = step.Operation switch
        {
            TfLiteOperation.Add => Sum(step),
            TfLiteOperation.Concatenation => Concatenation(step),
            TfLiteOperation.Conv2D => Convolution(step, depthwise: false),
            TfLiteOperation.DepthwiseConv2D => Convolution(step, depthwise: true),
            TfLiteOperation.DepthToSpace => DepthToSpace(step),
            TfLiteOperation.Dequantize => new TfLiteSingles(to.Shape, Singles(step, 0).Values),
            TfLiteOperation.Densify => Dense(step),
            TfLiteOperation.FullyConnected => FullyConnected(step),
            TfLiteOperation.Logistic => Logistic(step),
            TfLiteOperation.MaxPool2D => MaxPool(step),
            TfLiteOperation.Mean => Mean(step),
            TfLiteOperation.Pad => Pad(step),
            TfLiteOperation.Prelu => Prelu(step),
            TfLiteOperation.Reshape => Reshape(step, to.Shape),
            TfLiteOperation.ResizeBilinear => Resize(step),
            TfLiteOperation.StridedSlice => Slice(step),
            _ => throw Wrong("operator", $"number {(int)step.Operation}", "one of MediaPipe's landmark models"),
        };
        // The shape follows from the inputs and the options: where the file says another, one of them is wrong.
        if (!made.Shape.SequenceEqual(to.Shape))
            throw Wrong(step.Operation, $"an output ({Shown(to.Shape)})", $"({Shown(made.Shape)})");
        values[step.Outputs[0]] = made;
    }

    /// <returns>Input number i of an operator.</returns>
    private TfLiteComputed Computed(TfLiteOperator step, int i) => Computed(Input(step, i), step.Operation.ToString());

    private TfLiteComputed Computed(int tensor, string reader) =>
        values[tensor] as TfLiteComputed
        ?? throw Wrong(reader, "a tensor that nothing computes before it", "the output of an earlier operator");

    private TfLiteComputed Picture(TfLiteOperator step, int i) =>
        Computed(step, i) is { IsPicture: true } picture
            ? picture
            : throw Wrong(step.Operation, "no picture", "(1, height, width, channels)");

    private TfLiteSingles Singles(TfLiteOperator step, int i)
    {
        int place = Input(step, i);
        if (values[place] is TfLiteSingles folded)
            return folded;
        TfLiteTensor tensor = model.Tensors[place];
        return values[place] is null && constants.Singles(tensor) is { } read
            ? new TfLiteSingles(tensor.Shape, read)
            : throw Wrong(step.Operation, "computed weights", "constant ones");
    }

    private int[] Integers(TfLiteOperator step, int i) =>
        constants.Integers(model.Tensors[Input(step, i)])
        ?? throw Wrong(step.Operation, "computed whole numbers", "constant ones");

    private int Input(TfLiteOperator step, int i) =>
        i < step.Inputs.Length && step.Inputs[i] >= 0
            ? step.Inputs[i]
            : throw Wrong(step.Operation, $"no input number {i}", "one");

    /// <summary>Does what is still to be done to a picture.</summary>
    private TfLiteComputed Settled(TfLiteComputed value)
    {
        if (value.Padding == default && value.Enlarged == default)
            return value;
        if (settled.TryGetValue(value, out TfLiteComputed? done))
            return done;
        (int top, int left, int bottom, int right) = value.Padding;
        string node =
            value.Padding == default
                ? Enlarged(value.Node, value.Enlarged)
                : graph.Op("Pad", [value.Node, graph.Integers(0, 0, top, left, 0, 0, bottom, right)]);
        return settled[value] = new(value.Shape, node);
    }

    /// <param name="node">A picture.</param>
    /// <param name="by">Times rows and columns; default = not at all.</param>
    private string Enlarged(string node, (int Rows, int Columns) by) =>
        by == default
            ? node
            : graph.Op(
                "Resize",
                [node, "", graph.Values([1, 1, by.Rows, by.Columns], 4)],
                OnnxGraph.Text("mode", "linear"),
                OnnxGraph.Text("coordinate_transformation_mode", "half_pixel")
            );

    /// <returns>(N, H, W, C) as (N, C, H, W).</returns>
    private static int[] Turned(int[] shape) => shape is [var n, var h, var w, var c] ? [n, c, h, w] : shape;

    /// <returns>Where an axis of the file is in the graph.</returns>
    private static int Turned(int axis) =>
        axis == 0 ? 0
        : axis == 3 ? 1
        : axis + 1;

    private static string Text(int n) => n.ToString(System.Globalization.CultureInfo.InvariantCulture);

    private static string Shown(int[] shape) => string.Join(", ", shape);

    private InvalidDataException Wrong(object place, string found, string expected) =>
        new(
            $"{model.File}: {place}: found {found}, expected {expected}. It is damaged or another model; fetch it again."
        );
}

using Onnx;
using static TorchSharp.torch;

namespace Gesto.Training.Graphs;

/// <summary>Steps of a batch in a graph.</summary>
/// <param name="Steps">(B, T, F) float32; what lies after a sample's length may be anything finite.</param>
/// <param name="Lengths">(B) int64, 0…T.</param>
internal sealed record OnnxSteps(string Steps, string Lengths);

/// <summary>Operations by the names of their nodes, which are numbered.</summary>
internal sealed partial class OnnxGraph
{
    /// <summary>A node with a name of its own making.</summary>
    public string Op(string type, string[] inputs, params AttributeProto[] attributes) =>
        Node(type, Fresh(type), inputs, attributes);

    public string Scalar(float value) => Constant(Fresh("scalar"), [value]);

    public string Scalar(long value) => Constant(Fresh("scalar"), [value]);

    public string Integers(params ReadOnlySpan<long> values) => Constant(Fresh("integers"), values, values.Length);

    public string Values(ReadOnlySpan<float> values, params ReadOnlySpan<int> shape) =>
        Constant(Fresh("values"), values, shape);

    /// <summary>A parameter or buffer of a trained module, as it is.</summary>
    public string Values(Tensor tensor)
    {
        using Tensor copy = tensor.detach().cpu().to(ScalarType.Float32).contiguous();
        return Values(copy.data<float>().ToArray(), [.. copy.shape.Select(n => (int)n)]);
    }

    public string Add(string a, string b) => Op("Add", [a, b]);

    public string Sub(string a, string b) => Op("Sub", [a, b]);

    public string Mul(string a, string b) => Op("Mul", [a, b]);

    public string Div(string a, string b) => Op("Div", [a, b]);

    public string MatMul(string a, string b) => Op("MatMul", [a, b]);

    public string Where(string condition, string a, string b) => Op("Where", [condition, a, b]);

    public string Less(string a, string b) => Op("Less", [a, b]);

    public string And(string a, string b) => Op("And", [a, b]);

    public string Relu(string x) => Op("Relu", [x]);

    public string ToSingle(string x) => Op("Cast", [x], Integer("to", (int)TensorProto.Types.DataType.Float));

    public string Concat(int axis, params string[] inputs) => Op("Concat", inputs, Integer("axis", axis));

    public string Transpose(string x, params long[] order) => Op("Transpose", [x], Ints("perm", order));

    /// <summary>0 keeps an axis, −1 takes what is left.</summary>
    public string Reshape(string x, params long[] shape) => Op("Reshape", [x, Integers(shape)]);

    public string Unsqueeze(string x, params long[] axes) => Op("Unsqueeze", [x, Integers(axes)]);

    public string Mean(string x, bool keep, params long[] axes) =>
        Op("ReduceMean", [x], Ints("axes", axes), Integer("keepdims", keep ? 1 : 0));

    public string Sum(string x, bool keep, params long[] axes) =>
        Op("ReduceSum", [x, Integers(axes)], Integer("keepdims", keep ? 1 : 0));

    /// <returns>The length of an axis, (1) int64.</returns>
    public string LengthOf(string x, int axis) => Op("Gather", [Op("Shape", [x]), Integers(axis)]);

    /// <summary>x[from … to) along an axis; from and to are (1) int64.</summary>
    public string Slice(string x, string from, string to, int axis) => Op("Slice", [x, from, to, Integers(axis)]);

    /// <returns>0 … length − 1, (length) int64, of a (1) int64.</returns>
    public string Range(string length) => Op("Range", [Scalar(0L), Op("Squeeze", [length, Integers(0)]), Scalar(1L)]);

    /// <summary>x Wᵀ + b over the last axis.</summary>
    public string Linear(string x, TorchSharp.Modules.Linear map)
    {
        using Tensor turned = map.weight.t();
        string product = MatMul(x, Values(turned));
        return map.bias is { } bias ? Add(product, Values(bias)) : product;
    }

    public string LayerNorm(string x, TorchSharp.Modules.LayerNorm norm, float epsilon = 1e-5f) =>
        Op(
            "LayerNormalization",
            [x, Values(norm.weight!), Values(norm.bias!)],
            Integer("axis", -1),
            Single("epsilon", epsilon)
        );

    /// <summary>A square kernel, zeros around, so that stride 1 keeps the size.</summary>
    public string Convolution(string x, TorchSharp.Modules.Conv2d convolution)
    {
        long kernel = convolution.weight!.shape[2],
            stride = convolution.stride![0],
            around = convolution.padding is [var padding, ..] ? padding : 0;
        string[] inputs = [x, Values(convolution.weight)];
        return Op(
            "Conv",
            convolution.bias is { } bias ? [.. inputs, Values(bias)] : inputs,
            Window((int)kernel, (int)stride, (int)around)
        );
    }

    /// <summary>With the running statistics; channels are axis 1.</summary>
    public string BatchNorm(string x, TorchSharp.Modules.NormBase norm) =>
        Op(
            "BatchNormalization",
            [x, Values(norm.weight!), Values(norm.bias!), Values(norm.running_mean!), Values(norm.running_var!)],
            Single("epsilon", (float)norm.eps)
        );

    /// <param name="x">(N, C, rows, columns).</param>
    /// <param name="norm">Its scale and shift of each channel.</param>
    /// <param name="groups">Of channels.</param>
    /// <param name="rows">H.</param>
    /// <param name="columns">W.</param>
    /// <param name="epsilon">As PyTorch's default.</param>
    public string GroupNorm(
        string x,
        TorchSharp.Modules.GroupNorm norm,
        int groups,
        int rows,
        int columns,
        float epsilon = 1e-5f
    )
    {
        int channels = (int)norm.weight!.shape[0];
        float[] ones = [.. Enumerable.Repeat(1f, groups)];
        string normed = Op(
            "InstanceNormalization",
            [Reshape(x, 0, groups, -1), Values(ones, groups), Values(new float[groups], groups)],
            Single("epsilon", epsilon)
        );
        using Tensor scale = norm.weight.view(channels, 1, 1),
            shift = norm.bias!.view(channels, 1, 1);
        return Add(Mul(Reshape(normed, -1, channels, rows, columns), Values(scale)), Values(shift));
    }

    /// <summary>The lower median of all values, as PyTorch takes it; a scalar.</summary>
    public string Median(string x)
    {
        string flat = Reshape(x, -1),
            half = Add(Div(Sub(LengthOf(flat, 0), Integers(1)), Integers(2)), Integers(1)),
            lowest = Fresh("lowest");
        Node("TopK", [lowest, lowest + ".places"], [flat, half], Integer("largest", 0), Integer("sorted", 1));
        return Op("Squeeze", [Slice(lowest, Integers(-1), Integers(long.MaxValue), axis: 0), Integers(0)]);
    }

    /// <summary>Declares a modality's steps (B, T, F) and lengths (B): inputs <paramref name="modality"/> and
    /// <paramref name="modality"/>_lengths.</summary>
    public OnnxSteps Steps(string modality, int width) =>
        new(
            Input(
                modality,
                TensorProto.Types.DataType.Float,
                "B",
                $"T_{modality}",
                width.ToString(System.Globalization.CultureInfo.InvariantCulture)
            ),
            Input($"{modality}_lengths", TensorProto.Types.DataType.Int64, "B")
        );

    /// <summary>x · Φ(x), exactly.</summary>
    public string Gelu(string x)
    {
        string erf = Op("Erf", [Mul(x, Scalar(MathF.Sqrt(0.5f)))]);
        return Mul(Mul(x, Scalar(0.5f)), Add(erf, Scalar(1f)));
    }

    /// <summary>The logarithm of 1 + x for x ≥ 0, and of 1 below.</summary>
    public string LogOnePlus(string x) => Op("Log", [Add(Relu(x), Scalar(1f))]);

    /// <summary>Averages over equal stretches of the last axis, which may share a value at their ends.</summary>
    /// <remarks>As PyTorch's adaptive pooling cuts them: stretch i of n takes ⌊i·length/n⌋ to
    /// ⌈(i+1)·length/n⌉.</remarks>
    public string PoolLast(string x, int length, int stretches) =>
        length == stretches ? x : MatMul(x, Values(Stretches(length, stretches), length, stretches));

    /// <summary>The same over the last but one axis.</summary>
    public string PoolLastButOne(string x, int length, int stretches)
    {
        float[] columns = Stretches(length, stretches),
            rows = new float[columns.Length];
        for (int i = 0; i < length; i++)
        for (int s = 0; s < stretches; s++)
            rows[s * length + i] = columns[i * stretches + s];
        return length == stretches ? x : MatMul(Values(rows, stretches, length), x);
    }

    /// <returns>(B, T) bool, true = a real step.</returns>
    public string Real(OnnxSteps of) => Real(LengthOf(of.Steps, 1), of.Lengths);

    /// <param name="steps">T, (1) int64.</param>
    /// <param name="lengths">(B) int64.</param>
    public string Real(string steps, string lengths) => Less(Unsqueeze(Range(steps), 0), Unsqueeze(lengths, 1));

    /// <returns>The steps, zero where they are not real.</returns>
    public string ZeroPadding(OnnxSteps of) => Where(Unsqueeze(Real(of), 2), of.Steps, Scalar(0f));

    /// <returns>(B, 1, 1) float32: 1 where a sample has the modality.</returns>
    public string Has(OnnxSteps of) => Unsqueeze(ToSingle(Less(Scalar(0L), of.Lengths)), 1, 2);

    /// <summary>Means of equal parts of each clip, as <see cref="Models.ClipParts"/>.</summary>
    /// <param name="of">Zero where not real; lengths ≥ 1.</param>
    /// <param name="parts">P.</param>
    /// <returns>(B, P, F).</returns>
    public string PartMeans(OnnxSteps of, int parts)
    {
        string n = Unsqueeze(ToSingle(of.Lengths), 1, 2), // (B, 1, 1)
            step = Unsqueeze(ToSingle(Range(LengthOf(of.Steps, 1))), 0, 1); // (1, 1, T)
        float[] starts = [.. Enumerable.Range(0, parts).Select(p => p / (float)parts)],
            ends = [.. Enumerable.Range(1, parts).Select(p => p / (float)parts)];
        string end = Op("Min", [Div(Add(step, Scalar(1f)), n), Values(ends, 1, parts, 1)]),
            start = Op("Max", [Div(step, n), Values(starts, 1, parts, 1)]);
        return MatMul(Mul(Relu(Sub(end, start)), Scalar((float)parts)), of.Steps);
    }

    private string Fresh(string kind) =>
        string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{kind}.{count++}");

    private static float[] Stretches(int length, int stretches)
    {
        var weights = new float[length * stretches];
        for (int s = 0; s < stretches; s++)
        {
            int from = s * length / stretches,
                to = ((s + 1) * length + stretches - 1) / stretches;
            for (int i = from; i < to; i++)
                weights[i * stretches + s] = 1f / (to - from);
        }
        return weights;
    }
}

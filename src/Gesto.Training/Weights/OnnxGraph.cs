using System.Runtime.InteropServices;

namespace Gesto.Training.Weights;

/// <summary>An ONNX model being written, node by node in the order of computing. A node has the name of its one
/// output.</summary>
/// <remarks>Field numbers: onnx.proto of ONNX IR version 8, operator set 13.</remarks>
internal sealed class OnnxGraph(string name)
{
    private const int SinglePrecision = 1,
        UnsignedBytes = 2,
        SignedBytes = 3,
        Integers = 6;

    private readonly ProtoMessage graph = new ProtoMessage().Text(2, name);

    /// <returns>The node's name, which is also its output's.</returns>
    public string Node(string type, string output, string[] inputs, params ProtoMessage[] attributes)
    {
        var node = new ProtoMessage();
        foreach (string input in inputs)
            node.Text(1, input);
        node.Text(2, output).Text(3, output).Text(4, type);
        foreach (ProtoMessage attribute in attributes)
            node.Message(5, attribute);
        graph.Message(1, node);
        return output;
    }

    public static ProtoMessage Integer(string name, int value)
    {
        const int IntegerType = 2;
        return new ProtoMessage().Text(1, name).Integer(3, value).Integer(20, IntegerType);
    }

    public static ProtoMessage Ints(string name, params int[] values)
    {
        const int IntsType = 7;
        var attribute = new ProtoMessage().Text(1, name);
        foreach (int value in values)
            attribute.Integer(8, value);
        return attribute.Integer(20, IntsType);
    }

    /// <summary>A square kernel with the same stride and padding on both axes.</summary>
    public static ProtoMessage[] Window(int kernel, int stride, int padding) =>
        [
            Ints("kernel_shape", kernel, kernel),
            Ints("strides", stride, stride),
            Ints("pads", padding, padding, padding, padding),
        ];

    /// <summary>Adds constant values; no axes: a scalar.</summary>
    /// <returns><paramref name="name"/>.</returns>
    public string Constant(string name, ReadOnlySpan<float> values, params int[] shape) =>
        Constant(name, SinglePrecision, MemoryMarshal.AsBytes(values).ToArray(), shape);

    /// <summary>Adds float32 values that are bytes already; they are kept, not copied.</summary>
    public string Singles(string name, byte[] values, params int[] shape) =>
        Constant(name, SinglePrecision, values, shape);

    public string Constant(string name, ReadOnlySpan<byte> values, params int[] shape) =>
        Constant(name, UnsignedBytes, values.ToArray(), shape);

    public string Constant(string name, ReadOnlySpan<sbyte> values, params int[] shape) =>
        Constant(name, SignedBytes, MemoryMarshal.AsBytes(values).ToArray(), shape);

    public string Constant(string name, ReadOnlySpan<int> values, params int[] shape) =>
        Constant(name, Integers, MemoryMarshal.AsBytes(values).ToArray(), shape);

    /// <summary>Declares an input (N, …) float32; N is free.</summary>
    public void Input(string name, params int[] shape) => graph.Message(11, ValueInfo(name, shape));

    /// <summary>Declares a node as output; its shape is left to the runtime where none is given.</summary>
    public void Output(string name, params int[] shape) => graph.Message(12, ValueInfo(name, shape));

    public byte[] ToModel() =>
        new ProtoMessage()
            .Integer(1, 8)
            .Text(2, "gesto")
            .Message(7, graph)
            .Message(8, new ProtoMessage().Text(1, "").Integer(2, 13))
            .ToArray();

    private string Constant(string name, int type, byte[] bytes, int[] shape)
    {
        var tensor = new ProtoMessage();
        foreach (int n in shape)
            tensor.Integer(1, n);
        graph.Message(5, tensor.Integer(2, type).Text(8, name).Bytes(9, bytes));
        return name;
    }

    private static ProtoMessage ValueInfo(string name, int[] shape)
    {
        var tensor = new ProtoMessage().Integer(1, SinglePrecision);
        if (shape.Length > 0)
        {
            var axes = new ProtoMessage().Message(1, new ProtoMessage().Text(2, "N"));
            foreach (int n in shape)
                axes.Message(1, new ProtoMessage().Integer(1, n));
            tensor.Message(2, axes);
        }
        return new ProtoMessage().Text(1, name).Message(2, new ProtoMessage().Message(1, tensor));
    }
}

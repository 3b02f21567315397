using System.Runtime.InteropServices;
using Google.Protobuf;
using Onnx;

namespace Gesto.Training.Graphs;

/// <summary>An ONNX model being written, node by node in the order of computing. A node has the name of its one
/// output.</summary>
internal sealed partial class OnnxGraph(string name)
{
    /// <summary>The newest operator set that has all that is used: LayerNormalization came with it.</summary>
    public const int OperatorSet = 17;

    /// <summary>Of ONNX's file format, the version that came with <see cref="OperatorSet"/>.</summary>
    public const int FormatVersion = 8;

    private readonly GraphProto graph = new() { Name = name };
    private int count;

    /// <returns>The node's name, which is also its output's.</returns>
    public string Node(string type, string output, string[] inputs, params AttributeProto[] attributes)
    {
        Node(type, [output], inputs, attributes);
        return output;
    }

    /// <summary>A node with several outputs; "" = not wanted.</summary>
    public void Node(string type, string[] outputs, string[] inputs, params AttributeProto[] attributes) =>
        graph.Node.Add(
            new NodeProto
            {
                Name = outputs.First(o => o.Length > 0),
                OpType = type,
                Input = { inputs },
                Output = { outputs },
                Attribute = { attributes },
            }
        );

    public static AttributeProto Integer(string name, long value) =>
        new()
        {
            Name = name,
            Type = AttributeProto.Types.AttributeType.Int,
            I = value,
        };

    public static AttributeProto Single(string name, float value) =>
        new()
        {
            Name = name,
            Type = AttributeProto.Types.AttributeType.Float,
            F = value,
        };

    public static AttributeProto Text(string name, string value) =>
        new()
        {
            Name = name,
            Type = AttributeProto.Types.AttributeType.String,
            S = ByteString.CopyFromUtf8(value),
        };

    public static AttributeProto Ints(string name, params IEnumerable<long> values) =>
        new()
        {
            Name = name,
            Type = AttributeProto.Types.AttributeType.Ints,
            Ints = { values },
        };

    /// <summary>A square kernel with the same stride and padding on both axes.</summary>
    public static AttributeProto[] Window(int kernel, int stride, int padding) =>
        [
            Ints("kernel_shape", kernel, kernel),
            Ints("strides", stride, stride),
            Ints("pads", padding, padding, padding, padding),
        ];

    /// <summary>Adds constant values; no axes: a scalar.</summary>
    /// <returns><paramref name="name"/>.</returns>
    public string Constant(string name, ReadOnlySpan<float> values, params ReadOnlySpan<int> shape) =>
        Constant(name, TensorProto.Types.DataType.Float, MemoryMarshal.AsBytes(values).ToArray(), shape);

    /// <summary>Adds float32 values that are bytes already; they are kept, not copied.</summary>
    public string Singles(string name, byte[] values, params ReadOnlySpan<int> shape) =>
        Constant(name, TensorProto.Types.DataType.Float, values, shape);

    public string Constant(string name, ReadOnlySpan<byte> values, params ReadOnlySpan<int> shape) =>
        Constant(name, TensorProto.Types.DataType.Uint8, values.ToArray(), shape);

    public string Constant(string name, ReadOnlySpan<sbyte> values, params ReadOnlySpan<int> shape) =>
        Constant(name, TensorProto.Types.DataType.Int8, MemoryMarshal.AsBytes(values).ToArray(), shape);

    public string Constant(string name, ReadOnlySpan<int> values, params ReadOnlySpan<int> shape) =>
        Constant(name, TensorProto.Types.DataType.Int32, MemoryMarshal.AsBytes(values).ToArray(), shape);

    public string Constant(string name, ReadOnlySpan<long> values, params ReadOnlySpan<int> shape) =>
        Constant(name, TensorProto.Types.DataType.Int64, MemoryMarshal.AsBytes(values).ToArray(), shape);

    public string Constant(string name, ReadOnlySpan<bool> values, params ReadOnlySpan<int> shape) =>
        Constant(name, TensorProto.Types.DataType.Bool, MemoryMarshal.AsBytes(values).ToArray(), shape);

    /// <summary>Declares an input (N, …) float32; N is free.</summary>
    public void Input(string name, params ReadOnlySpan<int> shape) =>
        graph.Input.Add(ValueInfo(name, TensorProto.Types.DataType.Float, ["N", .. Fixed(shape)]));

    /// <summary>Declares an input; axes that are no numbers are free, those of one name alike.</summary>
    public string Input(string name, TensorProto.Types.DataType type, params string[] axes)
    {
        graph.Input.Add(ValueInfo(name, type, axes));
        return name;
    }

    /// <summary>Declares a node as output (N, …); its shape is left to the runtime where none is given.</summary>
    public void Output(string name, params ReadOnlySpan<int> shape) =>
        graph.Output.Add(
            ValueInfo(name, TensorProto.Types.DataType.Float, shape.Length == 0 ? [] : ["N", .. Fixed(shape)])
        );

    /// <summary>Gives a value the name of an output, and declares it.</summary>
    public void Output(string value, string name, params string[] axes)
    {
        Node("Identity", name, [value]);
        graph.Output.Add(ValueInfo(name, TensorProto.Types.DataType.Float, axes));
    }

    public byte[] ToModel()
    {
        // ONNX Runtime warns users of constants that nothing reads.
        HashSet<string> read = [.. graph.Node.SelectMany(n => n.Input), .. graph.Output.Select(o => o.Name)];
        foreach (TensorProto unread in graph.Initializer.Where(i => !read.Contains(i.Name)).ToArray())
            graph.Initializer.Remove(unread);
        return new ModelProto
        {
            IrVersion = FormatVersion,
            ProducerName = "gesto",
            Graph = graph,
            OpsetImport = { new OperatorSetIdProto { Version = OperatorSet } },
        }.ToByteArray();
    }

    private string Constant(string name, TensorProto.Types.DataType type, byte[] bytes, params ReadOnlySpan<int> shape)
    {
        var tensor = new TensorProto
        {
            Name = name,
            DataType = (int)type,
            RawData = UnsafeByteOperations.UnsafeWrap(bytes),
        };
        foreach (int n in shape)
            tensor.Dims.Add(n);
        graph.Initializer.Add(tensor);
        return name;
    }

    private static string[] Fixed(ReadOnlySpan<int> shape)
    {
        var axes = new string[shape.Length];
        for (int i = 0; i < axes.Length; i++)
            axes[i] = shape[i].ToString(System.Globalization.CultureInfo.InvariantCulture);
        return axes;
    }

    private static ValueInfoProto ValueInfo(string name, TensorProto.Types.DataType type, string[] axes)
    {
        var tensor = new TypeProto.Types.Tensor { ElemType = (int)type };
        if (axes.Length > 0)
        {
            tensor.Shape = new TensorShapeProto();
            foreach (string axis in axes)
                tensor.Shape.Dim.Add(
                    long.TryParse(axis, out long fixedLength)
                        ? new TensorShapeProto.Types.Dimension { DimValue = fixedLength }
                        : new TensorShapeProto.Types.Dimension { DimParam = axis }
                );
        }
        return new ValueInfoProto
        {
            Name = name,
            Type = new TypeProto { TensorType = tensor },
        };
    }
}

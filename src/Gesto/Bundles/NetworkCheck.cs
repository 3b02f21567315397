using System.Buffers.Binary;
using System.Collections.Frozen;
using System.Text;

namespace Gesto.Bundles;

/// <summary>Looks through an ONNX model before ONNX Runtime sees it: a bundle may come from anywhere, and a model may
/// ask for a terabyte, loop for ever, or read other files. Only what Gesto's own export writes passes: fields of the
/// format, operators, and sizes.</summary>
/// <remarks>What a graph of allowed operators makes of its constants when it is opened,
/// <see cref="Encoders.OnnxSession"/> bounds; what it makes of a recording, nobody: that is seen when it is run. Field
/// numbers: onnx/onnx.proto of ONNX 1.12, which has operator set 17.</remarks>
internal sealed class NetworkCheck
{
    private const int OperatorSet = 17,
        MostNodes = 4096,
        MostNameBytes = 1024,
        MostIntegers = 1 << 12;

    /// <summary>Sizes and places that are constants of a graph.</summary>
    private const long LargestInteger = 1 << 20;

    /// <summary>Of constants that may be a shape together.</summary>
    private const double LargestShape = 1 << 24;

    /// <summary>Kernels, strides, pads, orders of axes.</summary>
    private const long LargestAttribute = 1024;

    private const int Varint = 0,
        Bytes = 2,
        Single = 5;

    private static readonly FrozenSet<string> Operators = FrozenSet.Create(
        StringComparer.Ordinal,
        [
            .. "Abs Add And AveragePool BatchNormalization Cast Clip Concat Conv Cos DepthToSpace".Split(' '),
            .. "DequantizeLinear Div Equal Erf Exp Expand Flatten Gather GatherND Gemm".Split(' '),
            .. "GlobalAveragePool Identity InstanceNormalization LSTM LayerNormalization Less Log MatMul Max MaxPool".Split(
                ' '
            ),
            .. "Min Mul Pad QuantizeLinear Range ReduceMax ReduceMean ReduceSum Relu Reshape Resize Shape".Split(' '),
            .. "Sigmoid Sin Slice Softmax Sqrt Squeeze Sub Tanh TopK Transpose Unsqueeze Where".Split(' '),
        ]
    );

    /// <summary>Bytes of an element by ONNX's number of its type: float, uint8, int8, int32, int64, bool.</summary>
    private static readonly FrozenDictionary<long, int> ElementBytes = new Dictionary<long, int>
    {
        [1] = 4,
        [2] = 1,
        [3] = 1,
        [6] = 4,
        [Int64] = 8,
        [9] = 1,
    }.ToFrozenDictionary();

    private const long Int64 = 7;

    private readonly Stream model;
    private readonly string place;
    private readonly List<LargeConstant> large = [];
    private (long Field, long Value, long End) graphPlace;
    private int nodes;

    private NetworkCheck(Stream model, string place) => (this.model, this.place) = (model, place);

    /// <param name="model">At its beginning; read forward once.</param>
    /// <param name="place">The bundle and its entry, for messages.</param>
    /// <exception cref="BundleException">It is not one that Gesto exports.</exception>
    /// <returns>Where its large constants are.</returns>
    public static NetworkLayout Check(Stream model, string place)
    {
        var check = new NetworkCheck(model, place);
        check.Model();
        return new(check.graphPlace.Field, check.graphPlace.Value, check.graphPlace.End, check.large);
    }

    private void Model()
    {
        bool graph = false;
        long field = 0;
        Each(model.Length, "model", (number, wire, end) =>
        {
            bool read = Field(number, wire, end);
            field = model.Position;
            return read;
        });
        if (!graph)
            throw Refused("no graph");

        bool Field(int number, int wire, long end)
        {
            switch (number, wire)
            {
                case (1, Varint):
                    ReadVarint();
                    return true;
                case (2, Bytes):
                    ReadText(end);
                    return true;
                case (7, Bytes) when !graph:
                    graph = true;
                    graphPlace = (field, model.Position, end);
                    Graph(end);
                    return true;
                case (8, Bytes):
                    OperatorSetImport(end);
                    return true;
                default:
                    return false;
            }
        }
    }

    private void OperatorSetImport(long end) => Each(end, "operator set", (field, wire, to) =>
        {
            if ((field, wire) == (1, Bytes))
                return ReadText(to).Length == 0;
            if ((field, wire) != (2, Varint))
                return false;
            long version = ReadVarint();
            return version == OperatorSet ? true : throw Refused($"operator set {version}, expected {OperatorSet}");
        });

    private void Graph(long end)
    {
        long start = model.Position;
        Each(end, "graph", (field, wire, to) =>
        {
            bool read = wire == Bytes && Field(field, to);
            start = model.Position;
            return read;
        });

        bool Field(int field, long to)
        {
            switch (field)
            {
                case 1:
                    Node(to);
                    return true;
                case 2:
                    ReadText(to);
                    return true;
                case 5:
                    Constant(start, to);
                    return true;
                case 11 or 12: // inputs and outputs: compared with what the bundle says once it is open
                    model.Position = to;
                    return true;
                default:
                    return false;
            }
        }
    }

    private void Node(long end)
    {
        string type = "";
        Each(end, "node", (field, wire, to) =>
        {
            if (wire != Bytes)
                return false;
            switch (field)
            {
                case 1 or 2 or 3: // inputs, outputs, its name
                    ReadText(to);
                    return true;
                case 4:
                    type = ReadText(to);
                    return true;
                case 5:
                    Attribute(to);
                    return true;
                default:
                    return false;
            }
        });
        if (!Operators.Contains(type))
            throw Refused($"operator '{BundleFile.Printable(type)}', which Gesto does not use");
        if (++nodes > MostNodes)
            throw Refused($"more than {MostNodes} nodes");
    }

    private void Attribute(long end) => Each(end, "attribute", (field, wire, to) =>
        {
            switch (field, wire)
            {
                case (1 or 4, Bytes):
                    ReadText(to);
                    return true;
                case (2, Single):
                    model.Position += 4;
                    return true;
                case (3 or 20, Varint):
                    return Math.Abs((double)ReadVarint()) <= LargestInteger;
                case (8, Varint):
                    return Math.Abs((double)ReadVarint()) <= LargestAttribute;
                case (8, Bytes):
                    while (model.Position < to)
                        if (Math.Abs((double)ReadVarint()) > LargestAttribute)
                            return false;
                    return true;
                default: // tensors, graphs
                    return false;
            }
        });

    private void Constant(long field, long end)
    {
        long type = 0,
            value = model.Position,
            before = value, // where the data's field begins
            next = value,
            data = -1,
            length = 0;
        double elements = 1;
        string name = "";
        byte[] first = [];
        Each(end, "constant", (number, wire, to) =>
        {
            bool read = Field(number, wire, to);
            next = model.Position;
            return read;
        });
        bool Field(int number, int wire, long to)
        {
            switch (number, wire)
            {
                case (1, Varint):
                    return Axis();
                case (1, Bytes):
                    while (model.Position < to)
                        if (!Axis())
                            return false;
                    return true;
                case (2, Varint):
                    type = ReadVarint();
                    return true;
                case (8, Bytes):
                    name = ReadText(to);
                    return true;
                case (9, Bytes):
                    (before, data, length) = (next, model.Position, to - model.Position);
                    first = new byte[Math.Min(length, (MostIntegers + 1) * sizeof(long))];
                    model.ReadExactly(first);
                    model.Position = to;
                    return true;
                default: // external data among them
                    return false;
            }
        }

        bool Axis()
        {
            long axis = ReadVarint();
            elements *= axis;
            return axis >= 0;
        }

        if (!ElementBytes.TryGetValue(type, out int bytes) || length != elements * bytes)
            throw Refused($"constant '{BundleFile.Printable(name)}' of {length} bytes is not what its shape says");
        if (length >= LargeConstant.LeastBytes)
            large.Add(new(field, value, before, data, length, end));
        if (type == Int64)
            Integers(name, first);
    }

    private void Integers(string name, ReadOnlySpan<byte> values)
    {
        int count = values.Length / sizeof(long);
        double shape = 1;
        for (int i = 0; i < count; i++)
        {
            long value = BinaryPrimitives.ReadInt64LittleEndian(values[(i * sizeof(long))..]);
            if (value is long.MaxValue or long.MinValue) // "to the end" of a slice
                continue;
            double size = Math.Abs((double)value);
            shape *= count <= 8 ? Math.Max(1, size) : 1;
            if (size > LargestInteger || shape > LargestShape || i == MostIntegers)
                throw Refused($"constant '{BundleFile.Printable(name)}' is a size beyond all that Gesto exports");
        }
    }

    /// <summary>Reads one field after the other up to an end.</summary>
    /// <param name="end">Where the message ends.</param>
    /// <param name="what">It is.</param>
    /// <param name="read">(field number, wire type, end of the field's value where that has a length) → whether it
    /// was read; false refuses it.</param>
    private void Each(long end, string what, Func<int, int, long, bool> read)
    {
        while (model.Position < end)
        {
            long tag = ReadVarint();
            (int field, int wire) = ((int)(tag >> 3), (int)(tag & 7));
            long to = end;
            if (wire == Bytes)
            {
                long length = ReadVarint();
                if (length < 0 || length > end - model.Position)
                    throw Refused($"a {what} that is cut short");
                to = model.Position + length;
            }
            if (!read(field, wire, to))
                throw Refused($"a {what} with a field {field} that Gesto does not write");
            if (wire == Bytes && model.Position != to)
                throw Refused($"a {what} whose field {field} does not end where it should");
        }
        if (model.Position != end)
            throw Refused($"a {what} that does not end where it should");
    }

    private long ReadVarint()
    {
        ulong value = 0;
        for (int shift = 0; shift < 64; shift += 7)
        {
            int read = model.ReadByte();
            if (read < 0)
                break;
            value |= (ulong)(read & 0x7f) << shift;
            if (read < 0x80)
                return (long)value;
        }
        throw Refused("a number that is cut short");
    }

    private string ReadText(long end)
    {
        long length = end - model.Position;
        if (length > MostNameBytes)
            throw Refused($"a name of {length} bytes");
        Span<byte> bytes = stackalloc byte[(int)length];
        model.ReadExactly(bytes);
        return Encoding.UTF8.GetString(bytes);
    }

    private BundleException Refused(string found) => new($"{place} is no network that Gesto exports: it has {found}.");
}

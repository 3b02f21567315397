using System.Runtime.InteropServices;
using Gesto.Encoders;
using Gesto.Training.TfLite;
using Google.FlatBuffers;
using Microsoft.ML.OnnxRuntime;

namespace Gesto.Training.Tests.TfLite;

/// <summary>Writes small TensorFlow Lite files with the library that defines flatbuffers, by the field numbers of
/// TensorFlow's schema.fbs.</summary>
internal sealed class TfLiteBuilder
{
    private readonly List<(int[] Shape, byte Type, byte[] Data, Sparse? Sparse)> tensors = [];
    private readonly List<(
        int Operation,
        int[] Inputs,
        int[] Outputs,
        (int Field, int Value, bool Wide)[] Options
    )> steps = [];

    /// <param name="Segments">Where each row begins, and the end.</param>
    /// <param name="Places">Columns.</param>
    /// <param name="Width">Bits of both: 8, 16 or 32.</param>
    public sealed record Sparse(int[] Segments, int[] Places, int Width);

    public int[] Inputs { get; set; } = [0];

    public int[] Outputs { get; set; } = [];

    public int Tensor(params int[] shape) => Add(shape, 0, []);

    public int Singles(int[] shape, params float[] values) => Add(shape, 0, Bytes(values));

    public int Halves(int[] shape, params float[] values) => Add(shape, 1, Bytes([.. values.Select(v => (Half)v)]));

    public int Integers(params int[] values) => Add([values.Length], 2, Bytes(values));

    public int Packed(int[] shape, float[] values, Sparse sparse) =>
        Add(shape, 1, Bytes([.. values.Select(v => (Half)v)]), sparse);

    /// <summary>Of any type, whether or not it makes sense.</summary>
    public int Add(int[] shape, byte type, byte[] data, Sparse? sparse = null)
    {
        tensors.Add((shape, type, data, sparse));
        return tensors.Count - 1;
    }

    /// <param name="operation">What it does.</param>
    /// <param name="inputs">Places of tensors.</param>
    /// <param name="output">Likewise.</param>
    /// <param name="options">Field, value, and whether it has four bytes or one.</param>
    public TfLiteBuilder Step(
        TfLiteOperation operation,
        int[] inputs,
        int output,
        params (int Field, int Value, bool Wide)[] options
    )
    {
        steps.Add(((int)operation, inputs, [output], options));
        Outputs = [output];
        return this;
    }

    public byte[] Build()
    {
        var b = new FlatBufferBuilder(1024);
        int codes = Offsets(b, [.. steps.Select(s => Table(b, (3, s.Operation, Kind.Int)))]),
            graph = Graph(b),
            graphs = Offsets(b, [graph]),
            buffers = Offsets(b, [.. tensors.Select(t => Table(b, (0, Vector(b, t.Data), Kind.Offset)))]);
        int root = Table(
            b,
            (0, 3, Kind.Int),
            (1, codes, Kind.Offset),
            (2, graphs, Kind.Offset),
            (4, buffers, Kind.Offset)
        );
        b.Finish(root, "TFL3");
        return b.SizedByteArray();
    }

    /// <summary>Converts the file and runs it.</summary>
    /// <param name="picture">Values of the input as in the file, (1, H, W, C).</param>
    /// <returns>The last output as in the file: pictures (1, H, W, C).</returns>
    public float[] Run(float[] picture)
    {
        byte[] onnx = TfLiteConversion.ToOnnx(TfLiteModel.Read(Build(), "small"), "small", "picture", "out");
        using InferenceSession session = OnnxSession.Open(onnx, 1);
        int[] shape = tensors[Inputs[0]].Shape;
        float[] turned = Turn(picture, shape[1] * shape[2], shape[3]);
        using var options = new RunOptions();
        using OrtValue input = OnnxSession.Wrap(turned, 1, shape[3], shape[1], shape[2]);
        using IDisposableReadOnlyCollection<OrtValue> outputs = session.Run(options, ["picture"], [input], ["out"]);
        float[] values = outputs[0].GetTensorDataAsSpan<float>().ToArray();
        int[] to = tensors[Outputs[0]].Shape;
        return to.Length == 4 ? Turn(values, to[3], to[1] * to[2]) : values;
    }

    /// <summary>(rows, columns) → (columns, rows).</summary>
    private static float[] Turn(float[] values, int rows, int columns)
    {
        var turned = new float[values.Length];
        for (int r = 0; r < rows; r++)
        for (int c = 0; c < columns; c++)
            turned[c * rows + r] = values[r * columns + c];
        return turned;
    }

    private int Graph(FlatBufferBuilder b)
    {
        int[] all =
        [
            .. tensors.Select(
                (t, i) =>
                {
                    int shape = Vector(b, t.Shape),
                        sparsity = t.Sparse is { } s ? Sparsity(b, t.Shape, s) : 0;
                    return Table(
                        b,
                        (0, shape, Kind.Offset),
                        (1, t.Type, Kind.Byte),
                        (2, i, Kind.Int),
                        (6, sparsity, Kind.Offset)
                    );
                }
            ),
        ];
        int[] operators =
        [
            .. steps.Select(
                (s, i) =>
                {
                    int inputs = Vector(b, s.Inputs),
                        outputs = Vector(b, s.Outputs),
                        options = Table(
                            b,
                            [.. s.Options.Select(o => (o.Field, o.Value, o.Wide ? Kind.Int : Kind.Byte))]
                        );
                    return Table(
                        b,
                        (0, i, Kind.Int),
                        (1, inputs, Kind.Offset),
                        (2, outputs, Kind.Offset),
                        (3, 1, Kind.Byte),
                        (4, options, Kind.Offset)
                    );
                }
            ),
        ];
        int tensorList = Offsets(b, all),
            operatorList = Offsets(b, operators),
            inputList = Vector(b, Inputs),
            outputList = Vector(b, Outputs);
        return Table(
            b,
            (0, tensorList, Kind.Offset),
            (1, inputList, Kind.Offset),
            (2, outputList, Kind.Offset),
            (3, operatorList, Kind.Offset)
        );
    }

    private static int Sparsity(FlatBufferBuilder b, int[] shape, Sparse sparse)
    {
        int kind = sparse.Width switch
        {
            32 => 1,
            16 => 2,
            _ => 3,
        };
        int[] axes = new int[shape.Length];
        for (int a = 0; a < shape.Length - 1; a++)
            axes[a] = Table(b, (1, shape[a], Kind.Int));
        int segments = Table(b, (0, Indices(sparse.Segments), Kind.Offset)),
            places = Table(b, (0, Indices(sparse.Places), Kind.Offset));
        axes[^1] = Table(
            b,
            (0, 1, Kind.Byte),
            (2, kind, Kind.Byte),
            (3, segments, Kind.Offset),
            (4, kind, Kind.Byte),
            (5, places, Kind.Offset)
        );
        int order = Vector(b, [.. Enumerable.Range(0, shape.Length)]),
            all = Offsets(b, axes);
        return Table(b, (0, order, Kind.Offset), (2, all, Kind.Offset));

        int Indices(int[] values) =>
            sparse.Width switch
            {
                32 => Vector(b, values),
                16 => Shorts(b, values),
                _ => Vector(b, [.. values.Select(v => (byte)v)]),
            };
    }

    private enum Kind
    {
        Byte,
        Int,
        Offset,
    }

    private static int Table(FlatBufferBuilder b, params (int Field, int Value, Kind Kind)[] fields)
    {
        b.StartTable(fields.Length == 0 ? 0 : fields.Max(f => f.Field) + 1);
        foreach ((int field, int value, Kind kind) in fields)
            switch (kind)
            {
                case Kind.Byte:
                    b.AddByte(field, (byte)value, 0);
                    break;
                case Kind.Int:
                    b.AddInt(field, value, 0);
                    break;
                default:
                    b.AddOffset(field, value, 0);
                    break;
            }
        return b.EndTable();
    }

    private static int Vector(FlatBufferBuilder b, int[] values)
    {
        b.StartVector(sizeof(int), values.Length, sizeof(int));
        foreach (int value in values.Reverse())
            b.AddInt(value);
        return b.EndVector().Value;
    }

    private static int Vector(FlatBufferBuilder b, byte[] values)
    {
        b.StartVector(1, values.Length, 16);
        foreach (byte value in values.Reverse())
            b.AddByte(value);
        return b.EndVector().Value;
    }

    private static int Shorts(FlatBufferBuilder b, int[] values)
    {
        b.StartVector(sizeof(short), values.Length, sizeof(short));
        foreach (int value in values.Reverse())
            b.AddUshort((ushort)value);
        return b.EndVector().Value;
    }

    private static int Offsets(FlatBufferBuilder b, int[] tables)
    {
        b.StartVector(sizeof(int), tables.Length, sizeof(int));
        foreach (int table in tables.Reverse())
            b.AddOffset(table);
        return b.EndVector().Value;
    }

    private static byte[] Bytes<T>(T[] values)
        where T : unmanaged => MemoryMarshal.AsBytes(values.AsSpan()).ToArray();
}

namespace Gesto.Training.TfLite;

/// <summary>Operators of the TensorFlow Lite schema that MediaPipe's landmark models use, by its numbers.</summary>
internal enum TfLiteOperation
{
    Add = 0,
    Concatenation = 2,
    Conv2D = 3,
    DepthwiseConv2D = 4,
    DepthToSpace = 5,
    Dequantize = 6,
    FullyConnected = 9,
    Logistic = 14,
    MaxPool2D = 17,
    Reshape = 22,
    ResizeBilinear = 23,
    Pad = 34,
    Mean = 40,
    StridedSlice = 45,
    Prelu = 54,
    Densify = 124,
}

/// <summary>Element types of the schema that are read.</summary>
internal enum TfLiteType
{
    Float32 = 0,
    Float16 = 1,
    Int32 = 2,
}

/// <summary>A tensor of a model.</summary>
/// <param name="Shape">As in the file: pictures are (N, H, W, C).</param>
/// <param name="Type">Of its elements; numbers that <see cref="TfLiteType"/> has not are of other models.</param>
/// <param name="Data">Its constant values, little-endian; empty of what is computed.</param>
/// <param name="Sparsity">How they are packed where they are not dense.</param>
internal sealed record TfLiteTensor(int[] Shape, TfLiteType Type, ReadOnlyMemory<byte> Data, FlatTable? Sparsity);

/// <summary>A step of a model.</summary>
/// <param name="Operation">Numbers that <see cref="TfLiteOperation"/> has not are of other models.</param>
/// <param name="Inputs">Places of tensors; −1 = not given.</param>
/// <param name="Outputs">Likewise, each of an existing tensor.</param>
/// <param name="Options">The schema's table of options of the operation; null = all by default.</param>
internal sealed record TfLiteOperator(TfLiteOperation Operation, int[] Inputs, int[] Outputs, FlatTable? Options);

/// <summary>A TensorFlow Lite model of one graph, as far as converting it needs.</summary>
/// <remarks>Source of the field numbers: TensorFlow's schema.fbs, version 3.</remarks>
internal sealed record TfLiteModel(
    string File,
    IReadOnlyList<TfLiteTensor> Tensors,
    IReadOnlyList<TfLiteOperator> Operators,
    int[] Inputs,
    int[] Outputs
)
{
    /// <summary>Axes of a tensor at most.</summary>
    public const int MostAxes = 8;

    private const int LongestAxis = 1 << 24;

    /// <summary>Tensors, operators and buffers at most: the models have some 500 of each.</summary>
    private const int Most = 10_000;

    /// <summary>Of an operator or a graph: a concatenation takes some.</summary>
    private const int MostInputs = 64;

    /// <param name="bytes">The whole file.</param>
    /// <param name="file">What to call it in errors.</param>
    /// <exception cref="InvalidDataException">Not such a file, damaged, or of several graphs.</exception>
    public static TfLiteModel Read(byte[] bytes, string file)
    {
        FlatTable root = FlatTable.Root(bytes, file, "TFL3");
        // Early schemas kept an operator's number in a byte, 127 standing for larger ones.
        int[] codes = [.. root.Tables(1, Most).Select(c => Math.Max(c.Byte(0), c.Int(3)))];
        ReadOnlyMemory<byte>[] buffers = [.. root.Tables(4, Most).Select(b => b.Bytes(0))];
        FlatTable[] graphs = root.Tables(2, Most);
        if (graphs.Length != 1)
            throw new InvalidDataException($"{file}: {graphs.Length} graphs, expected one.");
        FlatTable graph = graphs[0];
        TfLiteTensor[] tensors = [.. graph.Tables(0, Most).Select(t => Tensor(t, buffers, file))];
        return new(
            file,
            tensors,
            [
                .. graph
                    .Tables(3, Most)
                    .Select(o => new TfLiteOperator(
                        (TfLiteOperation)codes[Place(o.Int(0), codes.Length, "operator code", file)],
                        Tensors(o.Ints(1, MostInputs), "an operator's input", -1),
                        Tensors(o.Ints(2, MostInputs), "an operator's output", 0),
                        o.Inner(4)
                    )),
            ],
            Tensors(graph.Ints(1, MostInputs), "an input", 0),
            Tensors(graph.Ints(2, MostInputs), "an output", 0)
        );

        int[] Tensors(int[] places, string what, int least)
        {
            foreach (int place in places)
                if (place != -1 || least == 0)
                    Place(place, tensors.Length, what, file);
            return places;
        }
    }

    private static TfLiteTensor Tensor(FlatTable table, ReadOnlyMemory<byte>[] buffers, string file)
    {
        int[] shape = table.Ints(0, MostAxes);
        if (shape.Any(n => n is < 1 or > LongestAxis))
            throw new InvalidDataException(
                $"{file}: a tensor of ({string.Join(", ", shape)}), expected axes of 1 to {LongestAxis}. It is damaged; fetch it again."
            );
        return new(
            shape,
            (TfLiteType)table.Byte(1),
            buffers[Place(table.Int(2), buffers.Length, "buffer", file)],
            table.Inner(6)
        );
    }

    private static int Place(int place, int count, string what, string file) =>
        place >= 0 && place < count
            ? place
            : throw new InvalidDataException(
                $"{file}: {what} number {place}, there are {count}. It is damaged; fetch it again."
            );
}

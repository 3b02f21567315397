using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Gesto.Training.TfLite;

/// <summary>Reads the constant tensors of a model as float32 or int32.</summary>
internal sealed class TfLiteConstants(TfLiteModel model)
{
    /// <summary>Elements of all that is read, together: five times what the largest of the models has. A few bytes may
    /// announce any number of zeros, and many operators may read the same ones.</summary>
    private const long Most = 1 << 24;

    private long all;

    /// <returns>The elements, half precision widened; null of a tensor that is computed.</returns>
    /// <exception cref="InvalidDataException">Of another type, or another number than its shape says.</exception>
    public float[]? Singles(TfLiteTensor tensor)
    {
        if (tensor.Data.IsEmpty)
            return null;
        RequireDense(tensor);
        return tensor.Type switch
        {
            TfLiteType.Float32 => Values<float>(tensor).ToArray(),
            TfLiteType.Float16 => Widened(Values<Half>(tensor)),
            _ => throw Wrong($"constants of type {(int)tensor.Type}", "float32 or float16"),
        };
    }

    /// <returns>The elements; null of a tensor that is computed.</returns>
    /// <exception cref="InvalidDataException">As <see cref="Singles"/>.</exception>
    public int[]? Integers(TfLiteTensor tensor)
    {
        if (tensor.Data.IsEmpty)
            return null;
        RequireDense(tensor);
        return tensor.Type == TfLiteType.Int32
            ? Values<int>(tensor).ToArray()
            : throw Wrong($"constants of type {(int)tensor.Type}", "int32");
    }

    /// <summary>Puts the elements of a sparse tensor, which has zeros elsewhere, into their places.</summary>
    /// <remarks>Axes in their order, all dense but the last, which is stored in compressed rows: for each row the
    /// segment of the list of columns that is its.</remarks>
    /// <exception cref="InvalidDataException">Packed in another way, or damaged.</exception>
    public float[] Densify(TfLiteTensor tensor)
    {
        if (tensor.Sparsity is not { } sparsity)
            throw Wrong("a dense tensor", "a sparse one");
        FlatTable[] axes = sparsity.Tables(2, TfLiteModel.MostAxes);
        int[] order = sparsity.Ints(0, 2 * TfLiteModel.MostAxes);
        if (
            axes.Length != tensor.Shape.Length
            || axes.Length == 0
            || !order.SequenceEqual(Enumerable.Range(0, axes.Length))
            || axes.Index().Any(a => a.Item.Byte(0) != (a.Index == axes.Length - 1 ? 1 : 0))
        )
            throw Wrong("a sparse tensor packed in another way", "dense axes and a last one in compressed rows");
        long count = LengthOf(tensor.Shape);
        Count(count);
        int columns = tensor.Shape[^1];
        int[] segments = Indices(axes[^1], 2),
            places = Indices(axes[^1], 4);
        float[] packed =
            tensor.Type == TfLiteType.Float16
                ? Widened(Cast<Half>(tensor.Data.Span))
                : Cast<float>(tensor.Data.Span).ToArray();
        if (tensor.Type is not (TfLiteType.Float16 or TfLiteType.Float32) || packed.Length < places.Length)
            throw Wrong($"{packed.Length} sparse elements", $"{places.Length} of float32 or float16");
        long rows = columns == 0 ? 0 : count / columns;
        if (segments.Length != rows + 1 || segments[0] != 0 || segments[^1] != places.Length)
            throw Wrong($"{segments.Length} segments of a sparse tensor", $"{rows + 1} from 0 to {places.Length}");
        var values = new float[count];
        for (int row = 0, at = 0; row < rows; row++)
        {
            if (segments[row + 1] < at || segments[row + 1] > places.Length)
                throw Wrong("segments of a sparse tensor that do not ascend", "one after another");
            for (; at < segments[row + 1]; at++)
                values[(long)row * columns + places[at]] =
                    places[at] >= 0 && places[at] < columns
                        ? packed[at]
                        : throw Wrong($"a sparse element in column {places[at]}", $"{columns} columns");
        }
        return values;
    }

    public static long LengthOf(int[] shape)
    {
        double length = shape.Aggregate(1.0, (product, n) => product * n);
        return length <= Array.MaxLength ? (long)length : long.MaxValue;
    }

    /// <param name="axis">Its table.</param>
    /// <param name="field">The number before its values: their type, of whole numbers of 32, 16 or 8 bits.</param>
    private int[] Indices(FlatTable axis, int field)
    {
        if (axis.Inner(field + 1) is not { } vector)
            throw Wrong("a sparse axis without its places", "a list of them");
        return axis.Byte(field) switch
        {
            1 => vector.Ints(0, int.MaxValue),
            2 => Shorts(vector.Shorts(0)),
            3 => [.. vector.Bytes(0).ToArray().Select(b => (int)b)],
            byte other => throw Wrong($"places of type {other}", "1, 2 or 3"),
        };
    }

    private static int[] Shorts(ReadOnlyMemory<byte> bytes)
    {
        var values = new int[bytes.Length / 2];
        for (int i = 0; i < values.Length; i++)
            values[i] = BinaryPrimitives.ReadUInt16LittleEndian(bytes.Span[(2 * i)..]);
        return values;
    }

    private static float[] Widened(ReadOnlySpan<Half> values)
    {
        var wide = new float[values.Length];
        for (int i = 0; i < wide.Length; i++)
            wide[i] = (float)values[i];
        return wide;
    }

    private void Count(long elements)
    {
        if (elements > Most - all)
            throw Wrong($"more than {Most} constant numbers", "as many at most");
        all += elements;
    }

    private void RequireDense(TfLiteTensor tensor)
    {
        if (tensor.Sparsity is not null)
            throw Wrong("a sparse tensor that is not made dense", "an operator DENSIFY before it is used");
    }

    private ReadOnlySpan<T> Values<T>(TfLiteTensor tensor)
        where T : unmanaged
    {
        ReadOnlySpan<T> values = Cast<T>(tensor.Data.Span);
        Count(values.Length);
        return values.Length == LengthOf(tensor.Shape)
            ? values
            : throw Wrong(
                $"{tensor.Data.Length} bytes of a tensor ({string.Join(", ", tensor.Shape)})",
                "as many as it has elements"
            );
    }

    private static ReadOnlySpan<T> Cast<T>(ReadOnlySpan<byte> bytes)
        where T : unmanaged => MemoryMarshal.Cast<byte, T>(bytes);

    private InvalidDataException Wrong(string found, string expected) =>
        new($"{model.File}: found {found}, expected {expected}. It is damaged or another model; fetch it again.");
}

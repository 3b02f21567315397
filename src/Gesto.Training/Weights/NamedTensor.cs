using System.Runtime.InteropServices;

namespace Gesto.Training.Weights;

/// <summary>A tensor as a weights file holds it: name, element type, shape, and C-order little-endian bytes.</summary>
/// <param name="Name">Unique in its file; never "__metadata__".</param>
/// <param name="DType">safetensors' name of the type: F32, F16, BF16, F64, I64, I32, I16, I8, U64, U32, U16, U8,
/// BOOL.</param>
/// <param name="Shape">Extent of each axis, each ≥ 0; empty for a scalar.</param>
/// <param name="Bytes">Product of <paramref name="Shape"/> × element size bytes.</param>
public sealed record NamedTensor(string Name, string DType, long[] Shape, byte[] Bytes)
{
    public static NamedTensor From(string name, ReadOnlySpan<float> values, params long[] shape) =>
        new(name, "F32", shape, MemoryMarshal.AsBytes(values).ToArray());

    /// <summary>The values where <see cref="DType"/> is F32, without a copy.</summary>
    /// <exception cref="InvalidDataException">Another element type.</exception>
    public ReadOnlySpan<float> Singles =>
        DType == "F32"
            ? MemoryMarshal.Cast<byte, float>(Bytes)
            : throw new InvalidDataException($"Tensor '{Name}' is {DType}, expected F32.");

    /// <summary>A copy of the values as float32, converted from any numeric type; BOOL becomes 0 or 1.</summary>
    public float[] ToSingles()
    {
        ReadOnlySpan<byte> b = Bytes;
        return DType switch
        {
            "F32" => Singles.ToArray(),
            "F64" => Convert(MemoryMarshal.Cast<byte, double>(b), v => (float)v),
            "F16" => Convert(MemoryMarshal.Cast<byte, Half>(b), v => (float)v),
            // A bfloat16 is the upper half of a float32.
            "BF16" => Convert(MemoryMarshal.Cast<byte, ushort>(b), v => BitConverter.UInt32BitsToSingle((uint)v << 16)),
            "I64" => Convert(MemoryMarshal.Cast<byte, long>(b), v => v),
            "I32" => Convert(MemoryMarshal.Cast<byte, int>(b), v => v),
            "I16" => Convert(MemoryMarshal.Cast<byte, short>(b), v => v),
            "I8" => Convert(MemoryMarshal.Cast<byte, sbyte>(b), v => v),
            "U64" => Convert(MemoryMarshal.Cast<byte, ulong>(b), v => v),
            "U32" => Convert(MemoryMarshal.Cast<byte, uint>(b), v => v),
            "U16" => Convert(MemoryMarshal.Cast<byte, ushort>(b), v => v),
            "U8" or "BOOL" => Convert(b, v => v),
            _ => throw new InvalidDataException($"Tensor '{Name}' is {DType}, which is not read as numbers."),
        };
    }

    /// <returns>Bytes of one element, 0 for a type that is not known.</returns>
    internal static int ElementSize(string dtype) =>
        dtype switch
        {
            "U8" or "I8" or "BOOL" => 1,
            "F16" or "BF16" or "U16" or "I16" => 2,
            "F32" or "U32" or "I32" => 4,
            "F64" or "U64" or "I64" => 8,
            _ => 0,
        };

    /// <returns>Bytes that a tensor of this type and shape takes, or null where an axis is negative, the type is
    /// unknown, or the product does not fit 63 bits.</returns>
    internal static long? ByteCount(string dtype, ReadOnlySpan<long> shape)
    {
        long bytes = ElementSize(dtype);
        if (bytes == 0)
            return null;
        foreach (long n in shape)
        {
            if (n < 0 || (n > 0 && bytes > long.MaxValue / n))
                return null;
            bytes *= n;
        }
        return bytes;
    }

    private static float[] Convert<T>(ReadOnlySpan<T> from, Func<T, float> convert)
    {
        var to = new float[from.Length];
        for (int i = 0; i < to.Length; i++)
            to[i] = convert(from[i]);
        return to;
    }
}

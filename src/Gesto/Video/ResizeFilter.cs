using System.Numerics;

namespace Gesto.Video;

/// <summary>The weights of one axis of an antialiased bilinear resize: which source positions make each target
/// position.</summary>
internal sealed class ResizeFilter
{
    /// <summary>Fraction bits of the fixed-point weights: 8-bit pixels and two bits of room leave 22 of 32.</summary>
    public const int Bits = 22;

    /// <summary>One half, added before the shift so that it rounds.</summary>
    public const int Half = 1 << (Bits - 1);

    /// <summary><see cref="Padded"/> returns a multiple of it.</summary>
    public const int Padding = 8;

    private readonly int[] starts;
    private readonly int[] fixedWeights;
    private readonly double[] weights;
    private readonly int[] counts;
    private readonly int taps,
        paddedTaps;

    public ResizeFilter(int from, int to)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(from);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(to);
        double scale = (double)from / to;
        // The triangle reaches one target pixel to each side when reducing, one source pixel when enlarging.
        double reach = Math.Max(scale, 1);
        taps = (int)Math.Ceiling(reach) * 2 + 1;
        paddedTaps = (taps + Padding - 1) / Padding * Padding;
        (starts, counts) = (new int[to], new int[to]);
        (weights, fixedWeights) = (new double[to * taps], new int[to * paddedTaps]);
        for (int i = 0; i < to; i++)
        {
            double centre = (i + 0.5) * scale;
            int start = Math.Max((int)(centre - reach + 0.5), 0);
            int end = Math.Min((int)(centre + reach + 0.5), from);
            (starts[i], counts[i]) = (start, end - start);
            Span<double> row = weights.AsSpan(i * taps, end - start);
            double sum = 0;
            for (int k = 0; k < row.Length; k++)
            {
                row[k] = Math.Max(0, 1 - Math.Abs((start + k - centre + 0.5) * (1 / reach)));
                sum += row[k];
            }
            for (int k = 0; k < row.Length; k++)
            {
                if (sum != 0)
                    row[k] /= sum;
                fixedWeights[i * paddedTaps + k] = (int)(0.5 + row[k] * (1 << Bits));
            }
        }
    }

    /// <returns>Weights in units of 2⁻²² of source positions <paramref name="start"/>, start + 1, …</returns>
    public ReadOnlySpan<int> Fixed(int target, out int start)
    {
        start = starts[target];
        return fixedWeights.AsSpan(target * paddedTaps, counts[target]);
    }

    /// <returns>As <see cref="Fixed"/>, with zeros after them up to a multiple of <see cref="Padding"/>.</returns>
    public ReadOnlySpan<int> Padded(int target, out int start)
    {
        start = starts[target];
        return fixedWeights.AsSpan(target * paddedTaps, (counts[target] + Padding - 1) / Padding * Padding);
    }

    /// <returns>Weights that add up to 1 of source positions <paramref name="start"/>, start + 1, …</returns>
    public ReadOnlySpan<double> Exact(int target, out int start)
    {
        start = starts[target];
        return weights.AsSpan(target * taps, counts[target]);
    }
}

/// <summary>Sums of weighted rows, eight or more at a time.</summary>
internal static class RowSum
{
    /// <summary>sums[i] += row[i] · weight.</summary>
    public static void Add(ReadOnlySpan<byte> row, int weight, Span<int> sums)
    {
        int lanes = Vector<int>.Count,
            i = 0;
        var factor = new Vector<int>(weight);
        for (; i + 4 * lanes <= row.Length; i += 4 * lanes)
        {
            Vector.Widen(new Vector<byte>(row[i..]), out Vector<ushort> low, out Vector<ushort> high);
            Vector.Widen(low, out Vector<uint> a, out Vector<uint> b);
            Vector.Widen(high, out Vector<uint> c, out Vector<uint> d);
            AddTo(sums[i..], a, factor);
            AddTo(sums[(i + lanes)..], b, factor);
            AddTo(sums[(i + 2 * lanes)..], c, factor);
            AddTo(sums[(i + 3 * lanes)..], d, factor);
        }
        for (; i < row.Length; i++)
            sums[i] += row[i] * weight;
    }

    /// <summary>to[i] = sums[i] / 2^bits, rounded down; sums of 0 … 255 · 2^bits.</summary>
    public static void Shift(ReadOnlySpan<int> sums, int bits, Span<byte> to)
    {
        int lanes = Vector<int>.Count,
            i = 0;
        for (; i + 4 * lanes <= to.Length; i += 4 * lanes)
        {
            Vector<ushort> low = Vector.Narrow(At(sums, i, bits), At(sums, i + lanes, bits));
            Vector<ushort> high = Vector.Narrow(At(sums, i + 2 * lanes, bits), At(sums, i + 3 * lanes, bits));
            Vector.Narrow(low, high).CopyTo(to[i..]);
        }
        for (; i < to.Length; i++)
            to[i] = (byte)(sums[i] >> bits);
    }

    private static Vector<uint> At(ReadOnlySpan<int> sums, int start, int bits) =>
        Vector.AsVectorUInt32(new Vector<int>(sums[start..]) >> bits);

    private static void AddTo(Span<int> sums, Vector<uint> values, Vector<int> factor) =>
        (new Vector<int>(sums) + Vector.AsVectorInt32(values) * factor).CopyTo(sums);
}

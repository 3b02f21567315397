using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Gesto.Radar;

/// <summary>Forward discrete Fourier transform along the first axis of a matrix, length a power of two.</summary>
/// <remarks>Radix-2, decimation in time (J. Cooley, J. Tukey, 1965). All columns go through each butterfly together, so
/// the inner loop is a plain vector loop. Immutable; safe to share between threads.</remarks>
internal sealed class FourierTransform
{
    private readonly int[] reversed;
    private readonly float[] cosine,
        sine;

    public FourierTransform(int length)
    {
        if (!int.IsPow2(length))
            throw new ArgumentException($"length {length} is not a power of two", nameof(length));
        Length = length;
        int bits = BitOperations.Log2((uint)length);
        reversed = new int[length];
        for (int i = 0; i < length; i++)
        for (int bit = 0; bit < bits; bit++)
            reversed[i] |= ((i >> bit) & 1) << (bits - 1 - bit);
        cosine = new float[length / 2];
        sine = new float[length / 2];
        for (int k = 0; k < length / 2; k++)
        {
            cosine[k] = (float)Math.Cos(2 * Math.PI * k / length);
            sine[k] = (float)-Math.Sin(2 * Math.PI * k / length);
        }
    }

    public int Length { get; }

    /// <summary>Row of the work arrays in which input row i must be placed before <see
    /// cref="TransformReordered"/>.</summary>
    public int PlaceOf(int row) => reversed[row];

    /// <summary>Transforms in place.</summary>
    /// <param name="real">(Length, columns) row-major, input rows placed by <see cref="PlaceOf"/>; leaves in natural
    /// order.</param>
    /// <param name="imaginary">Likewise.</param>
    /// <param name="columns">How many transforms are done side by side.</param>
    public void TransformReordered(Span<float> real, Span<float> imaginary, int columns)
    {
        for (int half = 1; half < Length; half *= 2)
        {
            int stride = Length / (2 * half);
            for (int block = 0; block < Length; block += 2 * half)
            for (int k = 0; k < half; k++)
            {
                int top = (block + k) * columns,
                    bottom = top + half * columns;
                Butterfly(
                    real.Slice(top, columns),
                    imaginary.Slice(top, columns),
                    real.Slice(bottom, columns),
                    imaginary.Slice(bottom, columns),
                    cosine[k * stride],
                    sine[k * stride]
                );
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Butterfly(Span<float> ar, Span<float> ai, Span<float> br, Span<float> bi, float c, float s)
    {
        int i = 0;
        if (Vector.IsHardwareAccelerated)
        {
            Span<Vector<float>> arv = MemoryMarshal.Cast<float, Vector<float>>(ar),
                aiv = MemoryMarshal.Cast<float, Vector<float>>(ai);
            Span<Vector<float>> brv = MemoryMarshal.Cast<float, Vector<float>>(br),
                biv = MemoryMarshal.Cast<float, Vector<float>>(bi);
            for (int v = 0; v < arv.Length && v < aiv.Length && v < brv.Length && v < biv.Length; v++)
            {
                Vector<float> tr = brv[v] * c - biv[v] * s,
                    ti = brv[v] * s + biv[v] * c;
                brv[v] = arv[v] - tr;
                biv[v] = aiv[v] - ti;
                arv[v] += tr;
                aiv[v] += ti;
            }
            i = arv.Length * Vector<float>.Count;
        }
        for (; i < ar.Length; i++)
        {
            float tr = br[i] * c - bi[i] * s,
                ti = br[i] * s + bi[i] * c;
            br[i] = ar[i] - tr;
            bi[i] = ai[i] - ti;
            ar[i] += tr;
            ai[i] += ti;
        }
    }
}

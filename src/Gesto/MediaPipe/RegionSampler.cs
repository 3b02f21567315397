using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Gesto.MediaPipe;

/// <summary>Cuts a region out of a picture for a network.</summary>
/// <remarks>Bilinear between pixel centres and without widening the filter, so large pictures alias: that is how the
/// networks saw pictures while they learnt, and an antialiased one moves joints.</remarks>
internal static class RegionSampler
{
    /// <param name="frame">The picture.</param>
    /// <param name="region">What of it.</param>
    /// <param name="model">The side of the square, a multiple of 4; the range of values, and what lies beyond the
    /// picture's edge.</param>
    /// <param name="planes">Receives (3, side, side): red, green, blue.</param>
    /// <param name="wide">Eight pixels at a time where the processor can; the values are the same.</param>
    public static void Sample(RgbFrame frame, Region region, LandmarkModel model, Span<float> planes, bool wide = true)
    {
        int side = model.Side,
            plane = side * side;
        (float scale, float offset) = model.Signed ? (2f / 255, -1f) : (1f / 255, 0f);
        Vector2 start = region.ToPicture(0.5f / side, 0.5f / side),
            right = region.Turned(new Vector2(region.Width / side, 0)),
            down = region.Turned(new Vector2(0, region.Height / side));
        var source = new Source(frame, model.BlackBeyond);
        Span<float> red = planes[..plane],
            green = planes.Slice(plane, plane),
            blue = planes.Slice(2 * plane, plane);
        Vector128<float> shift = Vector128.Create(offset);
        for (int row = 0; row < side; row++)
        {
            Vector2 first = start + down * row;
            int column = 0;
            if (Avx2.IsSupported && wide)
                for (; column <= side - Vector256<float>.Count; column += Vector256<float>.Count)
                {
                    Vector256<float> columns = Eight + Vector256.Create((float)column);
                    source.Read(
                        Vector256.Create(first.X) + columns * right.X,
                        Vector256.Create(first.Y) + columns * right.Y,
                        out Vector256<float> a,
                        out Vector256<float> b,
                        out Vector256<float> c
                    );
                    int at = row * side + column;
                    (a * scale + Vector256.Create(offset)).CopyTo(red[at..]);
                    (b * scale + Vector256.Create(offset)).CopyTo(green[at..]);
                    (c * scale + Vector256.Create(offset)).CopyTo(blue[at..]);
                }
            for (; column < side; column += Source.Together)
            {
                Vector128<float> columns = Vector128.Create(0f, 1, 2, 3) + Vector128.Create((float)column);
                source.Read(
                    Vector128.Create(first.X) + columns * right.X,
                    Vector128.Create(first.Y) + columns * right.Y,
                    out Vector128<float> a,
                    out Vector128<float> b,
                    out Vector128<float> c,
                    out Vector128<float> d
                );
                int at = row * side + column;
                (Vector128.Create(a[0], b[0], c[0], d[0]) * scale + shift).CopyTo(red[at..]);
                (Vector128.Create(a[1], b[1], c[1], d[1]) * scale + shift).CopyTo(green[at..]);
                (Vector128.Create(a[2], b[2], c[2], d[2]) * scale + shift).CopyTo(blue[at..]);
            }
        }
    }

    private static Vector256<float> Eight => Vector256.Create(0f, 1, 2, 3, 4, 5, 6, 7);

    /// <summary>A picture that is read between its pixels.</summary>
    private readonly ref struct Source
    {
        /// <summary>Places read at once.</summary>
        public const int Together = 4;

        private readonly ref byte pixels;
        private readonly int width;
        private readonly int height;
        private readonly int lastWord;
        private readonly bool blackBeyond;

        public Source(RgbFrame frame, bool blackBeyond)
        {
            (width, height, this.blackBeyond) = (frame.Width, frame.Height, blackBeyond);
            // What is read below, without a check of each byte, lies within these.
            if (width < 1 || height < 1 || frame.Pixels.Length < Math.Max(4, (long)width * height * 3))
                throw new ArgumentException(
                    $"{frame.Pixels.Length} bytes, expected at least {width} x {height} x 3, and 4.",
                    nameof(frame)
                );
            pixels = ref MemoryMarshal.GetArrayDataReference(frame.Pixels);
            lastWord = frame.Pixels.Length - sizeof(uint);
        }

        /// <param name="x">Places, pixels; the top left pixel's centre is (0.5, 0.5).</param>
        /// <param name="y">Likewise.</param>
        /// <param name="a">Red, green and blue of the first place, 0…255; beyond the edge the edge's, or black.</param>
        /// <param name="b">Of the second.</param>
        /// <param name="c">Of the third.</param>
        /// <param name="d">Of the fourth.</param>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Read(
            Vector128<float> x,
            Vector128<float> y,
            out Vector128<float> a,
            out Vector128<float> b,
            out Vector128<float> c,
            out Vector128<float> d
        )
        {
            (Vector128<int> left, Vector128<float> across) = Inside(x, width - 1);
            (Vector128<int> top, Vector128<float> along) = Inside(y, height - 1);
            Vector128<int> at = (top * width + left) * 3,
                next = Vector128.LessThan(left, Vector128.Create(width - 1)) & Vector128.Create(3),
                below = Vector128.LessThan(top, Vector128.Create(height - 1)) & Vector128.Create(width * 3);
            a = Mixed(at[0], next[0], below[0], across[0], along[0]);
            b = Mixed(at[1], next[1], below[1], across[1], along[1]);
            c = Mixed(at[2], next[2], below[2], across[2], along[2]);
            d = Mixed(at[3], next[3], below[3], across[3], along[3]);
            if (!blackBeyond)
                return;
            Vector128<float> seen =
                Vector128.GreaterThanOrEqual(x, Vector128<float>.Zero)
                & Vector128.LessThanOrEqual(x, Vector128.Create((float)width))
                & Vector128.GreaterThanOrEqual(y, Vector128<float>.Zero)
                & Vector128.LessThanOrEqual(y, Vector128.Create((float)height))
                & Vector128<float>.One;
            (a, b, c, d) = (a * seen[0], b * seen[1], c * seen[2], d * seen[3]);
        }

        /// <summary>A region may be far away, or of no size at all (not a number): first into the picture.</summary>
        /// <returns>The pixel whose centre comes before, and how far it is, 0…1.</returns>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static (Vector128<int> Before, Vector128<float> By) Inside(Vector128<float> place, int last)
        {
            Vector128<float> inside = Vector128.MinNative(
                Vector128.MaxNative(place - Vector128.Create(0.5f), Vector128<float>.Zero),
                Vector128.Create((float)last)
            );
            Vector128<int> before = Vector128.Max(
                Vector128.Min(Vector128.ConvertToInt32Native(inside), Vector128.Create(last)),
                Vector128<int>.Zero
            );
            return (before, inside - Vector128.ConvertToSingle(before));
        }

        /// <summary>Eight places at once, a vector a colour: the same sums as of four.</summary>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public unsafe void Read(
            Vector256<float> x,
            Vector256<float> y,
            out Vector256<float> red,
            out Vector256<float> green,
            out Vector256<float> blue
        )
        {
            (Vector256<int> left, Vector256<float> across) = Inside(x, width - 1);
            (Vector256<int> top, Vector256<float> along) = Inside(y, height - 1);
            Vector256<int> at = (top * width + left) * 3,
                next = Vector256.LessThan(left, Vector256.Create(width - 1)) & Vector256.Create(3),
                below = Vector256.LessThan(top, Vector256.Create(height - 1)) & Vector256.Create(width * 3);
            fixed (byte* first = &pixels)
            {
                Vector256<uint> a = Gather(first, at),
                    b = Gather(first, at + next),
                    c = Gather(first, at + below),
                    d = Gather(first, at + next + below);
                red = Mixed(0);
                green = Mixed(8);
                blue = Mixed(16);

                [MethodImpl(MethodImplOptions.AggressiveInlining)]
                Vector256<float> Mixed(int shift)
                {
                    Vector256<float> p = Colour(a, shift),
                        r = Colour(c, shift),
                        upper = p + (Colour(b, shift) - p) * across,
                        lower = r + (Colour(d, shift) - r) * across;
                    return upper + (lower - upper) * along;
                }
            }
            if (!blackBeyond)
                return;
            Vector256<float> seen =
                Vector256.GreaterThanOrEqual(x, Vector256<float>.Zero)
                & Vector256.LessThanOrEqual(x, Vector256.Create((float)width))
                & Vector256.GreaterThanOrEqual(y, Vector256<float>.Zero)
                & Vector256.LessThanOrEqual(y, Vector256.Create((float)height))
                & Vector256<float>.One;
            (red, green, blue) = (red * seen, green * seen, blue * seen);
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static Vector256<float> Colour(Vector256<uint> words, int shift) =>
            Vector256.ConvertToSingle(((words >>> shift) & Vector256.Create(0xffu)).AsInt32());

        /// <summary>Four bytes each, as of <see cref="Pixel"/>.</summary>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private unsafe Vector256<uint> Gather(byte* first, Vector256<int> at)
        {
            Vector256<int> word = Vector256.Min(at, Vector256.Create(lastWord));
            Vector256<int> words = Avx2.GatherVector256((int*)first, word, scale: 1);
            return Avx2.ShiftRightLogicalVariable(words.AsUInt32(), ((at - word) << 3).AsUInt32());
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static (Vector256<int> Before, Vector256<float> By) Inside(Vector256<float> place, int last)
        {
            Vector256<float> inside = Vector256.MinNative(
                Vector256.MaxNative(place - Vector256.Create(0.5f), Vector256<float>.Zero),
                Vector256.Create((float)last)
            );
            Vector256<int> before = Vector256.Max(
                Vector256.Min(Vector256.ConvertToInt32Native(inside), Vector256.Create(last)),
                Vector256<int>.Zero
            );
            return (before, inside - Vector256.ConvertToSingle(before));
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private Vector128<float> Mixed(int at, int next, int below, float across, float along)
        {
            Vector128<float> a = Pixel(at),
                c = Pixel(at + below);
            Vector128<float> upper = a + (Pixel(at + next) - a) * across,
                lower = c + (Pixel(at + next + below) - c) * across;
            return upper + (lower - upper) * along;
        }

        /// <summary>Four bytes at once, of which the fourth is no part of the pixel; the picture's last pixel may have
        /// none behind it.</summary>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private Vector128<float> Pixel(int at)
        {
            int word = Math.Min(at, lastWord);
            uint bytes = Unsafe.ReadUnaligned<uint>(ref Unsafe.Add(ref pixels, word)) >> (8 * (at - word));
            return Vector128.ConvertToSingle(
                Vector128.WidenLower(Vector128.WidenLower(Vector128.CreateScalar(bytes).AsByte())).AsInt32()
            );
        }
    }
}

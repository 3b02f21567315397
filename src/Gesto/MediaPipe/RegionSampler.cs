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
    /// <param name="model">The side of the square, a multiple of 8; the range of values, and what lies beyond the
    /// picture's edge.</param>
    /// <param name="planes">Receives (3, side, side): red, green, blue.</param>
    public static void Sample(RgbFrame frame, Region region, LandmarkModel model, Span<float> planes)
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
        Vector256<float> shift = Vector256.Create(offset);
        for (int row = 0; row < side; row++)
        {
            Vector2 first = start + down * row;
            for (int column = 0; column < side; column += Vector256<float>.Count)
            {
                Vector256<float> columns = Vector256.Create(0f, 1, 2, 3, 4, 5, 6, 7) + Vector256.Create((float)column);
                source.Read(
                    Vector256.Create(first.X) + columns * right.X,
                    Vector256.Create(first.Y) + columns * right.Y,
                    out Vector256<float> r,
                    out Vector256<float> g,
                    out Vector256<float> b
                );
                int at = row * side + column;
                (r * scale + shift).CopyTo(red[at..]);
                (g * scale + shift).CopyTo(green[at..]);
                (b * scale + shift).CopyTo(blue[at..]);
            }
        }
    }

    /// <summary>A picture that is read between its pixels, at eight places at once.</summary>
    private readonly ref struct Source
    {
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
        /// <param name="red">0…255; beyond the edge the edge's, or black.</param>
        /// <param name="green">Likewise.</param>
        /// <param name="blue">Likewise.</param>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Read(
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
            Vector256<uint> a = Words(at),
                b = Words(at + next),
                c = Words(at + below),
                d = Words(at + next + below);
            red = Mixed(0);
            green = Mixed(8);
            blue = Mixed(16);
            if (!blackBeyond)
                return;
            Vector256<float> seen =
                Vector256.GreaterThanOrEqual(x, Vector256<float>.Zero)
                & Vector256.LessThanOrEqual(x, Vector256.Create((float)width))
                & Vector256.GreaterThanOrEqual(y, Vector256<float>.Zero)
                & Vector256.LessThanOrEqual(y, Vector256.Create((float)height))
                & Vector256<float>.One;
            (red, green, blue) = (red * seen, green * seen, blue * seen);

            [MethodImpl(MethodImplOptions.AggressiveInlining)]
            Vector256<float> Mixed(int colour)
            {
                Vector256<float> p = Colour(a, colour),
                    q = Colour(c, colour),
                    upper = p + (Colour(b, colour) - p) * across,
                    lower = q + (Colour(d, colour) - q) * across;
                return upper + (lower - upper) * along;
            }
        }

        /// <summary>A region may be far away, or of no size at all (not a number): first into the picture.</summary>
        /// <returns>The pixel whose centre comes before, and how far it is, 0…1.</returns>
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
        private static Vector256<float> Colour(Vector256<uint> words, int shift) =>
            Vector256.ConvertToSingle(((words >>> shift) & Vector256.Create(0xffu)).AsInt32());

        /// <summary>Four bytes of each place at once, of which the fourth is no part of the pixel; the picture's last
        /// pixel may have none behind it.</summary>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private unsafe Vector256<uint> Words(Vector256<int> at)
        {
            Vector256<int> word = Vector256.Min(at, Vector256.Create(lastWord)),
                behind = (at - word) << 3;
            fixed (byte* first = &pixels)
                if (Avx2.IsSupported)
                    return Avx2.ShiftRightLogicalVariable(
                        Avx2.GatherVector256((uint*)first, word, scale: 1),
                        behind.AsUInt32()
                    );
            Vector256<uint> words = default;
            for (int place = 0; place < Vector256<uint>.Count; place++)
                words = words.WithElement(
                    place,
                    Unsafe.ReadUnaligned<uint>(ref Unsafe.Add(ref pixels, word[place])) >> behind[place]
                );
            return words;
        }
    }
}

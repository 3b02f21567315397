using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Gesto.MediaPipe;

/// <summary>Cuts a region out of a picture for a network.</summary>
/// <remarks>Bilinear between pixel centres and without widening the filter, so large pictures alias: that is how the
/// networks saw pictures while they learnt, and an antialiased one moves joints.</remarks>
internal static class RegionSampler
{
    /// <param name="frame">The picture.</param>
    /// <param name="region">What of it.</param>
    /// <param name="model">The side of the square, the range of values, and what lies beyond the picture's
    /// edge.</param>
    /// <param name="planes">Receives (3, side, side): red, green, blue.</param>
    public static void Sample(RgbFrame frame, Region region, LandmarkModel model, Span<float> planes)
    {
        int side = model.Side,
            plane = side * side;
        (float scale, float offset) = model.Signed ? (2f / 255, -1f) : (1f / 255, 0f);
        Vector2 start = region.ToPicture(0.5f / side, 0.5f / side),
            right = region.Turned(new Vector2(region.Width / side, 0)),
            down = region.Turned(new Vector2(0, region.Height / side));
        Span<float> red = planes[..plane],
            green = planes.Slice(plane, plane),
            blue = planes.Slice(2 * plane, plane);
        for (int row = 0, at = 0; row < side; row++)
        {
            Vector2 first = start + down * row;
            for (int column = 0; column < side; column++, at++)
            {
                Vector2 place = first + right * column;
                Vector128<float> colour =
                    model.BlackBeyond && Beyond(frame, place) ? Vector128<float>.Zero : Colour(frame, place);
                colour = colour * scale + Vector128.Create(offset);
                red[at] = colour[0];
                green[at] = colour[1];
                blue[at] = colour[2];
            }
        }
    }

    private static bool Beyond(RgbFrame frame, Vector2 place) =>
        place.X < 0 || place.X > frame.Width || place.Y < 0 || place.Y > frame.Height;

    /// <returns>0…255, the edge's beyond the edge.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<float> Colour(RgbFrame frame, Vector2 place)
    {
        // A region may be far away, and no integer: first into the picture.
        float x = Math.Clamp(place.X - 0.5f, 0, frame.Width - 1),
            y = Math.Clamp(place.Y - 0.5f, 0, frame.Height - 1);
        int left = (int)x,
            top = (int)y,
            next = left + 1 < frame.Width ? 3 : 0,
            below = top + 1 < frame.Height ? frame.Width * 3 : 0,
            at = (top * frame.Width + left) * 3;
        float across = x - left,
            along = y - top;
        ReadOnlySpan<byte> pixels = frame.Pixels;
        Vector128<float> a = Pixel(pixels, at),
            c = Pixel(pixels, at + below);
        Vector128<float> upper = a + (Pixel(pixels, at + next) - a) * across,
            lower = c + (Pixel(pixels, at + next + below) - c) * across;
        return upper + (lower - upper) * along;
    }

    /// <summary>Four bytes at once, of which the last is no part of the pixel.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<float> Pixel(ReadOnlySpan<byte> pixels, int at)
    {
        uint bytes =
            at + sizeof(uint) <= pixels.Length
                ? BinaryPrimitives.ReadUInt32LittleEndian(pixels[at..])
                : pixels[at] | (uint)pixels[at + 1] << 8 | (uint)pixels[at + 2] << 16;
        return Vector128.ConvertToSingle(
            Vector128.WidenLower(Vector128.WidenLower(Vector128.CreateScalar(bytes).AsByte())).AsInt32()
        );
    }
}

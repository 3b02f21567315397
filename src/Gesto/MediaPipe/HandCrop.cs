using System.Numerics;
using Gesto.Video;

namespace Gesto.MediaPipe;

/// <summary>The picture of a hand alone: of a frame's own pixels the square around its joints, turned so that the
/// fingers point up.</summary>
internal static class HandCrop
{
    /// <summary>Height and width of the picture, pixels.</summary>
    public const int Side = 112;

    /// <summary>The square's side by the longer one of the box around the joints: those of finger tips lie inside the
    /// fingers, and some of the wrist belongs to a hand.</summary>
    private const float Margin = 1.4f;

    /// <summary>The square's side by the frame's longer one: of a hand that fills the picture.</summary>
    private const float Largest = 2;

    /// <summary>Places of the frame that a pixel is the mean of, along each axis at most.</summary>
    private const int MostPlaces = 8;

    private const int MiddleKnuckle = 9;

    /// <param name="joints">21 × (x, y, z), pixels.</param>
    /// <param name="width">Of the frame, pixels.</param>
    /// <param name="height">Likewise.</param>
    /// <returns>The square, which may reach beyond the frame; null where the joints are no hand in it.</returns>
    public static Region? SquareOf(ReadOnlySpan<float> joints, int width, int height)
    {
        float rotation = Region.Turn(At(joints, 0), At(joints, MiddleKnuckle));
        var back = new Region(default, 1, 1, -rotation);
        Vector2 least = back.Turned(At(joints, 0)),
            most = least;
        for (int joint = 1; joint < joints.Length / 3; joint++)
        {
            Vector2 place = back.Turned(At(joints, joint));
            (least, most) = (Vector2.Min(least, place), Vector2.Max(most, place));
        }
        Vector2 size = most - least,
            centre = new Region(default, 1, 1, rotation).Turned((least + most) / 2);
        float side = MathF.Max(size.X, size.Y) * Margin;
        return
            side >= 1
            && side <= Largest * Math.Max(width, height) // no number is neither
            && Math.Abs(centre.X - width / 2f) < (width + side) / 2
            && Math.Abs(centre.Y - height / 2f) < (height + side) / 2
            ? new Region(centre, side, side, rotation)
            : null;

        static Vector2 At(ReadOnlySpan<float> joints, int joint) => new(joints[3 * joint], joints[3 * joint + 1]);
    }

    /// <param name="frame">The frame.</param>
    /// <param name="square">Of <see cref="SquareOf"/>.</param>
    /// <returns>(Side, Side, 3), R, G, B, 0…255: each pixel the mean of what it covers of a larger square, bilinear;
    /// beyond the frame the colour of <see cref="FrameFits.Fill"/>.</returns>
    public static byte[] Cut(RgbFrame frame, Region square)
    {
        int places = Math.Clamp((int)MathF.Ceiling(square.Width / Side), 1, MostPlaces);
        float step = 1f / (Side * places);
        var picture = new byte[Side * Side * 3];
        for (int y = 0; y < Side; y++)
        for (int x = 0; x < Side; x++)
        {
            Vector3 sum = default;
            for (int down = 0; down < places; down++)
            for (int along = 0; along < places; along++)
                sum += Read(
                    frame,
                    square.ToPicture((x * places + along + 0.5f) * step, (y * places + down + 0.5f) * step)
                );
            sum = sum / (places * places) + new Vector3(0.5f);
            int to = (y * Side + x) * 3;
            (picture[to], picture[to + 1], picture[to + 2]) = ((byte)sum.X, (byte)sum.Y, (byte)sum.Z);
        }
        return picture;
    }

    /// <returns>The picture with left and right exchanged: of a left hand, one that looks like a right one.</returns>
    /// <param name="picture">(Side, Side, 3).</param>
    public static byte[] Mirrored(ReadOnlySpan<byte> picture)
    {
        var mirrored = new byte[picture.Length];
        for (int row = 0; row < picture.Length; row += 3 * Side)
        for (int x = 0; x < Side; x++)
            picture.Slice(row + 3 * x, 3).CopyTo(mirrored.AsSpan(row + 3 * (Side - 1 - x)));
        return mirrored;
    }

    private static Vector3 Read(RgbFrame frame, Vector2 place)
    {
        (float x, float y) = (place.X - 0.5f, place.Y - 0.5f);
        (int left, int top) = ((int)MathF.Floor(x), (int)MathF.Floor(y));
        Vector3 above = Vector3.Lerp(Pixel(frame, left, top), Pixel(frame, left + 1, top), x - left),
            below = Vector3.Lerp(Pixel(frame, left, top + 1), Pixel(frame, left + 1, top + 1), x - left);
        return Vector3.Lerp(above, below, y - top);
    }

    private static Vector3 Pixel(RgbFrame frame, int x, int y)
    {
        ReadOnlySpan<byte> colour =
            x >= 0 && y >= 0 && x < frame.Width && y < frame.Height
                ? frame.Pixels.AsSpan((y * frame.Width + x) * 3, 3)
                : FrameFits.Fill;
        return new(colour[0], colour[1], colour[2]);
    }
}

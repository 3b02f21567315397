using Gesto.Video;

namespace Gesto.MediaPipe;

/// <summary>The picture of a hand alone: of a frame's own pixels the upright square around its joints.</summary>
internal static class HandCrop
{
    /// <summary>Height and width of the picture, pixels.</summary>
    public const int Side = 112;

    /// <summary>Bytes of a picture, (Side, Side, 3).</summary>
    public const int Bytes = Side * Side * 3;

    /// <summary>The square's side by the longer one of the box around the joints: those of finger tips lie inside the
    /// fingers, and some of the wrist belongs to a hand.</summary>
    private const float Margin = 1.4f;

    /// <summary>The square's side by the frame's longer one: of a hand that fills the picture.</summary>
    private const float Largest = 2;

    /// <param name="joints">21 × (x, y, z), pixels.</param>
    /// <param name="width">Of the frame, pixels.</param>
    /// <param name="height">Likewise.</param>
    /// <returns>The square, whole pixels, which may reach beyond the frame; null where the joints are no hand that is
    /// in it.</returns>
    public static (int Left, int Top, int Side)? SquareOf(ReadOnlySpan<float> joints, int width, int height)
    {
        (float left, float top, float right, float bottom) = (joints[0], joints[1], joints[0], joints[1]);
        for (int at = 3; at < joints.Length; at += 3)
        {
            (left, right) = (MathF.Min(left, joints[at]), MathF.Max(right, joints[at]));
            (top, bottom) = (MathF.Min(top, joints[at + 1]), MathF.Max(bottom, joints[at + 1]));
        }
        float side = MathF.Round(MathF.Max(right - left, bottom - top) * Margin);
        (float x, float y) = (MathF.Round((left + right - side) / 2), MathF.Round((top + bottom - side) / 2));
        return side >= 1 && side <= Largest * Math.Max(width, height) // NaN is neither
            && x < width
            && y < height
            && x + side > 0
            && y + side > 0
            ? ((int)x, (int)y, (int)side)
            : null;
    }

    /// <param name="frame">The frame.</param>
    /// <param name="square">Of <see cref="SquareOf"/>.</param>
    /// <returns>(Side, Side, 3), R, G, B, 0…255; beyond the frame the colour of <see cref="FrameFits.Fill"/>.</returns>
    public static byte[] Cut(RgbFrame frame, (int Left, int Top, int Side) square)
    {
        (int left, int top, int side) = square;
        var cut = new byte[side * side * 3];
        int first = Math.Max(0, -left),
            end = Math.Min(side, frame.Width - left);
        for (int y = 0; y < side; y++)
        {
            Span<byte> row = cut.AsSpan(y * side * 3, side * 3);
            if (top + y < 0 || top + y >= frame.Height)
            {
                Fill(row);
                continue;
            }
            Fill(row[..(first * 3)]);
            frame
                .Pixels.AsSpan(((top + y) * frame.Width + left + first) * 3, (end - first) * 3)
                .CopyTo(row[(first * 3)..]);
            Fill(row[(end * 3)..]);
        }
        var picture = new byte[Bytes];
        new FrameResize(side, side, Side, Side, channels: 3).Resize(cut, picture);
        return picture;

        static void Fill(Span<byte> pixels)
        {
            for (int i = 0; i < pixels.Length; i++)
                pixels[i] = FrameFits.Fill[i % 3];
        }
    }

    /// <returns>The picture with left and right exchanged: of a left hand, one that looks like a right one.</returns>
    /// <param name="picture">(Side, Side, 3).</param>
    public static byte[] Mirrored(ReadOnlySpan<byte> picture)
    {
        var mirrored = new byte[Bytes];
        for (int row = 0; row < Bytes; row += 3 * Side)
        for (int x = 0; x < Side; x++)
            picture.Slice(row + 3 * x, 3).CopyTo(mirrored.AsSpan(row + 3 * (Side - 1 - x)));
        return mirrored;
    }
}

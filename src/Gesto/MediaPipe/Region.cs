using System.Numerics;

namespace Gesto.MediaPipe;

/// <summary>A turned rectangle in a picture. Lengths are pixels, x to the right and y downwards; the top left pixel's
/// centre is (0.5, 0.5).</summary>
/// <param name="Centre">Its middle.</param>
/// <param name="Width">Along its own x-axis.</param>
/// <param name="Height">Along its own y-axis.</param>
/// <param name="Rotation">Radians, clockwise as one looks at the picture.</param>
internal readonly record struct Region(Vector2 Centre, float Width, float Height, float Rotation = 0)
{
    /// <returns>The square around a whole picture, whose middle is the picture's.</returns>
    public static Region Around(RgbFrame frame)
    {
        float side = Math.Max(frame.Width, frame.Height);
        return new(new Vector2(frame.Width, frame.Height) / 2, side, side);
    }

    /// <summary>A square by two points: its middle, and one on the circle that it encloses.</summary>
    /// <param name="centre">The middle.</param>
    /// <param name="rim">The other; seen from the middle it shows where the square's top is.</param>
    /// <param name="up">The angle at which the rim lies in a square that is not turned, radians counter-clockwise from
    /// the x-axis: π/2 above the middle.</param>
    public static Region ByPoints(Vector2 centre, Vector2 rim, float up = MathF.PI / 2)
    {
        float side = 2 * Vector2.Distance(centre, rim);
        return new(centre, side, side, Turn(centre, rim, up));
    }

    /// <returns>The rotation that brings the direction between two points to the angle <paramref name="up"/>.</returns>
    public static float Turn(Vector2 from, Vector2 to, float up = MathF.PI / 2)
    {
        float turn = up - MathF.Atan2(from.Y - to.Y, to.X - from.X);
        return turn - MathF.Tau * MathF.Floor((turn + MathF.PI) / MathF.Tau);
    }

    /// <returns>A square on the longer side, larger by a factor.</returns>
    /// <param name="factor">Of the side.</param>
    /// <param name="down">How far the middle moves along its own y-axis, in heights before the change.</param>
    public Region Square(float factor, float down = 0)
    {
        float side = Math.Max(Width, Height) * factor;
        return new(Centre + Turned(new Vector2(0, down * Height)), side, side, Rotation);
    }

    /// <param name="u">0 = left edge, 1 = right.</param>
    /// <param name="v">0 = top edge, 1 = bottom.</param>
    /// <returns>The point in the picture.</returns>
    public Vector2 ToPicture(float u, float v) => Centre + Turned(new Vector2((u - 0.5f) * Width, (v - 0.5f) * Height));

    /// <returns>A vector along the region's axes, in the picture's.</returns>
    public Vector2 Turned(Vector2 own)
    {
        (float sine, float cosine) = MathF.SinCos(Rotation);
        return new(cosine * own.X - sine * own.Y, sine * own.X + cosine * own.Y);
    }
}

using System.Numerics;
using Gesto.Landmarks;
using Gesto.MediaPipe;
using SkiaSharp;

namespace Gesto.Training.Features;

/// <summary>Draws what was found over the frame that it was found in.</summary>
internal static class LandmarkPicture
{
    private static readonly SKColor Body = new(255, 255, 255),
        Left = new(90, 200, 250),
        Right = new(255, 149, 0);

    /// <returns>A PNG of the frame's size.</returns>
    public static byte[] Draw(RgbFrame frame, HolisticResult found)
    {
        using var bitmap = new SKBitmap(frame.Width, frame.Height, SKColorType.Rgba8888, SKAlphaType.Opaque);
        Span<byte> to = bitmap.GetPixelSpan();
        for (int i = 0; i < frame.Width * frame.Height; i++)
        {
            frame.Pixels.AsSpan(3 * i, 3).CopyTo(to[(4 * i)..]);
            to[4 * i + 3] = 255;
        }
        using var canvas = new SKCanvas(bitmap);
        using var paint = new SKPaint { IsAntialias = true, StrokeCap = SKStrokeCap.Round };
        float unit = Math.Max(1, Math.Min(frame.Width, frame.Height) / 300f);
        if (found.Pose is { } pose)
            Bones(LandmarkPose.BodyBones, pose.At, LandmarkClip.BodyJoints, Body, 1.5f * unit);
        foreach ((HandResult? hand, SKColor colour) in new[] { (found.Left, Left), (found.Right, Right) })
            if (hand is not null)
                Bones(
                    LandmarkPose.HandBones,
                    j => new Vector2(hand.Joints[3 * j], hand.Joints[3 * j + 1]),
                    LandmarkClip.HandJoints,
                    colour,
                    unit
                );
        canvas.Flush();
        using SKImage image = SKImage.FromBitmap(bitmap);
        using SKData png = image.Encode(SKEncodedImageFormat.Png, 100);
        return png.ToArray();

        void Bones(
            IReadOnlyList<(ushort From, ushort To)> bones,
            Func<int, Vector2> at,
            int joints,
            SKColor colour,
            float width
        )
        {
            paint.Color = colour;
            paint.StrokeWidth = width;
            foreach ((ushort from, ushort end) in bones)
                canvas.DrawLine(at(from).X, at(from).Y, at(end).X, at(end).Y, paint);
            for (int j = 0; j < joints; j++)
                canvas.DrawCircle(at(j).X, at(j).Y, 1.5f * width, paint);
        }
    }
}

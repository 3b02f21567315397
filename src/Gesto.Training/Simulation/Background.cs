using SkiaSharp;

namespace Gesto.Training.Simulation;

/// <summary>The room behind a signer: a wall in gradient light with frames, shelves and boxes, out of focus.</summary>
internal static class Background
{
    public static void Draw(SKBitmap target, Signer signer, float brightness)
    {
        var random = new SeededRandom(signer.SceneSeed, SeededRandom.HashOf("background"));
        int width = target.Width,
            height = target.Height;
        using var canvas = new SKCanvas(target);
        Rgb wall = signer.Wall;
        using var paint = new SKPaint { IsAntialias = true };
        using SKShader light = SKShader.CreateLinearGradient(
            new(signer.Light.X > 0 ? width : 0, 0),
            new(signer.Light.X > 0 ? 0 : width, height),
            [Colour(wall.Times(1.12f), brightness), Colour(wall.Times(0.72f), brightness)],
            SKShaderTileMode.Clamp
        );
        paint.Shader = light;
        canvas.DrawRect(0, 0, width, height, paint);
        paint.Shader = null;
        using SKImageFilter blur = SKImageFilter.CreateBlur(height / 110f, height / 110f);
        paint.ImageFilter = blur;
        int objects = 4 + random.Below(6);
        for (int i = 0; i < objects; i++)
        {
            var tint = new Rgb((float)random.Next(), (float)random.Next(), (float)random.Next());
            float w = width * (float)random.Between(0.06, 0.26),
                h = height * (float)random.Between(0.06, 0.4);
            float x = (float)random.Between(-0.05, 0.95) * width,
                y = (float)random.Between(-0.05, 0.9) * height;
            paint.Color = Colour(wall.Towards(tint, 0.4f).Times(0.9f), brightness);
            canvas.DrawRect(x, y, w, h, paint);
            paint.Color = Colour(wall.Towards(tint, 0.55f).Times(0.65f), brightness);
            for (int stripe = random.Below(4); stripe > 0; stripe--)
                canvas.DrawRect(x + w * 0.1f, y + h * stripe / 4.2f, w * 0.8f, h * 0.08f, paint);
        }
    }

    private static SKColor Colour(Rgb colour, float brightness) =>
        new(
            (byte)Math.Clamp(255 * colour.R * brightness, 0, 255),
            (byte)Math.Clamp(255 * colour.G * brightness, 0, 255),
            (byte)Math.Clamp(255 * colour.B * brightness, 0, 255)
        );
}

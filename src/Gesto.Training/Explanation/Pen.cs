using SkiaSharp;

namespace Gesto.Training.Explanation;

/// <summary>How words look.</summary>
/// <param name="Size">Pixels.</param>
/// <param name="Bold">Heavier.</param>
internal readonly record struct Letters(float Size, bool Bold = false);

/// <summary>Draws words, boxes, curves and pictures on one canvas.</summary>
internal sealed class Pen : IDisposable
{
    public static readonly Letters Title = new(30),
        Normal = new(16.5f),
        Strong = new(16.5f, Bold: true),
        Small = new(14);

    private readonly SKTypeface? plain = SKFontManager.Default.MatchFamily("DejaVu Sans");
    private readonly SKTypeface? bold = SKFontManager.Default.MatchFamily("DejaVu Sans", SKFontStyle.Bold);
    private readonly SKPaint paint = new() { IsAntialias = true };

    public SKCanvas Canvas { get; set; } = null!;

    /// <summary>(width, height) pixels by (x, y).</summary>
    public static SKBitmap Bitmap(int width, int height, Func<int, int, SKColor> colour)
    {
        var bitmap = new SKBitmap(width, height, SKColorType.Rgba8888, SKAlphaType.Opaque);
        for (int y = 0; y < height; y++)
        for (int x = 0; x < width; x++)
            bitmap.SetPixel(x, y, colour(x, y));
        return bitmap;
    }

    /// <returns>The width of the text, pixels.</returns>
    public float Text(
        string text,
        float x,
        float baseline,
        SKColor colour,
        Letters letters,
        SKTextAlign align = SKTextAlign.Left
    )
    {
        using SKFont font = Font(letters);
        paint.Color = colour;
        paint.IsStroke = false;
        Canvas.DrawText(text, x, baseline, align, font, paint);
        return font.MeasureText(text);
    }

    /// <summary>Text that reads upwards, centred.</summary>
    public void Vertical(string text, float x, float middle, SKColor colour)
    {
        Canvas.Save();
        Canvas.Translate(x, middle);
        Canvas.RotateDegrees(-90);
        Text(text, 0, 0, colour, Small, SKTextAlign.Center);
        Canvas.Restore();
    }

    /// <returns>Lines no wider than asked, broken at spaces.</returns>
    public string[] Wrap(string text, float width, Letters letters)
    {
        using SKFont font = Font(letters);
        var lines = new List<string> { "" };
        foreach (string word in text.Split(' '))
        {
            string longer = lines[^1].Length == 0 ? word : $"{lines[^1]} {word}";
            if (lines[^1].Length > 0 && font.MeasureText(longer) > width)
                lines.Add(word);
            else
                lines[^1] = longer;
        }
        return [.. lines];
    }

    public void Box(float x, float y, float width, float height, SKColor colour)
    {
        paint.Color = colour;
        paint.IsStroke = false;
        Canvas.DrawRect(x, y, width, height, paint);
    }

    public void Rule(float left, float right, float y, SKColor colour) => Box(left, y - 0.5f, right - left, 1, colour);

    /// <summary>A line through the points, and a faint area down to <paramref name="ground"/>.</summary>
    public void Curve(SKPoint[] points, float ground, SKColor colour)
    {
        if (points.Length == 0)
            return;
        using var line = new SKPath();
        using var area = new SKPath();
        line.MoveTo(points[0]);
        area.MoveTo(points[0].X, ground);
        foreach (SKPoint p in points)
            area.LineTo(p);
        foreach (SKPoint p in points[1..])
            line.LineTo(p);
        area.LineTo(points[^1].X, ground);
        area.Close();
        paint.IsStroke = false;
        paint.Color = colour.WithAlpha(36);
        Canvas.DrawPath(area, paint);
        paint.IsStroke = true;
        paint.StrokeWidth = 2.5f;
        paint.Color = colour;
        Canvas.DrawPath(line, paint);
    }

    /// <summary>A line through the points, its ends and corners round.</summary>
    public void Line(SKPoint[] points, float width, SKColor colour)
    {
        using var line = new SKPath();
        line.AddPoly(points, close: false);
        paint.IsStroke = true;
        paint.StrokeWidth = width;
        paint.StrokeCap = SKStrokeCap.Round;
        paint.StrokeJoin = SKStrokeJoin.Round;
        paint.Color = colour;
        Canvas.DrawPath(line, paint);
    }

    public void Draw(SKBitmap bitmap, float x, float y, float width, float height, bool smooth)
    {
        using SKImage image = SKImage.FromBitmap(bitmap);
        Canvas.DrawImage(
            image,
            SKRect.Create(x, y, width, height),
            new SKSamplingOptions(
                smooth ? SKFilterMode.Linear : SKFilterMode.Nearest,
                smooth ? SKMipmapMode.Linear : SKMipmapMode.None
            )
        );
    }

    public void Dispose()
    {
        plain?.Dispose();
        bold?.Dispose();
        paint.Dispose();
    }

    private SKFont Font(Letters letters) => new((letters.Bold ? bold : plain) ?? SKTypeface.Default, letters.Size);
}

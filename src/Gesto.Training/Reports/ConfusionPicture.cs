using Gesto.Files;
using Gesto.Training.Scoring;
using SkiaSharp;

namespace Gesto.Training.Reports;

/// <summary>The confusion matrix of the report as a PNG, for slides and terminals that show pictures.</summary>
public static class ConfusionPicture
{
    private const int Border = 24;
    private static readonly SKColor Paper = SKColors.White;
    private static readonly SKColor Ink = new(0x1b, 0x1f, 0x24);
    private static readonly SKColor Ground = new(0xee, 0xf0, 0xf3);
    private static readonly SKColor Grid = new(0xdd, 0xe1, 0xe6);
    private static readonly SKColor Right = new(0x1f, 0x6f, 0xb5);
    private static readonly SKColor Wrong = new(0xd9, 0x61, 0x0b);

    /// <summary>Writes a square picture, 16 to 60 pixels a class, in the order of the report. Rows are the truth.
    /// Without a font on the machine the names are left out.</summary>
    public static void Save(string path, EvaluationResult result)
    {
        ConfusionMatrix matrix = result.ToMatrix();
        int[] order = ConfusionOrder.Of(matrix);
        string[] names = [.. order.Select(label => result.PerClass[label].Name)];
        int cell = Math.Clamp(1400 / order.Length, 16, 60);
        using SKTypeface? sans = SKFontManager.Default.MatchFamily("DejaVu Sans");
        using var font = new SKFont(sans ?? SKTypeface.Default, Math.Min(cell - 3, 18));
        int margin = Border + (int)names.Max(n => font.MeasureText(n)) + 8;
        int size = margin + order.Length * cell + Border;
        using var surface = SKSurface.Create(new SKImageInfo(size, size));
        SKCanvas canvas = surface.Canvas;
        canvas.Clear(Paper);
        DrawCells(canvas, matrix, order, margin, cell);
        DrawNames(canvas, names, font, margin, cell);
        using SKImage image = surface.Snapshot();
        using SKData png = image.Encode(SKEncodedImageFormat.Png, 100);
        AtomicFile.Write(path, png.SaveTo);
    }

    private static void DrawCells(SKCanvas canvas, ConfusionMatrix matrix, int[] order, int margin, int cell)
    {
        int extent = order.Length * cell;
        using var paint = new SKPaint { Color = Ground };
        canvas.DrawRect(margin, margin, extent, extent, paint);
        paint.Color = Grid;
        for (int i = 5; i < order.Length; i += 5)
        {
            canvas.DrawRect(margin, margin + i * cell, extent, 1, paint);
            canvas.DrawRect(margin + i * cell, margin, 1, extent, paint);
        }
        for (int row = 0; row < order.Length; row++)
        {
            int support = Math.Max(1, matrix.Support(order[row]));
            for (int column = 0; column < order.Length; column++)
            {
                int n = matrix[order[row], order[column]];
                if (n == 0)
                    continue;
                double opacity = ReportCharts.CellOpacity((double)n / support);
                paint.Color = (row == column ? Right : Wrong).WithAlpha((byte)Math.Round(255 * opacity));
                canvas.DrawRect(margin + column * cell, margin + row * cell, cell, cell, paint);
            }
        }
    }

    private static void DrawNames(SKCanvas canvas, string[] names, SKFont font, int margin, int cell)
    {
        using var paint = new SKPaint { Color = Ink, IsAntialias = true };
        for (int i = 0; i < names.Length; i++)
        {
            float baseline = margin + (i + 0.5f) * cell + font.Size * 0.35f;
            canvas.DrawText(names[i], margin - 5, baseline, SKTextAlign.Right, font, paint);
            canvas.Save();
            canvas.Translate(baseline, margin - 5);
            canvas.RotateDegrees(-90);
            canvas.DrawText(names[i], 0, 0, SKTextAlign.Left, font, paint);
            canvas.Restore();
        }
    }
}

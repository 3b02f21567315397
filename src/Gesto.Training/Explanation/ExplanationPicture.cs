using System.Globalization;
using Gesto.Files;
using Gesto.Inference;
using Gesto.Recordings;
using Gesto.Training.Reports;
using SkiaSharp;

namespace Gesto.Training.Explanation;

/// <summary>An explanation as one PNG: frames, skeleton, importance over time and micro-Doppler on one time axis,
/// probabilities beside them.</summary>
internal static class ExplanationPicture
{
    private const int Width = 1480,
        Left = 130,
        Time = 900,
        Right = Left + Time,
        Side = Right + 60,
        SideWidth = Width - Side - 30;
    private const int Thumbnails = 9,
        Thumbnail = Time / Thumbnails,
        Curves = 230,
        Legend = 26,
        Image = 110,
        Gap = 16;

    private static readonly SKColor Paper = SKColors.White;
    private static readonly SKColor Ink = new(0x1b, 0x1f, 0x24);
    private static readonly SKColor Faint = new(0x5b, 0x65, 0x70);
    private static readonly SKColor Grid = new(0xdd, 0xe1, 0xe6);
    private static readonly SKColor Blue = new(0x1f, 0x6f, 0xb5);
    private static readonly SKColor Orange = new(0xd9, 0x61, 0x0b);
    private static readonly SKColor[] Colours = [Blue, Orange, new(0x2e, 0x8b, 0x57), new(0x7b, 0x4f, 0xa3)];
    private static readonly SKColor Warning = new(0x8a, 0x4b, 0x00);

    /// <summary>Writes the picture. Without a font on the machine the words are left out.</summary>
    /// <param name="path">A `.png`.</param>
    /// <param name="explanation">What to show.</param>
    /// <param name="read">The recording it is of.</param>
    public static void Save(string path, PredictionExplanation explanation, ReadRecording read)
    {
        IReadOnlyList<RadarImage> images = read.Features[Modality.Radar] is { } radar
            ? RadarImage.Of(radar.Values, radar.Length, radar.Shape)
            : [];
        SkeletonRow? skeleton = SkeletonOf(explanation, read);
        using var pen = new Pen();
        string[] method = pen.Wrap(explanation.Method, Width - Left - 30, Pen.Small);
        int body = 142,
            top =
                body
                + (read.Frames is null ? 0 : Thumbnail + Gap)
                + (skeleton is null ? 0 : skeleton.Height + Gap)
                + Legend
                + Curves
                + 2 * Gap
                + images.Count * (Image + Gap);
        using var surface = SKSurface.Create(new SKImageInfo(Width, top + 60 + method.Length * 20));
        pen.Canvas = surface.Canvas;
        pen.Canvas.Clear(Paper);
        DrawHead(pen, explanation);
        int y = body;
        if (read.Frames is { } clip)
        {
            DrawFrames(pen, clip.Frames, clip.Length, read.FrameSize, y);
            y += Thumbnail + Gap;
        }
        if (skeleton is not null)
        {
            skeleton.Draw(pen, Left, y, Faint, Blue, Orange, ColourOf(Modality.Landmarks.Title));
            y += skeleton.Height + Gap;
        }
        DrawCurves(pen, explanation, y);
        y += Legend + Curves + 2 * Gap;
        foreach (RadarImage image in images)
        {
            DrawImage(pen, image, y);
            y += Image + Gap;
        }
        DrawTimeAxis(pen, y);
        DrawSide(pen, explanation, body);
        for (int i = 0; i < method.Length; i++)
            pen.Text(method[i], Left, y + 62 + i * 20, Faint, Pen.Small);
        using SKImage picture = surface.Snapshot();
        using SKData png = picture.Encode(SKEncodedImageFormat.Png, 100);
        AtomicFile.Write(path, png.SaveTo);
    }

    /// <returns>Null where landmarks are not used, or nothing is found in them.</returns>
    private static SkeletonRow? SkeletonOf(PredictionExplanation explanation, ReadRecording read) =>
        read.Features[Modality.Landmarks] is { } steps
        && explanation.Modalities.FirstOrDefault(m => m.Modality == Modality.Landmarks.Title) is { } evidence
        && SkeletonFigure.Of(steps.Values, steps.Length, steps.Shape) is { } figure
            ? new SkeletonRow(figure, evidence, Time)
            : null;

    private static SKColor ColourOf(string title) =>
        Colours[Math.Max(0, Modality.All.Select(m => m.Title).ToList().IndexOf(title)) % Colours.Length];

    private static void DrawHead(Pen pen, PredictionExplanation e)
    {
        float x =
            Left + pen.Text(Format($"{e.Sign.Name}  {100 * e.Sign.Probability:0.0} %"), Left, 46, Ink, Pen.Title) + 18;
        string truth =
            e.Truth is null ? "the true sign is not known"
            : e.Truth.Id == e.Top[0].Id ? $"right: the true sign is {e.Truth.Name}"
            : $"wrong: the true sign is {e.Truth.Name}";
        if (e.Sign.Id != e.Top[0].Id)
            truth = $"not the answer, which is {e.Top[0].Name}: {truth}";
        x +=
            pen.Text(truth, x, 46, e.Truth is not null && e.Truth.Id != e.Top[0].Id ? Warning : Faint, Pen.Normal) + 18;
        if (e.Simulated)
            pen.Text("simulated data, not LIS", x, 46, Warning, Pen.Normal);
        string name = Path.GetFileName(Path.TrimEndingDirectorySeparator(e.Sample));
        pen.Text($"{name}, by {e.Recipe}, from {e.Used}", Left, 74, Faint, Pen.Normal);
        string[] verdict = pen.Wrap(e.Verdict, Width - Left - 30, Pen.Normal);
        for (int i = 0; i < verdict.Length; i++)
            pen.Text(verdict[i], Left, 102 + i * 22, Ink, Pen.Normal);
    }

    /// <summary>Frames nearest to the middle of equal parts of the clip, as the encoder sees them.</summary>
    private static void DrawFrames(Pen pen, byte[] frames, int length, int size, int y)
    {
        pen.Text("frames", Left - 12, y + Thumbnail / 2 + 5, Faint, Pen.Normal, SKTextAlign.Right);
        for (int i = 0; i < Thumbnails; i++)
        {
            int step = Math.Min(length - 1, (int)((i + 0.5) / Thumbnails * length));
            using SKBitmap bitmap = Pen.Bitmap(size, size, (x, row) =>
            {
                int at = ((step * size + row) * size + x) * 3;
                return new SKColor(frames[at], frames[at + 1], frames[at + 2]);
            });
            pen.Draw(bitmap, Left + i * Thumbnail + 1, y, Thumbnail - 2, Thumbnail, smooth: true);
        }
    }

    private static void DrawCurves(Pen pen, PredictionExplanation e, int y)
    {
        float x = Left;
        foreach (ModalityEvidence m in e.Modalities)
            x += pen.Text(m.Modality, x, y + 14, ColourOf(m.Modality), Pen.Strong) + 16;
        y += Legend;
        double high = Math.Max(e.Modalities.SelectMany(m => m.Importance).DefaultIfEmpty(0).Max(), 0);
        double low = Math.Min(e.Modalities.SelectMany(m => m.Importance).DefaultIfEmpty(0).Min(), 0);
        double step = NiceStep(Math.Max(high - low, Occlusion.Least) / 4);
        high = Math.Max(high, step);
        float Y(double value) => (float)(y + Curves - (value - low) / (high - low) * Curves);
        for (int i = (int)Math.Ceiling(low / step); i * step <= high; i++)
        {
            pen.Rule(Left, Right, Y(i * step), i == 0 ? Faint : Grid);
            pen.Text(Format($"{i * step:0.###}"), Left - 12, Y(i * step) + 5, Faint, Pen.Small, SKTextAlign.Right);
        }
        pen.Vertical("importance, nats", 34, y + Curves / 2f, Faint);
        foreach (ModalityEvidence m in e.Modalities)
        {
            int n = m.Importance.Count;
            pen.Curve(
                [.. m.Importance.Select((v, i) => new SKPoint(Left + (float)((i + 0.5) / n * Time), Y(v)))],
                Y(0),
                ColourOf(m.Modality)
            );
        }
    }

    private static void DrawImage(Pen pen, RadarImage image, int y)
    {
        var colours = new ScottPlot.Colormaps.Viridis();
        using SKBitmap bitmap = Pen.Bitmap(image.Steps, image.Bins, (t, bin) =>
        {
            ScottPlot.Color c = colours.GetColor(image.Levels[t * image.Bins + bin]);
            return new SKColor(c.R, c.G, c.B);
        });
        pen.Draw(bitmap, Left, y, Time, Image, smooth: false);
        string[] words = image.Title.Split(", ");
        for (int i = 0; i < words.Length; i++)
            pen.Text(
                words[i],
                Left - 12,
                y + Image / 2 + 5 + (i * 2 - words.Length + 1) * 9,
                Faint,
                Pen.Small,
                SKTextAlign.Right
            );
    }

    private static void DrawTimeAxis(Pen pen, int y)
    {
        for (int percent = 0; percent <= 100; percent += 10)
            pen.Text(Format($"{percent}"), Left + percent * Time / 100f, y + 8, Faint, Pen.Small, SKTextAlign.Center);
        pen.Text("time, % of the clip", Left + Time / 2f, y + 30, Faint, Pen.Small, SKTextAlign.Center);
    }

    private static void DrawSide(Pen pen, PredictionExplanation e, int y)
    {
        pen.Text("most probable", Side, y + 14, Ink, Pen.Strong);
        y += 26;
        foreach (ProbableSign sign in e.Top)
            y = Bar(
                pen,
                $"{sign.Name}{(sign.Id == e.Truth?.Id ? " (true)" : "")}",
                sign.Probability,
                sign.Id == e.Sign.Id ? Ink : Faint,
                y
            );
        if (e.Modalities.Count < 2)
            return;
        y += 22;
        pen.Text(
            e.LeftOut ? $"{e.Sign.Name} without a modality" : $"{e.Sign.Name} with one held still",
            Side,
            y + 14,
            Ink,
            Pen.Strong
        );
        y = Bar(pen, "from everything", e.Sign.Probability, Ink, y + 26);
        foreach (ModalityEvidence m in e.Modalities)
            y = Bar(
                pen,
                e.LeftOut ? $"without {m.Modality}" : $"{m.Modality} held still",
                m.ProbabilityWithout!.Value,
                ColourOf(m.Modality),
                y
            );
    }

    /// <returns>Where the next one goes.</returns>
    private static int Bar(Pen pen, string name, double share, SKColor colour, int y)
    {
        pen.Text(name, Side, y + 15, Ink, Pen.Small);
        pen.Text(Format($"{100 * share:0.0} %"), Side + SideWidth, y + 15, Ink, Pen.Small, SKTextAlign.Right);
        pen.Box(Side, y + 21, SideWidth, 8, Grid);
        pen.Box(Side, y + 21, (float)(SideWidth * share), 8, colour);
        return y + 40;
    }

    /// <returns>The least of 1, 2, 5 × 10^n that is not below <paramref name="value"/>.</returns>
    private static double NiceStep(double value)
    {
        double power = Math.Pow(10, Math.Floor(Math.Log10(value)));
        return power * new[] { 1, 2, 5, 10 }.First(m => m * power >= value * 0.999999);
    }

    private static string Format(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}

using Gesto.Training.Reports;
using SkiaSharp;

namespace Gesto.Training.Explanation;

/// <summary>A recording's skeleton over time, for an explanation's picture: of each of some equal parts of the clip the
/// step that the answer rests on most.</summary>
internal sealed class SkeletonRow
{
    private const int Parts = 9,
        TallestFigure = 130,
        Bar = 10,
        Gap = 4;

    private readonly SkeletonFigure figure;
    private readonly ModalityEvidence evidence;
    private readonly SkeletonCells cells;
    private readonly int[] steps;
    private readonly int cell;

    /// <param name="figure">The recording.</param>
    /// <param name="evidence">Of its landmarks.</param>
    /// <param name="width">Of the whole clip, pixels.</param>
    public SkeletonRow(SkeletonFigure figure, ModalityEvidence evidence, int width)
    {
        (this.figure, this.evidence) = (figure, evidence);
        int parts = Math.Min(Parts, figure.Length);
        cell = width / parts;
        steps = [.. Enumerable.Range(0, parts).Select(MostImportantOf)];
        cells = new SkeletonCells(Math.Min(cell, width / Parts), TallestFigure, [(figure, steps)]);

        int MostImportantOf(int part) =>
            Enumerable
                .Range(part * figure.Length / parts, (part + 1) * figure.Length / parts - part * figure.Length / parts)
                .MaxBy(t => evidence.Importance.ElementAtOrDefault(t));
    }

    /// <summary>Pixels.</summary>
    public int Height => cells.Height + Gap + Bar;

    /// <param name="pen">On the picture.</param>
    /// <param name="left">Where the clip begins.</param>
    /// <param name="y">Upper edge.</param>
    /// <param name="body">Colour of the body.</param>
    /// <param name="leftHand">Of the signer's left hand.</param>
    /// <param name="rightHand">Of the right one.</param>
    /// <param name="mark">Of what matters.</param>
    public void Draw(Pen pen, int left, int y, SKColor body, SKColor leftHand, SKColor rightHand, SKColor mark)
    {
        SKColor ColourOf(SkeletonPart part) =>
            part switch
            {
                SkeletonPart.Body => body,
                SkeletonPart.LeftHand => leftHand,
                _ => rightHand,
            };
        const int Labels = 12;
        if (cells.FigureHeight > 0)
            pen.Text("skeleton", left - Labels, y + cells.FigureHeight / 2 + 5, body, Pen.Normal, SKTextAlign.Right);
        int across = (cells.Height - cells.FigureHeight) / Math.Max(1, cells.Hands.Count);
        foreach ((int row, SkeletonPart hand) in cells.Hands.Index())
            pen.Text(
                hand == SkeletonPart.LeftHand ? "left hand" : "right hand",
                left - Labels,
                y + cells.FigureHeight + row * across + across / 2 + 5,
                ColourOf(hand),
                Pen.Normal,
                SKTextAlign.Right
            );
        double most = Math.Max(evidence.Importance.DefaultIfEmpty(0).Max(), Occlusion.Least);
        if (steps.Any(s => evidence.Importance.ElementAtOrDefault(s) > 0))
            pen.Text("importance", left - Labels, y + Height, mark, Pen.Small, SKTextAlign.Right);
        foreach ((int place, int step) in steps.Index())
        {
            int x = left + place * cell + (cell - across) / 2;
            if (IsStrong(step))
                pen.Box(left + place * cell + 1, y, cell - 2, cells.Height, mark.WithAlpha(34));
            foreach (SkeletonLine line in cells.Lines(figure, step))
                pen.Line(
                    [.. line.Points.Select(p => new SKPoint(x + p.X, y + p.Y))],
                    line.Part == SkeletonPart.Body ? 2 : 1.6f,
                    ColourOf(line.Part).WithAlpha((byte)(line.Found ? 255 : 80))
                );
            double share = Math.Max(0, evidence.Importance.ElementAtOrDefault(step)) / most;
            pen.Box(left + place * cell + 1, y + cells.Height + Gap, (float)((cell - 2) * share), Bar, mark);
        }
    }

    private bool IsStrong(int step) =>
        evidence.Strongest is { } moment
        && (step + 0.5) / figure.Length is var middle
        && middle >= moment.From
        && middle <= moment.To;
}

using System.Numerics;

namespace Gesto.Training.Reports;

/// <summary>Lays moments of recordings out side by side, on one scale: in a row the whole figure, below it each hand
/// that any of them has.</summary>
internal sealed class SkeletonCells
{
    /// <summary>Of a cell on each side, pixels.</summary>
    private const int Margin = 4;

    /// <summary>A hand of which more than this is drawn has no fingers, palm lengths.</summary>
    private const float LeastReach = 0.8f;

    private readonly int width;
    private readonly float scale;
    private readonly Vector2 low,
        size;
    private readonly Dictionary<SkeletonPart, float> reach = [];

    /// <param name="width">Of a cell, pixels.</param>
    /// <param name="tallest">The whole figure's height at most, pixels.</param>
    /// <param name="shown">The figures and which of their steps are shown.</param>
    public SkeletonCells(int width, int tallest, IReadOnlyCollection<(SkeletonFigure Figure, int[] Steps)> shown)
    {
        this.width = width;
        Vector2[] points = [.. Points((f, t) => f.Whole(t))];
        if (points.Length > 0)
        {
            low = points.Aggregate(Vector2.Min);
            size = points.Aggregate(Vector2.Max) - low;
            scale = Math.Min((width - 2 * Margin) / size.X, (tallest - 2 * Margin) / size.Y);
            FigureHeight = (int)MathF.Ceiling(scale * size.Y) + 2 * Margin;
        }
        foreach (SkeletonPart hand in (SkeletonPart[])[SkeletonPart.LeftHand, SkeletonPart.RightHand])
            if (shown.Any(s => s.Figure.Has(hand)))
                reach[hand] = Points((f, t) => f.Hand(t, hand))
                    .Select(p => Math.Max(Math.Abs(p.X), Math.Abs(p.Y)))
                    .Append(LeastReach)
                    .Max();

        IEnumerable<Vector2> Points(Func<SkeletonFigure, int, IEnumerable<SkeletonLine>> lines) =>
            from s in shown
            from t in s.Steps
            from line in lines(s.Figure, t)
            from point in line.Points
            select point;
    }

    /// <summary>Of the row of whole figures, pixels; 0 where no body is known.</summary>
    public int FigureHeight { get; }

    /// <summary>Each has a row below the figures, as high as a cell is wide.</summary>
    public IReadOnlyCollection<SkeletonPart> Hands => reach.Keys;

    /// <summary>Of all rows, pixels.</summary>
    public int Height => FigureHeight + Hands.Count * width;

    /// <returns>The lines of one moment in pixels from its cell's upper left corner.</returns>
    public IEnumerable<SkeletonLine> Lines(SkeletonFigure figure, int step)
    {
        Vector2 first = new((width - scale * size.X) / 2, Margin);
        foreach (SkeletonLine line in figure.Whole(step))
            yield return line with
            {
                Points = [.. line.Points.Select(p => first + scale * (p - low))],
            };
        float top = FigureHeight;
        foreach ((SkeletonPart hand, float far) in reach)
        {
            Vector2 middle = new(width / 2f, top + width / 2f);
            foreach (SkeletonLine line in figure.Hand(step, hand))
                yield return line with
                {
                    Points = [.. line.Points.Select(p => middle + (width / 2f - Margin) / far * p)],
                };
            top += width;
        }
    }
}

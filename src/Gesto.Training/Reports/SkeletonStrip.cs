using System.Globalization;
using System.Numerics;
using System.Text;

namespace Gesto.Training.Reports;

/// <summary>Some moments of two recordings as inline SVG, on one scale: in a row the whole figure, below it each hand
/// larger. Colours come from report.css.</summary>
internal sealed class SkeletonStrip
{
    private const int Moments = 6,
        Cell = 86,
        TallestFigure = 128;

    private readonly SkeletonCells cells;

    /// <param name="figures">Those that stand side by side.</param>
    public SkeletonStrip(params IEnumerable<SkeletonFigure> figures) =>
        cells = new SkeletonCells(Cell, TallestFigure, [.. figures.Select(f => (f, StepsOf(f)))]);

    /// <param name="figure">One of those it was made for.</param>
    /// <param name="title">What it shows.</param>
    public HtmlBuilder Draw(SkeletonFigure figure, string title)
    {
        var html = new HtmlBuilder();
        html.Add(
            $"<svg class=\"skeleton\" viewBox=\"0 0 {Moments * Cell} {cells.Height}\" role=\"img\" aria-label=\"{title}\">"
        );
        foreach ((int place, int step) in StepsOf(figure).Index())
            Lines(html, cells.Lines(figure, step), new Vector2(place * Cell, 0));
        return html.Add($"</svg>");
    }

    /// <returns>Steps in the middle of equal parts.</returns>
    private static int[] StepsOf(SkeletonFigure figure) =>
        [.. Enumerable.Range(0, Moments).Select(i => (int)((i + 0.5) / Moments * figure.Length)).Distinct()];

    /// <summary>One path for all lines of a part.</summary>
    private static void Lines(HtmlBuilder html, IEnumerable<SkeletonLine> lines, Vector2 corner)
    {
        foreach (
            IGrouping<(SkeletonPart Part, bool Found), SkeletonLine> group in lines.GroupBy(l => (l.Part, l.Found))
        )
        {
            var path = new StringBuilder();
            foreach (SkeletonLine line in group)
            foreach ((int i, Vector2 p) in line.Points.Select(p => corner + p).Index())
                path.Append(CultureInfo.InvariantCulture, $"{(i == 0 ? 'M' : 'L')}{p.X:0.#} {p.Y:0.#}");
            string part = group.Key.Part switch
            {
                SkeletonPart.Body => "body",
                SkeletonPart.LeftHand => "left",
                _ => "right",
            };
            html.Add($"<path class=\"{part}{(group.Key.Found ? "" : " likely")}\" d=\"{path}\"/>");
        }
    }
}

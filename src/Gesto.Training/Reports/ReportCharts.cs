using System.Globalization;
using Gesto.Training.Recognition;
using Gesto.Training.Scoring;

namespace Gesto.Training.Reports;

/// <summary>The pictures of the report as inline SVG and HTML; colours come from classes in report.css, so that they
/// follow light, dark and print.</summary>
internal static class ReportCharts
{
    /// <summary>Rows of label, dot with 95 % whisker on a 0–100 % track, and value. Positions are percentages, so that
    /// the chart fits any width.</summary>
    public static HtmlBuilder DotRows(IEnumerable<GroupScore> scores)
    {
        var html = new HtmlBuilder();
        html.Add($"<div class=\"dots\">");
        foreach (GroupScore s in scores)
            html.Add(
                $"""
                <div class="row" title="{s.Group}: {s.Samples} samples, {s.IntervalMethod}">
                <span class="name">{s.Group}</span>
                <span class="track"><i class="band" style="left:{100 * s.Top1Low:0.##}%;width:{100
                    * (s.Top1High - s.Top1Low):0.##}%"></i><i class="dot" style="left:{100 * s.Top1:0.##}%"></i></span>
                <span class="value"><b>{100 * s.Top1:0.0}</b> <small>{100 * s.Top1Low:0.0}–{100
                    * s.Top1High:0.0}</small></span>
                </div>

                """
            );
        html.Add(
            $"<div class=\"row axis\"><span class=\"name\"></span><span class=\"track\"><span>0</span><span>25</span><span>50</span><span>75</span><span>100 %</span></span><span class=\"value\"></span></div></div>\n"
        );
        return html;
    }

    /// <summary>Training and validation values over epochs. Values that are not finite break the line.</summary>
    /// <param name="title">What the vertical axis shows, with its unit.</param>
    /// <param name="epochs">Epoch numbers, ascending.</param>
    /// <param name="train">(epochs).</param>
    /// <param name="validation">(epochs).</param>
    /// <param name="top">Upper end of the vertical axis, or null to take it from the data.</param>
    public static HtmlBuilder Curves(string title, int[] epochs, double[] train, double[] validation, double? top)
    {
        const double left = 46,
            right = 12,
            width = 460,
            height = 230,
            upper = 14,
            lower = 34;
        double[] finite = [.. train.Concat(validation).Where(double.IsFinite)];
        var html = new HtmlBuilder();
        if (finite.Length == 0)
            return html;
        double ceiling = top ?? NiceCeiling(finite.Max());
        double X(int epoch) =>
            epochs.Length == 1
                ? (left + width - right) / 2
                : left + (width - left - right) * (epoch - epochs[0]) / (epochs[^1] - epochs[0]);
        double Y(double value) => height - lower - (height - upper - lower) * Math.Clamp(value / ceiling, 0, 1);

        html.Add(
            $"<figure><svg class=\"curves\" viewBox=\"0 0 {width} {height}\" role=\"img\" aria-label=\"{title}\">"
        );
        for (int i = 0; i <= 4; i++)
        {
            double value = ceiling * i / 4;
            html.Add(
                $"<path class=\"grid\" d=\"M{left} {Y(value):0.#}H{width - right}\"/><text x=\"{left - 6}\" y=\"{Y(value) + 4:0.#}\" text-anchor=\"end\">{value:0.##}</text>"
            );
        }
        foreach (int epoch in Ticks(epochs))
            html.Add($"<text x=\"{X(epoch):0.#}\" y=\"{height - lower + 17}\" text-anchor=\"middle\">{epoch}</text>");
        html.Add($"<text x=\"{(left + width - right) / 2}\" y=\"{height - 3}\" text-anchor=\"middle\">epoch</text>");
        html.Add($"{Line("train", epochs, train, X, Y)}{Line("validation", epochs, validation, X, Y)}");
        html.Add($"</svg><figcaption>{title}: <span class=\"key train\">training</span>");
        if (validation.Any(double.IsFinite))
            html.Add($" <span class=\"key validation\">validation</span>");
        return html.Add($"</figcaption></figure>\n");
    }

    /// <summary>The confusion matrix, rows = truth, columns = prediction. The diagonal is blue by recall, errors are
    /// orange by their share of the row and never fainter than can be seen.</summary>
    /// <param name="matrix">Counts by label.</param>
    /// <param name="names">Name of each label.</param>
    /// <param name="order">Position → label.</param>
    public static HtmlBuilder Matrix(ConfusionMatrix matrix, IReadOnlyList<string> names, int[] order)
    {
        int count = order.Length;
        int cell = Math.Clamp(900 / count, 10, 44);
        int font = Math.Min(cell - 2, 13);
        int margin = (int)(8 + font * 0.66 * names.Max(n => n.Length));
        int size = margin + count * cell + 2;
        var html = new HtmlBuilder();
        html.Add(
            $"<svg class=\"matrix\" viewBox=\"0 0 {size} {size}\" width=\"{size}\" height=\"{size}\" font-size=\"{font}\" role=\"img\" aria-label=\"confusion matrix\">\n"
        );
        html.Add(
            $"<rect class=\"ground\" x=\"{margin}\" y=\"{margin}\" width=\"{count * cell}\" height=\"{count * cell}\"/>\n"
        );
        for (int i = 0; i < count; i++)
        {
            double middle = margin + (i + 0.5) * cell;
            html.Add(
                $"<text x=\"{margin - 4}\" y=\"{middle + font * 0.35:0.#}\" text-anchor=\"end\">{names[order[i]]}</text>"
            );
            html.Add(
                $"<text transform=\"translate({middle + font * 0.35:0.#} {margin - 4}) rotate(-90)\">{names[order[i]]}</text>"
            );
            if (i > 0 && i % 5 == 0)
                html.Add(
                    $"<path class=\"grid\" d=\"M{margin} {margin + i * cell}h{count * cell}M{margin + i * cell} {margin}v{count * cell}\"/>"
                );
        }
        for (int row = 0; row < count; row++)
        {
            int truth = order[row],
                support = matrix.Support(truth);
            for (int column = 0; column < count; column++)
                if (matrix[truth, order[column]] is > 0 and int n)
                    AddCell(
                        html,
                        n,
                        support,
                        row == column,
                        margin + column * cell,
                        margin + row * cell,
                        cell,
                        names[truth],
                        names[order[column]]
                    );
        }
        return html.Add($"</svg>\n");
    }

    /// <summary>Attention over time: rows = parts of the clip of the modality that looks, columns = parts of those that
    /// it looks at, opacity by weight up to the greatest.</summary>
    public static HtmlBuilder Attention(AttentionMap map)
    {
        const int left = 60,
            upper = 8,
            cell = 24,
            extent = AttentionMap.Parts * cell,
            width = left + extent + 16,
            height = upper + extent + 46;
        double greatest = Math.Max(map.Weights.Max(row => row.Max()), 1e-9);
        string others = string.Join(" and ", map.Shares.Keys);
        var html = new HtmlBuilder();
        html.Add(
            $"<figure><svg class=\"curves square\" viewBox=\"0 0 {width} {height}\" role=\"img\" aria-label=\"attention over time\"><rect class=\"ground\" x=\"{left}\" y=\"{upper}\" width=\"{extent}\" height=\"{extent}\"/>\n"
        );
        for (int q = 0; q < AttentionMap.Parts; q++)
        for (int k = 0; k < AttentionMap.Parts; k++)
            html.Add(
                $"<rect class=\"right\" x=\"{left + k * cell}\" y=\"{upper + q * cell}\" width=\"{cell}\" height=\"{cell}\" fill-opacity=\"{map.Weights[q][k] / greatest:0.##}\"><title>{map.Of} at {Middle(q):0} %, {others} at {Middle(k):0} %: {100 * map.Weights[q][k]:0.0} % of the row's attention</title></rect>\n"
            );
        html.Add($"<path class=\"ideal\" d=\"M{left} {upper}l{extent} {extent}\"/>");
        for (int i = 0; i <= 4; i++)
            html.Add(
                $"<text x=\"{left + extent * i / 4}\" y=\"{upper + extent + 17}\" text-anchor=\"middle\">{25 * i}</text><text x=\"{left - 6}\" y=\"{upper + extent * i / 4 + 4}\" text-anchor=\"end\">{25 * i}</text>"
            );
        return html.Add(
            $"<text x=\"{left + extent / 2}\" y=\"{height - 6}\" text-anchor=\"middle\">{others}, % of the clip</text><text transform=\"translate(16 {upper + extent / 2}) rotate(-90)\" text-anchor=\"middle\">{map.Of}, % of the clip</text></svg></figure>\n"
        );

        static double Middle(int part) => 100 * (part + 0.5) / AttentionMap.Parts;
    }

    private static void AddCell(
        HtmlBuilder html,
        int n,
        int support,
        bool right,
        int x,
        int y,
        int cell,
        string truth,
        string predicted
    )
    {
        double share = (double)n / support;
        html.Add(
            $"<g><title>{truth} recognised as {predicted}: {n} of {support}</title><rect class=\"{(right ? "right" : "wrong")}\" x=\"{x}\" y=\"{y}\" width=\"{cell}\" height=\"{cell}\" fill-opacity=\"{CellOpacity(share):0.##}\"/>"
        );
        if (cell >= 20)
            html.Add(
                $"<text class=\"{(share > 0.55 ? "n strong" : "n")}\" x=\"{x + cell / 2.0:0.#}\" y=\"{y + cell / 2.0 + 4:0.#}\" text-anchor=\"middle\">{n}</text>"
            );
        html.Add($"</g>\n");
    }

    internal static double CellOpacity(double share) => 0.35 + 0.65 * share;

    private static HtmlBuilder Line(
        string name,
        int[] epochs,
        double[] values,
        Func<int, double> x,
        Func<double, double> y
    )
    {
        var path = new System.Text.StringBuilder();
        var dots = new HtmlBuilder();
        bool drawing = false;
        for (int i = 0; i < epochs.Length; i++)
        {
            double value = values[i];
            if (!double.IsFinite(value))
            {
                drawing = false;
                continue;
            }
            path.Append(CultureInfo.InvariantCulture, $"{(drawing ? 'L' : 'M')}{x(epochs[i]):0.#} {y(value):0.#}");
            if (epochs.Length <= 30)
                dots.Add(
                    $"<circle class=\"{name}\" cx=\"{x(epochs[i]):0.#}\" cy=\"{y(value):0.#}\" r=\"2.5\"><title>epoch {epochs[i]}: {value:0.0000}</title></circle>"
                );
            drawing = true;
        }
        return new HtmlBuilder().Add($"<path class=\"line {name}\" d=\"{path.ToString()}\"/>{dots}");
    }

    private static int[] Ticks(int[] epochs)
    {
        int step = Math.Max(1, (epochs[^1] - epochs[0]) / 6);
        return [.. epochs.Where(e => (e - epochs[0]) % step == 0)];
    }

    /// <returns>The least of 1, 2, 2.5, 4, 5, 8 × 10^n that is not below <paramref name="value"/>.</returns>
    private static double NiceCeiling(double value)
    {
        if (value <= 0)
            return 1;
        double power = Math.Pow(10, Math.Floor(Math.Log10(value)));
        return power * new[] { 1, 2, 2.5, 4, 5, 8, 10 }.First(m => m * power >= value * 0.999999);
    }
}

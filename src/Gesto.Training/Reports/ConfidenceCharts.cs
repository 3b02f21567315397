using Gesto.Training.Scoring;

namespace Gesto.Training.Reports;

/// <summary>The two pictures on confidence as inline SVG; colours come from report.css.</summary>
internal static class ConfidenceCharts
{
    private const double Left = 46,
        Right = 12,
        Width = 460,
        Height = 300,
        Upper = 14,
        Lower = 38;

    /// <summary>Accuracy over confidence, one dot with its 95 % Wilson whisker a bin; on the dashed line confidence is
    /// what it says.</summary>
    public static HtmlBuilder Reliability(IReadOnlyList<ReliabilityBin> bins)
    {
        var html = Frame("reliability", "confidence, %", top: 1);
        html.Add($"<path class=\"ideal\" d=\"M{X(0)} {Y(0, 1)}L{X(1)} {Y(1, 1)}\"/>");
        foreach (ReliabilityBin bin in bins)
        {
            (double low, double high) = BootstrapInterval.Wilson(
                (int)Math.Round(bin.Accuracy * bin.Samples),
                bin.Samples
            );
            html.Add(
                $"<g><title>{bin.Samples} answers of {100 * bin.Confidence:0.0} % confidence on average: {100 * bin.Accuracy:0.0} % right</title><path class=\"whisker\" d=\"M{X(bin.Confidence):0.#} {Y(low, 1):0.#}V{Y(high, 1):0.#}\"/><circle class=\"validation\" cx=\"{X(bin.Confidence):0.#}\" cy=\"{Y(bin.Accuracy, 1):0.#}\" r=\"4\"/></g>"
            );
        }
        return html.Add(
            $"</svg><figcaption>right answers, %, by confidence; dashed: as it should be</figcaption></figure>\n"
        );
    }

    /// <summary>Error over coverage, and where the run's own threshold lies.</summary>
    public static HtmlBuilder RiskCoverage(IReadOnlyList<RiskPoint> curve, UnknownScore? unknown)
    {
        double top = Math.Max(0.04, Math.Ceiling(curve.Max(p => p.Error) * 25) / 25); // quarters are whole per cents
        var html = Frame("risk and coverage", "answered, %", top);
        string path = string.Join(
            "",
            curve.Select(
                (p, i) =>
                    FormattableString.Invariant($"{(i == 0 ? 'M' : 'L')}{X(p.Coverage):0.#} {Y(p.Error, top):0.#}")
            )
        );
        html.Add(
            $"<path class=\"mark\" d=\"M{X(0.9):0.#} {Y(0, top):0.#}V{Y(top, top):0.#}\"/><path class=\"line validation\" d=\"{path}\"/>"
        );
        if (unknown is { Coverage: > 0 } u)
            html.Add(
                $"<circle class=\"mark\" cx=\"{X(u.Coverage):0.#}\" cy=\"{Y(u.SelectiveError, top):0.#}\" r=\"5\"><title>threshold {100 * u.Threshold:0.0} %: {100 * u.Coverage:0.0} % answered, {100 * u.SelectiveError:0.0} % of them wrong</title></circle>"
            );
        html.Add($"</svg><figcaption>wrong answers, %, by how many are answered; dashed: 90 %");
        if (unknown is { Coverage: > 0 })
            html.Add($"; <span class=\"key train\">the run's threshold</span>");
        return html.Add($"</figcaption></figure>\n");
    }

    private static HtmlBuilder Frame(string name, string horizontal, double top)
    {
        var html = new HtmlBuilder();
        html.Add($"<figure><svg class=\"curves\" viewBox=\"0 0 {Width} {Height}\" role=\"img\" aria-label=\"{name}\">");
        for (int i = 0; i <= 4; i++)
        {
            double value = top * i / 4,
                across = i / 4.0;
            html.Add(
                $"<path class=\"grid\" d=\"M{Left} {Y(value, top):0.#}H{Width - Right}\"/><text x=\"{Left - 6}\" y=\"{Y(value, top) + 4:0.#}\" text-anchor=\"end\">{100 * value:0.#}</text>"
            );
            html.Add(
                $"<text x=\"{X(across):0.#}\" y=\"{Height - Lower + 17}\" text-anchor=\"middle\">{100 * across:0}</text>"
            );
        }
        return html.Add(
            $"<text x=\"{(Left + Width - Right) / 2}\" y=\"{Height - 4}\" text-anchor=\"middle\">{horizontal}</text>"
        );
    }

    private static double X(double share) => Left + (Width - Left - Right) * share;

    private static double Y(double value, double top) =>
        Height - Lower - (Height - Upper - Lower) * Math.Clamp(value / top, 0, 1);
}

using Gesto.Files;
using Gesto.Training.Recognition;
using Gesto.Training.Runs;
using Gesto.Training.Scoring;

namespace Gesto.Training.Reports;

/// <summary>Writes one evaluation as one HTML page for people: no other file, no network, light, dark and print. The
/// page is well-formed XML too.</summary>
public static class Report
{
    private const int PairsShown = 20;
    private const string PerCent = " %",
        KeptTogether = "\u00a0%"; // a number and its sign on one line

    /// <summary>Writes `report-&lt;split&gt;.html`.</summary>
    /// <param name="path">Where.</param>
    /// <param name="result">What to show.</param>
    /// <param name="logPath">The run's `log.jsonl` for the learning curves; they are left out where it is
    /// absent.</param>
    /// <param name="pairs">Frames of the most confused pairs; null = none were asked for, and the page says how
    /// to.</param>
    public static void Save(
        string path,
        EvaluationResult result,
        string logPath,
        IReadOnlyList<PairPicture>? pairs = null
    ) => AtomicFile.WriteText(path, Render(result, EpochLog.Load(logPath), pairs));

    internal static string Render(
        EvaluationResult result,
        IReadOnlyList<EpochLine> log,
        IReadOnlyList<PairPicture>? pairs = null
    )
    {
        var html = new HtmlBuilder();
        html.AddTrusted("<!DOCTYPE html>\n");
        html.Add(
            $"""
            <html lang="en">
            <head>
            <meta charset="utf-8"/>
            <meta name="viewport" content="width=device-width, initial-scale=1"/>
            <meta name="color-scheme" content="light dark"/>
            <title>{100 * result.Top1:0.0} % · {result.Recipe} on {result.Split} · Gesto</title>
            <style>{Resource("report.css")}</style>
            </head>
            <body><main>
            {Headline(result)}
            {Groups(result)}
            {Confidence(result)}
            {Masks(result)}
            {Attention(result)}
            {Pairs(result, pairs)}
            {Matrix(result)}
            {ClassTable(result)}
            {LearningCurves(log)}
            {Facts(result)}
            </main>
            <script>{Resource("report.js")}</script>
            </body>
            </html>

            """
        );
        return html.ToString().Replace(PerCent, KeptTogether, StringComparison.Ordinal);
    }

    private static HtmlBuilder Headline(EvaluationResult r)
    {
        var html = new HtmlBuilder();
        html.Add($"<header><p class=\"badges\"><span>recipe {r.Recipe}</span><span>split {r.Split}</span>");
        if (r.Simulated)
            html.Add($"<span class=\"warn\">simulated data</span>");
        if (r.TrainedOnThese)
            html.Add($"<span class=\"warn\">trained on these</span>");
        if (r.PseudoLabelled > 0)
            html.Add($"<span class=\"warn\">transductive</span>");
        html.Add(
            $"""
            </p>
            <h1>{100 * r.Top1:0.0} % <small>of {r.Samples:N0} signs recognised</small></h1>
            <p class="interval">95 % interval {100 * r.Top1Low:0.0} to {100
                * r.Top1High:0.0} %. {r.Classes} classes; guessing scores {100.0 / r.Classes:0.0} %.</p>
            <p class="note">{r.IntervalMethod}.</p>
            """
        );
        if (r.Linear is { } linear)
            html.Add(
                $"<p class=\"interval\">{linear.Group}: {100 * linear.Top1:0.0} % ({100 * linear.Top1Low:0.0} to {100 * linear.Top1High:0.0}).</p>"
            );
        if (r.Simulated)
            html.Add(
                $"<p class=\"note\">The recordings come from Gesto's simulator: simulated motion, not LIS. The score says how well this pipeline works, not how well it reads signers.</p>"
            );
        if (r.TrainedOnThese)
            html.Add(
                $"<p class=\"note\">The recogniser was trained on these samples. The score shows that it learned them, not how well it does on new ones.</p>"
            );
        if (r.PseudoLabelled > 0)
            html.Add(
                $"<p class=\"note\">The recogniser has seen {r.PseudoLabelled:N0} of these samples in training, with labels that another recogniser guessed, never their own. The score says how well it does after such an adaptation, not how well it does on recordings it has never seen.</p>"
            );
        html.Add(
            $"""
            <dl class="tiles">
            <div><dt>top-5</dt><dd>{100 * r.Top5:0.0} %</dd></div>
            <div><dt>macro-F1</dt><dd>{100 * r.MacroF1:0.0} %</dd></div>
            {Tile(r.Letters)}
            {Tile(r.Words)}
            <div><dt>calibration error</dt><dd>{100 * r.Ece:0.0} %</dd></div>
            <div><dt>signers</dt><dd>{(r.PerSigner.Count == 0 ? "unknown" : $"{r.PerSigner.Count}")}</dd></div>
            </dl>
            </header>
            """
        );
        return html;
    }

    /// <returns>Nothing where the samples are of one kind only.</returns>
    private static HtmlBuilder Tile(GroupScore? score)
    {
        var html = new HtmlBuilder();
        return score is null ? html : html.Add($"<div><dt>{score.Group}</dt><dd>{100 * score.Top1:0.0} %</dd></div>");
    }

    private static HtmlBuilder Groups(EvaluationResult r)
    {
        var html = new HtmlBuilder();
        html.Add($"<div class=\"pair\">");
        if (r is { Letters: { } letters, Words: { } words })
        {
            var all = new GroupScore("all", r.Samples, r.Top1, r.Top1Low, r.Top1High, r.IntervalMethod);
            html.Add($"<section><h2>Letters and words</h2>{ReportCharts.DotRows([all, letters, words])}</section>");
        }
        if (r.PerSigner.Count > 0)
            html.Add(
                $"<section><h2>Signers</h2>{ReportCharts.DotRows(r.PerSigner)}<p class=\"note\">95 % Wilson intervals over each signer's own samples.</p></section>"
            );
        return html.Add($"</div>");
    }

    private static HtmlBuilder Confidence(EvaluationResult r)
    {
        var html = new HtmlBuilder();
        html.Add(
            $"<section><h2>Can its confidence be trusted?</h2><div class=\"pair\"><div>{ConfidenceCharts.Reliability(r.ReliabilityBins)}<p class=\"note\">Expected calibration error {100 * r.Ece:0.0} % over {r.ReliabilityBins.Count} bins of equal mass"
        );
        if (r.Temperature != 1)
            html.Add($", {100 * r.EceUncalibrated:0.0} % before the temperature of {r.Temperature:0.00}");
        html.Add(
            $". A perfectly calibrated recogniser would show {100 * r.EceByChance:0.0} % on as many samples. Whiskers: 95 % Wilson.</p></div>"
        );
        html.Add(
            $"<div>{ConfidenceCharts.RiskCoverage(r.RiskCurve, r.Unknown)}<p class=\"note\">The surest answers first: all answered, {100 * (1 - r.Top1):0.0} % are wrong; of the surest 90 %, {100 * r.ErrorAt90Coverage:0.0} %. Area under the curve {100 * r.Aurc:0.0} %."
        );
        if (r.Unknown is { } u)
            html.Add(
                $" Below a probability of {100 * u.Threshold:0.0} %, chosen on validation, the answer is “unknown”: {100 * (1 - u.Coverage):0.0} % of these samples; of the rest {100 * u.SelectiveError:0.0} % are wrong."
            );
        return html.Add($"</p></div></div></section>");
    }

    private static HtmlBuilder Masks(EvaluationResult r)
    {
        var html = new HtmlBuilder();
        if (r.Masks.Count == 0)
            return html;
        GroupScore[] rows = [new("everything", r.Samples, r.Top1, r.Top1Low, r.Top1High, r.IntervalMethod), .. r.Masks];
        return html.Add(
            $"<section class=\"masks\"><h2>When something is missing</h2>{ReportCharts.DotRows(rows)}<p class=\"note\">The same recordings and the same run, from the named part of them only.</p></section>"
        );
    }

    private static HtmlBuilder LearningCurves(IReadOnlyList<EpochLine> log)
    {
        var html = new HtmlBuilder();
        if (log.Count < 2)
            return html; // of a linear run there is one line, and no curve
        html.Add($"<section><h2>Learning curves</h2>");
        foreach (IGrouping<string, EpochLine> stage in log.GroupBy(e => e.Stage))
        {
            EpochLine[] epochs = [.. stage];
            int[] numbers = [.. epochs.Select(e => e.Epoch)];
            TimeSpan time = TimeSpan.FromSeconds(epochs.Sum(e => e.Seconds));
            string took =
                time == TimeSpan.Zero
                    ? "taken over from another run"
                    : string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{time.TotalMinutes:0.0} min");
            html.Add($"<h3>{stage.Key} <small>{epochs.Length} epochs, {took}</small></h3><div class=\"pair\">");
            html.Add(
                $"{ReportCharts.Curves("loss", numbers, [.. epochs.Select(e => e.TrainLoss)], [.. epochs.Select(e => e.ValidationLoss ?? double.NaN)], top: null)}"
            );
            html.Add(
                $"{ReportCharts.Curves("accuracy, %", numbers, [.. epochs.Select(e => 100 * e.TrainAccuracy)], [.. epochs.Select(e => 100 * e.ValidationAccuracy ?? double.NaN)], top: 100)}"
            );
            html.Add($"</div>");
        }
        return html.Add($"</section>");
    }

    private static HtmlBuilder Attention(EvaluationResult r)
    {
        var html = new HtmlBuilder();
        if (r.Attention is not { } map)
            return html;
        double nothing = map.Nothing.Average();
        string others = string.Join(" and ", map.Shares.Keys);
        double[] cells = [.. map.Weights.SelectMany(row => row)];
        return html.Add(
            $"""
            <section class="attention"><h2>What the attention looked at</h2><div class="pair"><div>{ReportCharts.Attention(
                map
            )}</div><div>
            <p>Each row is a moment of the {map.Of} clip, each column a moment of the {others} clip; the stronger a cell's colour, the more of its row's attention went there: {100
                * cells.Min():0.0} to {100
                * cells.Max():0.0} %, mean over {map.Samples:N0} samples. On the dashed line both are the same moment.{Shares(map)}</p>
            <p class="note">{Spread(map)} {100
                * nothing:0.0} % of all attention chose to look at nothing. Attention says where the model could take something from {others}, not how much it counted; an explanation measures that for one recording.</p>
            </div></div></section>
            """
        );
    }

    /// <returns>Of one modality's attention to several others.</returns>
    private static string Shares(AttentionMap map) =>
        map.Shares.Count < 2
            ? ""
            : " "
                + string.Join(
                    ", ",
                    map.Shares.Select(s =>
                        string.Create(
                            System.Globalization.CultureInfo.InvariantCulture,
                            $"{100 * s.Value:0} % went to {s.Key}"
                        )
                    )
                )
                + ".";

    private static string Spread(AttentionMap map)
    {
        double everywhere = Enumerable
            .Range(0, AttentionMap.Parts)
            .Average(q =>
                Enumerable.Range(0, AttentionMap.Parts).Average(k => Math.Abs(q - k) / (double)AttentionMap.Parts)
            );
        return double.IsNaN(map.Distance())
            ? "It looked at nothing."
            : string.Create(
                System.Globalization.CultureInfo.InvariantCulture,
                $"On average it looked {100 * map.Distance():0} % of the clip away from its own moment; looking everywhere alike would be {100 * everywhere:0} %."
            );
    }

    private static HtmlBuilder Pairs(EvaluationResult r, IReadOnlyList<PairPicture>? pictures)
    {
        var html = new HtmlBuilder();
        html.Add($"<section><h2>Most confused pairs</h2>");
        if (r.ConfusedPairs.Count == 0)
            html.Add($"<p>No sign was taken for another.</p>");
        else
            html.Add($"{PairTable(r.ConfusedPairs.Take(PairsShown))}");
        if (r.ConfusedPairs.Count > PairsShown)
            html.Add(
                $"<p class=\"note\">{r.ConfusedPairs.Count - PairsShown} further pairs are in evaluation-{r.Split}.json.</p>"
            );
        if (r.ConfusedPairs.Count > 0)
            html.Add($"{SideBySide(pictures)}");
        if (r.WatchedPairs.Count > 0)
            html.Add(
                $"<h3>Costly pairs <small>watched whether confused or not</small></h3>{PairTable(r.WatchedPairs)}"
            );
        return html.Add($"</section>");
    }

    private static HtmlBuilder SideBySide(IReadOnlyList<PairPicture>? pictures)
    {
        var html = new HtmlBuilder();
        if (pictures is null)
            return html.Add(
                $"<p class=\"note\">To see frames of both signs side by side, evaluate again with the data set that the features were extracted from.</p>"
            );
        html.Add(
            $"<h3>Side by side <small>one recording of each sign, of the same signer where there is one</small></h3>"
        );
        if (pictures.Count == 0)
            return html.Add($"<p class=\"note\">The recordings of these signs have no RGB video.</p>");
        if (pictures.Any(p => p.First.Skeleton is not null || p.Second.Skeleton is not null))
            html.Add(
                $"<p class=\"note\">Landmarks as the run sees them, from the first moment to the last, hands larger below: the signer's <span class=\"key left\">left</span> and <span class=\"key right\">right</span> hand, pale where it was not found in that moment and is drawn from those before and after. Everybody has the same shoulders and palms.</p>"
            );
        foreach (PairPicture p in pictures)
        {
            var strip = new SkeletonStrip(new[] { p.First.Skeleton, p.Second.Skeleton }.OfType<SkeletonFigure>());
            html.Add(
                $"<div class=\"pair beside\">{Figure(p.Pair.First, p.First, strip)}{Figure(p.Pair.Second, p.Second, strip)}</div>\n"
            );
        }
        return html;
    }

    private static HtmlBuilder Figure(string sign, SampleFrames frames, SkeletonStrip strip)
    {
        var html = new HtmlBuilder();
        html.Add($"<figure>");
        if (frames.Frames.Count > 0)
        {
            html.Add($"<div class=\"frames\">");
            foreach (byte[] jpeg in frames.Frames)
                html.Add($"<img alt=\"\" src=\"data:image/jpeg;base64,{Convert.ToBase64String(jpeg)}\"/>");
            html.Add($"</div>");
        }
        if (frames.Skeleton is { } skeleton)
            html.Add($"{strip.Draw(skeleton, $"{sign}, skeleton of {frames.Sample}")}");
        html.Add($"<figcaption><b>{sign}</b> {frames.Sample}");
        if (frames.Signer is { } signer)
            html.Add($", signer {signer}");
        return html.Add($"</figcaption></figure>");
    }

    private static HtmlBuilder PairTable(IEnumerable<ConfusedPair> pairs)
    {
        var html = new HtmlBuilder();
        html.Add(
            $"<div class=\"scroll\"><table class=\"pairs\"><thead><tr><th>pair</th><th class=\"num\">confused</th><th class=\"num each\">each way</th><th class=\"num\">rate</th><th class=\"wide\"></th></tr></thead><tbody>\n"
        );
        foreach (ConfusedPair p in pairs)
            html.Add(
                $"<tr><td>{p.First} / {p.Second}</td><td class=\"num\">{p.Count}</td><td class=\"num each\" title=\"{p.First} taken for {p.Second}, {p.Second} taken for {p.First}\">{p.FirstAsSecond} + {p.Count - p.FirstAsSecond}</td><td class=\"num\">{100 * p.Rate:0.0} %</td><td class=\"wide\"><i class=\"bar\" style=\"width:{100 * p.Rate:0.#}%\"></i></td></tr>\n"
            );
        return html.Add($"</tbody></table></div>");
    }

    private static HtmlBuilder Matrix(EvaluationResult r)
    {
        ConfusionMatrix matrix = r.ToMatrix();
        HtmlBuilder picture = ReportCharts.Matrix(
            matrix,
            [.. r.PerClass.Select(c => c.Name)],
            ConfusionOrder.Of(matrix)
        );
        return new HtmlBuilder().Add(
            $"""
            <section><h2>Confusion matrix</h2>
            <p class="note">Rows are the sign that was shown, columns what was recognised; <span class="key validation">right</span> and <span class="key train">wrong</span>, stronger with a larger share of the row. Signs confused with each other stand together. Point at a cell for its counts.</p>
            <p class="zoom" hidden="hidden">size <button type="button" data-zoom="fit">fit</button> <button type="button" data-zoom="1">100 %</button> <button type="button" data-zoom="2">200 %</button></p>
            <div class="scroll matrix-box">{picture}</div></section>
            """
        );
    }

    private static HtmlBuilder ClassTable(EvaluationResult r)
    {
        var html = new HtmlBuilder();
        html.Add(
            $"<section><h2>Classes</h2><p class=\"note sort-note\" hidden=\"hidden\">A click on a heading sorts.</p><div class=\"scroll\"><table class=\"classes sortable\"><thead><tr><th class=\"num\">id</th><th>sign</th><th class=\"num\">samples</th><th class=\"num\">right</th><th class=\"num\">recall</th><th class=\"num\">precision</th><th class=\"num\">F1</th></tr></thead><tbody>\n"
        );
        foreach (ClassResult c in r.PerClass.Where(c => c.Support + c.Predicted > 0))
            html.Add(
                $"<tr><td class=\"num\">{c.Id}</td><td>{c.Name}</td><td class=\"num\">{c.Support}</td><td class=\"num\">{c.Correct}</td><td class=\"num\">{100 * c.Recall:0.0}</td><td class=\"num\">{100 * c.Precision:0.0}</td><td class=\"num\"><i class=\"bar\" style=\"width:{100 * c.F1:0}%\"></i>{100 * c.F1:0.0}</td></tr>\n"
            );
        html.Add($"</tbody></table></div>");
        if (r.PerClass.Count(c => c.Support + c.Predicted == 0) is > 0 and int absent)
            html.Add(
                $"<p class=\"note\">{absent} further classes occur neither in this split nor among the answers. Macro-F1 is the mean F1 of the classes listed.</p>"
            );
        return html.Add($"</section>");
    }

    private static HtmlBuilder Facts(EvaluationResult r)
    {
        var html = new HtmlBuilder();
        html.Add($"<section><h2>This run</h2><dl class=\"facts\">\n");
        html.Add(
            $"<div><dt>recipe</dt><dd>{r.Recipe}</dd></div><div><dt>samples</dt><dd>{r.Samples:N0} of split {r.Split}</dd></div><div><dt>classes</dt><dd>{r.Classes}</dd></div>\n"
        );
        foreach ((string name, string value) in r.Facts)
            html.Add($"<div><dt>{name}</dt><dd>{value}</dd></div>\n");
        return html.Add($"</dl></section>");
    }

    private static HtmlBuilder Resource(string name)
    {
        using Stream stream = typeof(Report).Assembly.GetManifestResourceStream(name)!;
        using var reader = new StreamReader(stream);
        return new HtmlBuilder().AddTrusted(reader.ReadToEnd());
    }
}

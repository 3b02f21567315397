using System.Text.Json;
using System.Text.Json.Serialization;
using Gesto.Files;
using Gesto.Signs;
using Gesto.Training.Evaluation;
using Gesto.Training.Recognition;

namespace Gesto.Training.Scoring;

/// <summary>Top-1 of a group of samples (the letters, the words, one signer's) with its 95 % interval, fractions
/// 0…1.</summary>
public sealed record GroupScore(
    string Group,
    int Samples,
    double Top1,
    double Top1Low,
    double Top1High,
    string IntervalMethod
);

/// <summary>What happens when answers below the run's threshold are withheld.</summary>
/// <param name="Threshold">As <see cref="Calibration.UnknownBelow"/>.</param>
/// <param name="Coverage">Share of the samples that is still answered, 0…1.</param>
/// <param name="SelectiveError">Share of those answers that is wrong; 0 where none is given.</param>
public sealed record UnknownScore(double Threshold, double Coverage, double SelectiveError);

/// <summary>One class of the label set, in label order.</summary>
public sealed record ClassResult(
    int Id,
    string Name,
    int Support,
    int Predicted,
    int Correct,
    double Precision,
    double Recall,
    double F1
);

/// <summary>The result of one evaluation: `evaluation-&lt;split&gt;.json`.
/// All scores are fractions 0…1; names are snake_case in JSON.</summary>
public sealed record EvaluationResult
{
    private static readonly JsonSerializerOptions Json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        WriteIndented = true,
        // A facts value or a class name may be in any script; the file is UTF-8 and never pasted into HTML unescaped.
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Skip,
    };

    /// <summary>What the linear reference is called wherever its score is shown.</summary>
    internal const string LinearGroup = "a linear classifier on the same features";

    public required string Recipe { get; init; }

    public required string Split { get; init; }

    public required bool TrainedOnThese { get; init; }

    /// <summary>As <see cref="EvaluationInput.PseudoLabelled"/>.</summary>
    public int PseudoLabelled { get; init; }

    public required bool Simulated { get; init; }

    public required int Samples { get; init; }

    /// <summary>K of the label set, whether all classes occur here or not.</summary>
    public required int Classes { get; init; }

    public required double Top1 { get; init; }

    public required double Top1Low { get; init; }

    public required double Top1High { get; init; }

    public required string IntervalMethod { get; init; }

    public required double Top5 { get; init; }

    /// <summary>As <see cref="Metrics.MacroF1"/>.</summary>
    public required double MacroF1 { get; init; }

    /// <summary>Samples whose truth is a letter; predictions range over all classes. Null, as the words are, where
    /// samples are of one kind only: then <see cref="Top1"/> says it.</summary>
    public required GroupScore? Letters { get; init; }

    public required GroupScore? Words { get; init; }

    /// <summary>Expected calibration error over <see cref="Reliability.Bins"/> bins of equal mass, as
    /// predicted.</summary>
    public required double Ece { get; init; }

    /// <summary>The same before the run's temperature was applied; equal to <see cref="Ece"/> where it has
    /// none.</summary>
    public required double EceUncalibrated { get; init; }

    /// <summary>As <see cref="Reliability.ByChance"/>: what a perfectly calibrated recogniser would show on as many
    /// samples.</summary>
    public required double EceByChance { get; init; }

    /// <summary>Over bins of equal width, for comparison with others' figures.</summary>
    public required double EceEqualWidth { get; init; }

    /// <summary>1 where the run has no calibration.</summary>
    public required double Temperature { get; init; }

    /// <summary>As <see cref="RiskCoverage.Area"/>.</summary>
    public required double Aurc { get; init; }

    /// <summary>Error of the 90 % surest answers.</summary>
    [JsonPropertyName("error_at_90_coverage")]
    public required double ErrorAt90Coverage { get; init; }

    /// <summary>Null where the run has no threshold.</summary>
    public required UnknownScore? Unknown { get; init; }

    /// <summary>Bins of equal mass, least sure first.</summary>
    public required IReadOnlyList<ReliabilityBin> ReliabilityBins { get; init; }

    /// <summary>At up to 50 coverages, ascending.</summary>
    public required IReadOnlyList<RiskPoint> RiskCurve { get; init; }

    /// <summary>One entry per known signer, with Wilson intervals over that signer's samples.</summary>
    public required IReadOnlyList<GroupScore> PerSigner { get; init; }

    /// <summary>With modalities or antennas left out, where the run was taught to do without; empty else.</summary>
    public IReadOnlyList<GroupScore> Masks { get; init; } = [];

    /// <summary>A linear classifier on the same features and samples (<see cref="LinearReference"/>); null where there
    /// is none.</summary>
    public GroupScore? Linear { get; init; }

    /// <summary>Where attention fusion looked; null where the run has none.</summary>
    public AttentionMap? Attention { get; init; }

    /// <summary>All pairs confused at least once, most first.</summary>
    public required IReadOnlyList<ConfusedPair> ConfusedPairs { get; init; }

    /// <summary>The costly pairs, confused or not.</summary>
    public required IReadOnlyList<ConfusedPair> WatchedPairs { get; init; }

    public required IReadOnlyList<ClassResult> PerClass { get; init; }

    /// <summary>Non-zero cells of the confusion matrix as [true id, predicted id, count].</summary>
    public required IReadOnlyList<int[]> Confusion { get; init; }

    /// <summary>As <see cref="ITrainedRecogniser.Parameters"/>.</summary>
    public long Parameters { get; init; }

    /// <summary>Of all epochs, on the machine that trained; of an ensemble, of all members.</summary>
    public double TrainingSeconds { get; init; }

    /// <summary>Median time from stored features to probabilities, one sample at a time, on the machine that
    /// evaluated.</summary>
    public double MillisecondsASample { get; init; }

    public required IReadOnlyDictionary<string, string> Facts { get; init; }

    public string ToJson() => JsonSerializer.Serialize(this, Json);

    /// <exception cref="InvalidDataException">The file is not an evaluation.</exception>
    public static EvaluationResult Load(string path)
    {
        Cure cure = new("Evaluate again, which writes it.", NextStep.Evaluate);
        EvaluationResult result = JsonFile.Load<EvaluationResult>(path, "an evaluation", cure, Json);
        var check = new FileCheck(path, cure);
        foreach (
            (string name, double score) in new[]
            {
                ("top1", result.Top1),
                ("top1_low", result.Top1Low),
                ("top1_high", result.Top1High),
            }
        )
            check.Fraction(score, name);
        check.Require(result.Samples >= 1, "samples", result.Samples, "1 or more");
        return result;
    }

    /// <summary>Scores what a recogniser said.</summary>
    /// <exception cref="InvalidDataException">There are no samples, a label is outside the label set, or a probability
    /// is NaN.</exception>
    public static EvaluationResult Of(EvaluationInput input)
    {
        Metrics.CheckLabels(input.Probabilities, input.Truth);
        LabelSet labels = input.Labels;
        if (input.Probabilities[0].Length != labels.Count)
            throw new InvalidDataException(
                $"The recogniser gives {input.Probabilities[0].Length} probabilities a sample, the label set has {labels.Count} classes."
            );
        int[] predicted = Metrics.Predict(input.Probabilities);
        ClassScore[] scores = Metrics.PerClass(predicted, input.Truth, labels.Count);
        var matrix = new ConfusionMatrix(predicted, input.Truth, labels.Count);
        bool[] correct = [.. predicted.Zip(input.Truth, (p, t) => p == t)];
        GroupScore all = Score("all", input, correct, _ => true)!;
        GroupScore? letters = Score("letters", input, correct, n => labels[input.Truth[n]].IsLetter);
        GroupScore? words = Score("words", input, correct, n => !labels[input.Truth[n]].IsLetter);
        double[] confidences = [.. input.Probabilities.Select(row => (double)row.Max())];
        IReadOnlyList<ReliabilityBin> bins = Reliability.EqualMass(confidences, correct);
        var risk = new RiskCoverage(confidences, correct);
        return new()
        {
            Recipe = input.Recipe,
            Split = input.Split,
            TrainedOnThese = input.TrainedOnThese,
            PseudoLabelled = input.PseudoLabelled,
            Simulated = input.Simulated,
            Samples = correct.Length,
            Classes = labels.Count,
            Top1 = all.Top1,
            Top1Low = all.Top1Low,
            Top1High = all.Top1High,
            IntervalMethod = all.IntervalMethod,
            Top5 = Metrics.TopK(input.Probabilities, input.Truth, 5),
            MacroF1 = Metrics.MacroF1(scores),
            Letters = words is null ? null : letters,
            Words = letters is null ? null : words,
            Ece = Reliability.Ece(bins),
            EceUncalibrated = EceOf(
                [.. input.Probabilities.Select(row => Calibration.Sharpen(row, input.Calibration.Temperature))],
                correct
            ),
            EceByChance = Reliability.ByChance(confidences, input.Seed),
            EceEqualWidth = Reliability.Ece(Reliability.EqualWidth(confidences, correct)),
            Temperature = input.Calibration.Temperature,
            Aurc = risk.Area,
            ErrorAt90Coverage = risk.ErrorAt(0.9),
            Unknown = UnknownOf(input.Calibration.UnknownBelow, confidences, correct),
            ReliabilityBins = bins,
            RiskCurve = risk.Curve(),
            PerSigner = PerSignerOf(input, correct),
            Masks =
            [
                .. input.Masked.Select(m =>
                    Score(m.Used, input, [.. Metrics.Predict(m.Probabilities).Zip(input.Truth, (p, t) => p == t)], _ =>
                        true
                    )!
                ),
            ],
            Linear = input.Linear is { } linear
                ? Score(LinearGroup, input, [.. Metrics.Predict(linear).Zip(input.Truth, (p, t) => p == t)], _ => true)
                : null,
            Attention = input.Attention,
            ConfusedPairs = matrix.ConfusedPairs(labels),
            WatchedPairs = matrix.WatchedPairs(labels, input.WatchedPairs),
            PerClass =
            [
                .. scores.Select(
                    (s, label) =>
                        new ClassResult(
                            labels[label].Id,
                            labels[label].Name,
                            s.Support,
                            s.Predicted,
                            s.Correct,
                            s.Precision,
                            s.Recall,
                            s.F1
                        )
                ),
            ],
            Confusion =
            [
                .. from t in Enumerable.Range(0, labels.Count)
                from p in Enumerable.Range(0, labels.Count)
                where matrix[t, p] > 0
                select new[] { labels[t].Id, labels[p].Id, matrix[t, p] },
            ],
            Parameters = input.Parameters,
            TrainingSeconds = input.TrainingSeconds,
            MillisecondsASample = input.MillisecondsASample,
            Facts = input.Facts,
        };
    }

    /// <summary>The confusion matrix in label order, from <see cref="Confusion"/>.</summary>
    internal ConfusionMatrix ToMatrix()
    {
        var labelOf = PerClass.Select((c, label) => (c.Id, label)).ToDictionary(p => p.Id, p => p.label);
        int[] truth = [.. Confusion.SelectMany(c => Enumerable.Repeat(labelOf[c[0]], c[2]))];
        int[] predicted = [.. Confusion.SelectMany(c => Enumerable.Repeat(labelOf[c[1]], c[2]))];
        return new(predicted, truth, PerClass.Count);
    }

    private static double EceOf(float[][] probabilities, bool[] correct) =>
        Reliability.Ece(Reliability.EqualMass([.. probabilities.Select(row => (double)row.Max())], correct));

    private static UnknownScore? UnknownOf(double threshold, double[] confidences, bool[] correct)
    {
        if (threshold <= 0)
            return null;
        bool[] answered = [.. correct.Where((_, n) => confidences[n] >= threshold)];
        return new(
            threshold,
            answered.Length / (double)correct.Length,
            answered.Length == 0 ? 0 : answered.Count(c => !c) / (double)answered.Length
        );
    }

    private static GroupScore? Score(string group, EvaluationInput input, bool[] correct, Func<int, bool> belongs)
    {
        int[] members = [.. Enumerable.Range(0, correct.Length).Where(belongs)];
        if (members.Length == 0)
            return null;
        bool[] hits = [.. members.Select(n => correct[n])];
        AccuracyInterval interval = BootstrapInterval.OfTop1(
            hits,
            [.. members.Select(n => input.Samples[n].Signer)],
            input.Seed
        );
        return new(
            group,
            members.Length,
            hits.Count(h => h) / (double)members.Length,
            interval.Low,
            interval.High,
            interval.Method
        );
    }

    private static IReadOnlyList<GroupScore> PerSignerOf(EvaluationInput input, bool[] correct) =>
        [
            .. input
                .Samples.Zip(correct, (sample, hit) => (sample.Signer, hit))
                .Where(p => p.Signer is not null)
                .GroupBy(p => p.Signer!, p => p.hit)
                .OrderBy(g => g.Key, StringComparer.Ordinal)
                .Select(g =>
                {
                    int n = g.Count(),
                        right = g.Count(hit => hit);
                    (double low, double high) = BootstrapInterval.Wilson(right, n);
                    return new GroupScore(
                        g.Key,
                        n,
                        (double)right / n,
                        low,
                        high,
                        "95 % Wilson over this signer's samples"
                    );
                }),
        ];
}

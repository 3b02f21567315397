using System.Globalization;
using System.Text.Json;
using Gesto.Files;
using Gesto.Signs;
using Gesto.Training.Scoring;

namespace Gesto.Training.Evaluation;

/// <summary>What one run answered, as it enters a comparison.</summary>
/// <param name="Name">What to call it.</param>
/// <param name="Labels">Its label set.</param>
/// <param name="Predictions">One line a sample.</param>
/// <param name="PseudoLabelled">As <see cref="EvaluationInput.PseudoLabelled"/>.</param>
/// <param name="Linear">As <see cref="EvaluationResult.Linear"/>.</param>
public sealed record ComparedRun(
    string Name,
    LabelSet Labels,
    IReadOnlyList<SavedPrediction> Predictions,
    int PseudoLabelled = 0,
    GroupScore? Linear = null
);

/// <summary>A run's own score in a comparison, fractions 0…1.</summary>
public sealed record RunScore(
    string Run,
    double Top1,
    double Top1Low,
    double Top1High,
    int PseudoLabelled,
    GroupScore? Linear
);

/// <summary>How often two runs recognised one class.</summary>
public sealed record ClassDifference(int Id, string Name, int Support, int CorrectA, int CorrectB);

/// <summary>Two runs on a part of the samples, the letters or the words; fractions 0…1, A as in the pair.</summary>
public sealed record GroupDifference(
    int Samples,
    double Top1A,
    double Top1B,
    double Difference,
    double DifferenceLow,
    double DifferenceHigh,
    double McnemarP
);

/// <summary>Two runs on the same samples; A is the one with the higher top-1, fractions 0…1.</summary>
public sealed record PairComparison
{
    public required string A { get; init; }

    public required string B { get; init; }

    /// <summary>Top-1 of A minus that of B, 0 or more.</summary>
    public required double Difference { get; init; }

    public required double DifferenceLow { get; init; }

    public required double DifferenceHigh { get; init; }

    /// <summary>Samples that A recognised and B did not, and the reverse.</summary>
    public required int OnlyA { get; init; }

    public required int OnlyB { get; init; }

    /// <summary>As <see cref="McNemar.P"/>.</summary>
    public required double McnemarP { get; init; }

    /// <summary>Adjusted for the number of pairs compared (Holm).</summary>
    public required double McnemarPHolm { get; init; }

    public required string Verdict { get; init; }

    /// <summary>Samples whose truth is a letter; null, as the words are, where samples are of one kind only.</summary>
    public required GroupDifference? Letters { get; init; }

    public required GroupDifference? Words { get; init; }

    /// <summary>Classes on which they differ, the largest difference first.</summary>
    public required IReadOnlyList<ClassDifference> Classes { get; init; }
}

/// <summary>Which of several runs is better on the same samples, and how sure that is.</summary>
public sealed record RunComparison
{
    private static readonly JsonSerializerOptions Json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        WriteIndented = true,
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    public required string Split { get; init; }

    public required int Samples { get; init; }

    public required string IntervalMethod { get; init; }

    /// <summary>Best first.</summary>
    public required IReadOnlyList<RunScore> Runs { get; init; }

    public required IReadOnlyList<PairComparison> Pairs { get; init; }

    public string ToJson() => JsonSerializer.Serialize(this, Json);

    /// <param name="runs">Two or more.</param>
    /// <param name="split">Name of the split, for the result.</param>
    /// <param name="seed">Of the bootstrap.</param>
    /// <exception cref="InvalidDataException">The runs have other label sets or answered other samples.</exception>
    public static RunComparison Of(IReadOnlyList<ComparedRun> runs, string split, int seed)
    {
        if (runs.Count < 2)
            throw new InvalidDataException($"{runs.Count} run given, a comparison needs two or more.");
        if (runs.GroupBy(r => r.Name).FirstOrDefault(g => g.Count() > 1) is { } twice)
            throw new InvalidDataException($"'{twice.Key}' is named twice; a run cannot differ from itself.");
        foreach (ComparedRun other in runs.Skip(1))
            CheckSame(runs[0], other);
        ComparedRun[] ranked =
        [
            .. runs.Select(r =>
                    r with
                    {
                        Predictions = [.. r.Predictions.OrderBy(p => p.Sample, StringComparer.Ordinal)],
                    }
                )
                .OrderByDescending(Top1),
        ];
        string?[] signers = [.. ranked[0].Predictions.Select(p => p.Signer)];
        var pairs = new List<PairComparison>();
        for (int a = 0; a < ranked.Length; a++)
        for (int b = a + 1; b < ranked.Length; b++)
            pairs.Add(Compare(ranked[a], ranked[b], signers, seed));
        double[] holm = McNemar.Holm([.. pairs.Select(p => p.McnemarP)]);
        AccuracyInterval[] intervals =
        [
            .. ranked.Select(r => BootstrapInterval.OfTop1([.. r.Predictions.Select(p => p.IsCorrect)], signers, seed)),
        ];
        return new()
        {
            Split = split,
            Samples = signers.Length,
            IntervalMethod = BootstrapInterval.OfMean(new double[signers.Length], signers, seed).Method,
            Runs =
            [
                .. ranked.Zip(intervals, (r, i) =>
                    new RunScore(r.Name, Top1(r), i.Low, i.High, r.PseudoLabelled, r.Linear)
                ),
            ],
            Pairs = [.. pairs.Zip(holm, (p, h) => p with { McnemarPHolm = h, Verdict = VerdictOf(p, h, pairs.Count) })],
        };
    }

    private static double Top1(ComparedRun run) => run.Predictions.Average(p => p.IsCorrect ? 1.0 : 0.0);

    private static PairComparison Compare(ComparedRun a, ComparedRun b, string?[] signers, int seed)
    {
        (SavedPrediction A, SavedPrediction B, string? Signer)[] both =
        [
            .. a.Predictions.Zip(b.Predictions, signers).Select(p => (p.First, p.Second, p.Third)),
        ];
        GroupDifference all = Difference(both, seed)!;
        bool IsLetter(SavedPrediction p) => a.Labels[a.Labels.LabelOf(p.ClassId)].IsLetter;
        GroupDifference? letters = Difference([.. both.Where(p => IsLetter(p.A))], seed),
            words = Difference([.. both.Where(p => !IsLetter(p.A))], seed);
        return new()
        {
            A = a.Name,
            B = b.Name,
            Difference = all.Difference,
            DifferenceLow = all.DifferenceLow,
            DifferenceHigh = all.DifferenceHigh,
            OnlyA = both.Count(p => p.A.IsCorrect && !p.B.IsCorrect),
            OnlyB = both.Count(p => p.B.IsCorrect && !p.A.IsCorrect),
            McnemarP = all.McnemarP,
            Letters = words is null ? null : letters,
            Words = letters is null ? null : words,
            McnemarPHolm = double.NaN,
            Verdict = "",
            Classes =
            [
                .. both.GroupBy(p => p.A.ClassId)
                    .Select(g => new ClassDifference(
                        g.Key,
                        a.Labels[a.Labels.LabelOf(g.Key)].Name,
                        g.Count(),
                        g.Count(p => p.A.IsCorrect),
                        g.Count(p => p.B.IsCorrect)
                    ))
                    .Where(c => c.CorrectA != c.CorrectB)
                    .OrderByDescending(c => Math.Abs(c.CorrectA - c.CorrectB) / (double)c.Support)
                    .ThenByDescending(c => c.Support)
                    .ThenBy(c => c.Id),
            ],
        };
    }

    private static GroupDifference? Difference((SavedPrediction A, SavedPrediction B, string? Signer)[] both, int seed)
    {
        if (both.Length == 0)
            return null;
        double[] differences = [.. both.Select(p => (p.A.IsCorrect ? 1.0 : 0.0) - (p.B.IsCorrect ? 1.0 : 0.0))];
        AccuracyInterval interval = BootstrapInterval.OfMean(differences, [.. both.Select(p => p.Signer)], seed);
        return new(
            both.Length,
            both.Average(p => p.A.IsCorrect ? 1.0 : 0.0),
            both.Average(p => p.B.IsCorrect ? 1.0 : 0.0),
            differences.Average(),
            interval.Low,
            interval.High,
            McNemar.P(differences.Count(d => d > 0), differences.Count(d => d < 0))
        );
    }

    /// <summary>The interval by signer decides; McNemar's p stands beside it, and where they disagree the verdict says
    /// so.</summary>
    private static string VerdictOf(PairComparison p, double holm, int pairs)
    {
        string test =
            string.Create(CultureInfo.InvariantCulture, $"McNemar p {PText(p.McnemarP)}")
            + (
                pairs > 1
                    ? string.Create(
                        CultureInfo.InvariantCulture,
                        $" ({(holm < 0.001 ? "< 0.001" : $"{holm:0.000}")} corrected for comparing {pairs} pairs)"
                    )
                    : ""
            );
        string range = string.Create(
            CultureInfo.InvariantCulture,
            $"{100 * p.DifferenceLow:0.0} to {100 * p.DifferenceHigh:0.0}"
        );
        if (p.OnlyA + p.OnlyB == 0)
            return $"{p.A} and {p.B} are right on the same samples: no difference.";
        if (p.Difference == 0)
            return $"{p.A} and {p.B} are equally often right ({range} points, {test}).";
        string points = string.Create(CultureInfo.InvariantCulture, $"{100 * p.Difference:0.0} points ({range})");
        if (p.DifferenceLow > 0)
            return holm <= 0.05
                ? $"{p.A} beats {p.B} by {points}, {test}."
                : $"{p.A} leads {p.B} by {points}, but {test}: too few samples to be sure.";
        return holm <= 0.05
            ? $"{p.A} leads {p.B} by {points}, {test}: better on these samples, not shown for other signers."
            : $"No difference shown: {p.A} leads {p.B} by {points}, {test}.";
    }

    /// <returns>"= 0.012", or "&lt; 0.001".</returns>
    public static string PText(double p) =>
        p < 0.001 ? "< 0.001" : string.Create(CultureInfo.InvariantCulture, $"= {p:0.000}");

    private static void CheckSame(ComparedRun first, ComparedRun other)
    {
        if (first.Labels.Fingerprint != other.Labels.Fingerprint)
            throw new InvalidDataException(
                $"{other.Name}: {other.Labels.Count} classes, {first.Name} has {first.Labels.Count} or others of the same number. "
                    + "Runs of different label sets cannot be compared; train both on the same features."
            );
        Dictionary<string, int> truth = first.Predictions.ToDictionary(p => p.Sample, p => p.ClassId);
        foreach (SavedPrediction p in other.Predictions)
        {
            if (!truth.Remove(p.Sample, out int id))
                throw OtherSamples(first.Name, p.Sample, other.Name);
            if (id != p.ClassId)
                throw new InvalidDataException(
                    $"{other.Name}: sample '{p.Sample}' is of class {p.ClassId}, in {first.Name} of class {id}. Evaluate both on the same features."
                );
        }
        if (truth.Count > 0)
            throw OtherSamples(other.Name, truth.Keys.Order(StringComparer.Ordinal).First(), first.Name);
    }

    private static InvalidDataException OtherSamples(string without, string sample, string with) =>
        new InvalidDataException(
            $"{without}: did not answer sample '{sample}', {with} did. Only runs on the same samples can be compared; evaluate both on "
                + "the same features."
        ).Suggest(NextStep.GiveFeatures);
}

using Gesto.Signs;
using Gesto.Training.Evaluation;
using Gesto.Training.Scoring;

namespace Gesto.Training.Tests.Evaluation;

public class RunComparisonTests
{
    private static readonly LabelSet Signs = new([new(3, "A"), new(7, "NO"), new(9, "SI")]);

    [Theory]
    [InlineData(0, 0, 1)]
    [InlineData(5, 5, 1)]
    [InlineData(10, 2, 0.03857421875)] // 2 (1 + 12 + 66) / 2^12
    [InlineData(1, 8, 0.0390625)] // 2 (1 + 9) / 2^9
    [InlineData(0, 1, 1)]
    public void McNemar_is_the_two_sided_binomial(int onlyFirst, int onlySecond, double p)
    {
        Assert.Equal(p, McNemar.P(onlyFirst, onlySecond), 12);
        Assert.Equal(p, McNemar.P(onlySecond, onlyFirst), 12);
    }

    [Fact]
    public void McNemar_survives_counts_whose_binomials_pass_any_number()
    {
        // Normal approximation with continuity: z = (|b − c| − 1) / √(b + c) = 4.47.
        Assert.InRange(McNemar.P(1100, 900), 7.0e-6, 9.5e-6);
        Assert.Equal(1, McNemar.P(3000, 3000), 9);
    }

    [Fact]
    public void Holm_multiplies_the_least_p_most_and_keeps_the_order() =>
        Assert.Equal([0.03, 0.06, 0.06], McNemar.Holm([0.01, 0.04, 0.03]), (a, b) => Math.Abs(a - b) < 1e-12);

    [Fact]
    public void The_paired_interval_is_narrower_than_the_difference_of_two_scores()
    {
        // Both are right on the same 60 of 100 samples of each signer, the better one on 6 more of each.
        RunComparison result = RunComparison.Of([Run("worse", 60), Run("better", 66)], "test", seed: 1);
        PairComparison pair = Assert.Single(result.Pairs);
        Assert.Equal(("better", "worse"), (pair.A, pair.B));
        Assert.Equal(0.06, pair.Difference, 12);
        Assert.Equal((48, 0), (pair.OnlyA, pair.OnlyB));
        // Eight signers, each with exactly 6 more: whole signers leave nothing to vary.
        Assert.Equal(0.06, pair.DifferenceLow, 9);
        Assert.Equal(0.06, pair.DifferenceHigh, 9);
        Assert.StartsWith(
            "better beats worse by 6.0 points (6.0 to 6.0), McNemar p < 0.001",
            pair.Verdict,
            StringComparison.Ordinal
        );
        Assert.Contains("8 whole signers", result.IntervalMethod, StringComparison.Ordinal);
    }

    [Fact]
    public void The_interval_of_the_difference_agrees_with_its_normal_approximation()
    {
        // One unknown signer: 1,000 samples, +1 on 120, −1 on 80, 0 elsewhere.
        double[] values =
        [
            .. Enumerable
                .Range(0, 1000)
                .Select(n =>
                    n < 120 ? 1.0
                    : n < 200 ? -1.0
                    : 0
                ),
        ];
        AccuracyInterval interval = BootstrapInterval.OfMean(values, new string?[1000], seed: 1, resamples: 20_000);
        double half = 1.96 * Math.Sqrt((0.2 - 0.04 * 0.04) / 1000);
        Assert.Equal(0.04 - half, interval.Low, 0.002);
        Assert.Equal(0.04 + half, interval.High, 0.002);
    }

    [Fact]
    public void A_lead_that_may_be_luck_is_called_no_difference()
    {
        ComparedRun a = Run("a", 60),
            b = Run("b", 60);
        b = b with
        {
            Predictions = [.. b.Predictions.Select((p, n) => n == 99 ? p with { Predicted = p.ClassId } : p)],
        };
        PairComparison pair = RunComparison.Of([a, b], "test", seed: 1).Pairs[0];
        Assert.StartsWith("No difference shown: b leads a by 0.1 points", pair.Verdict, StringComparison.Ordinal);
        Assert.Equal(
            "a and b are right on the same samples: no difference.",
            RunComparison.Of([a, a with { Name = "b" }], "test", seed: 1).Pairs[0].Verdict
        );
    }

    [Fact]
    public void Classes_that_differ_come_with_both_counts()
    {
        ClassDifference[] classes =
        [
            .. RunComparison.Of([Run("worse", 60), Run("better", 66)], "test", seed: 1).Pairs[0].Classes,
        ];
        Assert.Equal(["A", "NO", "SI"], classes.Select(c => c.Name).Order());
        Assert.Equal(48, classes.Sum(c => c.CorrectA - c.CorrectB));
        Assert.Equal(800, classes.Sum(c => c.Support));
    }

    [Fact]
    public void Letters_and_words_are_compared_apart()
    {
        // Of the six signs 60…65 that only the better run knows, 60 and 63 are the letter A, of which each signer gave
        // 34.
        PairComparison pair = RunComparison.Of([Run("worse", 60), Run("better", 66)], "test", seed: 1).Pairs[0];
        GroupDifference letters = pair.Letters!,
            words = pair.Words!;
        Assert.Equal((272, 528), (letters.Samples, words.Samples));
        Assert.Equal((2 / 34.0, 4 / 66.0), (letters.Difference, words.Difference));
        Assert.Equal((20 / 34.0, 22 / 34.0), (letters.Top1B, letters.Top1A));
        Assert.Equal(2 * Math.Pow(0.5, 16), letters.McnemarP, 12); // 16 letters for, none against
    }

    [Fact]
    public void The_order_of_samples_does_not_matter()
    {
        ComparedRun a = Run("a", 60),
            b = Run("b", 71);
        Assert.Equal(
            RunComparison.Of([a, b], "test", seed: 1).ToJson(),
            RunComparison.Of([a with { Predictions = [.. a.Predictions.Reverse()] }, b], "test", seed: 1).ToJson()
        );
    }

    [Fact]
    public void Other_samples_labels_or_label_sets_are_refused_by_name()
    {
        ComparedRun a = Run("a", 60),
            b = Run("b", 61);
        Assert.Contains(
            "b: did not answer sample 'test/S0/0', a did",
            Refused(a, b with { Predictions = [.. b.Predictions.Skip(1)] }),
            StringComparison.Ordinal
        );
        Assert.Contains(
            "a: did not answer sample 'test/S0/0', b did",
            Refused(a with { Predictions = [.. a.Predictions.Skip(1)] }, b),
            StringComparison.Ordinal
        );
        Assert.Contains(
            "is of class 9, in a of class 3",
            Refused(a, b with { Predictions = [b.Predictions[0] with { ClassId = 9 }, .. b.Predictions.Skip(1)] }),
            StringComparison.Ordinal
        );
        Assert.Contains(
            "different label sets",
            Refused(a, b with { Labels = new([new(3, "A")]) }),
            StringComparison.Ordinal
        );
        Assert.Contains("named twice", Refused(a, a), StringComparison.Ordinal);
    }

    private static string Refused(ComparedRun a, ComparedRun b) =>
        Assert.Throws<InvalidDataException>(() => RunComparison.Of([a, b], "test", seed: 1)).Message;

    /// <summary>Eight signers of 100 samples, the first <paramref name="right"/> of each recognised.</summary>
    private static ComparedRun Run(string name, int right) =>
        new(
            name,
            Signs,
            [
                .. from signer in Enumerable.Range(0, 8)
                from n in Enumerable.Range(0, 100)
                let id = Signs[n % 3].Id
                let wrong = Signs[(n + 1) % 3].Id
                select new SavedPrediction($"test/S{signer}/{n}", $"S{signer}", id, n < right ? id : wrong, 0.5),
            ]
        );
}

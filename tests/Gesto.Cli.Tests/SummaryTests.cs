using Gesto.Signs;
using Gesto.Training.Evaluation;
using Gesto.Training.Scoring;

namespace Gesto.Cli.Tests;

/// <summary>Results in a few lines for people.</summary>
public class SummaryTests
{
    [Theory]
    [InlineData("SI", "NO")]
    [InlineData("A", "B")]
    public void Signs_of_one_kind_are_not_split(string first, string second)
    {
        EvaluationResult result = EvaluationResult.Of(
            PlantedEvaluation.Input(new LabelSet([new(0, first), new(1, second)]))
        );
        string summary = EvaluateCommand.Summary(result);
        Assert.DoesNotContain("letters", summary, StringComparison.Ordinal);
        Assert.DoesNotContain("words", summary, StringComparison.Ordinal);
        Assert.DoesNotContain("trained on these samples", summary, StringComparison.Ordinal);
        Assert.Contains(
            "trained on these samples",
            EvaluateCommand.Summary(result with { TrainedOnThese = true }),
            StringComparison.Ordinal
        );
    }

    [Theory]
    [InlineData(false, "top-1 87.5 % (62.5–100.0)")]
    [InlineData(true, "top-1 87.5 % (62.5–100.0), simulated data")]
    public void A_cross_validation_begins_with_the_accuracy_of_all_folds_for_scripts(bool simulated, string line)
    {
        EvaluationResult all = EvaluationResult.Of(PlantedEvaluation.Input(new LabelSet([new(0, "SI"), new(1, "NO")])));
        var folds = new CrossValidationResult
        {
            Recipe = "linear",
            By = "signer",
            FoldSeed = 1,
            Simulated = simulated,
            Samples = all.Samples,
            Classes = all.Classes,
            Top1 = 0.875,
            Top1Low = 0.625,
            Top1High = 1,
            IntervalMethod = all.IntervalMethod,
            NeverTaught = 0,
            Folds = [],
        };
        Assert.Equal(line, KfoldCommand.Summary(folds, all).Split(Environment.NewLine)[0]);
    }

    [Fact]
    public void A_comparison_gives_its_verdict_and_says_who_learnt_from_guessed_labels()
    {
        LabelSet labels = new([new(0, "SI"), new(1, "NO")]);
        ComparedRun Run(string name, int right, int pseudoLabelled) =>
            new(
                name,
                labels,
                [
                    .. Enumerable
                        .Range(0, 40)
                        .Select(n => new SavedPrediction(
                            $"test/{n}",
                            $"S{n % 4}",
                            n % 2,
                            n < right ? n % 2 : 1 - n % 2,
                            0.5
                        )),
                ],
                pseudoLabelled
            );
        RunComparison comparison = RunComparison.Of([Run("plain", 10, 0), Run("whole", 30, 3)], "test", seed: 1);
        string[] lines = CompareCommand.Summary(comparison).Split(Environment.NewLine);
        Assert.Contains(comparison.Pairs[0].Verdict, lines);
        Assert.Equal(
            ["  whole   75.0 %"],
            lines
                .Where(l =>
                    l.Contains("transductive: trained on 3 of these with guessed labels", StringComparison.Ordinal)
                )
                .Select(l => l[..l.IndexOf(" (", StringComparison.Ordinal)])
        );
    }

    [Fact]
    public void A_sweep_lists_each_cell_with_its_settings()
    {
        string summary = SweepCommand.Summary(
            ["training.epochs"],
            [new(2, ["2"], 0.75, 0.5, 1, 12, 2), new(1, ["1"], 0.5, 0.25, 0.75, 12, 1)]
        );
        Assert.Contains("2 cells by validation top-1, 12 samples", summary, StringComparison.Ordinal);
        Assert.Contains(
            "  cell-2    75.0 % (50.0–100.0)  epoch 2   training.epochs=2",
            summary,
            StringComparison.Ordinal
        );
    }
}

using Gesto.Signs;
using Gesto.Training.Evaluation;
using Gesto.Training.Reports;
using Gesto.Training.Scoring;

namespace Gesto.Training.Tests.Evaluation;

/// <summary>Most data sets have words only, or letters only: nothing is split then.</summary>
public class OneKindOfSignTests
{
    public static TheoryData<string, string> Names => new() { { "SI", "NO" }, { "A", "B" } };

    [Theory]
    [MemberData(nameof(Names))]
    public void Signs_of_one_kind_are_not_split_anywhere(string first, string second)
    {
        EvaluationResult result = EvaluationResult.Of(
            PlantedEvaluation.Input(new LabelSet([new(0, first), new(1, second)]))
        );
        Assert.Equal((null, null), (result.Letters, result.Words));
        string html = Report.Render(result, []).Replace("\u00a0%", " %", StringComparison.Ordinal);
        Assert.DoesNotContain("etters", html, StringComparison.Ordinal);
        Assert.Contains($"{result.IntervalMethod}.", html, StringComparison.Ordinal);
        Assert.DoesNotContain(
            "none",
            html.Replace("display:none", "", StringComparison.Ordinal)[
                    html.IndexOf("<main>", StringComparison.Ordinal)..
                ]
                .Split("<script>")[0],
            StringComparison.Ordinal
        );

        var labels = new LabelSet([new(0, first), new(1, second)]);
        ComparedRun Run(string name, int right) =>
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
                ]
            );
        PairComparison pair = RunComparison.Of([Run("a", 10), Run("b", 30)], "test", seed: 1).Pairs[0];
        Assert.Equal((null, null), (pair.Letters, pair.Words));
    }

    [Fact]
    public void Both_kinds_are_split_with_a_tile_and_a_row_each()
    {
        string html = Report.Render(
            EvaluationResult.Of(PlantedEvaluation.Input(new LabelSet([new(0, "A"), new(1, "NO")]))),
            []
        );
        Assert.Contains("<h2>Letters and words</h2>", html, StringComparison.Ordinal);
        Assert.Contains("<dt>letters</dt>", html, StringComparison.Ordinal);
        Assert.Contains("<dt>words</dt>", html, StringComparison.Ordinal);
    }
}

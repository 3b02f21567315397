using Gesto.Recordings;
using Gesto.Training.Evaluation;
using Gesto.Training.Features;
using Gesto.Training.Recipes;
using Gesto.Training.Recognition;
using Gesto.Training.Reports;
using Gesto.Training.Scoring;

namespace Gesto.Training.Tests.Recognition;

public class AttentionMapTests(TinyRun tiny) : IClassFixture<TinyRun>
{
    [Fact]
    public void Steps_that_look_at_their_own_moment_make_a_diagonal_whatever_the_frame_rates()
    {
        var sum = new AttentionSum([Modality.Rgb, Modality.Radar]);
        const int rgb = 2 * AttentionMap.Parts,
            radar = AttentionMap.Parts,
            padded = radar + 3;
        var weights = new float[rgb * padded];
        Array.Fill(weights, float.NaN); // what is not real must not be read
        for (int q = 0; q < rgb; q++)
        for (int k = 0; k < radar; k++)
            weights[q * padded + k] = q / 2 == k ? 1 : 0;
        sum.Add(weights, padded, rgb, [(0, radar)]);
        AttentionMap map = sum.ToMap()!;
        for (int q = 0; q < AttentionMap.Parts; q++)
        for (int k = 0; k < AttentionMap.Parts; k++)
            Assert.Equal(q == k ? 1 : 0, map.Weights[q][k], 1e-9);
        Assert.All(map.Nothing, n => Assert.Equal(0, n, 1e-9));
        Assert.Equal(0, map.Distance(), 1e-9);
    }

    [Fact]
    public void What_looks_at_nothing_is_missing_from_the_rows_and_samples_count_alike()
    {
        var sum = new AttentionSum([Modality.Rgb, Modality.Radar]);
        sum.Add([0.6f], 1, own: 1, [(0, 1)]); // one step each: spread over the whole clip
        float[] last = new float[7 * 4]; // all seven steps look at the last of four
        for (int q = 0; q < 7; q++)
            last[q * 4 + 3] = 1;
        sum.Add(last, 4, own: 7, [(0, 4)]);
        AttentionMap map = sum.ToMap()!;
        Assert.Equal(2, map.Samples);
        Assert.All(map.Weights, row => Assert.Equal((0.6 + 1) / 2, row.Sum(), 1e-6));
        Assert.All(map.Nothing, n => Assert.Equal(0.2, n, 1e-6));
        Assert.All(map.Weights, row => Assert.Equal(0.6 / AttentionMap.Parts / 2, row[0], 1e-6));
        // The last quarter of 15 parts is 3.75 of them: a part that lies whole in it has 4/15 of its weight.
        Assert.All(map.Weights, row =>
            Assert.Equal((0.6 / AttentionMap.Parts + 4.0 / AttentionMap.Parts) / 2, row[^1], 1e-6)
        );
    }

    [Fact]
    public void Of_several_modalities_each_has_its_share_and_all_are_in_one_map()
    {
        var sum = new AttentionSum([Modality.Rgb, Modality.Radar, Modality.Landmarks]);
        // One step each of RGB and radar, two of landmarks, of which the second is looked at; a column of padding.
        sum.Add([0.3f, float.NaN, 0.1f, 0.5f], 4, own: 1, [(0, 1), (2, 2)]);
        sum.Add([float.NaN, float.NaN, 0.7f, float.NaN], 4, own: 1, [(0, 0), (2, 1)]); // no radar
        AttentionMap map = sum.ToMap()!;
        Assert.Equal("RGB", map.Of);
        Assert.Equal(["radar", "landmarks"], map.Shares.Keys);
        Assert.Equal(0.15, map.Shares["radar"], 1e-6);
        Assert.Equal(0.65, map.Shares["landmarks"], 1e-6);
        Assert.All(map.Weights, row => Assert.Equal(0.8, row.Sum(), 1e-6));
        Assert.All(map.Nothing, n => Assert.Equal(0.2, n, 1e-6));
        Assert.All(map.Weights, row => Assert.True(row[^1] > row[0]));
    }

    [Fact]
    public void An_evaluation_of_an_attention_run_has_a_map_and_its_report_shows_it()
    {
        string run = tiny.PathOf("attention");
        Trained.Run(
            FeatureSet.Open(tiny.Features),
            RecipeFile.Load(
                "attention",
                [
                    "training.epochs=1",
                    "radar.epochs=1",
                    "model.hidden=8",
                    "model.layers=1",
                    "radar.hidden=8",
                    "model.fusionWidth=8",
                ]
            ),
            run
        );
        EvaluationResult result = RunEvaluation.Evaluate(
            new EvaluationOptions
            {
                Run = run,
                Features = tiny.Features,
                Threads = 1,
            }
        );
        Assert.Equal(4, result.Attention!.Samples);
        string report = Report.Render(result, []);
        Assert.Contains("a moment of the RGB clip, each column a moment of the radar clip", report);
        Assert.DoesNotContain("went to radar", report, StringComparison.Ordinal); // all that went anywhere
        var shares = new Dictionary<string, double> { ["radar"] = 0.25, ["landmarks"] = 0.5 };
        report = Report.Render(result with { Attention = result.Attention with { Shares = shares } }, []);
        Assert.Contains("each column a moment of the radar and landmarks clip", report);
        Assert.Contains("25\u00a0% went to radar, 50\u00a0% went to landmarks.", report, StringComparison.Ordinal);
        Assert.All(result.Attention.Weights.Zip(result.Attention.Nothing), row =>
            Assert.Equal(1, row.First.Sum() + row.Second, 1e-5)
        );
        Assert.Contains("What the attention looked at", Report.Render(result, []), StringComparison.Ordinal);
        EvaluationResult late = RunEvaluation.Evaluate(
            new EvaluationOptions
            {
                Run = tiny.Run,
                Features = tiny.Features,
                Threads = 1,
            }
        );
        Assert.Null(late.Attention);
        Assert.DoesNotContain("What the attention looked at", Report.Render(late, []), StringComparison.Ordinal);
        Assert.Contains("trained by", late.Facts.Keys);
        Assert.Matches("^Gesto 0\\.1\\.0, commit [0-9a-f]{7}, libtorch ", late.Facts["trained by"]);
    }
}

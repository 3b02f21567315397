using Gesto.Recordings;
using Gesto.Signs;
using Gesto.Training.Datasets;
using Gesto.Training.Reports;
using Gesto.Training.Scoring;
using SkiaSharp;

namespace Gesto.Training.Tests.Evaluation;

public class PairPicturesTests(TinyRun tiny) : IClassFixture<TinyRun>
{
    private static readonly LabelSet Two = new([new(0, "NO"), new(1, "SI")]);

    [Fact]
    public void Both_signs_are_shown_by_one_signer_and_recognised_ones_first()
    {
        // P1 has both signs, and NO twice: the first of them was recognised as SI.
        EvaluationInput input = Input(
            Two,
            ("a", 0, "P2", 0),
            ("b", 0, "P1", 1),
            ("c", 0, "P1", 0),
            ("d", 1, "P3", 1),
            ("e", 1, "P1", 0)
        );
        (Sample first, Sample second) = PairPictures.Choose(input, Metrics.Predict(input.Probabilities), 0, 1)!.Value;
        Assert.Equal(("c", "e"), (first.Key, second.Key));
        Assert.Null(PairPictures.Choose(Input(Two, ("a", 0, "P1", 1)), [1], 0, 1));
    }

    [Fact]
    public void Frames_of_confused_signs_come_from_the_videos_and_stay_in_the_page()
    {
        Dataset dataset = Dataset.Open(tiny.Data);
        Sample[] samples = [.. dataset.Samples.Where(s => s.Split == Split.Test)];
        int[] truth = [.. samples.Select(s => dataset.Labels.LabelOf(dataset.LabelKey![s.Key]))];
        EvaluationInput input = Input(
            dataset.Labels,
            [.. samples.Select((s, n) => (s.Key, truth[n], s.Signer!, truth[n] == 0 ? 1 : truth[n]))]
        );
        input = input with { Samples = samples };
        EvaluationResult result = EvaluationResult.Of(input);
        PairPicture pair = Assert.Single(PairPictures.Read(tiny.Data, input, result, null, CancellationToken.None));
        Assert.Equal(dataset.Labels[0].Name, pair.Pair.First);
        Assert.Equal(samples[Array.IndexOf(truth, 0)].Key, pair.First.Sample);
        Assert.Equal(5, pair.First.Frames.Count);
        using SKBitmap frame = SKBitmap.Decode(pair.First.Frames[0]);
        Assert.Equal((120, 120), (frame.Width, frame.Height)); // the videos are 64 × 64

        string without = Report.Render(result, []),
            with = Report.Render(result, [], [pair]);
        Assert.Contains("evaluate again with the data set", without, StringComparison.Ordinal);
        Assert.Equal(10, with.Split("src=\"data:image/jpeg;base64,").Length - 1);
        Assert.DoesNotContain("evaluate again", with, StringComparison.Ordinal);
        Assert.Contains(pair.First.Sample, with, StringComparison.Ordinal);

        var e = Assert.Throws<FileNotFoundException>(() =>
            PairPictures.Read(tiny.Features, input, result, null, CancellationToken.None)
        );
        Assert.Contains("The data set given must be", e.Message, StringComparison.Ordinal);
    }

    private static EvaluationInput Input(
        LabelSet labels,
        params (string Key, int Truth, string Signer, int Answer)[] rows
    ) =>
        new()
        {
            Probabilities =
            [
                .. rows.Select(r => Enumerable.Range(0, labels.Count).Select(k => k == r.Answer ? 1f : 0).ToArray()),
            ],
            Truth = [.. rows.Select(r => r.Truth)],
            Samples =
            [
                .. rows.Select(r => new Sample
                {
                    Key = r.Key,
                    Split = Split.Test,
                    Signer = r.Signer,
                    Rgb = $"{r.Key}.mkv",
                }),
            ],
            Labels = labels,
            Recipe = "planted",
            Split = "test",
        };
}

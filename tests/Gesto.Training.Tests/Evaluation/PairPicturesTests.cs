using System.Xml.Linq;
using Gesto.Encoders;
using Gesto.Files;
using Gesto.Landmarks;
using Gesto.Recordings;
using Gesto.Signs;
using Gesto.Training.Datasets;
using Gesto.Training.Features;
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
        (Sample first, Sample second) = PairPictures
            .Choose(input, Metrics.Predict(input.Probabilities), 0, 1, _ => true)!
            .Value;
        Assert.Equal(("c", "e"), (first.Key, second.Key));
        Assert.Null(PairPictures.Choose(Input(Two, ("a", 0, "P1", 1)), [1], 0, 1, _ => true));
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
        PairPicture pair = Assert.Single(
            PairPictures.Read(tiny.Data, null, input, result, null, CancellationToken.None)
        );
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
            PairPictures.Read(tiny.Features, null, input, result, null, CancellationToken.None)
        );
        Assert.Contains("The data set given must be", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Skeletons_of_confused_signs_come_from_the_features_and_need_no_data_set()
    {
        using var folder = new Folder();
        FeatureKey key = new()
        {
            Modality = "landmarks",
            Encoder = "landmarks",
            Weights = "",
            Preprocessing = LandmarkFeatures.Name,
            Sampling = "linspace-30",
            DType = "<f4",
            Shape = [30, LandmarkFeatures.Width],
        };
        using (FeatureStore store = FeatureStore.OpenOrCreate(folder["landmarks"], key))
        {
            Add(store, "a", hand: true);
            Add(store, "b", hand: false);
        }
        using FeatureStore read = FeatureStore.Open(folder["landmarks"]);
        EvaluationInput input = Input(Two, ("a", 0, "P1", 1), ("b", 1, "P1", 1), ("c", 0, "P1", 0));
        EvaluationResult result = EvaluationResult.Of(input);
        PairPicture pair = Assert.Single(PairPictures.Read(null, read, input, result, null, CancellationToken.None));
        Assert.Equal(("a", "b"), (pair.First.Sample, pair.Second.Sample)); // c has no landmarks
        Assert.Empty(pair.First.Frames);

        string html = Report.Render(result, [], [pair]);
        XElement page = XElement.Parse(html[html.IndexOf("<html", StringComparison.Ordinal)..]);
        XElement[] drawn = [.. page.Descendants("svg").Where(e => (string?)e.Attribute("class") == "skeleton")];
        Assert.Equal(2, drawn.Length);
        // Six of seven moments; in the third the hand is not found, but before and after it is.
        Assert.Equal([6, 6, 0, 1], Counts(drawn[0]));
        Assert.Equal([6, 0, 0, 0], Counts(drawn[1]));
        Assert.DoesNotContain("evaluate again", html, StringComparison.Ordinal);
        Assert.Contains("Landmarks as the run sees them", html, StringComparison.Ordinal);
        foreach (string d in drawn.Descendants("path").Select(p => (string)p.Attribute("d")!))
            Assert.Matches(@"^(M[\d.]+ [\d.]+(L[\d.]+ [\d.]+)+)+$", d); // nothing is drawn outside

        static int[] Counts(XElement svg)
        {
            string[] parts = [.. svg.Descendants("path").Select(p => (string)p.Attribute("class")!)];
            return
            [
                .. new[] { "body", "right", "left", "likely" }.Select(word =>
                    parts.Count(p => p.Split(' ').Contains(word))
                ),
            ];
        }
    }

    /// <summary>Seven steps of shoulders and arms, and of a right hand whose fingers point up.</summary>
    private static void Add(FeatureStore store, string sample, bool hand)
    {
        const int Steps = 7;
        var values = new float[Steps * LandmarkClip.FrameValues];
        for (int t = 0; t < Steps; t++)
        {
            Span<float> frame = values.AsSpan(t * LandmarkClip.FrameValues, LandmarkClip.FrameValues);
            foreach (
                (int joint, float x, float y) in new[]
                {
                    (0, 0.5f, 0.2f),
                    (11, 0.6f, 0.4f),
                    (12, 0.4f, 0.4f),
                    (13, 0.65f, 0.6f),
                    (14, 0.35f, 0.6f),
                    (15, 0.6f, 0.6f),
                    (16, 0.4f, 0.6f),
                }
            )
                (frame[4 * joint], frame[4 * joint + 1]) = (x, y);
            if (!hand || t == 2)
                continue;
            for (int joint = 0; joint < LandmarkClip.HandJoints; joint++)
            {
                int at = LandmarkClip.BodyValues + LandmarkClip.HandValues + 3 * joint;
                frame[at] = 0.4f + (joint == 0 ? 0 : 0.02f * ((joint - 1) / 4 - 2));
                frame[at + 1] = 0.6f - (joint == 0 ? 0 : 0.05f * ((joint - 1) % 4 + 1));
            }
        }
        float[] features = LandmarkFeatures.Of(new LandmarkClip(values, Steps));
        Array.Resize(ref features, 30 * LandmarkFeatures.Width);
        store.Add(sample, NpyArray.From(features, 30, LandmarkFeatures.Width), Steps);
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

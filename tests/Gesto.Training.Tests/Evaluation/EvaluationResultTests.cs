using System.Text.Json;
using Gesto.Recordings;
using Gesto.Signs;
using Gesto.Training.Scoring;

namespace Gesto.Training.Tests.Evaluation;

public class EvaluationResultTests
{
    private static readonly LabelSet Signs = new([new(3, "A"), new(7, "NO"), new(9, "SI")]);

    // Truth A A NO SI, recognised A NO NO NO.
    private static EvaluationInput Input =>
        new()
        {
            Probabilities =
            [
                [.8f, .1f, .1f],
                [.2f, .7f, .1f],
                [.1f, .8f, .1f],
                [.1f, .5f, .4f],
            ],
            Truth = [0, 0, 1, 2],
            Samples =
            [
                .. Enumerable
                    .Range(1, 4)
                    .Select(n => new Sample
                    {
                        Key = $"test/SAMPLE_{n}",
                        Split = Split.Test,
                        Signer = n < 3 ? "a" : "b",
                    }),
            ],
            Labels = Signs,
            Recipe = "late-fusion",
            Split = "test",
            WatchedPairs = [("NO", "SI")],
            Masked =
            [
                new(
                    "radar",
                    [
                        [.8f, .1f, .1f],
                        [.6f, .3f, .1f],
                        [.1f, .8f, .1f],
                        [.1f, .5f, .4f],
                    ]
                ),
            ],
        };

    [Fact]
    public void The_json_has_the_names_that_scripts_rely_on()
    {
        using JsonDocument json = JsonDocument.Parse(EvaluationResult.Of(Input).ToJson());
        JsonElement root = json.RootElement;
        Assert.Equal("late-fusion", root.GetProperty("recipe").GetString());
        Assert.Equal("test", root.GetProperty("split").GetString());
        Assert.Equal(4, root.GetProperty("samples").GetInt32());
        Assert.Equal(0.5, root.GetProperty("top1").GetDouble());
        Assert.InRange(root.GetProperty("top1_low").GetDouble(), 0, 0.5);
        Assert.InRange(root.GetProperty("top1_high").GetDouble(), 0.5, 1);
        Assert.Equal(1, root.GetProperty("top5").GetDouble());
        // A: 2·1/(2+1), NO: 2·1/(1+3), SI: 0.
        Assert.Equal((2 / 3.0 + 0.5 + 0) / 3, root.GetProperty("macro_f1").GetDouble(), 12);
        Assert.False(root.GetProperty("simulated").GetBoolean());
        foreach (
            string name in new[]
            {
                "letters",
                "words",
                "per_class",
                "confused_pairs",
                "watched_pairs",
                "per_signer",
                "interval_method",
            }
        )
            Assert.True(root.TryGetProperty(name, out _), name);
    }

    [Fact]
    public void Letters_and_words_are_told_apart_by_the_truth()
    {
        EvaluationResult result = EvaluationResult.Of(Input);
        Assert.Equal((2, 0.5), (result.Letters!.Samples, result.Letters.Top1));
        Assert.Equal((2, 0.5), (result.Words!.Samples, result.Words.Top1));
        Assert.Equal([("a", 0.5), ("b", 0.5)], result.PerSigner.Select(s => (s.Group, s.Top1)));
    }

    [Fact]
    public void Confusions_are_named_by_class_id_and_survive_the_file()
    {
        EvaluationResult result = EvaluationResult.Of(Input);
        string path = Path.GetTempFileName();
        File.WriteAllText(path, result.ToJson());
        EvaluationResult loaded = EvaluationResult.Load(path);
        File.Delete(path);
        Assert.Equal(
            [
                [3, 3, 1],
                [3, 7, 1],
                [7, 7, 1],
                [9, 7, 1],
            ],
            loaded.Confusion
        );
        Assert.Equal(1, loaded.ToMatrix()[0, 1]);
        Assert.Equal(result.ToJson(), loaded.ToJson());
        Assert.Equal(("radar", 4, 0.75), (loaded.Masks[0].Group, loaded.Masks[0].Samples, loaded.Masks[0].Top1));
        Assert.Equal(
            ("NO", "SI", 1),
            (loaded.WatchedPairs[0].First, loaded.WatchedPairs[0].Second, loaded.WatchedPairs[0].Count)
        );
    }

    [Fact]
    public void A_recogniser_of_another_label_set_is_refused()
    {
        var e = Assert.Throws<InvalidDataException>(() =>
            EvaluationResult.Of(Input with { Labels = new([.. Signs.Classes, new(10, "TU")]) })
        );
        Assert.Contains("3 probabilities a sample, the label set has 4 classes", e.Message, StringComparison.Ordinal);
    }
}

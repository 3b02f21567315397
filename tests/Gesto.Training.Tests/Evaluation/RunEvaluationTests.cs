using Gesto.Recordings;
using Gesto.Training.Datasets;
using Gesto.Training.Evaluation;
using Gesto.Training.Features;
using Gesto.Training.Recognition;
using Gesto.Training.Scoring;

namespace Gesto.Training.Tests.Evaluation;

/// <summary>Scores and submissions of a run, from its features.</summary>
public class RunEvaluationTests(TinyRun tiny) : IClassFixture<TinyRun>
{
    [Fact]
    public void An_evaluation_reads_the_key_and_leaves_its_files_in_the_run()
    {
        EvaluationResult result = RunEvaluation.EvaluateAndSave(
            new EvaluationOptions
            {
                Run = tiny.Run,
                Features = tiny.Features,
                Threads = 1,
            },
            null
        );
        Assert.Equal(
            ("late-fusion", "test", 4, true, false),
            (result.Recipe, result.Split, result.Samples, result.Simulated, result.TrainedOnThese)
        );
        Assert.Equal(["RGB", "radar"], result.Masks.Select(m => m.Group));
        foreach (string file in new[] { "evaluation-test.json", "report-test.html", "confusion-test.png" })
            Assert.True(File.Exists(Path.Combine(tiny.Run, file)), file);
        Assert.Equal(result.ToJson(), EvaluationResult.Load(Path.Combine(tiny.Run, "evaluation-test.json")).ToJson());
    }

    [Fact]
    public void Scoring_the_training_samples_says_so()
    {
        EvaluationResult result = RunEvaluation.EvaluateAndSave(
            new EvaluationOptions
            {
                Run = tiny.Run,
                Features = tiny.Features,
                Split = Split.Train,
                Threads = 1,
            },
            null
        );
        Assert.True(result.TrainedOnThese);
    }

    [Fact]
    public void Without_a_labelled_val_the_part_held_out_of_train_is_scored_and_named_so()
    {
        EvaluationResult result = RunEvaluation.Evaluate(
            new EvaluationOptions
            {
                Run = tiny.Run,
                Features = tiny.Features,
                Split = Split.Validation,
                Threads = 1,
            }
        );
        Assert.Equal(("val", 4, false), (result.Split, result.Samples, result.TrainedOnThese));
        Assert.Contains("chosen on these samples", result.Facts["these samples"], StringComparison.Ordinal);
    }

    [Fact]
    public void A_submission_answers_every_unlabelled_sample()
    {
        IReadOnlyList<SubmissionRow> rows = RunSubmission.FromFeatures(
            tiny.Run,
            tiny.Features,
            tiny.PathOf("submission.csv"),
            threads: 1,
            null,
            CancellationToken.None
        );
        int[] expected =
        [
            .. Dataset.Open(tiny.Data).Samples.Where(s => s.Split != Split.Train).Select(s => s.Number!.Value).Order(),
        ];
        Assert.Equal(expected, rows.Select(r => r.Id));
        Assert.Equal(4, rows.Count);
        Assert.Equal("id,Pred", File.ReadLines(tiny.PathOf("submission.csv")).First());
    }

    [Fact]
    public void Skipped_samples_are_counted_in_an_evaluation_and_stop_a_submission()
    {
        using var folder = new Folder();
        Sample lost = Dataset.Open(tiny.Data).Samples.First(s => s.Split == Split.Test);
        CopyWithout(lost.Key, tiny.Features, folder.Path);

        var e = Assert.Throws<InvalidDataException>(() =>
            RunSubmission.FromFeatures(
                tiny.Run,
                folder.Path,
                folder["submission.csv"],
                threads: 1,
                null,
                CancellationToken.None
            )
        );
        Assert.Contains($"'{lost.Key}' was skipped: the file is cut", e.Message, StringComparison.Ordinal);
        Assert.False(File.Exists(folder["submission.csv"]));

        EvaluationResult result = RunEvaluation.Evaluate(
            new EvaluationOptions
            {
                Run = tiny.Run,
                Features = folder.Path,
                Threads = 1,
            }
        );
        Assert.Equal(3, result.Samples);
        Assert.Equal("1 samples that extraction skipped", result.Facts["left out"]);
    }

    [Fact]
    public void Without_labels_an_evaluation_says_where_to_put_them()
    {
        using var folder = new Folder();
        CopyWithout(null, tiny.Features, folder.Path);
        File.Delete(folder["key.csv"]);
        var e = Assert.Throws<InvalidDataException>(() =>
            RunEvaluation.Evaluate(
                new EvaluationOptions
                {
                    Run = tiny.Run,
                    Features = folder.Path,
                    Threads = 1,
                }
            )
        );
        Assert.Contains("no labels for split 'test'. Put a key.csv", e.Message, StringComparison.Ordinal);
    }

    private static void CopyWithout(string? sample, string from, string to)
    {
        foreach (string path in Directory.EnumerateFiles(from, "*", SearchOption.AllDirectories))
        {
            string copy = Path.Combine(to, Path.GetRelativePath(from, path));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            if (sample is null || Path.GetFileName(path) != FeatureStore.LengthsFile)
                File.Copy(path, copy);
            else
                File.WriteAllLines(copy, RemoveEntry(File.ReadAllText(path), sample));
        }
        if (sample is not null)
            File.WriteAllText(
                Path.Combine(to, FeatureSet.SkippedFile),
                $$"""[{"sample":"{{sample}}","message":"the file is cut."}]"""
            );
    }

    private static string[] RemoveEntry(string json, string sample)
    {
        var lengths = System.Text.Json.JsonSerializer.Deserialize<Dictionary<string, int>>(json)!;
        Assert.True(lengths.Remove(sample));
        return [System.Text.Json.JsonSerializer.Serialize(lengths)];
    }
}

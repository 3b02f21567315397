using Gesto.Encoders;
using Gesto.Inference;
using Gesto.Recordings;
using Gesto.Training.Datasets;
using Gesto.Training.Evaluation;
using Gesto.Training.Features;
using Gesto.Training.Fitting;
using Gesto.Training.Recipes;
using Gesto.Training.Recognition;
using Gesto.Training.Runs;
using Gesto.Training.Scoring;

namespace Gesto.Training.Tests.Fitting;

/// <summary>Feature sets in which some samples lack a modality.</summary>
public class MissingModalityTests
{
    private static readonly string[] Small =
    [
        "radar.epochs=6",
        "radar.hidden=8",
        "model.hidden=12",
        "training.epochs=12",
        "training.validationFraction=0.25",
    ];

    [Fact]
    public void A_linear_run_learns_from_samples_that_lack_a_modality_and_knows_them_by_a_map_of_their_own()
    {
        using var folder = new Folder();
        FeatureSet features = Torn(folder["features"]);
        TrainingRun.Start(
            new TrainingOptions
            {
                Features = features,
                Out = folder["run"],
                Recipe = RecipeFile.Load("linear"),
                Threads = 1,
            }
        );
        RunDirectory run = RunDirectory.Open(folder["run"]);
        Assert.Equal(features.Samples.Count(s => s.Split == Split.Train), run.Facts.Train.Count);
        Assert.Empty(run.Facts.Skipped);

        using ITrainedRecogniser recogniser = ITrainedRecogniser.Load(folder["run"], threads: 1);
        Sample[] test = [.. features.Samples.Where(s => s.Split == Split.Test)];
        Assert.Equal(3, test.Select(s => features.Offers(s)).Distinct().Count());
        float[][] said = recogniser.PredictAll(features, test);
        Assert.True(test.Zip(said).Count(p => IsRight(recogniser, p.First, p.Second)) >= test.Length - 1);
        Assert.All(recogniser.LeftOut().Values, p => Assert.Equal(1, p.Sum(), 1e-4f));

        EvaluationResult result = Evaluate(folder["run"], folder["features"]);
        Assert.Equal(test.Length, result.Samples);
    }

    [Fact]
    public void A_network_taught_to_do_without_learns_from_them_and_another_passes_them_over()
    {
        using var folder = new Folder();
        FeatureSet features = Torn(folder["features"]);
        Sample[] learnable = [.. features.Samples.Where(s => s.Split != Split.Test)];
        int all = learnable.Length,
            whole = learnable.Count(s => features.Offers(s).Modalities.Count == 2);
        Assert.InRange(whole, 4, all - 4);

        Recipe taught = RecipeFile.Load("late-fusion", [.. Small, "model.modalityDropout=0.5"]);
        TrainingRun.Start(
            new TrainingOptions
            {
                Features = features,
                Out = folder["taught"],
                Recipe = taught,
                Threads = 1,
            }
        );
        RunFacts facts = RunDirectory.Open(folder["taught"]).Facts;
        Assert.Equal(all, facts.Train.Count + facts.Validation.Count);
        Assert.Equal(6, Evaluate(folder["taught"], folder["features"]).Samples);

        Recipe strict = RecipeFile.Load("late-fusion", [.. Small, "model.modalityDropout=0"]);
        TrainingResult result = TrainingRun.Start(
            new TrainingOptions
            {
                Features = features,
                Out = folder["strict"],
                Recipe = strict,
                Threads = 1,
            }
        );
        facts = RunDirectory.Open(folder["strict"]).Facts;
        Assert.Equal(all - result.Skipped, facts.Train.Count + facts.Validation.Count);
        Assert.Equal(all - whole, result.Skipped);
        Assert.Equal(all - whole, facts.Skipped.Count);
        // Its score is of what it can do, and says what was left out.
        EvaluationResult score = Evaluate(folder["strict"], folder["features"]);
        Assert.Equal(2, score.Samples);
        Assert.StartsWith(
            "4 samples without a modality",
            score.Facts["left out for what they lack"],
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void Frames_that_are_encoded_while_learning_may_be_missing_too()
    {
        using var folder = new Folder();
        FeatureSet features = Torn(folder["features"], rgbFrames: true);
        Recipe recipe = RecipeFile.Load(
            "end-to-end",
            ["training.epochs=1", "radar.epochs=1", "model.modalityDropout=0.5"]
        );
        TrainingRun.Start(
            new TrainingOptions
            {
                Features = features,
                Out = folder["run"],
                Recipe = recipe,
                Threads = 1,
            }
        );
        Assert.Equal(6, Evaluate(folder["run"], folder["features"]).Samples);
    }

    [Fact]
    public void Extraction_stores_what_a_sample_has_and_says_what_others_lack()
    {
        using var folder = new Folder();
        SmallDataset.Write(folder["data"]);
        string lacking = Dataset.Open(folder["data"]).Samples[1].Key;
        foreach (string file in Directory.GetFiles(Path.Combine(folder["data"], lacking), "*_RDM*"))
            File.Delete(file);
        Dataset dataset = Dataset.Open(folder["data"]);
        foreach (Shard? shard in new Shard?[] { null, new Shard(1, 2), new Shard(2, 2) })
        {
            ExtractionResult result = Extraction.Run(
                dataset,
                folder[shard is null ? "whole" : "shards"],
                new RgbPixels(16),
                new ExtractionOptions
                {
                    Radar = new() { Size = (16, 16) },
                    Shard = shard,
                },
                null,
                default
            );
            Assert.Empty(result.Skipped);
            if (shard is null)
                Assert.Equal(("radar", 1), Assert.Single(result.Lacking));
        }
        ShardMerge.Run(folder["shards"], [], null, default);
        foreach (string features in new[] { "whole", "shards" })
        {
            FeatureSet set = FeatureSet.Open(folder[features]);
            Assert.Equal(dataset.Samples.Select(s => s.Key), set.Samples.Select(s => s.Key));
            Assert.Equal("RGB", set.Offers(set.Samples[1]).ToString());
            Assert.Equal(dataset.Samples.Count - 1, set.Radar!.Samples.Count);
        }
    }

    [Fact]
    public void A_run_of_an_older_format_is_read()
    {
        using var folder = new Folder();
        FeatureSet features = PlantedFeatures.Write(folder["features"]);
        TrainingRun.Start(
            new TrainingOptions
            {
                Features = features,
                Out = folder["run"],
                Recipe = RecipeFile.Load("linear"),
                Threads = 1,
            }
        );
        RunFacts now = RunDirectory.Open(folder["run"]).Facts;
        string path = folder["run/run.json"];
        var json = System.Text.Json.Nodes.JsonNode.Parse(File.ReadAllText(path))!.AsObject();
        foreach ((string name, System.Text.Json.Nodes.JsonNode? stream) in json["streams"]!.AsObject())
        {
            json[name] = stream!["key"]!.DeepClone();
            json[$"{name}_width"] = stream["width"]!.DeepClone();
        }
        json.Remove("streams");
        json["version"] = 2;
        File.WriteAllText(path, json.ToJsonString());
        RunFacts old = RunDirectory.Open(folder["run"]).Facts;
        Assert.Equal(["rgb", "radar"], old.Streams.Modalities.Select(m => m.Name));
        foreach ((Modality modality, StreamFacts stream) in now.Streams)
        {
            Assert.Null(stream.Key.DifferenceTo(old.Streams[modality]!.Key));
            Assert.Equal(stream.Width, old.Streams[modality]!.Width);
        }
    }

    /// <summary>Planted features; of each three samples one has both modalities, one RGB alone, one radar alone.</summary>
    private static FeatureSet Torn(string folder, bool rgbFrames = false)
    {
        FeatureSet whole = PlantedFeatures.Write(folder, takes: 18, ids: [3, 8], rgbFrames: rgbFrames);
        Sample[] torn =
        [
            .. whole
                .Samples.GroupBy(s => (s.Split, s.ClassId))
                .SelectMany(g => g.Index())
                .Select(s =>
                    (s.Index % 3) switch
                    {
                        1 => s.Item with { Radar = [null, null, null] },
                        2 => s.Item with { Rgb = null },
                        _ => s.Item,
                    }
                ),
        ];
        foreach (Modality modality in whole.Stores.Modalities)
            Remove(whole.Stores[modality]!, torn.Where(s => !s.Has(modality)).Select(s => s.Key));
        ManifestFile.Write(Path.Combine(folder, ManifestFile.FileName), torn);
        FeatureSet features = FeatureSet.Open(folder);
        Assert.Equal(whole.Samples.Count, features.Samples.Count);
        return features;
    }

    private static void Remove(FeatureStore store, IEnumerable<string> keys)
    {
        string lengths = Path.Combine(store.Folder, FeatureStore.LengthsFile);
        var json = System.Text.Json.Nodes.JsonNode.Parse(File.ReadAllText(lengths))!.AsObject();
        foreach (string key in keys)
        {
            File.Delete(store.PathOf(key));
            json.Remove(key);
        }
        File.WriteAllText(lengths, json.ToJsonString());
    }

    private static bool IsRight(IRecogniser recogniser, Sample sample, float[] probabilities) =>
        recogniser.Labels.LabelOf(sample.ClassId!.Value) == Array.IndexOf(probabilities, probabilities.Max());

    private static EvaluationResult Evaluate(string run, string features) =>
        RunEvaluation.Evaluate(
            new EvaluationOptions
            {
                Run = run,
                Features = features,
                Threads = 1,
            }
        );
}

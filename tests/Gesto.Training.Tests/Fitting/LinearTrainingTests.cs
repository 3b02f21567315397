using Gesto.Files;
using Gesto.Inference;
using Gesto.Recordings;
using Gesto.Signs;
using Gesto.Training.Datasets;
using Gesto.Training.Evaluation;
using Gesto.Training.Features;
using Gesto.Training.Fitting;
using Gesto.Training.Recipes;
using Gesto.Training.Recognition;
using Gesto.Training.Scoring;

namespace Gesto.Training.Tests.Fitting;

[Collection(AloneWithLibtorch.Name)]
public class LinearTrainingTests
{
    private static readonly Recipe Linear = RecipeFile.Load("linear");

    [Fact]
    public void It_finds_what_is_planted_in_either_modality_and_knows_it_from_each_alone()
    {
        using var folder = new Folder();
        FeatureSet features = PlantedFeatures.Write(folder["features"], takes: 12);
        TrainingResult result = Trained.Run(features, Linear, folder["run"]);
        Assert.True(result.ValidationAccuracy > 0.9, $"{result.ValidationAccuracy}");
        using ITrainedRecogniser recogniser = ITrainedRecogniser.Load(folder["run"], threads: 1);
        Sample[] test = [.. features.Samples.Where(s => s.Split == Split.Test)];
        ModalityMask both = ModalityMask.Of(Modality.Rgb, Modality.Radar);
        ModalityMask[] masks = [both, both.Without(Modality.Radar), both.Without(Modality.Rgb)];
        // The echo comes nearer or goes away: where it is on average says nothing, only when it is where.
        foreach (float[][] said in recogniser.PredictAll(features, test, masks))
            Assert.All(said.Zip(test), p =>
                Assert.True(p.First[recogniser.Labels.LabelOf(p.Second.ClassId!.Value)] > 0.5)
            );
        Assert.All(masks, mask => Assert.True(recogniser.CanUse(mask)));
        Assert.True(recogniser.CanUse(both.Hiding(1)));
    }

    [Theory]
    [InlineData(true, null)] // landmarks tell the classes: RGB, which nearly does, is not asked
    [InlineData(true, 4)]
    [InlineData(false, null)] // landmarks are noise
    [InlineData(false, 4)]
    public void Beside_landmarks_rgb_has_a_say_only_where_it_makes_them_surely_better(bool told, int? signers)
    {
        using var folder = new Folder();
        string root = folder["features"];
        Sample[] samples =
        [
            .. PlantedFeatures
                .Write(root, radar: false, takes: 12, signers: signers)
                .Samples.Select(s => s with { Files = s.Files.With(Modality.Landmarks, ["x.npy"]) }),
        ];
        var random = new Random(7);
        using (
            var store = FeatureStore.OpenOrCreate(
                Path.Combine(root, "landmarks"),
                new()
                {
                    Modality = "landmarks",
                    Encoder = "planted",
                    Weights = "",
                    Preprocessing = "none",
                    Sampling = "linspace-6",
                    DType = "<f4",
                    Shape = [PlantedFeatures.Steps, 4],
                }
            )
        )
        {
            foreach (Sample sample in samples)
            {
                var steps = new float[PlantedFeatures.Steps * 4];
                for (int i = 0; i < steps.Length; i++)
                    steps[i] = random.NextSingle() + (told && i % 4 == 1 && sample.ClassId == 8 ? 3 : 0);
                store.Add(sample.Key, NpyArray.From(steps, PlantedFeatures.Steps, 4), PlantedFeatures.Steps);
            }
            store.Complete();
        }
        ManifestFile.Write(Path.Combine(root, "manifest.csv"), samples);
        var features = FeatureSet.Open(root);

        Trained.Run(features, Linear, folder["run"]);
        using ITrainedRecogniser recogniser = ITrainedRecogniser.Load(folder["run"], threads: 1);
        Sample[] test = [.. features.Samples.Where(s => s.Split == Split.Test)];
        var both = ModalityMask.Of(Modality.Rgb, Modality.Landmarks);
        float[][][] said =
        [
            .. recogniser.PredictAll(
                features,
                test,
                [both, both.Without(Modality.Rgb), both.Without(Modality.Landmarks)]
            ),
        ];
        Assert.Equal(told, said[0].Zip(said[1]).All(p => p.First.SequenceEqual(p.Second)));
        // alone it is asked all the same
        foreach (float[][] answers in told ? [said[0], said[2]] : new[] { said[2] })
            Assert.All(answers.Zip(test), p =>
                Assert.True(p.First[recogniser.Labels.LabelOf(p.Second.ClassId!.Value)] > 0.5)
            );
    }

    [Fact]
    public void The_same_features_give_the_same_bytes_and_a_second_start_changes_nothing()
    {
        using var folder = new Folder();
        FeatureSet features = PlantedFeatures.Write(folder["features"]);
        foreach (string run in new[] { "a", "b", "b" })
            Trained.Run(features, Linear, folder[run], resume: true);
        foreach (string file in new[] { "best.safetensors", "held-out.npy" })
            Assert.Equal(File.ReadAllBytes(folder[$"a/{file}"]), File.ReadAllBytes(folder[$"b/{file}"]));
    }

    [Fact]
    public void What_is_left_out_is_said_by_a_fit_that_has_not_seen_it()
    {
        using var folder = new Folder();
        // Every signer makes signs of his own: what one taught is of no use for another, and a fit that has seen a
        // sample would know it.
        FeatureSet features = PlantedFeatures.Write(
            folder["features"],
            radar: false,
            ids: [0, 1],
            takes: 10,
            signers: 5
        );
        string store = Path.Combine(features.Folder, "rgb");
        var random = new Random(3);
        foreach (Sample sample in features.Samples)
        {
            NpyArray array = NpyFile.Load(features.Rgb!.PathOf(sample.Key));
            float[] noise = [.. array.ToSingles().Select(_ => (float)random.NextDouble())];
            NpyFile.Save(features.Rgb.PathOf(sample.Key), NpyArray.From(noise, array.Shape));
        }
        Trained.Run(features, Linear, folder["run"]);
        using ITrainedRecogniser recogniser = ITrainedRecogniser.Load(folder["run"], threads: 1);
        Sample[] train = [.. features.Samples.Where(s => s.Split == Split.Train)];
        double Right(Func<Sample, float[]> said) =>
            train.Average(s => said(s)[recogniser.Labels.LabelOf(s.ClassId!.Value)] > 0.5 ? 1.0 : 0);
        IReadOnlyDictionary<string, float[]> leftOut = recogniser.LeftOut();
        Assert.Equal(
            train.Select(s => s.Key).Order(StringComparer.Ordinal),
            leftOut.Keys.Order(StringComparer.Ordinal)
        );
        Assert.InRange(Right(s => leftOut[s.Key]), 0.2, 0.8); // a coin's, of 20
    }

    [Fact]
    public void Where_a_modality_is_absent_it_does_without()
    {
        using var folder = new Folder();
        FeatureSet features = PlantedFeatures.Write(folder["features"], rgb: false, radarType: "<f4");
        Trained.Run(features, Linear, folder["run"]);
        using ITrainedRecogniser recogniser = ITrainedRecogniser.Load(folder["run"], threads: 1);
        Assert.Equal(["radar"], recogniser.Recipe.Modalities);
        Assert.Equal("radar", recogniser.Masks[0].ToString());
    }

    [Fact]
    public void Confidence_is_fitted_on_what_was_left_out_and_the_score_stands_beside_a_networks()
    {
        using var folder = new Folder();
        FeatureSet features = PlantedFeatures.Write(folder["features"], radar: false, takes: 30);
        string[] small = ["model.hidden=8", "model.layers=1", "training.epochs=1", "training.patience=1"];
        Recipe network = RecipeFile.Load("rgb-only", small);
        Trained.Run(features, network, folder["run"]);
        LinearReference.Fit(folder["run"], network, features, threads: 1, progress: null, CancellationToken.None);
        EvaluationResult result = RunEvaluation.Evaluate(
            new EvaluationOptions
            {
                Run = folder["run"],
                Features = features.Folder,
                Threads = 1,
            }
        );
        Assert.Equal(1.0, result.Linear!.Top1); // six samples whose drift is planted
        Calibration fitted = CalibrationFit.OfRun(Path.Combine(folder["run"], "linear"), features, threads: 1)!;
        Assert.Equal(60, fitted.Samples); // all that it learnt from
    }

    [Theory]
    [InlineData("radar.pooling", "Sideways")]
    [InlineData("radar.features", "3")]
    [InlineData("radar.frames", "2,8,0,log")]
    [InlineData("format", "other")]
    public void A_damaged_model_is_refused_by_its_name(string key, string value)
    {
        using var folder = new Folder();
        FeatureSet features = PlantedFeatures.Write(folder["features"], rgb: false);
        Trained.Run(features, Linear, folder["run"]);
        string path = folder["run/best.safetensors"];
        Gesto.Training.Weights.SafetensorsFile file = Gesto.Training.Weights.Safetensors.Load(path);
        Gesto.Training.Weights.Safetensors.Save(
            path,
            [.. file.Tensors.Values],
            new Dictionary<string, string>(file.Metadata) { [key] = value }
        );
        var e = Assert.Throws<InvalidDataException>(() => ITrainedRecogniser.Load(folder["run"], threads: 1));
        Assert.Contains(path, e.Message, StringComparison.Ordinal);
        Assert.Contains("Train again", e.Message, StringComparison.Ordinal);
    }
}

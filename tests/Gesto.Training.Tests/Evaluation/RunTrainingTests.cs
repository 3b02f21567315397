using Gesto.Signs;
using Gesto.Training.Evaluation;
using Gesto.Training.Features;
using Gesto.Training.Fitting;
using Gesto.Training.Recipes;
using Gesto.Training.Recognition;
using Gesto.Training.Runs;

namespace Gesto.Training.Tests.Evaluation;

/// <summary>What a caller of the library writes.</summary>
[Collection(AloneWithLibtorch.Name)]
public sealed class RunTrainingTests : IDisposable
{
    private static readonly string[] Small =
    [
        "radar.epochs=1",
        "radar.hidden=4",
        "model.hidden=4",
        "model.layers=1",
        "training.epochs=2",
        "training.warmUp=0",
    ];

    private readonly Folder folder = new();
    private readonly FeatureSet features;

    public RunTrainingTests() => features = PlantedFeatures.Write(folder["features"], rgb: false, takes: 8);

    public void Dispose() => folder.Dispose();

    [Fact]
    public void One_call_gives_a_calibrated_run_with_the_linear_classifier_beside_it()
    {
        var options = new TrainingOptions
        {
            Features = features,
            Recipe = RecipeFile.Load("radar-only"),
            Settings = Small,
            Seed = 7,
            Out = folder["run"],
            Threads = 1,
        };
        TrainedRun run = RunTraining.Train(options);

        Assert.Equal((folder["run"], 1, false), (run.Folder, run.Runs.Count, run.LeftOutFold));
        Assert.Null(run.Ensemble);
        RunDirectory saved = RunDirectory.Open(run.Folder);
        Assert.Equal((7, 4), (saved.Recipe.Training.Seed, saved.Recipe.Model.Hidden));
        Calibration there = Calibration.Load(run.Folder);
        Assert.Equal((run.Calibration!.Temperature, run.Calibration.Samples), (there.Temperature, there.Samples));
        Assert.Equal(saved.Facts.Validation.Count, there.Samples);
        Assert.NotNull(LinearReference.Of(run.Folder));

        byte[] best = File.ReadAllBytes(saved.BestPath);
        Assert.Throws<IOException>(() => RunTraining.Train(options));
        RunTraining.Train(
            new TrainingOptions
            {
                Features = features,
                Out = folder["run"],
                Resume = true,
            }
        );
        Assert.Equal(best, File.ReadAllBytes(saved.BestPath)); // its own recipe and threads, and it was done
        RunTraining.Train(options with { Out = folder["again"] });
        Assert.Equal(best, File.ReadAllBytes(folder["again/best.safetensors"]));
    }

    [Fact]
    public void Without_a_recipe_the_features_choose_one_and_the_seed_reaches_every_member()
    {
        var told = new List<string>();
        TrainedRun run = RunTraining.Train(
            new TrainingOptions
            {
                Features = features,
                Settings = Small,
                Seed = 3,
                Out = folder["auto"],
                Threads = 1,
                Trained = (member, _) => told.Add(member),
            }
        );
        Assert.Equal(run.Runs.Select(r => r.Folder), told);
        Assert.True(told.Count > 1);
        Assert.All(told, member => Assert.Equal(3, RunDirectory.Open(member).Recipe.Training.Seed));
        using ITrainedRecogniser recogniser = ITrainedRecogniser.Load(run.Folder, threads: 1);
        Assert.Equal(DefaultRecipe.Name, recogniser.Recipe.Name);
        Assert.Equal(run.Ensemble!.Members.Count, EnsembleFile.Load(run.Folder).Members.Count);
    }

    [Fact]
    public void Members_take_no_radar_encoder_of_another_run()
    {
        var options = new TrainingOptions
        {
            Features = features,
            Out = folder["auto"],
            RadarFrom = folder["run"],
        };
        Assert.Throws<InvalidDataException>(() => RunTraining.Train(options));
        Assert.False(Directory.Exists(folder["auto"]));
    }

    [Fact]
    public void A_refitted_run_learns_from_what_was_held_out_and_is_calibrated_by_its_twin()
    {
        TrainedRun run = RunTraining.Train(
            new TrainingOptions
            {
                Features = features,
                Recipe = RecipeFile.Load("radar-only"),
                Settings = [.. Small, "training.refit=true", "training.fold=1/2", "training.foldBy=sample"],
                Out = folder["refitted"],
                Threads = 1,
            }
        );
        RunDirectory saved = RunDirectory.Open(run.Folder),
            twin = RunDirectory.Open(saved.TwinFolder);
        Assert.Empty(saved.Facts.Validation);
        Assert.NotEmpty(twin.Facts.Validation);
        Assert.Equal(twin.Facts.Train.Concat(twin.Facts.Validation).Order(), saved.Facts.Train.Order());
        Assert.Equal(twin.Facts.Validation.Count, run.Calibration!.Samples);
        Assert.Contains(twin.Facts.HeldOutBy, run.Calibration.FittedOn, StringComparison.Ordinal);
        using ITrainedRecogniser network = ITrainedRecogniser.Load(run.Folder, threads: 1),
            other = ITrainedRecogniser.Load(twin.Folder, threads: 1);
        IReadOnlyDictionary<string, float[]> said = network.LeftOut();
        Assert.Equal(twin.Facts.Validation.Order(), said.Keys.Order());
        string key = twin.Facts.Validation[0];
        Assert.Equal(said[key], other.PredictAll(features, [features.Samples.Single(s => s.Key == key)])[0]);
    }
}

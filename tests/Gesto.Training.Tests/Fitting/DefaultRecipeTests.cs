using Gesto.Encoders;
using Gesto.Landmarks;
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
public class DefaultRecipeTests
{
    private static readonly string[] Small =
    [
        "radar.epochs=1",
        "radar.hidden=8",
        "model.hidden=8",
        "model.layers=1",
        "training.epochs=1",
        "training.leastSteps=0",
    ];

    [Theory]
    [InlineData(true, true, false, "linear late-fusion")]
    [InlineData(true, false, false, "linear rgb-only")]
    [InlineData(false, true, false, "linear radar-only micro-doppler")]
    [InlineData(true, true, true, "linear late-fusion landmarks")]
    [InlineData(true, false, true, "linear late-fusion")]
    [InlineData(false, true, true, "linear radar-only micro-doppler landmarks")]
    public void It_names_what_the_modalities_can_bear(bool rgb, bool radar, bool landmarks, string members)
    {
        using var folder = new Folder();
        FeatureSet features = PlantedFeatures.Write(folder["features"], rgb, radar);
        if (landmarks)
        {
            FeatureKey key = features.Stores.Values.First().Key with
            {
                Modality = "landmarks",
                Shape = [30, LandmarkFeatures.Width],
            };
            using (FeatureStore store = FeatureStore.OpenOrCreate(Path.Combine(features.Folder, key.Modality), key))
                store.Complete();
            features = FeatureSet.Open(features.Folder);
        }
        Recipe recipe = DefaultRecipe.For(features, ["training.seed=4"]);
        recipe.Check("here");
        Assert.Equal(members.Split(' '), recipe.Members.Select(m => m[0]));
        Assert.All(RecipeFile.LoadMembers(recipe, []), m => Assert.Equal(4, m.Training.Seed));
    }

    [Fact]
    public void A_network_that_has_learnt_nothing_does_not_vote_and_the_file_says_why()
    {
        using var folder = new Folder();
        FeatureSet features = PlantedFeatures.Write(folder["features"], takes: 12);
        TrainedRun trained = EnsembleTraining.Train(
            new TrainingOptions
            {
                Features = features,
                Recipe = DefaultRecipe.For(features, Small),
                Out = folder["run"],
                Threads = 1,
            }
        );
        (EnsembleFile file, Calibration? calibration) = (trained.Ensemble!, trained.Calibration);
        Assert.Equal(["members/1-linear"], file.Members.Select(m => m.Run));
        Assert.Contains("the linear classifier alone", file.FittedOn, StringComparison.Ordinal);
        Assert.Equal(1, calibration!.Temperature); // the member's own is enough
        using ITrainedRecogniser recogniser = ITrainedRecogniser.Load(folder["run"], threads: 1);
        Assert.Equal("auto", recogniser.Recipe.Name);
        EvaluationResult result = RunEvaluation.Evaluate(
            new EvaluationOptions
            {
                Run = folder["run"],
                Features = features.Folder,
                Threads = 1,
            }
        );
        Assert.Equal(result.Top1, result.Linear!.Top1);
    }

    [Fact]
    public void Cross_validation_trains_it_for_every_fold_and_scores_the_linear_classifier_too()
    {
        using var folder = new Folder();
        FeatureSet features = PlantedFeatures.Write(folder["features"], radar: false, takes: 6, signers: 3);
        var validation = new CrossValidation(
            new TrainingOptions
            {
                Features = features,
                Recipe = DefaultRecipe.For(features, Small),
                Out = folder["kfold"],
                Threads = 1,
            },
            null,
            FoldUnit.Signer
        );
        for (int fold = 1; fold <= validation.Deal.Count; fold++)
            Assert.True(validation.RunFold(fold, TimeProvider.System, null, CancellationToken.None));
        Assert.False(validation.RunFold(1, TimeProvider.System, null, CancellationToken.None));
        (CrossValidationResult folds, EvaluationResult all) = validation.Pool(1, TimeProvider.System);
        Assert.Equal(3, folds.Folds.Count);
        Assert.Equal(1.0, all.Linear!.Top1);
        Assert.All(folds.Folds, f =>
            Assert.Equal(f.Samples, features.Samples.Count(s => s.Split != Split.Test && f.HeldOut.Contains(s.Signer)))
        );
    }

    [Theory]
    [InlineData(30, 50, 64, 300, 0, 300)] // one step an epoch
    [InlineData(30, 50_000, 64, 300, 20_000, 25)] // 782 steps an epoch
    [InlineData(30, 2000, 64, 300, 20_000, 30)]
    [InlineData(30, 50, 64, 0, 0, 30)]
    public void Epochs_are_as_many_as_the_steps_allow(
        int epochs,
        int samples,
        int batch,
        int least,
        int most,
        int expected
    )
    {
        (int found, int patience) = new TrainingRecipe { LeastSteps = least, MostSteps = most }.Length(
            epochs,
            patience: 10,
            samples,
            batch
        );
        Assert.Equal(expected, found);
        Assert.Equal(Math.Round(10.0 * expected / epochs), patience);
    }
}

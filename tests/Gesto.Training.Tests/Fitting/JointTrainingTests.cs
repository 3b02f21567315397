using Gesto.Files;
using Gesto.Recordings;
using Gesto.Training.Features;
using Gesto.Training.Fitting;
using Gesto.Training.Recipes;
using Gesto.Training.Recognition;

namespace Gesto.Training.Tests.Fitting;

/// <summary>Encoders that learn with the fusion model.</summary>
[Collection(AloneWithLibtorch.Name)]
public class JointTrainingTests
{
    private static readonly string[] Small =
    [
        "model.hidden=8",
        "model.layers=1",
        "model.modalityDropout=0",
        "training.batch=8",
        "training.epochs=12",
        "training.learningRate=5e-3",
        "training.frameDropout=0",
    ];

    [Theory]
    [InlineData("end-to-end", "model.steps=0")]
    [InlineData("end-to-end", "model.steps=4")]
    [InlineData("early", "model.steps=0")]
    [InlineData("gestures", "model.steps=4 training.epochs=30")] // recordings mixed by range take longer
    public void A_planted_movement_is_learnt_from_frames_and_the_recogniser_says_what_training_said(
        string name,
        string setting
    )
    {
        using var temporary = new Folder();
        FeatureSet features = PlantedFeatures.Write(temporary["features"], rgbFrames: true);
        TrainingResult result = Train(
            features,
            RecipeFile.Load(name, [.. Small, .. setting.Split(' ')]),
            temporary["run"]
        );
        Assert.True(result.ValidationAccuracy >= 0.8, $"{result.ValidationAccuracy}");
        using ITrainedRecogniser recogniser = ITrainedRecogniser.Load(temporary["run"], threads: 1);
        Sample[] test = [.. features.Samples.Where(s => s.Split == Split.Test)];
        float[][] said = recogniser.PredictAll(features, test);
        Assert.True(
            test.Zip(said).Count(p => recogniser.Labels[Array.IndexOf(p.Second, p.Second.Max())].Id == p.First.ClassId)
                >= 5,
            "of 6 fresh samples"
        );
        var heldOut = recogniser.Facts.Validation.ToHashSet();
        Sample[] validation = [.. features.Samples.Where(s => heldOut.Contains(s.Key))];
        // Accuracy would agree by chance where the recogniser shows its encoder other frames than training did; losses
        // do not.
        double loss = validation
            .Zip(recogniser.PredictAll(features, validation))
            .Average(p => -Math.Log(p.Second[recogniser.Labels.LabelOf(p.First.ClassId!.Value)]));
        Assert.Equal(result.ValidationLoss!.Value, loss, 1e-5);
    }

    [Theory]
    [InlineData("end-to-end", "radar.epochs=0", 2)]
    [InlineData("end-to-end", "radar.epochs=2", 0)]
    [InlineData("early", "training.accumulation=2", 1)]
    public void Interrupted_and_resumed_ends_with_the_bytes_of_the_uninterrupted_run(
        string name,
        string setting,
        int done
    )
    {
        using var temporary = new Folder();
        FeatureSet features = PlantedFeatures.Write(temporary["features"], rgbFrames: true);
        Recipe recipe = RecipeFile.Load(name, [.. Small, setting, "training.epochs=3", "radar.hidden=8"]);
        Train(features, recipe, temporary["whole"]);
        using var cancel = new CancellationTokenSource();
        var progress = new Interrupter(p =>
        {
            if (p.Stage == "train fusion" && p.Done == done)
                cancel.Cancel();
        });
        Assert.ThrowsAny<OperationCanceledException>(() =>
            TrainingRun.Start(
                new TrainingOptions
                {
                    Features = features,
                    Recipe = recipe,
                    Out = temporary["cut"],
                    Threads = 1,
                },
                progress,
                cancel.Token
            )
        );
        TrainingRun.Start(
            new TrainingOptions
            {
                Features = features,
                Out = temporary["cut"],
                Resume = true,
            }
        );
        foreach (string file in new[] { "best.safetensors", "last.safetensors", "radar-encoder.safetensors" })
            Assert.Equal(File.ReadAllBytes(temporary["whole/" + file]), File.ReadAllBytes(temporary["cut/" + file]));
    }

    [Fact]
    public void The_encoders_own_training_can_be_taken_over_and_then_goes_on()
    {
        using var temporary = new Folder();
        FeatureSet features = PlantedFeatures.Write(temporary["features"], rgb: false);
        string[] settings = ["radar.epochs=2", "radar.hidden=8", "model.hidden=8", "training.epochs=2"];
        Train(features, RecipeFile.Load("radar-only", settings), temporary["before"]);
        Recipe joint = RecipeFile.Load("radar-only", [.. settings, "radar.encoder=joint"]);
        TrainingRun.Start(
            new TrainingOptions
            {
                Features = features,
                Recipe = joint,
                Out = temporary["joint"],
                Threads = 1,
                RadarFrom = temporary["before"],
            }
        );
        Assert.Equal(
            File.ReadAllBytes(temporary["before/radar-encoder.safetensors"]),
            File.ReadAllBytes(temporary["joint/radar-encoder.safetensors"])
        );
        var start = Gesto.Training.Weights.Safetensors.Load(temporary["joint/radar-encoder.safetensors"]);
        var end = Gesto.Training.Weights.Safetensors.Load(temporary["joint/best.safetensors"]);
        Assert.NotEqual(start.Tensors["conv1.weight"].ToSingles(), end.Tensors["radar.conv1.weight"].ToSingles());
    }

    [Theory]
    [InlineData("end-to-end", false, "frames")]
    [InlineData("last-stage", true, "maps")]
    [InlineData("late-fusion", true, "features")]
    public void Features_of_another_kind_are_refused_with_the_step_that_makes_the_right_ones(
        string name,
        bool frames,
        string kind
    )
    {
        using var temporary = new Folder();
        FeatureSet features = PlantedFeatures.Write(temporary["features"], rgbFrames: frames);
        var e = Assert.Throws<InvalidDataException>(() => Train(features, RecipeFile.Load(name), temporary["run"]));
        Suggestion next = Assert.Single(Suggestion.Of(e));
        Assert.Equal((NextStep.ExtractRgb, kind), (next.Step, Assert.Single(next.Subjects)));
    }

    [Theory]
    [InlineData("early", "rgb.encoder=features", "model.fusion")]
    [InlineData("early", "radar.encoder=trained", "radar.epochs")]
    [InlineData("early", "model.standardise=true", "model.standardise")]
    [InlineData("end-to-end", "training.accumulation=33", "training.accumulation")]
    [InlineData("transformer", "model.pooling=meanMax", "model.pooling")]
    [InlineData("radar-only", "radar.staticToo=true", "radar.staticToo")]
    [InlineData("micro-doppler", "radar.staticToo=true", "radar.staticToo")]
    [InlineData("late-fusion", "model.steps=-1", "model.steps")]
    [InlineData("rtm", "radar.bins=12", "radar.bins")]
    [InlineData("attention", "modalities=[\"landmarks\"]", "attention looks from one at others")]
    [InlineData("gated", "modalities=[\"rgb\",\"radar\",\"landmarks\"]", "late or attention, where")]
    public void A_recipe_that_cannot_be_is_refused(string name, string setting, string key) =>
        Assert.Contains(
            key,
            Assert.Throws<InvalidDataException>(() => RecipeFile.Load(name, [setting])).Message,
            StringComparison.Ordinal
        );

    private static TrainingResult Train(FeatureSet features, Recipe recipe, string run) =>
        Trained.Run(features, recipe, run);
}

using Gesto.Recordings;
using Gesto.Training.Explanation;
using Gesto.Training.Features;
using Gesto.Training.Fitting;
using Gesto.Training.Recipes;
using Gesto.Training.Recognition;

namespace Gesto.Training.Tests.Fitting;

[Collection(AloneWithLibtorch.Name)]
public class ProgressTests
{
    /// <summary>A bar that ends short of its end looks like work left undone, and goes on counting time.</summary>
    [Fact]
    public void Every_stage_of_training_predicting_and_explaining_counts_up_to_its_end()
    {
        using var temporary = new Folder();
        FeatureSet features = PlantedFeatures.Write(temporary["features"]);
        var told = new Dictionary<string, List<WorkProgress>>();
        var progress = new Interrupter(p =>
        {
            if (!told.TryGetValue(p.Stage, out List<WorkProgress>? stage))
                told[p.Stage] = stage = [];
            stage.Add(p);
        });
        Recipe recipe = RecipeFile.Load(
            "late-fusion",
            ["radar.epochs=2", "radar.hidden=8", "model.hidden=12", "training.epochs=2"]
        );
        TrainingRun.Start(
            new TrainingOptions
            {
                Features = features,
                Recipe = recipe,
                Out = temporary["run"],
                Threads = 1,
            },
            progress
        );
        using (var recogniser = NetworkRecogniser.Load(temporary["run"], threads: 1))
        {
            Sample[] samples = [.. features.Samples.Take(3)];
            recogniser.PredictAll(features, samples, [ModalityMask.All], progress);
            var sample = PerModality.Of(
                new RecordingSteps(new float[4 * PlantedFeatures.RgbWidth], 4, [PlantedFeatures.RgbWidth]),
                new RecordingSteps(new float[3 * 2 * 8 * 8], 3, [2, 8, 8])
            );
            Occlusion.Measure(recogniser, sample, ModalityMask.All, label: 0, progress, CancellationToken.None);
        }

        Assert.Equal(
            ["encode radar", "explain", "load features", "predict", "train fusion", "train radar-encoder"],
            told.Keys.Order(StringComparer.Ordinal)
        );
        foreach ((string stage, List<WorkProgress> reports) in told)
        {
            Assert.True(
                reports[^1].Total > 0 && reports[^1].Done == reports[^1].Total,
                $"{stage}: ends at {reports[^1].Done} of {reports[^1].Total}"
            );
            Assert.Equal(reports.Select(r => r.Done).Order(), reports.Select(r => r.Done));
        }
    }
}

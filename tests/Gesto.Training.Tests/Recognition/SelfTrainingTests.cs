using Gesto.Files;
using Gesto.Recordings;
using Gesto.Training.Batches;
using Gesto.Training.Evaluation;
using Gesto.Training.Features;
using Gesto.Training.Fitting;
using Gesto.Training.Recipes;
using Gesto.Training.Recognition;
using Gesto.Training.Reports;
using Gesto.Training.Runs;
using Gesto.Training.Scoring;

namespace Gesto.Training.Tests.Recognition;

[Collection(AloneWithLibtorch.Name)]
public class SelfTrainingTests
{
    private static readonly Recipe Small = RecipeFile.Load(
        "late-fusion",
        [
            "radar.epochs=2",
            "radar.hidden=8",
            "radar.batch=4",
            "model.hidden=12",
            "training.batch=5",
            "training.epochs=2",
            "training.warmUp=0",
        ]
    );

    [Fact]
    public void Answers_sure_enough_become_labels_whatever_the_true_ones_are()
    {
        using var temporary = new Folder();
        FeatureSet features = PlantedFeatures.Write(temporary["features"]);
        TrainingRun.Start(
            new TrainingOptions
            {
                Features = features,
                Recipe = Small,
                Out = temporary["first"],
                Threads = 1,
            }
        );
        using ITrainedRecogniser recogniser = ITrainedRecogniser.Load(temporary["first"], threads: 1);
        Sample[] test = [.. features.Samples.Where(s => s.Split == Split.Test)];
        float[][] probabilities = recogniser.PredictAll(features, test);
        float[] highest = [.. probabilities.Select(p => p.Max()).Order()];
        double above = (highest[0] + highest[^1]) / 2;

        PseudoLabels labels = SelfTraining.Label(temporary["first"], features, above, threads: 1);
        Assert.InRange(labels.ClassIds.Count, 1, test.Length - 1);
        foreach ((Sample sample, float[] p) in test.Zip(probabilities))
        {
            Assert.Equal(p.Max() >= above, labels.ClassIds.TryGetValue(sample.Key, out int id));
            if (p.Max() >= above)
                Assert.Equal(recogniser.Labels[Array.IndexOf(p, p.Max())].Id, id);
        }
        Assert.Equal(test.Length, SelfTraining.Label(temporary["first"], features, 0, threads: 1).ClassIds.Count);
        var none = Assert.Throws<InvalidDataException>(() =>
            SelfTraining.Label(temporary["first"], features, 1.01, threads: 1)
        );
        Assert.Equal(NextStep.LowerPseudoLabelThreshold, Suggestion.Of(none)[0].Step);
    }

    [Fact]
    public void A_run_learns_from_given_labels_never_holds_their_samples_out_and_its_score_says_so()
    {
        using var temporary = new Folder();
        FeatureSet features = PlantedFeatures.Write(temporary["features"]);
        Sample[] test = [.. features.Samples.Where(s => s.Split == Split.Test)];
        // The wrong class for each: were the true labels read, this would show.
        int[] ids = [.. features.Labels.Classes.Select(c => c.Id)];
        var wrong = test.Take(3)
            .ToDictionary(s => s.Key, s => ids[(Array.IndexOf(ids, s.ClassId!.Value) + 1) % ids.Length]);
        var pseudo = new PseudoLabels("elsewhere", 0.7, wrong);

        TrainingData data = TrainingData.Load(features, Small, pseudo, null, null, default),
            before = TrainingData.Load(features, Small, null, null, null, default);
        Assert.Equal(
            before.Validation.Select(i => before.Samples[i].Key),
            data.Validation.Select(i => data.Samples[i].Key)
        );
        Assert.Equal(
            before.Train.Select(i => before.Samples[i].Key).Concat(wrong.Keys),
            data.Train.Select(i => data.Samples[i].Key)
        );
        Assert.All(data.Train.Where(i => wrong.ContainsKey(data.Samples[i].Key)), i =>
            Assert.Equal(features.Labels.LabelOf(wrong[data.Samples[i].Key]), data.Labels[i])
        );
        Assert.NotEqual(before.Fingerprint, data.Fingerprint);

        TrainingRun.Start(
            new TrainingOptions
            {
                Features = features,
                Recipe = Small,
                Out = temporary["whole"],
                Threads = 1,
                PseudoLabels = pseudo,
            }
        );
        Assert.Equal(wrong, RunDirectory.Open(temporary["whole"]).Facts.PseudoLabels!.ClassIds);
        EvaluationResult result = Evaluate("whole", Split.Test);
        Assert.Equal((3, false), (result.PseudoLabelled, result.TrainedOnThese));
        Assert.Contains("3 of these samples in training", Report.Render(result, []), StringComparison.Ordinal);
        Assert.Equal(
            (0, true),
            (Evaluate("whole", Split.Train).PseudoLabelled, Evaluate("whole", Split.Train).TrainedOnThese)
        );

        // Resumed without saying so again, it is the same run; a radar encoder that saw other labels is not taken.
        using var cancel = new CancellationTokenSource();
        var progress = new Interrupter(p =>
        {
            if (p.Stage == "train fusion" && p.Done == 1)
                cancel.Cancel();
        });
        Assert.ThrowsAny<OperationCanceledException>(() =>
            TrainingRun.Start(
                new TrainingOptions
                {
                    Features = features,
                    Recipe = Small,
                    Out = temporary["cut"],
                    Threads = 1,
                    PseudoLabels = pseudo,
                },
                progress,
                cancel.Token
            )
        );
        TrainingRun.Start(
            new TrainingOptions
            {
                Features = features,
                Recipe = Small,
                Out = temporary["cut"],
                Resume = true,
                Threads = 1,
            }
        );
        Assert.Equal(
            File.ReadAllBytes(temporary["whole/best.safetensors"]),
            File.ReadAllBytes(temporary["cut/best.safetensors"])
        );

        // A comparison says it of each.
        TrainingRun.Start(
            new TrainingOptions
            {
                Features = features,
                Recipe = Small,
                Out = temporary["plain"],
                Threads = 1,
            }
        );
        foreach (string run in new[] { "whole", "plain" })
        {
            EvaluationInput said = RunEvaluation.Predict(
                new EvaluationOptions
                {
                    Run = temporary[run],
                    Features = features.Folder,
                    Seed = 0,
                    Threads = 1,
                },
                null,
                default
            );
            RunEvaluation.Save(temporary[run], said, EvaluationResult.Of(said));
        }
        RunComparison compared = SavedRuns.Compare([temporary["plain"], temporary["whole"]], "test", 0);
        Assert.Equal([("plain", 0), ("whole", 3)], compared.Runs.Select(r => (r.Run, r.PseudoLabelled)).Order());

        Assert.Contains(
            "pseudo-labels",
            Assert
                .Throws<InvalidDataException>(() =>
                    TrainingRun.Start(
                        new TrainingOptions
                        {
                            Features = features,
                            Recipe = Small,
                            Out = temporary["other"],
                            Threads = 1,
                            RadarFrom = temporary["whole"],
                        }
                    )
                )
                .Message,
            StringComparison.Ordinal
        );

        EvaluationResult Evaluate(string run, Split split) =>
            RunEvaluation.Evaluate(
                new EvaluationOptions
                {
                    Run = temporary[run],
                    Features = features.Folder,
                    Split = split,
                    Seed = 0,
                    Threads = 1,
                }
            );
    }

    [Fact]
    public void Members_learn_from_the_same_labels_and_a_resumed_training_keeps_them()
    {
        using var temporary = new Folder();
        FeatureSet features = PlantedFeatures.Write(temporary["features"]);
        string key = features.Samples.First(s => s.Split == Split.Test).Key;
        var pseudo = new PseudoLabels("elsewhere", 0.7, new Dictionary<string, int> { [key] = features.Labels[0].Id });
        string[] settings =
        [
            "radar.epochs=1",
            "radar.hidden=8",
            "model.hidden=8",
            "model.layers=1",
            "training.epochs=1",
            "training.warmUp=0",
        ];
        using var cancel = new CancellationTokenSource();
        Assert.ThrowsAny<OperationCanceledException>(() =>
            EnsembleTraining.Train(
                new TrainingOptions
                {
                    Features = features,
                    Recipe = RecipeFile.Load("best"),
                    Settings = settings,
                    Out = temporary["best"],
                    Threads = 1,
                    Trained = (_, _) => cancel.Cancel(),
                    PseudoLabels = pseudo,
                },
                cancel: cancel.Token
            )
        );
        Assert.Throws<InvalidDataException>(() =>
            EnsembleTraining.Train(
                new TrainingOptions
                {
                    Features = features,
                    Out = temporary["best"],
                    Resume = true,
                    Threads = 1,
                    PseudoLabels = pseudo with { ClassIds = new Dictionary<string, int>() },
                }
            )
        );
        EnsembleTraining.Train(
            new TrainingOptions
            {
                Features = features,
                Out = temporary["best"],
                Resume = true,
                Threads = 1,
            }
        );
        using ITrainedRecogniser recogniser = ITrainedRecogniser.Load(temporary["best"], threads: 1);
        Assert.Equal([key], recogniser.Facts.PseudoLabels!.ClassIds.Keys);
        foreach (string member in Directory.GetDirectories(temporary["best/members"]))
            Assert.Contains(key, RunDirectory.Open(member).Facts.Train);
    }
}

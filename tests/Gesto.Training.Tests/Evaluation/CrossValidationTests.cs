using System.Text.Json;
using Gesto.Recordings;
using Gesto.Training.Datasets;
using Gesto.Training.Evaluation;
using Gesto.Training.Features;
using Gesto.Training.Fitting;
using Gesto.Training.Recipes;
using Gesto.Training.Runs;
using Gesto.Training.Scoring;

namespace Gesto.Training.Tests.Evaluation;

[Collection(AloneWithLibtorch.Name)]
public sealed class CrossValidationTests : IDisposable
{
    private static readonly Recipe Small = RecipeFile.Load(
        "radar-only",
        [
            "radar.epochs=1",
            "radar.hidden=4",
            "model.hidden=4",
            "model.layers=1",
            "training.epochs=2",
            "training.warmUp=0",
        ]
    );

    private readonly Folder folder = new();
    private readonly FeatureSet features;

    public CrossValidationTests() =>
        features = PlantedFeatures.Write(folder["features"], rgb: false, takes: 8, signers: 4);

    public void Dispose() => folder.Dispose();

    private CrossValidation Of(string name, Recipe? recipe = null, int? count = 2) =>
        new(
            new TrainingOptions
            {
                Features = features,
                Recipe = recipe ?? Small,
                Out = folder[name],
                Threads = 1,
            },
            count,
            FoldUnit.Signer
        );

    private static (CrossValidationResult Folds, EvaluationResult All) Run(CrossValidation validation)
    {
        for (int fold = 1; fold <= validation.Deal.Count; fold++)
            validation.RunFold(fold, TimeProvider.System, null, CancellationToken.None);
        return validation.Pool(1, TimeProvider.System);
    }

    [Fact]
    public void Each_run_is_scored_on_signers_who_neither_taught_it_nor_chose_its_epoch()
    {
        CrossValidation validation = Of("kfold");
        (CrossValidationResult folds, EvaluationResult all) = Run(validation);
        Dictionary<string, string> signerOf = features.Samples.ToDictionary(s => s.Key, s => s.Signer!);
        foreach (FoldScore fold in folds.Folds)
        {
            RunFacts facts = RunDirectory.Open(validation.PathOf(fold.Fold)).Facts;
            string[][] signers =
            [
                .. new[] { facts.Train, facts.Validation, facts.Fold }.Select(keys =>
                    keys.Select(k => signerOf[k]).Distinct().ToArray()
                ),
            ];
            Assert.Equal(4, signers.Sum(s => s.Length)); // all four, none twice
            Assert.Equal(fold.HeldOut, signers[2].Order());
            Assert.Equal(
                (22 - facts.Train.Count - facts.Validation.Count, facts.Train.Count, facts.Validation.Count),
                (fold.Samples, fold.Train, fold.Validation)
            );
            Assert.True(facts.Validation.Count > 0);
            Assert.DoesNotContain(facts.Train.Concat(facts.Validation).Concat(facts.Fold), k =>
                k.StartsWith("test/", StringComparison.Ordinal)
            );
            Assert.Contains(
                "signer",
                JsonDocument
                    .Parse(File.ReadAllText(Path.Combine(validation.PathOf(fold.Fold), "calibration.json")))
                    .RootElement.GetProperty("fitted_on")
                    .GetString()
            );
        }
        // Pooled: train and val, the latter labelled here, each predicted once, by its own fold's run.
        Dictionary<string, SavedPrediction> pooled = PredictionFile
            .Load(folder["kfold"], "fold")
            .ToDictionary(p => p.Sample);
        Assert.Equal(
            features.Samples.Where(s => s.Split != Split.Test).Select(s => s.Key).Order(),
            pooled.Keys.Order()
        );
        foreach (FoldScore fold in folds.Folds)
        foreach (SavedPrediction p in PredictionFile.Load(validation.PathOf(fold.Fold), "fold"))
            Assert.Equal(p, pooled[p.Sample]);
        Assert.Equal(pooled.Values.Average(p => p.IsCorrect ? 1.0 : 0.0), folds.Top1, 1e-12);
        Assert.Equal((all.Top1, all.Top1Low, all.Top1High), (folds.Top1, folds.Top1Low, folds.Top1High));
        Assert.Contains("signers", folds.IntervalMethod);
        Assert.Equal(
            folds.Top1,
            JsonDocument.Parse(File.ReadAllText(folder["kfold/kfold.json"])).RootElement.GetProperty("top1").GetDouble()
        );
    }

    [Fact]
    public void Finished_folds_are_skipped_a_cut_one_goes_on_and_the_bytes_are_the_same()
    {
        Run(Of("whole"));
        CrossValidation cut = Of("cut");
        using var cancel = new CancellationTokenSource();
        Assert.True(cut.RunFold(1, TimeProvider.System, null, CancellationToken.None));
        Assert.Contains(
            "fold-2: this fold is not finished",
            Assert.Throws<InvalidDataException>(() => cut.Pool(1, TimeProvider.System)).Message,
            StringComparison.Ordinal
        );
        Assert.ThrowsAny<OperationCanceledException>(() =>
            cut.RunFold(2, TimeProvider.System, new Cut(cancel), cancel.Token)
        );
        Assert.False(cut.RunFold(1, TimeProvider.System, null, CancellationToken.None));
        Assert.True(cut.RunFold(2, TimeProvider.System, null, CancellationToken.None));
        cut.Pool(1, TimeProvider.System);
        foreach (
            string file in new[]
            {
                "kfold.json",
                "predictions-fold.csv",
                "predictions-fold.npy",
                "fold-1/best.safetensors",
                "fold-2/best.safetensors",
                "fold-2/run.json",
            }
        )
            Assert.True(
                File.ReadAllBytes(folder["whole/" + file])
                    .AsSpan()
                    .SequenceEqual(File.ReadAllBytes(folder["cut/" + file])),
                file
            );
    }

    [Fact]
    public void Other_settings_or_other_features_in_a_finished_fold_are_an_error()
    {
        Run(Of("kfold"));
        Assert.Contains(
            "\"epochs\": 9",
            Assert
                .Throws<InvalidDataException>(() =>
                    Of("kfold", Small with { Training = Small.Training with { Epochs = 9 } })
                        .RunFold(1, TimeProvider.System, null, CancellationToken.None)
                )
                .Message,
            StringComparison.Ordinal
        );
        string csv = PredictionFile.PathOf(folder["kfold/fold-1"], "fold");
        string line = File.ReadLines(csv).ElementAt(1);
        File.WriteAllText(
            csv,
            File.ReadAllText(csv)
                .Replace(
                    line,
                    "train/ELSEWHERE" + line[line.IndexOf(',', StringComparison.Ordinal)..],
                    StringComparison.Ordinal
                )
        );
        Assert.Contains(
            "'train/ELSEWHERE' is not of fold 1",
            Assert.Throws<InvalidDataException>(() => Of("kfold").Pool(1, TimeProvider.System)).Message,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void One_recording_in_the_fold_and_in_training_is_an_error_that_names_both_samples()
    {
        CrossValidation validation = Of("kfold");
        string held = validation.Deal.In(1)[0].Key,
            learnt = validation.Deal.In(2)[0].Key;
        File.WriteAllText(
            folder["features/recordings.json"],
            JsonSerializer.Serialize(
                features.Samples.ToDictionary(s => s.Key, s => s.Key == held || s.Key == learnt ? "same" : s.Key)
            )
        );
        File.Copy(folder[$"features/radar/{held}.npy"], folder[$"features/radar/{learnt}.npy"], overwrite: true);
        string message = Assert
            .Throws<InvalidDataException>(() =>
                validation.RunFold(1, TimeProvider.System, null, CancellationToken.None)
            )
            .Message;
        Assert.Contains($"'{held}' (fold)", message, StringComparison.Ordinal);
        Assert.Contains($"'{learnt}' (", message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_class_that_only_the_left_out_signer_performs_is_counted()
    {
        Sample[] all =
        [
            .. features
                .Samples.Select(s => s.Signer == "P1" && s.ClassId == 8 ? s with { Signer = "P2" } : s)
                .Where(s => s.ClassId == 3 || s.Signer == "P2"),
        ];
        ManifestFile.Write(folder["features/manifest.csv"], all);
        var validation = new CrossValidation(
            new TrainingOptions
            {
                Features = FeatureSet.Open(folder["features"]),
                Recipe = Small,
                Out = folder["kfold"],
                Threads = 1,
            },
            null,
            FoldUnit.Signer
        );
        (CrossValidationResult folds, _) = Run(validation);
        Assert.Equal(
            [0, all.Count(s => s is { ClassId: 8, Split: not Split.Test }), 0, 0],
            folds.Folds.Select(f => f.NeverTaught)
        );
    }

    [Fact]
    public void Two_cross_validations_are_compared_on_the_same_samples()
    {
        Run(Of("a"));
        Run(Of("b", Small with { Training = Small.Training with { Seed = 3 } }));
        RunComparison comparison = SavedRuns.Compare([folder["a"], folder["b"]], "fold", 1);
        Assert.Equal(22, comparison.Samples);
        Assert.Equal(2, comparison.Runs.Count);
    }

    [Fact]
    public void A_single_fold_is_trained_and_evaluated_by_its_own_verbs()
    {
        Recipe recipe = RecipeFile.Parse(
            RecipeFile.Format(Small),
            "x",
            ["training.seed=4", "training.fold=2/all", "training.foldBy=signer"]
        );
        TrainingRun.Start(
            new TrainingOptions
            {
                Features = features,
                Recipe = recipe,
                Out = folder["run"],
                Threads = 1,
            }
        );
        RunFacts facts = RunDirectory.Open(folder["run"]).Facts;
        EvaluationResult fold = RunEvaluation.Evaluate(
            new EvaluationOptions
            {
                Run = folder["run"],
                Features = folder["features"],
                Split = null,
                Threads = 1,
            }
        );
        Assert.Equal(("fold", facts.Fold.Count, false), (fold.Split, fold.Samples, fold.TrainedOnThese));
        Assert.Equal(["P2"], fold.PerSigner.Select(s => s.Group));
        EvaluationResult train = RunEvaluation.Evaluate(
            new EvaluationOptions
            {
                Run = folder["run"],
                Features = folder["features"],
                Split = Split.Train,
                Threads = 1,
            }
        );
        Assert.Equal((facts.Train.Count, true), (train.Samples, train.TrainedOnThese));
    }

    private sealed class Cut(CancellationTokenSource cancel) : IProgress<WorkProgress>
    {
        public void Report(WorkProgress value)
        {
            if (value is { Stage: "train fusion", Done: 1 })
                cancel.Cancel();
        }
    }
}

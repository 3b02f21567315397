using Gesto.Encoders;
using Gesto.Files;
using Gesto.Inference;
using Gesto.Recordings;
using Gesto.Signs;
using Gesto.Training.Datasets;
using Gesto.Training.Evaluation;
using Gesto.Training.Features;
using Gesto.Training.Recipes;
using Gesto.Training.Recognition;
using Gesto.Training.Runs;
using Gesto.Training.Scoring;

namespace Gesto.Training.Tests.Recognition;

public class EnsembleTests(TinyRun tiny) : IClassFixture<TinyRun>
{
    [Fact]
    public void Two_runs_vote_from_features_and_from_raw_recordings_alike()
    {
        FeatureSet features = FeatureSet.Open(tiny.Features);
        string radar = tiny.PathOf("radar-member"),
            folder = tiny.PathOf("ensembles/both");
        Trained.Run(
            features,
            RecipeFile.Load(
                "radar-only",
                ["training.epochs=1", "radar.epochs=1", "model.hidden=8", "model.layers=1", "radar.hidden=8"]
            ),
            radar
        );

        (EnsembleFile file, Calibration? calibration) = EnsembleFit.Fit(
            [tiny.Run, radar],
            folder,
            features,
            equal: false,
            threads: 1
        );
        Assert.Equal(["../../run", "../../radar-member"], file.Members.Select(m => m.Run));
        Assert.Equal(1, file.Members.Sum(m => m.Weight), 9);
        Assert.Equal(4, file.Samples); // the held-out signer's four signs
        Assert.NotNull(calibration);

        using ITrainedRecogniser ensemble = ITrainedRecogniser.Load(folder, threads: 1);
        Assert.IsType<Ensemble>(ensemble);
        Assert.Equal(calibration.Temperature, ensemble.Calibration.Temperature);
        Dataset dataset = Dataset.Open(tiny.Data);
        Sample[] samples = [.. dataset.Samples.Where(s => s.Split == Split.Test)];
        float[][] extracted = ensemble.PredictAll(features, samples);
        using IRgbEncoder encoder = TinyRun.OpenEncoder();
        using var predictor = new VideoPredictor(ensemble, encoder);
        float[] direct = predictor.Predict(dataset.Root, samples[0], CancellationToken.None).Probabilities;
        Assert.All(direct.Zip(extracted[0]), p => Assert.Equal(p.First, p.Second, 1e-5f));
        Assert.Equal(1, direct.Sum(), 1e-5f);

        Assert.Equal(["RGB and radar", "RGB", "radar"], ensemble.Masks.Select(m => m.ToString()));
        using ITrainedRecogniser late = ITrainedRecogniser.Load(tiny.Run, threads: 1);
        using ITrainedRecogniser alone = ITrainedRecogniser.Load(radar, threads: 1);
        float[] fromRgb = predictor
            .Predict(dataset.Root, samples[0] with { Radar = [null, null, null] }, CancellationToken.None)
            .Probabilities;
        float[][][] lateSays = late.PredictAll(features, samples, late.Masks);
        // Without radar the one member that can do without votes alone; without RGB both do.
        Assert.All(fromRgb.Zip(ProbabilityPool.Of([lateSays[1][0]], [1], calibration.Temperature)), p =>
            Assert.Equal(p.First, p.Second, 1e-5f)
        );
        float[] both = ProbabilityPool.Of(
            [lateSays[2][0], alone.PredictAll(features, samples)[0]],
            [.. file.Subsets["radar"]],
            calibration.Temperature
        );
        Assert.All(both.Zip(ensemble.PredictAll(features, samples, ensemble.Masks)[2][0]), p =>
            Assert.Equal(p.First, p.Second, 1e-5f)
        );

        EvaluationResult result = RunEvaluation.EvaluateAndSave(
            new EvaluationOptions
            {
                Run = folder,
                Features = tiny.Features,
                Threads = 1,
            },
            null
        );
        Assert.Equal(("both", 4), (result.Recipe, result.Samples));
        Assert.Contains("../../radar-member", result.Facts["members"], StringComparison.Ordinal);
        Assert.Equal(
            4,
            RunSubmission
                .FromFeatures(folder, tiny.Features, tiny.PathOf("both.csv"), 1, null, CancellationToken.None)
                .Count
        );

        RunEvaluation.EvaluateAndSave(
            new EvaluationOptions
            {
                Run = tiny.Run,
                Features = tiny.Features,
                Threads = 1,
            },
            null
        );
        RunComparison comparison = SavedRuns.Compare([tiny.Run, folder], "test", seed: 1);
        Assert.Equal(["both", "run"], comparison.Runs.Select(r => r.Run).Order());
    }

    [Fact]
    public void What_cannot_vote_together_is_refused_and_nothing_is_written()
    {
        FeatureSet features = FeatureSet.Open(tiny.Features);
        string folder = tiny.PathOf("refused");
        Assert.Contains("two or more", Refused([tiny.Run]), StringComparison.Ordinal);
        Assert.Contains("named twice", Refused([tiny.Run, tiny.Run]), StringComparison.Ordinal);
        Assert.Contains("no run here", Refused([tiny.Run, tiny.Data]), StringComparison.Ordinal);
        Assert.Throws<IOException>(() =>
            EnsembleFit.Fit([tiny.Run, tiny.PathOf("other")], tiny.Run, features, equal: false, threads: 1)
        );
        Assert.False(Directory.Exists(folder));

        string Refused(string[] runs) =>
            Assert
                .Throws<InvalidDataException>(() => EnsembleFit.Fit(runs, folder, features, equal: false, threads: 1))
                .Message;
    }

    [Fact]
    public void Training_leaves_a_calibration_that_prediction_applies()
    {
        FeatureSet features = FeatureSet.Open(tiny.Features);
        Sample[] samples = [.. features.Samples.Where(s => s.Split == Split.Test)];
        using NetworkRecogniser raw = NetworkRecogniser.Load(tiny.Run, threads: 1);
        raw.Calibration = Calibration.None;
        float[][] before = raw.PredictAll(features, samples);
        Calibration fitted = CalibrationFit.OfRun(tiny.Run, features, threads: 1)!;
        Assert.Equal((4, 1), (fitted.Samples, fitted.Signers));
        using NetworkRecogniser calibrated = NetworkRecogniser.Load(tiny.Run, threads: 1);
        float[][] after = calibrated.PredictAll(features, samples);
        for (int n = 0; n < samples.Length; n++)
            Assert.All(Calibration.Sharpen(before[n], 1 / fitted.Temperature).Zip(after[n]), p =>
                Assert.Equal(p.First, p.Second, 1e-5f)
            );
        // Fitting again sees through the calibration that is there.
        Assert.Equal(fitted.Temperature, CalibrationFit.OfRun(tiny.Run, features, threads: 1)!.Temperature, 9);
    }

    [Fact]
    public void An_evaluation_saves_every_probability_beside_its_sample()
    {
        RunEvaluation.EvaluateAndSave(
            new EvaluationOptions
            {
                Run = tiny.Run,
                Features = tiny.Features,
                Threads = 1,
            },
            null
        );
        NpyArray saved = NpyFile.Load(Path.Combine(tiny.Run, "predictions-test.npy"));
        Assert.Equal([4, 4], saved.Shape);
        IReadOnlyList<SavedPrediction> lines = PredictionFile.Load(tiny.Run, "test");
        LabelSet labels = RunDirectory.Open(tiny.Run).Facts.LabelSet;
        float[][] rows = [.. saved.ToSingles().Chunk(4)];
        for (int n = 0; n < 4; n++)
        {
            Assert.Equal(rows[n].Max(), lines[n].Probability, 1e-6);
            Assert.Equal(labels[Array.IndexOf(rows[n], rows[n].Max())].Id, lines[n].Predicted);
        }
        Assert.Single(lines.Select(l => l.Signer).Distinct());
        Assert.Equal(labels.Classes.Select(c => c.Id), lines.Select(l => l.ClassId).Order());
    }

    [Fact]
    public void A_run_that_was_not_evaluated_says_how_to()
    {
        using var folder = new Folder();
        Suggestion next = Suggestion.Of(
            Assert.Throws<FileNotFoundException>(() => PredictionFile.Load(folder.Path, "val"))
        )[0];
        Assert.Equal(NextStep.Evaluate, next.Step);
        Assert.Equal([folder.Path, "val"], next.Subjects);
    }
}

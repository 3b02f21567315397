using Gesto.Encoders;
using Gesto.Inference;
using Gesto.Recordings;
using Gesto.Training.Datasets;
using Gesto.Training.Evaluation;
using Gesto.Training.Features;
using Gesto.Training.Fitting;
using Gesto.Training.Recipes;
using Gesto.Training.Recognition;
using Gesto.Training.Scoring;
using Gesto.Video;

namespace Gesto.Training.Tests.Recognition;

public class VideoPredictorTests(TinyRun tiny) : IClassFixture<TinyRun>
{
    [Fact]
    public void Raw_recordings_get_the_probabilities_of_their_extracted_features()
    {
        Dataset dataset = Dataset.Open(tiny.Data);
        Sample[] samples = [.. dataset.Samples.Where(s => s.Split == Split.Test)];
        using NetworkRecogniser recogniser = NetworkRecogniser.Load(tiny.Run, threads: 1);
        using IRgbEncoder encoder = TinyRun.OpenEncoder();
        float[][] extracted = recogniser.PredictAll(FeatureSet.Open(tiny.Features), samples);
        using var predictor = new VideoPredictor(recogniser, encoder);
        Assert.NotEmpty(samples);
        for (int n = 0; n < samples.Length; n++)
        {
            float[] direct = predictor.Predict(dataset.Root, samples[n], CancellationToken.None).Probabilities;
            // The same numbers through the same network; only the batch is padded differently.
            Assert.All(direct.Zip(extracted[n]), p => Assert.Equal(p.First, p.Second, 1e-5f));
            Assert.Equal(1, direct.Sum(), 1e-5f);
        }
    }

    /// <summary>Wide videos of an uneven rate: sampling and fit each make other features, and prediction reads both
    /// back from the run's keys.</summary>
    [Fact]
    public void Sampling_in_time_and_the_fit_of_frames_are_read_back_from_the_features()
    {
        string data = tiny.PathOf("uneven");
        foreach (string file in Directory.GetFiles(tiny.Data, "*", SearchOption.AllDirectories))
        {
            string to = Path.Combine(data, Path.GetRelativePath(tiny.Data, file));
            Directory.CreateDirectory(Path.GetDirectoryName(to)!);
            if (file.EndsWith(".mkv", StringComparison.Ordinal) || file.EndsWith(".mp4", StringComparison.Ordinal))
                Reference.Ffmpeg(
                    "-i",
                    file,
                    "-vf",
                    "pad=2*iw:ih,settb=1/1000,setpts='10*N*N+N'",
                    "-fps_mode",
                    "passthrough",
                    "-enc_time_base",
                    "1:1000",
                    "-c:v",
                    "mpeg4",
                    "-qscale:v",
                    "2",
                    "-threads",
                    "1",
                    to
                );
            else
                File.Copy(file, to);
        }
        Dataset dataset = Dataset.Open(data);
        using IRgbEncoder encoder = TinyRun.OpenEncoder();
        var inTime = new FrameSampling(9) { EvenInTime = true };
        ExtractionOptions plain = new()
        {
            Radar = new() { Size = (16, 16) },
            RgbSampling = new(9),
            RadarSampling = new(9),
        };
        Extraction.Run(dataset, tiny.PathOf("plain-features"), encoder, plain, null, CancellationToken.None);
        Extraction.Run(
            dataset,
            tiny.PathOf("uneven-features"),
            encoder,
            plain with
            {
                RgbSampling = inTime,
                RadarSampling = inTime,
                RgbFit = FrameFit.Crop,
            },
            null,
            CancellationToken.None
        );
        FeatureSet features = FeatureSet.Open(tiny.PathOf("uneven-features")),
            others = FeatureSet.Open(tiny.PathOf("plain-features"));
        Assert.Equal(
            ("time-9", "time-9", "none; fit crop"),
            (features.Rgb!.Key.Sampling, features.Radar!.Key.Sampling, features.Rgb.Key.Preprocessing)
        );
        Assert.Equal(("linspace-9", "none"), (others.Rgb!.Key.Sampling, others.Rgb.Key.Preprocessing));
        Sample sample = dataset.Samples.First(s => s.Split == Split.Test);
        Assert.NotEqual(others.Rgb.Load(sample.Key).Bytes, features.Rgb.Load(sample.Key).Bytes);
        Assert.NotEqual(others.Radar!.Load(sample.Key).Bytes, features.Radar.Load(sample.Key).Bytes);

        string run = tiny.PathOf("uneven-run");
        TrainingRun.Start(
            new TrainingOptions
            {
                Features = features,
                Recipe = RecipeFile.Load(
                    "late-fusion",
                    ["training.epochs=1", "radar.epochs=1", "model.hidden=8", "model.layers=1", "radar.hidden=8"]
                ),
                Out = run,
                Threads = 1,
            }
        );
        using NetworkRecogniser recogniser = NetworkRecogniser.Load(run, threads: 1);
        using var predictor = new VideoPredictor(recogniser, encoder);
        ReadRecording read = predictor.Read(dataset.Root, sample, CancellationToken.None);
        foreach ((Modality modality, RecordingSteps steps) in read.Features)
            Assert.Equal(features.Stores[modality]!.Load(sample.Key).ToSingles()[..steps.Values.Length], steps.Values);
        Assert.All(
            predictor
                .Predict(dataset.Root, sample, CancellationToken.None)
                .Probabilities.Zip(recogniser.PredictAll(features, [sample])[0]),
            p => Assert.Equal(p.First, p.Second, 1e-5f)
        );
    }

    [Fact]
    public void A_decoder_started_beforehand_changes_nothing_but_the_time()
    {
        Dataset dataset = Dataset.Open(tiny.Data);
        Sample[] samples = [.. dataset.Samples.Where(s => s.Split == Split.Test)];
        using NetworkRecogniser recogniser = NetworkRecogniser.Load(tiny.Run, threads: 1);
        using IRgbEncoder encoder = TinyRun.OpenEncoder();
        using var predictor = new VideoPredictor(recogniser, encoder);
        predictor.GetReady();
        Assert.False(predictor.IsReady); // knows no recording yet
        float[][] expected =
        [
            .. samples.Select(s => predictor.Predict(dataset.Root, s, CancellationToken.None).Probabilities),
        ];
        // One that lacks the radar has other files than the decoder waits for.
        Sample[] others = [samples[0], samples[1], samples[1] with { Radar = [null, null, null] }, samples[0]];
        for (int i = 0; i < others.Length; i++)
        {
            predictor.GetReady();
            Assert.Equal(!OperatingSystem.IsWindows(), predictor.IsReady);
            VideoPrediction prediction = predictor.Predict(dataset.Root, others[i], CancellationToken.None);
            if (others[i].Has(Modality.Radar))
                Assert.Equal(expected[i == 1 ? 1 : 0], prediction.Probabilities);
            else
                Assert.Equal("RGB", prediction.Used.ToString());
        }
    }

    [Fact]
    public void A_folder_outside_any_data_set_is_a_recording_too()
    {
        using NetworkRecogniser recogniser = NetworkRecogniser.Load(tiny.Run, threads: 1);
        using IRgbEncoder encoder = TinyRun.OpenEncoder();
        Sample known = Dataset.Open(tiny.Data).Samples.First(s => s.Split == Split.Test);
        string folder = Path.Combine(tiny.Data, Path.GetDirectoryName(known.Rgb!)!);
        using var predictor = new VideoPredictor(recogniser, encoder);
        Assert.Equal(
            predictor.Predict(tiny.Data, known, CancellationToken.None).Probabilities,
            predictor
                .Predict(
                    folder,
                    RecordingFiles.At(folder, RecordingNeeds.Of(recogniser.Facts.Keys)).Sample,
                    CancellationToken.None
                )
                .Probabilities
        );
    }

    [Fact]
    public void A_run_taught_to_do_without_takes_a_recording_that_lacks_a_modality_and_says_what_it_used()
    {
        Sample known = Dataset.Open(tiny.Data).Samples.First(s => s.Split == Split.Test);
        using NetworkRecogniser recogniser = NetworkRecogniser.Load(tiny.Run, threads: 1);
        using IRgbEncoder encoder = TinyRun.OpenEncoder();
        using var predictor = new VideoPredictor(recogniser, encoder);
        Assert.Equal(["RGB and radar", "RGB", "radar"], recogniser.Masks.Select(m => m.ToString()));
        float[][][] masked = recogniser.PredictAll(FeatureSet.Open(tiny.Features), [known], recogniser.Masks);
        Sample[] offered = [known, known with { Radar = [null, null, null] }, known with { Rgb = null }];
        for (int i = 0; i < offered.Length; i++)
        {
            VideoPrediction prediction = predictor.Predict(tiny.Data, offered[i], CancellationToken.None);
            Assert.Equal(recogniser.Masks[i].ToString(), prediction.Used.ToString());
            Assert.All(prediction.Probabilities.Zip(masked[i][0]), p => Assert.Equal(p.First, p.Second, 1e-5f));
        }
        Assert.NotEqual(masked[0][0], masked[1][0]);
    }

    [Fact]
    public void What_a_run_cannot_do_without_is_an_error_that_names_the_folder_and_the_recipe()
    {
        Sample known = Dataset.Open(tiny.Data).Samples.First(s => s.Split == Split.Test);
        using NetworkRecogniser recogniser = NetworkRecogniser.Load(tiny.Run, threads: 1);
        using IRgbEncoder encoder = TinyRun.OpenEncoder();
        using var predictor = new VideoPredictor(recogniser, encoder);
        var e = Assert.Throws<FileNotFoundException>(() =>
            predictor.Predict(tiny.Data, known with { Rgb = null, Radar = [null, null, null] }, CancellationToken.None)
        );
        Assert.Contains($"'{recogniser.Recipe.Name}'", e.Message, StringComparison.Ordinal);
        e = Assert.Throws<FileNotFoundException>(() =>
            predictor.Predict(
                tiny.Data,
                known with
                {
                    Radar = [known.Radar[0], null, known.Radar[2]],
                },
                CancellationToken.None
            )
        );
        Assert.Contains(
            $"{known.Name}: 2 radar antenna(s), expected 3; missing: RDM2",
            e.Message.Replace('\\', '/'),
            StringComparison.Ordinal
        );
        e = Assert.Throws<FileNotFoundException>(() => // it could do without RGB
            predictor.Predict(
                tiny.Data,
                known with
                {
                    Rgb = null,
                    Radar = [known.Radar[0], null, known.Radar[2]],
                },
                CancellationToken.None
            )
        );
        Assert.Contains("missing: RDM2", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_run_taught_with_antennas_hidden_takes_a_recording_that_lacks_some()
    {
        string run = tiny.PathOf("antennas");
        TrainingRun.Start(
            new TrainingOptions
            {
                Features = FeatureSet.Open(tiny.Features),
                Recipe = RecipeFile.Load(
                    "radar-only",
                    [
                        "training.epochs=1",
                        "radar.epochs=1",
                        "model.hidden=8",
                        "model.layers=1",
                        "radar.hidden=8",
                        "model.antennaDropout=0.3",
                    ]
                ),
                Out = run,
                Threads = 1,
            }
        );
        using NetworkRecogniser recogniser = NetworkRecogniser.Load(run, threads: 1);
        Assert.Equal(
            [
                "radar",
                "radar without antenna 1",
                "radar without antenna 2",
                "radar without antenna 3",
                "radar without antennas 1 and 2",
                "radar without antennas 1 and 3",
                "radar without antennas 2 and 3",
            ],
            recogniser.Masks.Select(m => m.ToString())
        );
        Sample known = Dataset.Open(tiny.Data).Samples.First(s => s.Split == Split.Test);
        using var predictor = new VideoPredictor(recogniser, null);
        VideoPrediction prediction = predictor.Predict(
            tiny.Data,
            known with
            {
                Radar = [known.Radar[0], null, known.Radar[2]],
            },
            CancellationToken.None
        );
        Assert.Equal("radar without antenna 2", prediction.Used.ToString());
        float[] masked = recogniser.PredictAll(FeatureSet.Open(tiny.Features), [known], [recogniser.Masks[2]])[0][0];
        Assert.All(prediction.Probabilities.Zip(masked), p => Assert.Equal(p.First, p.Second, 1e-5f));
        Assert.NotEqual(
            predictor.Predict(tiny.Data, known, CancellationToken.None).Probabilities,
            prediction.Probabilities
        );
    }

    [Fact]
    public void Another_encoder_than_the_one_trained_with_is_refused()
    {
        using NetworkRecogniser recogniser = NetworkRecogniser.Load(tiny.Run, threads: 1);
        using IRgbEncoder encoder = TinyRun.OpenEncoder(hash: "ffffffffffffffff");
        var e = Assert.Throws<InvalidDataException>(() => new VideoPredictor(recogniser, encoder));
        Assert.Contains("0123456789ab", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_evaluation_reads_the_key_and_leaves_its_files_in_the_run()
    {
        EvaluationResult result = RunEvaluation.EvaluateAndSave(
            new EvaluationOptions
            {
                Run = tiny.Run,
                Features = tiny.Features,
                Threads = 1,
            },
            null
        );
        Assert.Equal(
            ("late-fusion", "test", 4, true, false),
            (result.Recipe, result.Split, result.Samples, result.Simulated, result.TrainedOnThese)
        );
        Assert.Equal(["RGB", "radar"], result.Masks.Select(m => m.Group));
        foreach (string file in new[] { "evaluation-test.json", "report-test.html", "confusion-test.png" })
            Assert.True(File.Exists(Path.Combine(tiny.Run, file)), file);
        Assert.Equal(result.ToJson(), EvaluationResult.Load(Path.Combine(tiny.Run, "evaluation-test.json")).ToJson());
    }

    [Fact]
    public void Scoring_the_training_samples_says_so()
    {
        EvaluationResult result = RunEvaluation.EvaluateAndSave(
            new EvaluationOptions
            {
                Run = tiny.Run,
                Features = tiny.Features,
                Split = Split.Train,
                Threads = 1,
            },
            null
        );
        Assert.True(result.TrainedOnThese);
    }

    [Fact]
    public void Without_a_labelled_val_the_part_held_out_of_train_is_scored_and_named_so()
    {
        EvaluationResult result = RunEvaluation.Evaluate(
            new EvaluationOptions
            {
                Run = tiny.Run,
                Features = tiny.Features,
                Split = Split.Validation,
                Threads = 1,
            }
        );
        Assert.Equal(("val", 4, false), (result.Split, result.Samples, result.TrainedOnThese));
        Assert.Contains("chosen on these samples", result.Facts["these samples"], StringComparison.Ordinal);
    }

    [Fact]
    public void A_submission_answers_every_unlabelled_sample()
    {
        IReadOnlyList<SubmissionRow> rows = RunSubmission.FromFeatures(
            tiny.Run,
            tiny.Features,
            tiny.PathOf("submission.csv"),
            threads: 1,
            null,
            CancellationToken.None
        );
        int[] expected =
        [
            .. Dataset.Open(tiny.Data).Samples.Where(s => s.Split != Split.Train).Select(s => s.Number!.Value).Order(),
        ];
        Assert.Equal(expected, rows.Select(r => r.Id));
        Assert.Equal(4, rows.Count);
        Assert.Equal("id,Pred", File.ReadLines(tiny.PathOf("submission.csv")).First());
    }

    [Fact]
    public void Skipped_samples_are_counted_in_an_evaluation_and_stop_a_submission()
    {
        using var folder = new Folder();
        Sample lost = Dataset.Open(tiny.Data).Samples.First(s => s.Split == Split.Test);
        CopyWithout(lost.Key, tiny.Features, folder.Path);

        var e = Assert.Throws<InvalidDataException>(() =>
            RunSubmission.FromFeatures(
                tiny.Run,
                folder.Path,
                folder["submission.csv"],
                threads: 1,
                null,
                CancellationToken.None
            )
        );
        Assert.Contains($"'{lost.Key}' was skipped: the file is cut", e.Message, StringComparison.Ordinal);
        Assert.False(File.Exists(folder["submission.csv"]));

        EvaluationResult result = RunEvaluation.Evaluate(
            new EvaluationOptions
            {
                Run = tiny.Run,
                Features = folder.Path,
                Threads = 1,
            }
        );
        Assert.Equal(3, result.Samples);
        Assert.Equal("1 samples that extraction skipped", result.Facts["left out"]);
    }

    [Fact]
    public void Without_labels_an_evaluation_says_where_to_put_them()
    {
        using var folder = new Folder();
        CopyWithout(null, tiny.Features, folder.Path);
        File.Delete(folder["key.csv"]);
        var e = Assert.Throws<InvalidDataException>(() =>
            RunEvaluation.Evaluate(
                new EvaluationOptions
                {
                    Run = tiny.Run,
                    Features = folder.Path,
                    Threads = 1,
                }
            )
        );
        Assert.Contains("no labels for split 'test'. Put a key.csv", e.Message, StringComparison.Ordinal);
    }

    private static void CopyWithout(string? sample, string from, string to)
    {
        foreach (string path in Directory.EnumerateFiles(from, "*", SearchOption.AllDirectories))
        {
            string copy = Path.Combine(to, Path.GetRelativePath(from, path));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            if (sample is null || Path.GetFileName(path) != FeatureStore.LengthsFile)
                File.Copy(path, copy);
            else
                File.WriteAllLines(copy, RemoveEntry(File.ReadAllText(path), sample));
        }
        if (sample is not null)
            File.WriteAllText(
                Path.Combine(to, FeatureSet.SkippedFile),
                $$"""[{"sample":"{{sample}}","message":"the file is cut."}]"""
            );
    }

    private static string[] RemoveEntry(string json, string sample)
    {
        var lengths = System.Text.Json.JsonSerializer.Deserialize<Dictionary<string, int>>(json)!;
        Assert.True(lengths.Remove(sample));
        return [System.Text.Json.JsonSerializer.Serialize(lengths)];
    }
}

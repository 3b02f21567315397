using System.Text.Json.Nodes;
using Gesto.Files;
using Gesto.Recordings;
using Gesto.Training.Batches;
using Gesto.Training.Features;
using Gesto.Training.Fitting;
using Gesto.Training.Recipes;
using Gesto.Training.Recognition;
using Gesto.Training.Runs;
using TorchSharp;

namespace Gesto.Training.Tests.Fitting;

[Collection(AloneWithLibtorch.Name)]
public class TrainingRunTests
{
    private static readonly Recipe Small = RecipeFile.Load(
        "late-fusion",
        [
            "radar.epochs=3",
            "radar.hidden=8",
            "radar.batch=4",
            "model.hidden=12",
            "training.batch=5",
            "training.epochs=4",
            "training.warmUp=1",
            "training.mixup=0.4",
            "training.labelSmoothing=0.1",
            "training.averaging=0.9",
            "training.timeMasking=0.2",
            "model.antennaDropout=0.2",
        ]
    );

    private static readonly string[] Deterministic =
    [
        "best.safetensors",
        "last.safetensors",
        "radar-encoder.safetensors",
        "radar-best.safetensors",
        "radar-last.safetensors",
        "recipe.json",
        "run.json",
        "curves.png",
        "radar/lengths.json",
        "radar/train/3_SIGN3/SAMPLE_0.npy",
    ];

    [Fact]
    public void The_same_seed_gives_the_same_bytes_and_another_seed_others()
    {
        using var temporary = new Folder();
        FeatureSet features = PlantedFeatures.Write(temporary["features"]);
        Train(features, Small, temporary["a"]);
        Train(features, Small, temporary["b"]);
        Train(features, Small with { Training = Small.Training with { Seed = 1 } }, temporary["c"]);
        AssertSameRun(temporary["a"], temporary["b"]);
        Assert.NotEqual(
            File.ReadAllBytes(temporary["a/best.safetensors"]),
            File.ReadAllBytes(temporary["c/best.safetensors"])
        );
    }

    [Fact]
    public void One_recording_in_two_parts_of_the_split_is_an_error_that_names_both_samples()
    {
        using var temporary = new Folder();
        FeatureSet features = PlantedFeatures.Write(temporary["features"]);
        string a = "train/3_SIGN3/SAMPLE_2",
            b = "train/8_SIGN8/SAMPLE_1",
            test = "test/3_SIGN3/SAMPLE_0";
        Write(a, b); // twice in one part counts twice, and leaks nothing
        Train(features, Small, temporary["run"]);
        Write(a, test); // alike at the edges only: no leak
        Train(features, Small, temporary["alike"]);
        foreach (string store in new[] { "rgb", "radar" })
            File.Copy(
                Path.Combine(features.Folder, store, a + ".npy"),
                Path.Combine(features.Folder, store, test + ".npy"),
                overwrite: true
            );
        var e = Assert.Throws<InvalidDataException>(() => Train(features, Small, temporary["leak"]));
        Assert.Contains($"'{test}' (test) and '{a}' (train)", e.Message, StringComparison.Ordinal);

        void Write(params string[] same) =>
            File.WriteAllText(
                Path.Combine(features.Folder, "recordings.json"),
                System.Text.Json.JsonSerializer.Serialize(
                    features.Samples.ToDictionary(s => s.Key, s => same.Contains(s.Key) ? "same" : s.Key)
                )
            );
    }

    [Theory]
    [InlineData("load features", 3)]
    [InlineData("train radar-encoder", 0)]
    [InlineData("train radar-encoder", 2)]
    [InlineData("encode radar", 7)]
    [InlineData("train fusion", 0)]
    [InlineData("train fusion", 3)]
    public void Interrupted_and_resumed_ends_with_the_bytes_of_the_uninterrupted_run(string stage, int done)
    {
        using var temporary = new Folder();
        FeatureSet features = PlantedFeatures.Write(temporary["features"]);
        Train(features, Small, temporary["whole"]);
        using var cancel = new CancellationTokenSource();
        var progress = new Interrupter(p =>
        {
            if (p.Stage == stage && p.Done == done)
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
        AssertSameRun(temporary["whole"], temporary["cut"]);
        // And once more over a finished run: nothing changes.
        TrainingRun.Start(
            new TrainingOptions
            {
                Features = features,
                Out = temporary["cut"],
                Resume = true,
            }
        );
        AssertSameRun(temporary["whole"], temporary["cut"]);
    }

    [Theory]
    [InlineData("<f4")]
    [InlineData("<f2")]
    public void Features_that_stay_on_disk_train_to_the_bytes_of_those_in_memory(string type)
    {
        using var temporary = new Folder();
        FeatureSet features = PlantedFeatures.Write(temporary["features"], rgbType: type);
        Train(features, Small, temporary["memory"]);
        TrainingRun.Start(
            new TrainingOptions
            {
                Features = features,
                Recipe = Small,
                Out = temporary["disk"],
                Threads = 1,
                Memory = 0,
            }
        );
        AssertSameRun(temporary["memory"], temporary["disk"]);
        Assert.Equal((false, true), (OnDisk(null), OnDisk(0)));
        bool OnDisk(long? memory) =>
            TrainingData.Load(features, Small, null, memory, null, CancellationToken.None).OnDisk;
    }

    [Fact]
    public void A_planted_movement_is_learnt_from_radar_alone_and_recognised_from_raw_frames()
    {
        using var temporary = new Folder();
        FeatureSet features = PlantedFeatures.Write(temporary["features"], rgb: false, radarType: "<f4", takes: 24);
        Recipe recipe = RecipeFile.Load(
            "radar-only",
            [
                "radar.epochs=30",
                "radar.hidden=16",
                "radar.batch=8",
                "model.hidden=16",
                "radar.augmentation.rangeShiftBins=0",
                "training.learningRate=2e-3",
            ]
        );
        TrainingResult result = TrainingRun.Start(
            new TrainingOptions
            {
                Features = features,
                Recipe = recipe,
                Out = temporary["run"],
                Threads = 1,
            }
        );
        Assert.Equal(1, result.ValidationAccuracy);
        using var recogniser = NetworkRecogniser.Load(temporary["run"], threads: 1);
        var test = features.Samples.Where(s => s.Split == Gesto.Recordings.Split.Test).ToList();
        float[][] all = recogniser.PredictAll(features, test);
        for (int i = 0; i < test.Count; i++)
        {
            Assert.Equal(1, all[i].Sum(), 1e-5f);
            Assert.Equal(recogniser.Labels.LabelOf(test[i].ClassId!.Value), Array.IndexOf(all[i], all[i].Max()));
            int length = features.Radar!.LengthOf(test[i].Key);
            float[] frames = features.Radar.Load(test[i].Key).ToSingles()[..(length * 2 * 64)];
            float[] alone = recogniser.Predict(PerModality.Of(null, new RecordingSteps(frames, length, [2, 8, 8])));
            for (int k = 0; k < alone.Length; k++)
                Assert.Equal(all[i][k], alone[k], 1e-5f);
        }
    }

    [Fact]
    public void The_best_epoch_is_the_most_accurate_then_the_one_with_lower_loss_then_the_first()
    {
        EpochLine Line(int epoch, double loss, double accuracy) => new("fusion", epoch, 0, 0, loss, accuracy, 0);
        Assert.Equal(
            3,
            Trainer.Best([Line(1, 0.1, 0.5), Line(2, 0.9, 0.8), Line(3, 0.7, 0.8), Line(4, 0.7, 0.8)])!.Epoch
        );
    }

    [Fact]
    public void With_nothing_held_out_all_samples_teach_and_the_last_epoch_is_kept()
    {
        using var temporary = new Folder();
        FeatureSet features = PlantedFeatures.Write(temporary["features"]);
        TrainingResult result = TrainingRun.Start(
            new TrainingOptions
            {
                Features = features,
                Recipe = RecipeFile.Parse(
                    "{}",
                    "x",
                    [
                        "radar.epochs=2",
                        "radar.patience=1",
                        "radar.hidden=8",
                        "model.hidden=8",
                        "training.epochs=3",
                        "training.patience=1",
                        "training.validationFraction=0",
                    ]
                ),
                Out = temporary["run"],
                Threads = 1,
            }
        );
        RunFacts facts = RunDirectory.Open(temporary["run"]).Facts;
        Assert.Equal(features.Samples.Count(s => s.Split == Gesto.Recordings.Split.Train), facts.Train.Count);
        Assert.Empty(facts.Validation);
        Assert.Equal((3, null, 5), (result.Epoch, result.ValidationAccuracy, result.Epochs));
    }

    [Fact]
    public void A_radar_encoder_taken_from_an_equal_run_gives_the_same_bytes_and_from_another_is_refused()
    {
        using var temporary = new Folder();
        FeatureSet features = PlantedFeatures.Write(temporary["features"]);
        string[] small = ["radar.epochs=2", "radar.hidden=8", "model.hidden=8", "training.epochs=2"];
        Recipe fused = RecipeFile.Parse("{}", "x", small);
        Recipe radar = RecipeFile.Parse("""{"modalities": ["radar"]}""", "x", small);
        TrainingRun.Start(
            new TrainingOptions
            {
                Features = features,
                Recipe = radar,
                Out = temporary["radar"],
                Threads = 1,
            }
        );
        TrainingRun.Start(
            new TrainingOptions
            {
                Features = features,
                Recipe = fused,
                Out = temporary["own"],
                Threads = 1,
            }
        );
        TrainingRun.Start(
            new TrainingOptions
            {
                Features = features,
                Recipe = fused,
                Out = temporary["taken"],
                Threads = 1,
                RadarFrom = temporary["radar"],
            }
        );
        Assert.Equal(
            File.ReadAllBytes(temporary["own/best.safetensors"]),
            File.ReadAllBytes(temporary["taken/best.safetensors"])
        );
        Recipe other = RecipeFile.Parse("{}", "x", [.. small, "training.seed=5"]);
        Assert.Contains(
            "training.seed",
            Assert
                .Throws<InvalidDataException>(() =>
                    TrainingRun.Start(
                        new TrainingOptions
                        {
                            Features = features,
                            Recipe = other,
                            Out = temporary["other"],
                            Threads = 1,
                            RadarFrom = temporary["radar"],
                        }
                    )
                )
                .Message
        );
    }

    [Fact]
    public void Loudness_divides_each_modality_by_the_root_of_its_width_over_the_loudness()
    {
        using var temporary = new Folder();
        FeatureSet features = PlantedFeatures.Write(temporary["features"]);
        float[] Deviation(string run, double loudness)
        {
            TrainingRun.Start(
                new TrainingOptions
                {
                    Features = features,
                    Recipe = RecipeFile.Parse(
                        "{}",
                        "x",
                        [
                            "radar.epochs=1",
                            "radar.hidden=8",
                            "model.hidden=8",
                            "training.epochs=1",
                            FormattableString.Invariant($"model.loudness={loudness}"),
                        ]
                    ),
                    Out = temporary[run],
                    Threads = 1,
                }
            );
            var tensors = Gesto.Training.Weights.Safetensors.Load(temporary[$"{run}/best.safetensors"]).Tensors;
            return [.. tensors["rgb.deviation"].ToSingles(), .. tensors["radar.deviation"].ToSingles()];
        }
        float[] plain = Deviation("plain", 0),
            even = Deviation("even", 16);
        for (int f = 0; f < plain.Length; f++)
            Assert.Equal(
                plain[f] * Math.Sqrt((f < PlantedFeatures.RgbWidth ? PlantedFeatures.RgbWidth : 64) / 16.0),
                even[f],
                1e-5 * plain[f]
            );
    }

    [Fact]
    public void Fifty_epochs_need_the_tensors_of_ten()
    {
        using var temporary = new Folder();
        FeatureSet features = PlantedFeatures.Write(temporary["features"]);
        var live = new List<long>();
        var progress = new Interrupter(p =>
        {
            if (p.Stage != "train fusion" || p.Done < 10)
                return;
            GC.Collect();
            GC.WaitForPendingFinalizers();
            live.Add(torch.Tensor.TotalCount);
        });
        TrainingRun.Start(
            new TrainingOptions
            {
                Features = features,
                Recipe = RecipeFile.Parse(
                    "{}",
                    "x",
                    [
                        "radar.epochs=1",
                        "radar.hidden=8",
                        "model.hidden=8",
                        "training.epochs=50",
                        "training.patience=50",
                        "training.mixup=0.4",
                        "training.averaging=0.9",
                        "training.labelSmoothing=0.1",
                    ]
                ),
                Out = temporary["run"],
                Threads = 1,
            },
            progress
        );
        Assert.Equal(41, live.Count);
        // What other tests left to the finaliser may still go while we count, so the count may fall; a leak makes it
        // rise.
        Assert.True(live[^2] <= live[0], string.Join(", ", live));
    }

    [Fact]
    public void A_run_that_is_there_is_not_written_over()
    {
        using var temporary = new Folder();
        FeatureSet features = PlantedFeatures.Write(temporary["features"]);
        Train(features, Small, temporary["run"]);
        Suggestion next = Assert.Single(
            Suggestion.Of(Assert.Throws<IOException>(() => Train(features, Small, temporary["run"])))
        );
        Assert.Equal((NextStep.ResumeTraining, temporary["run"]), (next.Step, Assert.Single(next.Subjects)));
        Directory.CreateDirectory(temporary["mine"]);
        File.WriteAllText(temporary["mine/notes.txt"], "");
        Assert.Contains(
            "notes.txt",
            Assert.Throws<IOException>(() => Train(features, Small, temporary["mine"])).Message
        );
    }

    [Fact]
    public void Resuming_with_another_label_set_recipe_features_data_or_thread_count_is_refused()
    {
        using var temporary = new Folder();
        FeatureSet features = PlantedFeatures.Write(temporary["features"]);
        Train(features, Small, temporary["run"]);
        void Refused(string word, FeatureSet set, Recipe recipe, int threads = 1) =>
            Assert.Contains(
                word,
                Assert
                    .Throws<InvalidDataException>(() =>
                        TrainingRun.Start(
                            new TrainingOptions
                            {
                                Features = set,
                                Recipe = recipe,
                                Out = temporary["run"],
                                Resume = true,
                                Threads = threads,
                            }
                        )
                    )
                    .Message
            );
        Refused("another label set", PlantedFeatures.Write(temporary["labels"], ids: [3, 9]), Small);
        Refused("\"epochs\": 9", features, Small with { Training = Small.Training with { Epochs = 9 } });
        Refused("made differently (DType", PlantedFeatures.Write(temporary["type"], radarType: "<f4"), Small);
        Refused("have changed", PlantedFeatures.Write(temporary["data"], takes: 9), Small);
        Refused("Resume with 1.", features, Small, threads: 2);
    }

    [Fact]
    public void Missing_modalities_and_NaN_are_named()
    {
        using var temporary = new Folder();
        string message = Assert
            .Throws<InvalidDataException>(() =>
                Train(PlantedFeatures.Write(temporary["radar"], rgb: false), Small, temporary["run"])
            )
            .Message;
        Assert.Contains("needs RGB features", message);
        message = Assert
            .Throws<InvalidDataException>(() =>
                Train(
                    PlantedFeatures.Write(temporary["nan"], radarType: "<f4", poison: float.NaN),
                    Small,
                    temporary["run"]
                )
            )
            .Message;
        Assert.Contains("SAMPLE_0.npy: value 5 is NaN", message);
    }

    private static void Train(FeatureSet features, Recipe recipe, string folder) =>
        TrainingRun.Start(
            new TrainingOptions
            {
                Features = features,
                Recipe = recipe,
                Out = folder,
                Threads = 1,
            }
        );

    private static void AssertSameRun(string expected, string found)
    {
        foreach (string file in Deterministic)
            Assert.True(
                File.ReadAllBytes(Path.Combine(expected, file))
                    .AsSpan()
                    .SequenceEqual(File.ReadAllBytes(Path.Combine(found, file))),
                file
            );
        Assert.Equal(Log(expected), Log(found));
    }

    private static string Log(string run) =>
        string.Join(
            '\n',
            File.ReadLines(Path.Combine(run, "log.jsonl"))
                .Select(line =>
                {
                    JsonObject fields = JsonNode.Parse(line)!.AsObject();
                    fields.Remove("seconds");
                    return fields.ToJsonString();
                })
        );
}

using System.Text.Json.Nodes;
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
    internal static readonly Recipe Small = RecipeFile.Load(
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
        Trained.Run(features, Small, temporary["cut"], resume: true);
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
        TrainingResult result = Trained.Run(features, recipe, temporary["run"]);
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
        TrainingResult result = Trained.Run(
            features,
            RecipeFile.Parse(
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
            temporary["run"]
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
        Trained.Run(features, radar, temporary["radar"]);
        Trained.Run(features, fused, temporary["own"]);
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

    internal static void Train(FeatureSet features, Recipe recipe, string folder) =>
        Trained.Run(features, recipe, folder);

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

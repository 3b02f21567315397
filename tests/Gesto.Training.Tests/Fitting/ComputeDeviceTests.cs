using System.Text.Json.Nodes;
using Gesto.Encoders;
using Gesto.Training.Features;
using Gesto.Training.Fitting;
using Gesto.Training.Models;
using Gesto.Training.Recipes;
using Gesto.Training.Recognition;
using Gesto.Training.Runs;
using Gesto.Training.Tests.Weights;
using Gesto.Training.Weights;

namespace Gesto.Training.Tests.Fitting;

[Collection(AloneWithLibtorch.Name)]
public class ComputeDeviceTests
{
    /// <summary>Nothing drawn by libtorch while learning: a GPU draws other numbers.</summary>
    private static readonly Recipe Undrawn = RecipeFile.Load(
        "late-fusion",
        [
            "radar.epochs=3",
            "radar.hidden=8",
            "radar.batch=4",
            "radar.dropout=0",
            "radar.augmentation.noise=0",
            "model.hidden=12",
            "model.dropout=0",
            "model.inputDropout=0",
            "model.modalityDropout=0",
            "training.batch=5",
            "training.epochs=4",
            "training.averaging=0.9",
            "training.mixup=0.4",
        ]
    );

    [Theory]
    [InlineData("cpu", null, "cpu")]
    [InlineData("cuda", 0, "cuda:0")]
    [InlineData("cuda:3", 3, "cuda:3")]
    public void A_device_is_named_as_PyTorch_names_it(string text, int? gpu, string name)
    {
        var device = ComputeDevice.Parse(text);
        Assert.Equal((gpu, name), (device.Gpu, device.ToString()));
        Assert.Equal(name.Split(':')[0], device.Kind);
    }

    [Theory]
    [InlineData("cuda", 0, 4, 0)]
    [InlineData("cuda", 3, 4, 3)]
    [InlineData("cuda", 5, 4, 1)] // more ranks than GPUs
    [InlineData("cuda", 3, 1, 0)] // the cluster shows each rank its own alone
    [InlineData("cuda", 3, 0, 0)] // none: refused when opened
    [InlineData("cuda:2", 3, 4, 2)]
    public void Each_rank_takes_a_gpu_of_its_own_unless_one_is_named(
        string text,
        int rankHere,
        int found,
        int expected
    ) => Assert.Equal(expected, ComputeDevice.Parse(text).NumberFor(rankHere, found));

    [Theory]
    [InlineData("gpu")]
    [InlineData("cuda:")]
    [InlineData("cuda:-1")]
    [InlineData("")]
    public void Another_name_is_refused_with_the_names_there_are(string text) =>
        Assert.Contains(
            "expected cpu, cuda or cuda:N",
            Assert.Throws<InvalidDataException>(() => ComputeDevice.Parse(text)).Message,
            StringComparison.Ordinal
        );

    [Fact]
    public void A_gpu_that_is_not_there_is_an_error_that_says_what_is_needed_and_writes_nothing()
    {
        using var temporary = new Folder();
        FeatureSet features = PlantedFeatures.Write(temporary["features"]);
        string message = Assert
            .Throws<InvalidDataException>(() =>
                TrainingRun.Start(
                    new TrainingOptions
                    {
                        Features = features,
                        Recipe = Undrawn,
                        Out = temporary["run"],
                        Threads = 1,
                        Device = ComputeDevice.Parse("cuda:99"),
                    }
                )
            )
            .Message;
        Assert.Contains("device cuda:99: libtorch sees", message, StringComparison.Ordinal);
        Assert.Contains("compute on the processor", message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(temporary["run"]));
    }

    [Fact]
    public void Resuming_on_another_device_is_refused()
    {
        using var temporary = new Folder();
        FeatureSet features = PlantedFeatures.Write(temporary["features"]);
        TrainingRun.Start(
            new TrainingOptions
            {
                Features = features,
                Recipe = Undrawn,
                Out = temporary["run"],
                Threads = 1,
            }
        );
        string path = temporary["run/run.json"];
        JsonNode facts = JsonNode.Parse(File.ReadAllText(path))!;
        Assert.Equal("cpu", (string?)facts["device"]);
        facts["device"] = "cuda";
        File.WriteAllText(path, facts.ToJsonString());
        Assert.Contains(
            "Resume on cuda",
            Assert
                .Throws<InvalidDataException>(() =>
                    TrainingRun.Start(
                        new TrainingOptions
                        {
                            Features = features,
                            Out = temporary["run"],
                            Resume = true,
                            Device = ComputeDevice.Cpu,
                        }
                    )
                )
                .Message,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void A_gpu_trains_to_the_processors_losses_and_goes_on_from_its_checkpoint()
    {
        Gpu.OrSkip();
        using var temporary = new Folder();
        FeatureSet features = PlantedFeatures.Write(temporary["features"]);
        ComputeDevice gpu = ComputeDevice.Parse("cuda");
        TrainingRun.Start(
            new TrainingOptions
            {
                Features = features,
                Recipe = Undrawn,
                Out = temporary["processor"],
                Threads = 1,
            }
        );
        TrainingRun.Start(
            new TrainingOptions
            {
                Features = features,
                Recipe = Undrawn,
                Out = temporary["gpu"],
                Threads = 1,
                Device = gpu,
            }
        );
        using var cancel = new CancellationTokenSource();
        var progress = new Interrupter(p =>
        {
            if (p is { Stage: "train fusion", Done: 2 })
                cancel.Cancel();
        });
        Assert.ThrowsAny<OperationCanceledException>(() =>
            TrainingRun.Start(
                new TrainingOptions
                {
                    Features = features,
                    Recipe = Undrawn,
                    Out = temporary["cut"],
                    Threads = 1,
                    Device = gpu,
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
        IReadOnlyList<EpochLine> expected = EpochLog.Load(temporary["processor/log.jsonl"]);
        foreach (string run in (string[])["gpu", "cut"])
        {
            Assert.Equal("cuda", RunDirectory.Open(temporary[run]).Facts.Device);
            IReadOnlyList<EpochLine> found = EpochLog.Load(temporary[run + "/log.jsonl"]);
            Assert.Equal(expected.Count, found.Count);
            foreach ((EpochLine a, EpochLine b) in expected.Zip(found))
                Assert.Equal(a.TrainLoss, b.TrainLoss, 1e-2);
        }
        using var recogniser = NetworkRecogniser.Load(temporary["gpu"], threads: 1); // on the processor
        Assert.Equal(1, recogniser.PredictAll(features, [.. features.Samples.Take(1)])[0].Sum(), 1e-5f);
    }

    [Theory]
    [InlineData("cpu", nameof(ResNet50Variant.V1), nameof(ResNet50Output.Features))]
    [InlineData("cpu", nameof(ResNet50Variant.V15), nameof(ResNet50Output.Maps))]
    [InlineData("cuda", nameof(ResNet50Variant.V1), nameof(ResNet50Output.Features))]
    [InlineData("cuda", nameof(ResNet50Variant.V15), nameof(ResNet50Output.Features))]
    [InlineData("cuda", nameof(ResNet50Variant.V1), nameof(ResNet50Output.Maps))]
    public void Libtorchs_encoder_gives_the_features_and_the_key_of_onnx_runtimes(
        string device,
        string variant,
        string output
    )
    {
        if (device == "cuda")
            Gpu.OrSkip();
        var wanted = Enum.Parse<ResNet50Output>(output);
        ResNet50Weights weights = FormulaResNet50.Weights(Enum.Parse<ResNet50Variant>(variant));
        byte[] frames = new byte[2 * 224 * 224 * 3];
        new Random(1).NextBytes(frames);
        using IRgbEncoder here = ResNet50Encoders.Build(weights, threads: 1, output: wanted),
            there = new ResNet50GpuEncoder(weights, ComputeDevice.Parse(device), output: wanted);
        Assert.Equal(
            (here.Name, here.WeightsHash, here.Preprocessing, here.DType, here.InputSize, string.Join(',', here.Shape)),
            (
                there.Name,
                there.WeightsHash,
                there.Preprocessing,
                there.DType,
                there.InputSize,
                string.Join(',', there.Shape)
            )
        );
        float[] expected = new float[2 * here.Width],
            found = new float[2 * here.Width];
        here.Encode(frames, 2, expected);
        there.Encode(frames, 2, found);
        float scale = expected.Max(Math.Abs);
        for (int i = 0; i < expected.Length; i++)
            Assert.True(Math.Abs(expected[i] - found[i]) < 1e-4f * scale, $"{i}: {expected[i]} {found[i]}");
        Assert.Throws<ArgumentException>(() => there.Encode(frames, 1, found));
    }
}

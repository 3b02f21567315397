using Gesto.Training.Features;
using Gesto.Training.Fitting;
using Gesto.Training.Models;
using Gesto.Training.Recipes;
using Gesto.Training.Runs;
using Gesto.Training.Weights;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Gesto.Training.Tests.Fitting;

[Collection(AloneWithLibtorch.Name)]
public sealed class DivergenceTests : IDisposable
{
    private static readonly string[] Small =
    [
        "radar.epochs=2",
        "radar.hidden=8",
        "model.hidden=8",
        "training.epochs=3",
        "training.warmUp=0",
    ];

    private readonly Folder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("training.learningRate", "1e30", "stage fusion")]
    [InlineData("training.learningRate", "1e38", "stage fusion")]
    [InlineData("radar.learningRate", "1e30", "stage radar-encoder")]
    public void A_learning_rate_beyond_all_measure_ends_training_with_the_setting_to_lower(
        string key,
        string rate,
        string stage
    )
    {
        FeatureSet features = PlantedFeatures.Write(folder["features"]);
        Recipe recipe = RecipeFile.Load("late-fusion", [.. Small, $"{key}={rate}"]);
        string message = Assert
            .Throws<InvalidDataException>(() =>
                TrainingRun.Start(
                    new TrainingOptions
                    {
                        Features = features,
                        Recipe = recipe,
                        Out = folder["run"],
                        Threads = 1,
                    }
                )
            )
            .Message;
        Assert.StartsWith(folder["run"], message, StringComparison.Ordinal);
        Assert.Contains($"{stage} went astray in epoch", message, StringComparison.Ordinal);
        Assert.Contains($"lower {key} (it is 1E+{rate[2..]})", message, StringComparison.Ordinal);
        // What is there is finite, and the log can be read.
        EpochLog.Load(folder["run/log.jsonl"]);
        foreach (
            string file in Directory
                .GetFiles(folder["run"], "*last.safetensors")
                .Concat(Directory.GetFiles(folder["run"], "*best.safetensors"))
        )
            Assert.All(Safetensors.Load(file).Tensors.Values.Where(t => t.DType == "F32"), t =>
                Assert.All(t.ToSingles(), v => Assert.True(float.IsFinite(v), t.Name))
            );
    }

    /// <param name="what">Goes wrong from the second epoch on: the loss in training, in validation, or the gradients
    /// alone.</param>
    /// <param name="told">In the message.</param>
    [Theory]
    [InlineData("loss", "epoch 2: the loss is NaN at step 1. The checkpoints of epoch 1 are kept")]
    [InlineData("validation", "epoch 2: the validation loss is NaN. The checkpoints of epoch 1 are kept")]
    [InlineData("gradients", "epoch 2: gradients or learning rate")]
    public void What_is_no_number_stops_training_before_it_reaches_a_checkpoint(string what, string told)
    {
        using var scope = NewDisposeScope();
        manual_seed(1);
        Linear layer = nn.Linear(2, 2);
        Tensor inputs = tensor(new float[] { 1, 2, 3, 4, 5, 6, 7, 8 }, [4, 2]);
        int epoch = 0;
        var stage = new TrainingStage
        {
            Stage = "s",
            Seed = 0,
            Batch = 2, // one step an epoch, one batch of validation
            Epochs = 3,
            Patience = 3,
            LearningRate = 0.01,
            Schedule = LearningRateSchedule.Constant,
            LastPath = folder["last"],
            BestPath = folder["best"],
            LogChanged = _ => { },
        };
        Tensor Forward(ReadOnlySpan<int> samples, Random? random, Mixing? mixing)
        {
            if (random is not null)
                epoch++;
            Tensor logits = layer.forward(
                inputs.index_select(0, tensor(samples.ToArray().Select(i => (long)i).ToArray()))
            );
            if (epoch < 2)
                return logits;
            return what switch
            {
                "loss" => logits * float.NaN,
                "validation" => random is null ? logits * float.NaN : logits,
                // √(0·w) is 0, and its slope 0·∞.
                _ => logits + (layer.weight!.sum() * 0).sqrt(),
            };
        }
        var trainer = new Trainer(stage, layer, Forward, [0, 1, 0, 1], new SingleRank());
        string message = Assert.Throws<InvalidDataException>(() => trainer.Fit([0, 1], [2, 3], null, default)).Message;
        Assert.Contains(told, message, StringComparison.Ordinal);
        using var adam = new Gesto.Training.Fitting.Adam(layer.named_parameters(), 0.01);
        Assert.Equal(1, Assert.Single(Checkpoint.LoadLast(folder["last"], layer, adam, null)).Epoch);
        Assert.All(layer.weight!.data<float>().ToArray(), v => Assert.True(float.IsFinite(v)));
        Assert.True(File.Exists(folder["best"]));
    }
}

using Gesto.Training.Evaluation;
using Gesto.Training.Features;
using Gesto.Training.Fitting;
using Gesto.Training.Recipes;
using Gesto.Training.Runs;

namespace Gesto.Training.Tests.Fitting;

[Collection(AloneWithLibtorch.Name)]
public sealed class TrainingLockTests : IDisposable
{
    private static readonly string[] Small =
    [
        "radar.epochs=1",
        "radar.hidden=8",
        "model.hidden=8",
        "model.layers=1",
        "training.epochs=2",
        "training.warmUp=0",
    ];

    private readonly Folder folder = new();
    private readonly FeatureSet features;

    public TrainingLockTests() => features = PlantedFeatures.Write(folder["features"]);

    public void Dispose() => folder.Dispose();

    /// <summary>The second comes while the first is at work.</summary>
    [Theory]
    [InlineData("train radar-encoder")]
    [InlineData("encode radar")]
    [InlineData("train fusion")]
    public void A_second_training_in_one_directory_is_refused_and_the_first_goes_on(string stage)
    {
        Recipe recipe = RecipeFile.Load("late-fusion", Small),
            other = recipe with { Training = recipe.Training with { Seed = 2 } };
        string? refused = null;
        var progress = new Interrupter(p =>
        {
            if (p.Stage == stage)
                refused ??= Assert
                    .Throws<IOException>(() =>
                        TrainingRun.Start(
                            new TrainingOptions
                            {
                                Features = features,
                                Recipe = other,
                                Out = folder["run"],
                                Resume = true,
                                Threads = 1,
                            }
                        )
                    )
                    .Message;
        });
        TrainingRun.Start(
            new TrainingOptions
            {
                Features = features,
                Recipe = recipe,
                Out = folder["run"],
                Threads = 1,
            },
            progress
        );
        Assert.Equal(
            $"{folder["run"]}: another training is writing here. Wait for it, or choose another folder.",
            refused
        );
        Assert.Empty(Directory.GetFiles(folder["run"], ".*"));
        Assert.Equal(0, RunDirectory.Open(folder["run"]).Recipe.Training.Seed);
        Assert.Throws<InvalidDataException>(() =>
            TrainingRun.Start(
                new TrainingOptions
                {
                    Features = features,
                    Recipe = other,
                    Out = folder["run"],
                    Resume = true,
                    Threads = 1,
                }
            )
        ); // the lock is gone; it is another run
    }

    [Fact]
    public void A_lock_that_a_killed_process_left_is_taken_over()
    {
        folder.Write("run/.train.lock", "");
        TrainingRun.Start(
            new TrainingOptions
            {
                Features = features,
                Recipe = RecipeFile.Load("late-fusion", Small),
                Out = folder["run"],
                Threads = 1,
            }
        );
        Assert.True(File.Exists(folder["run/best.safetensors"]));
    }

    [Fact]
    public void A_second_training_of_members_is_refused_before_it_writes_its_settings()
    {
        string? refused = null;
        var progress = new Interrupter(_ =>
            refused ??= Assert
                .Throws<IOException>(() =>
                    EnsembleTraining.Train(
                        new TrainingOptions
                        {
                            Features = features,
                            Recipe = RecipeFile.Load("best"),
                            Settings = [.. Small, "training.seed=3"],
                            Out = folder["best"],
                            Threads = 1,
                        }
                    )
                )
                .Message
        );
        using var stop = new CancellationTokenSource();
        Assert.ThrowsAny<OperationCanceledException>(() =>
            EnsembleTraining.Train(
                new TrainingOptions
                {
                    Features = features,
                    Recipe = RecipeFile.Load("best"),
                    Settings = Small,
                    Out = folder["best"],
                    Threads = 1,
                    Trained = (_, _) => stop.Cancel(),
                },
                progress,
                stop.Token
            )
        );
        Assert.StartsWith($"{folder["best"]}: another training is writing here", refused, StringComparison.Ordinal);
        Assert.DoesNotContain("seed=3", File.ReadAllText(folder["best/settings.json"]), StringComparison.Ordinal);
    }
}

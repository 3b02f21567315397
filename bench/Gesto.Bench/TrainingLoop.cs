using System.Diagnostics;
using Gesto.Recordings;
using Gesto.Training;
using Gesto.Training.Batches;
using Gesto.Training.Features;
using Gesto.Training.Fitting;
using Gesto.Training.Models;
using Gesto.Training.Recipes;
using Gesto.Training.Runs;
using TorchSharp;
using static TorchSharp.torch;

namespace Gesto.Bench;

/// <summary>An epoch of training as users start it, against forward, backward and step alone over the same batches,
/// which lie ready as tensors.</summary>
internal static class TrainingLoop
{
    private const int Epochs = 3;

    public static object Measure(string featuresFolder, string work)
    {
        FeatureSet features = FeatureSet.Open(featuresFolder);
        Recipe recipe = RecipeFile.Load("source", [$"training.epochs={Epochs}", "training.validationFraction=0"]);
        string run = Path.Combine(work, "loop-run");
        if (Directory.Exists(run))
            Directory.Delete(run, recursive: true);
        var epochs = new EpochTimes();
        TrainingRun.Start(
            new TrainingOptions
            {
                Features = features,
                Recipe = recipe,
                Out = run,
            },
            epochs
        );
        RunDirectory directory = RunDirectory.Open(run);
        return new
        {
            samples = features.Samples.Count,
            epoch_seconds = EpochLog.Load(directory.LogPath).Select(line => line.Seconds),
            with_checkpoint_seconds = epochs.Seconds,
            bare_seconds = Bare(features, recipe, directory.Facts),
        };
    }

    private static double[] Bare(FeatureSet features, Recipe recipe, RunFacts facts)
    {
        TrainingData data = TrainingData.Load(features, recipe, null, null, null, CancellationToken.None);
        using SignModel model = ModelFactory.Sign(recipe, facts);
        using var adam = new Adam(model.named_parameters(), recipe.Training.LearningRate);
        var sequences = new SampleSequences(
            data.Streams.Select<IStepSource>(
                (modality, stream) =>
                {
                    var steps = new FeatureSequences(facts.Streams[modality]!.Width, recipe.Centres(modality));
                    stream.Features.ForEach(steps.Add);
                    return steps;
                }
            ),
            recipe.Model.Steps
        );
        int[] order = Trainer.Order(data.Train, data.Labels, balance: false, new Random(1));
        (PerModality<ModalitySteps> Steps, Tensor Target)[] batches =
        [
            .. order
                .Chunk(recipe.Training.Batch)
                .Select(chosen =>
                {
                    PerModality<ModalitySteps> steps = sequences.Batch(chosen, recipe.Training, null);
                    return (steps, tensor(chosen.Select(i => data.Labels[i]).ToArray()));
                }),
        ];
        var seconds = new List<double>();
        for (int epoch = 0; epoch < Epochs; epoch++)
        {
            model.train();
            var watch = Stopwatch.StartNew();
            foreach (var batch in batches)
            {
                using DisposeScope scope = NewDisposeScope();
                Tensor loss = nn.functional.cross_entropy(model.Classify(batch.Steps), batch.Target);
                adam.ZeroGradients();
                loss.backward();
                adam.Step();
            }
            seconds.Add(watch.Elapsed.TotalSeconds);
        }
        return [.. seconds];
    }

    /// <summary>From one report of an epoch to the next: with the checkpoints that every epoch writes.</summary>
    private sealed class EpochTimes : IProgress<WorkProgress>
    {
        private long last;

        public List<double> Seconds { get; } = [];

        public void Report(WorkProgress value)
        {
            if (value.Unit != "epochs")
                return;
            if (value.Done > 0)
                Seconds.Add(Stopwatch.GetElapsedTime(last).TotalSeconds);
            last = Stopwatch.GetTimestamp();
        }
    }
}

using System.Diagnostics;
using static TorchSharp.torch;

namespace Gesto.Training;

/// <summary>Where a training stage leaves its files and how it learns.</summary>
/// <param name="Stage">Name in the log; also makes its random numbers differ from another stage's.</param>
/// <param name="Seed">With stage, epoch and step it decides every random number.</param>
/// <param name="Batch">Samples a step.</param>
/// <param name="Epochs">At most.</param>
/// <param name="Patience">Epochs without a better validation accuracy until it stops.</param>
/// <param name="LearningRate">Adam's.</param>
/// <param name="Schedule">How the rate goes over <paramref name="Epochs"/>.</param>
/// <param name="GradientClip">Largest Euclidean norm of all gradients, 0 = off.</param>
/// <param name="WeightDecay">Of AdamW, 0 = Adam.</param>
/// <param name="LastPath">Checkpoint to go on from.</param>
/// <param name="BestPath">Weights of the best epoch.</param>
/// <param name="LogChanged">Receives this stage's lines after every epoch, and once before the first.</param>
internal sealed record TrainingStage(
    string Stage, int Seed, int Batch, int Epochs, int Patience, double LearningRate, LearningRateSchedule Schedule, double GradientClip,
    double WeightDecay, string LastPath, string BestPath, Action<IReadOnlyList<EpochLine>> LogChanged);

/// <summary>The one training loop: the radar encoder and the fusion model both go through it.</summary>
internal sealed class Trainer(TrainingStage stage, nn.Module model, Trainer.Forward forward, long[] labels)
{
    /// <summary>Logits (B, K) of some samples.</summary>
    /// <param name="samples">Indices, as into the labels.</param>
    /// <param name="random">Source of augmentation; null when validating: none then.</param>
    public delegate Tensor Forward(ReadOnlySpan<int> samples, Random? random);

    /// <summary>Trains until the epochs or the patience end, from the last checkpoint where there is one; afterwards the
    /// model holds the best weights.</summary>
    /// <param name="train">Indices to learn from.</param>
    /// <param name="validation">Indices that choose the best epoch; with none, all epochs are run and the last is kept.</param>
    /// <param name="progress">Told once an epoch.</param>
    /// <param name="cancel">Checked every step; the last checkpoint stays whole.</param>
    /// <returns>The log line of the best epoch.</returns>
    public EpochLine Fit(int[] train, int[] validation, IProgress<WorkProgress>? progress, CancellationToken cancel)
    {
        using var adam = new Adam(model.named_parameters(), stage.LearningRate, stage.WeightDecay);
        List<EpochLine> log = Checkpoint.LoadLast(stage.LastPath, model, adam);
        stage.LogChanged(log);
        while (log.Count < stage.Epochs && log.Count - (Best(log)?.Epoch ?? 0) < stage.Patience)
        {
            int epoch = log.Count + 1;
            progress?.Report(new WorkProgress($"train {stage.Stage}", epoch - 1, stage.Epochs, "epochs"));
            adam.LearningRate = Rate(epoch);
            var watch = Stopwatch.StartNew();
            (double trainLoss, double trainAccuracy) = TrainEpoch(train, epoch, adam, cancel);
            (double? loss, double? accuracy) = Validate(validation, cancel);
            var line = new EpochLine(
                stage.Stage, epoch, trainLoss, trainAccuracy, loss, accuracy, Math.Round(watch.Elapsed.TotalSeconds, 2));
            log.Add(line);
            // Best before last: killed between the two, the epoch is done again and writes the same bytes.
            if (Best(log) == line) Checkpoint.SaveBest(stage.BestPath, model, line);
            Checkpoint.SaveLast(stage.LastPath, model, adam, log);
            stage.LogChanged(log);
        }
        Checkpoint.LoadWeights(stage.BestPath, model);
        model.eval();
        progress?.Report(new WorkProgress($"train {stage.Stage}", log.Count, log.Count, "epochs"));
        return Best(log)!;
    }

    /// <returns>Highest validation accuracy; of equal ones the lowest loss, then the earliest; without validation the last.
    /// Null for an empty log.</returns>
    internal static EpochLine? Best(IEnumerable<EpochLine> log)
    {
        EpochLine? best = null;
        foreach (EpochLine line in log)
            if (best is null || line.ValidationAccuracy is null || line.ValidationAccuracy > best.ValidationAccuracy ||
                (line.ValidationAccuracy == best.ValidationAccuracy && line.ValidationLoss < best.ValidationLoss))
                best = line;
        return best;
    }

    private double Rate(int epoch) => stage.Schedule == LearningRateSchedule.Constant
        ? stage.LearningRate
        : stage.LearningRate * 0.5 * (1 + Math.Cos(Math.PI * (epoch - 1) / stage.Epochs));

    /// <summary>The epoch's order of samples: Fisher–Yates, from seed, stage and epoch alone.</summary>
    internal static int[] Order(int[] samples, Random random)
    {
        int[] order = [.. samples];
        random.Shuffle(order);
        return order;
    }

    private (double Loss, double Accuracy) TrainEpoch(int[] train, int epoch, Adam adam, CancellationToken cancel)
    {
        model.train();
        int[] order = Order(train, new Random(Seed(epoch, -1)));
        double lossSum = 0, right = 0;
        for (int step = 0, start = 0; start < order.Length; step++, start += stage.Batch)
        {
            cancel.ThrowIfCancellationRequested();
            using var scope = NewDisposeScope();
            ReadOnlySpan<int> samples = order.AsSpan(start, Math.Min(stage.Batch, order.Length - start));
            int seed = Seed(epoch, step);
            manual_seed(seed); // dropout and noise
            Tensor target = Target(samples);
            Tensor logits = forward(samples, new Random(seed));
            Tensor loss = nn.functional.cross_entropy(logits, target);
            adam.ZeroGradients();
            loss.backward();
            if (stage.GradientClip > 0) adam.ClipGradients(stage.GradientClip);
            adam.Step();
            double value = loss.item<float>();
            if (!double.IsFinite(value))
                throw new InvalidDataException(
                    $"Training stage {stage.Stage}: the loss is {value} at epoch {epoch}, step {step + 1}. " +
                    "Lower the learning rate, or look for NaN in the data with 'gesto check'.");
            lossSum += value * samples.Length;
            right += logits.argmax(1).eq(target).sum().item<long>();
        }
        return (lossSum / order.Length, right / order.Length);
    }

    private (double? Loss, double? Accuracy) Validate(int[] validation, CancellationToken cancel)
    {
        if (validation.Length == 0) return (null, null);
        model.eval();
        using var noGradients = no_grad();
        double lossSum = 0, right = 0;
        for (int start = 0; start < validation.Length; start += stage.Batch)
        {
            cancel.ThrowIfCancellationRequested();
            using var scope = NewDisposeScope();
            ReadOnlySpan<int> samples = validation.AsSpan(start, Math.Min(stage.Batch, validation.Length - start));
            Tensor target = Target(samples);
            Tensor logits = forward(samples, null);
            lossSum += nn.functional.cross_entropy(logits, target).item<float>() * (double)samples.Length;
            right += logits.argmax(1).eq(target).sum().item<long>();
        }
        return (lossSum / validation.Length, right / validation.Length);
    }

    private Tensor Target(ReadOnlySpan<int> samples)
    {
        var target = new long[samples.Length];
        for (int i = 0; i < target.Length; i++) target[i] = labels[samples[i]];
        return tensor(target);
    }

    /// <summary>FNV-1a over the four numbers: near seeds, epochs and steps give unrelated streams.</summary>
    private int Seed(int epoch, int step)
    {
        uint hash = 2166136261;
        foreach (char c in $"{stage.Seed}/{stage.Stage}/{epoch}/{step}") hash = (hash ^ c) * 16777619;
        return (int)(hash & 0x7fffffff);
    }
}

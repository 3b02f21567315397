using System.Diagnostics;
using System.Globalization;
using Gesto.Files;
using Gesto.Training.Models;
using Gesto.Training.Recipes;
using Gesto.Training.Runs;
using static TorchSharp.torch;

namespace Gesto.Training.Fitting;

/// <summary>Where a training stage leaves its files and how it learns.</summary>
internal sealed record TrainingStage
{
    /// <summary>Name in the log; also makes its random numbers differ from another stage's.</summary>
    public required string Stage { get; init; }

    /// <summary>With stage, epoch and step it decides every random number.</summary>
    public required int Seed { get; init; }

    /// <summary>Samples a step.</summary>
    public required int Batch { get; init; }

    /// <summary>At most.</summary>
    public required int Epochs { get; init; }

    /// <summary>As <see cref="TrainingRecipe.Accumulation"/>.</summary>
    public int Accumulation { get; init; } = 1;

    /// <summary>What the rate is multiplied by for a parameter, by its name; null = 1.</summary>
    public Func<string, double>? ParameterRate { get; init; }

    /// <summary>Epochs without a better validation accuracy until it stops.</summary>
    public required int Patience { get; init; }

    /// <summary>Adam's, at its highest.</summary>
    public required double LearningRate { get; init; }

    /// <summary>What the recipe calls it, for messages.</summary>
    public string LearningRateKey { get; init; } = "learningRate";

    /// <summary>How the rate goes over the epochs after the warm-up.</summary>
    public required LearningRateSchedule Schedule { get; init; }

    /// <summary>Epochs over which the rate rises.</summary>
    public int WarmUp { get; init; }

    /// <summary>Of AdamW, 0 = Adam.</summary>
    public double WeightDecay { get; init; }

    /// <summary>Largest Euclidean norm of all gradients, 0 = off.</summary>
    public double GradientClip { get; init; }

    /// <summary>As <see cref="TrainingRecipe.LabelSmoothing"/>.</summary>
    public double LabelSmoothing { get; init; }

    /// <summary>As <see cref="TrainingRecipe.Mixup"/>.</summary>
    public double Mixup { get; init; }

    /// <summary>As <see cref="TrainingRecipe.Averaging"/>.</summary>
    public double Averaging { get; init; }

    /// <summary>As <see cref="TrainingRecipe.BalanceClasses"/>.</summary>
    public bool BalanceClasses { get; init; }

    /// <summary>Freed memory is given back after every step. It costs a fusion model next to nothing, a radar encoder a
    /// third of its time, and takes 40 % of that one's memory away.</summary>
    public bool SavesMemory { get; init; }

    /// <summary>Checkpoint to go on from.</summary>
    public required string LastPath { get; init; }

    /// <summary>Weights of the best epoch.</summary>
    public required string BestPath { get; init; }

    /// <summary>Receives this stage's lines after every epoch, and once before the first.</summary>
    public required Action<IReadOnlyList<EpochLine>> LogChanged { get; init; }

    /// <returns>Adam's rate in an epoch, from 1.</returns>
    public double Rate(int epoch)
    {
        if (epoch <= WarmUp)
            return LearningRate * epoch / (WarmUp + 1);
        return Schedule == LearningRateSchedule.Constant
            ? LearningRate
            : LearningRate * 0.5 * (1 + Math.Cos(Math.PI * (epoch - WarmUp - 1) / (Epochs - WarmUp)));
    }
}

/// <summary>The one training loop: the radar encoder and the fusion model both go through it. Several ranks share the
/// parts of each step, <see cref="TrainingStage.Accumulation"/> of them rounded up to a multiple of the ranks, sum the
/// gradients and take the same step. Random numbers belong to the part: where the number of parts is the same, so are
/// losses, whatever the number of ranks (to rounding; and what batch norms keep for validation differs). With other
/// parts dropout, augmentation and mixup draw other numbers from the same distributions, and batch norms see other
/// batches; without any of these, losses are the same for any parts.</summary>
/// <param name="stage">How it learns.</param>
/// <param name="model">What learns, equal on all ranks.</param>
/// <param name="forward">Its logits.</param>
/// <param name="labels">Of every sample.</param>
/// <param name="ranks">Rank 0 alone writes and reports.</param>
internal sealed class Trainer(
    TrainingStage stage,
    nn.Module model,
    Trainer.Forward forward,
    long[] labels,
    IRanks ranks
)
{
    /// <summary>Logits (B, K) of some samples.</summary>
    /// <param name="samples">Indices, as into the labels.</param>
    /// <param name="random">Source of augmentation; null when validating: none then.</param>
    /// <param name="mixing">How the samples are mixed; null = not.</param>
    public delegate Tensor Forward(ReadOnlySpan<int> samples, Random? random, Mixing? mixing);

    /// <summary>Trains until the epochs or the patience end, from the last checkpoint where there is one; afterwards
    /// the model holds the best weights.</summary>
    /// <param name="train">Indices to learn from.</param>
    /// <param name="validation">Indices that choose the best epoch; with none, all epochs are run and the last is
    /// kept.</param>
    /// <param name="progress">Told once an epoch.</param>
    /// <param name="cancel">Checked every step; the last checkpoint stays whole.</param>
    /// <returns>The log line of the best epoch.</returns>
    public EpochLine Fit(int[] train, int[] validation, IProgress<WorkProgress>? progress, CancellationToken cancel)
    {
        using var adam = new Adam(model.named_parameters(), stage.LearningRate, stage.WeightDecay, stage.ParameterRate);
        using WeightAverage? average = stage.Averaging > 0 ? new WeightAverage(model, stage.Averaging) : null;
        GradientSum? gradients = ranks.Count > 1 ? new GradientSum(model, ranks) : null;
        List<EpochLine> log = Checkpoint.LoadLast(stage.LastPath, model, adam, average);
        RequireSame(log.Count);
        if (ranks.Rank == 0)
            stage.LogChanged(log);
        while (log.Count < stage.Epochs && log.Count - (Best(log)?.Epoch ?? 0) < stage.Patience)
        {
            int epoch = log.Count + 1;
            progress?.Report(new WorkProgress($"train {stage.Stage}", epoch - 1, stage.Epochs, "epochs"));
            adam.LearningRate = stage.Rate(epoch);
            var watch = Stopwatch.StartNew();
            (double trainLoss, double trainAccuracy) = TrainEpoch(train, epoch, adam, average, gradients, cancel);
            average?.Swap();
            (double? loss, double? accuracy) = Validate(validation, cancel);
            if (loss is { } found && !double.IsFinite(found))
                throw Diverged(epoch, $"the validation loss is {Text(found)}");
            var line = new EpochLine(
                stage.Stage,
                epoch,
                trainLoss,
                trainAccuracy,
                loss,
                accuracy,
                Math.Round(watch.Elapsed.TotalSeconds, 2)
            );
            log.Add(line);
            // Best before last: killed between the two, the epoch is done again and writes the same bytes.
            if (ranks.Rank == 0 && Best(log) == line)
                Checkpoint.SaveBest(stage.BestPath, model, line);
            average?.Swap();
            if (ranks.Rank > 0)
                continue;
            Checkpoint.SaveLast(stage.LastPath, model, adam, average, log);
            stage.LogChanged(log);
        }
        ranks.Barrier();
        Checkpoint.LoadWeights(stage.BestPath, model);
        model.eval();
        progress?.Report(new WorkProgress($"train {stage.Stage}", log.Count, log.Count, "epochs"));
        return Best(log)!;
    }

    /// <exception cref="IOException">The ranks did not find the same checkpoint.</exception>
    private void RequireSame(int epochs)
    {
        double[] sums = [epochs, (double)epochs * epochs];
        ranks.Sum(sums);
        if (sums[0] != (double)epochs * ranks.Count || sums[1] != (double)epochs * epochs * ranks.Count)
            throw new IOException(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"{stage.LastPath}: rank {ranks.Rank} reads {epochs} epochs in it, other ranks another number. The run directory must lie on "
                ) + "storage that all ranks see under the same name."
            );
    }

    /// <returns>Highest validation accuracy; of equal ones the lowest loss, then the earliest; without validation the
    /// last. Null for an empty log.</returns>
    internal static EpochLine? Best(IEnumerable<EpochLine> log)
    {
        EpochLine? best = null;
        foreach (EpochLine line in log)
            if (
                best is null
                || line.ValidationAccuracy is null
                || line.ValidationAccuracy > best.ValidationAccuracy
                || (line.ValidationAccuracy == best.ValidationAccuracy && line.ValidationLoss < best.ValidationLoss)
            )
                best = line;
        return best;
    }

    /// <summary>The epoch's order of samples, from seed, stage and epoch alone: Fisher–Yates; with balanced classes as
    /// many draws, of a class first, then of its samples.</summary>
    internal static int[] Order(int[] samples, long[] labels, bool balance, Random random)
    {
        int[] order = [.. samples];
        random.Shuffle(order);
        if (!balance)
            return order;
        int[][] classes = [.. order.GroupBy(s => labels[s]).OrderBy(g => g.Key).Select(g => g.ToArray())];
        return [.. order.Select(_ => random.GetItems(classes, 1)[0]).Select(members => random.GetItems(members, 1)[0])];
    }

    private (double Loss, double Accuracy) TrainEpoch(
        int[] train,
        int epoch,
        Adam adam,
        WeightAverage? average,
        GradientSum? gradients,
        CancellationToken cancel
    )
    {
        int mine = (stage.Accumulation + ranks.Count - 1) / ranks.Count; // parts of a step
        model.train();
        int[] order = Order(train, labels, stage.BalanceClasses, new Random(Seed(epoch, -1)));
        double lossSum = 0,
            right = 0;
        for (int step = 0, start = 0; start < order.Length; step++, start += stage.Batch)
        {
            cancel.ThrowIfCancellationRequested();
            using var scope = NewDisposeScope();
            ReadOnlySpan<int> samples = order.AsSpan(start, Math.Min(stage.Batch, order.Length - start));
            adam.ZeroGradients();
            double value = 0;
            int size = (samples.Length + mine * ranks.Count - 1) / (mine * ranks.Count);
            for (int part = mine * ranks.Rank; part < mine * (ranks.Rank + 1) && part * size < samples.Length; part++)
            {
                int seed = Seed(epoch, step, part);
                manual_seed(seed); // dropout and noise
                (double loss, double correct) = Learn(
                    samples.Slice(part * size, Math.Min(size, samples.Length - part * size)),
                    samples.Length,
                    new Random(seed)
                );
                value += loss;
                right += correct;
            }
            gradients?.Run();
            // Before the step: afterwards the weights would hold it.
            if (!double.IsFinite(value))
                throw Diverged(epoch, $"the loss is {Text(value)} at step {Text(step + 1)}");
            if (!adam.CanStep())
                throw Diverged(
                    epoch,
                    $"gradients or learning rate are beyond what float32 holds at step {Text(step + 1)}"
                );
            if (stage.GradientClip > 0)
                adam.ClipGradients(stage.GradientClip);
            adam.Step();
            average?.Update(adam.Steps);
            lossSum += value * samples.Length;
            if (stage.SavesMemory)
                NativeMemory.GiveBack();
        }
        return Mean(lossSum, right, order.Length);
    }

    /// <summary>The checkpoint is that of the last epoch before: nothing of this one is written.</summary>
    private InvalidDataException Diverged(int epoch, string what) =>
        new InvalidDataException(
            $"{Path.GetDirectoryName(stage.LastPath)}: training stage {stage.Stage} went astray in epoch {Text(epoch)}: {what}. "
                + $"{(epoch > 1 ? $"The checkpoints of epoch {Text(epoch - 1)} are kept. " : "")}Train into a new directory with a lower {stage.LearningRateKey} "
                + $"(it is {Text(stage.LearningRate)}), or look for values that are no numbers in the data."
        ).Suggest(NextStep.CheckRecordings);

    private static string Text(double value) => value.ToString(CultureInfo.InvariantCulture);

    /// <summary>Over the samples of all ranks.</summary>
    private (double Loss, double Accuracy) Mean(double lossSum, double right, int samples)
    {
        double[] sums = [lossSum, right];
        ranks.Sum(sums);
        return (sums[0] / samples, sums[1] / samples);
    }

    /// <summary>Adds the gradients of some of a step's samples.</summary>
    /// <returns>Their part of the step's mean loss, and how many of them are right.</returns>
    private (double Loss, double Right) Learn(ReadOnlySpan<int> samples, int all, Random random)
    {
        using var scope = NewDisposeScope();
        Mixing? mixing = stage.Mixup > 0 ? DrawMixing(samples.Length, stage.Mixup, random) : null;
        Tensor logits = forward(samples, random, mixing);
        Tensor target = Target(samples).to(logits.device);
        Tensor loss = Loss(logits, target, mixing);
        if (samples.Length < all)
        {
            using TorchSharp.Scalar share = (double)samples.Length / all; // held: see Adam
            loss = loss.mul(share);
        }
        loss.backward();
        return (loss.item<float>(), logits.argmax(1).eq(target).sum().item<long>());
    }

    private Tensor Loss(Tensor logits, Tensor target, Mixing? mixing)
    {
        double smoothing = stage.LabelSmoothing;
        Tensor own = nn.functional.cross_entropy(logits, target, label_smoothing: smoothing);
        if (mixing is null)
            return own;
        using TorchSharp.Scalar share = mixing.Share,
            rest = 1 - mixing.Share; // held: see Adam
        Tensor other = nn.functional.cross_entropy(
            logits,
            target.index_select(0, tensor(mixing.Partner, device: target.device)),
            label_smoothing: smoothing
        );
        return own.mul(share).add(other, alpha: rest);
    }

    /// <summary>A partner for every sample, and one share for the batch, from Beta(α, α), at least a half.</summary>
    internal static Mixing DrawMixing(int samples, double alpha, Random random)
    {
        long[] partner = [.. Enumerable.Range(0, samples)];
        random.Shuffle(partner);
        double share = MathNet.Numerics.Distributions.Beta.Sample(random, alpha, alpha);
        return new Mixing(partner, Math.Max(share, 1 - share)); // the pair is unordered; so "right" keeps its meaning
    }

    private (double? Loss, double? Accuracy) Validate(int[] validation, CancellationToken cancel)
    {
        if (validation.Length == 0)
            return (null, null);
        model.eval();
        using var noGradients = no_grad();
        double lossSum = 0,
            right = 0;
        for (int start = stage.Batch * ranks.Rank; start < validation.Length; start += stage.Batch * ranks.Count)
        {
            cancel.ThrowIfCancellationRequested();
            using var scope = NewDisposeScope();
            ReadOnlySpan<int> samples = validation.AsSpan(start, Math.Min(stage.Batch, validation.Length - start));
            Tensor logits = forward(samples, null, null);
            Tensor target = Target(samples).to(logits.device);
            lossSum += nn.functional.cross_entropy(logits, target).item<float>() * (double)samples.Length;
            right += logits.argmax(1).eq(target).sum().item<long>();
        }
        return Mean(lossSum, right, validation.Length);
    }

    private Tensor Target(ReadOnlySpan<int> samples)
    {
        var target = new long[samples.Length];
        for (int i = 0; i < target.Length; i++)
            target[i] = labels[samples[i]];
        return tensor(target);
    }

    /// <summary>FNV-1a over the five: near seeds, epochs, steps and parts give unrelated streams.</summary>
    private int Seed(int epoch, int step, int part = 0)
    {
        uint hash = 2166136261;
        foreach (char c in $"{stage.Seed}/{stage.Stage}/{epoch}/{step}{(part > 0 ? $"/{part}" : "")}")
            hash = (hash ^ c) * 16777619;
        return (int)(hash & 0x7fffffff);
    }
}

using Gesto.Training.Batches;
using Gesto.Training.Models;
using Gesto.Training.Recipes;
using Gesto.Training.Runs;
using TorchSharp;
using static TorchSharp.torch;

namespace Gesto.Training.Fitting;

/// <summary>Trains the fusion model, with the encoders that learn with it.</summary>
internal static class FusionTraining
{
    /// <summary>What `log.jsonl` calls its epochs.</summary>
    public const string Stage = "fusion";

    /// <returns>The epoch that is kept.</returns>
    public static EpochLine Run(
        RunDirectory run,
        TrainingData data,
        Device place,
        FusionInputs inputs,
        List<EpochLine> radarLines,
        IRanks ranks,
        IProgress<WorkProgress>? progress,
        CancellationToken cancel
    )
    {
        (SampleSequences sequences, FrameEncoder? rgb, FrameEncoder? radar) = inputs;
        TrainingRecipe training = run.Recipe.Training;
        ModelRecipe recipe = run.Recipe.Model;
        manual_seed(training.Seed);
        using SignModel model = ModelFactory
            .Sign(
                run.Recipe,
                run.Facts,
                Statistics(sequences.Rgb, run.Facts.RgbWidth, data.Train, recipe),
                Statistics(sequences.Radar, run.Facts.RadarWidth, data.Train, recipe)
            )
            .to(place);
        using nn.Module whole = rgb is null && radar is null ? model : new JointModel(rgb, radar, model);
        double rangeMixing = run.Recipe.Radar.Augmentation.RangeMixing;
        (int epochs, int patience) = training.Length(
            training.Epochs,
            training.Patience,
            data.Train.Length,
            training.Batch
        );
        var stage = new TrainingStage
        {
            Stage = Stage,
            Seed = training.Seed,
            GradientClip = training.GradientClip,
            BalanceClasses = training.BalanceClasses,
            LabelSmoothing = training.LabelSmoothing,
            Averaging = training.Averaging,
            Batch = training.Batch,
            Accumulation = training.Accumulation,
            ParameterRate = name => JointModel.IsEncoder(name) ? training.EncoderRate : 1,
            Epochs = epochs,
            Patience = patience,
            LearningRate = training.LearningRate,
            LearningRateKey = "training.learningRate",
            Schedule = training.Schedule,
            WarmUp = Math.Min(training.WarmUp, epochs - 1),
            WeightDecay = training.WeightDecay,
            Mixup = rangeMixing > 0 ? rangeMixing : training.Mixup,
            SavesMemory = data.OnDisk,
            LastPath = run.LastPath,
            BestPath = run.BestPath,
            LogChanged = lines => EpochLog.Save(run.LogPath, radarLines.Concat(lines)),
        };
        return new Trainer(stage, whole, Forward, data.Labels, ranks).Fit(
            data.Train,
            data.Validation,
            progress,
            cancel
        );

        Tensor Forward(ReadOnlySpan<int> samples, Random? random, Mixing? mixing)
        {
            using var scope = NewDisposeScope();
            (ModalitySteps? rgbSteps, ModalitySteps? radarSteps) = sequences.Batch(
                samples,
                training,
                random,
                mixing: rangeMixing > 0 ? mixing : null
            );
            return model
                .Classify(rgbSteps, radarSteps, mixing: rangeMixing > 0 ? null : mixing)
                .MoveToOuterDisposeScope();
        }
    }

    /// <summary>What features are scaled by; null = left as they are. Of an encoder that learns: its features at the
    /// start.</summary>
    private static (float[], float[])? Statistics(IStepSource? source, int width, int[] train, ModelRecipe model)
    {
        if (source is null || !model.Standardise)
            return null;
        (float[] mean, float[] deviation) = source switch
        {
            EncodedFrames encoded => encoded.Statistics(train, width),
            FeatureSequences features => features.Statistics(train),
            _ => throw new ArgumentException($"No statistics of {source.GetType().Name}.", nameof(source)),
        };
        if (model.Loudness > 0)
            for (int f = 0; f < deviation.Length; f++)
                deviation[f] *= (float)Math.Sqrt(width / model.Loudness);
        return (mean, deviation);
    }
}

using Gesto.Landmarks;
using Gesto.Recordings;
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
        (SampleSequences sequences, PerModality<FrameEncoder> encoders) = inputs;
        TrainingRecipe training = run.Recipe.Training;
        ModelRecipe recipe = run.Recipe.Model;
        manual_seed(training.Seed);
        using SignModel model = ModelFactory
            .Sign(
                run.Recipe,
                run.Facts,
                sequences.Streams.Select(
                    (modality, source) =>
                        Statistics(
                            source,
                            run.Facts.Streams[modality]!.Width,
                            data.Having(modality).Train,
                            recipe,
                            mirrored: modality == Modality.Landmarks && run.Recipe.Landmarks.Mirroring > 0
                        )
                )
            )
            .to(place);
        using nn.Module whole = encoders.Count == 0 ? model : new JointModel(encoders, model);
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
            PerModality<ModalitySteps> shown = sequences.Batch(
                [.. samples],
                training,
                random,
                mixing: rangeMixing > 0 ? mixing : null
            );
            return model.Classify(shown, mixing: rangeMixing > 0 ? null : mixing).MoveToOuterDisposeScope();
        }
    }

    /// <summary>What features are scaled by; null = left as they are. Of an encoder that learns: its features at the
    /// start.</summary>
    private static FeatureStatistics? Statistics(
        IStepSource source,
        int width,
        int[] train,
        ModelRecipe model,
        bool mirrored
    )
    {
        if (!model.Standardise)
            return null;
        FeatureStatistics found = source switch
        {
            EncodedFrames encoded => encoded.Statistics(train),
            FeatureSequences features => features.Statistics(train),
            _ => throw new ArgumentException($"No statistics of {source.GetType().Name}.", nameof(source)),
        };
        if (mirrored && width == LandmarkFeatures.Width)
            LandmarkFeatures.AddMirrored(found.Mean, found.Deviation);
        if (model.Loudness > 0)
            for (int f = 0; f < width; f++)
                found.Deviation[f] *= (float)Math.Sqrt(width / model.Loudness);
        return found;
    }
}

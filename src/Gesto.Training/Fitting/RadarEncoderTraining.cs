using Gesto.Encoders;
using Gesto.Files;
using Gesto.Recordings;
using Gesto.Training.Batches;
using Gesto.Training.Features;
using Gesto.Training.Models;
using Gesto.Training.Recipes;
using Gesto.Training.Runs;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Gesto.Training.Fitting;

/// <summary>The radar CNN under a light LSTM: what is trained before the fusion model; only the CNN is kept.</summary>
internal sealed class RadarClassifier : nn.Module<Tensor, Tensor>
{
    // Registered by field name.
    private readonly FrameEncoder encoder;
    private readonly BatchNorm1d norm;
    private readonly LstmModel lstm;
    private readonly Dropout dropout;
    private readonly Linear linear;
    private readonly bool centre;

    /// <param name="encoder">Disposed by its owner, not with the classifier.</param>
    /// <param name="antennas">A.</param>
    /// <param name="recipe">Width and dropout of the light LSTM.</param>
    /// <param name="classes">K.</param>
    public RadarClassifier(FrameEncoder encoder, int antennas, RadarRecipe recipe, int classes)
        : base(nameof(RadarClassifier))
    {
        int width = encoder.Width(antennas);
        this.encoder = encoder;
        centre = recipe.CentreFeatures;
        // Averages over a whole map are small and alike; without this the light LSTM hardly learns from them.
        norm = nn.BatchNorm1d(width);
        lstm = new LstmModel(width, recipe.Hidden, layers: 1, dropout: 0);
        dropout = nn.Dropout(recipe.Dropout);
        linear = nn.Linear(recipe.Hidden, classes);
        RegisterComponents();
    }

    /// <summary>Frees all but the encoder, which the run goes on with.</summary>
    public void DisposeHead()
    {
        norm.Dispose();
        lstm.Dispose();
        dropout.Dispose();
        linear.Dispose();
    }

    public override Tensor forward(Tensor input) =>
        throw new NotSupportedException("Call Classify: it needs the lengths too.");

    /// <param name="frames">(ΣL, A, R, D): real frames of the samples one after another.</param>
    /// <param name="lengths">Frames of each sample.</param>
    /// <param name="augmentation">Gain and noise on the scaled values; null = none.</param>
    /// <param name="random">Source of the gain; the noise comes from libtorch's generator.</param>
    /// <returns>Logits (B, K).</returns>
    public Tensor Classify(Tensor frames, int[] lengths, AugmentationRecipe? augmentation, Random? random)
    {
        using var scope = NewDisposeScope();
        Tensor scaled = encoder.Scale(frames, lengths);
        if (augmentation is not null)
            scaled = FrameChanges.Apply(scaled, lengths, augmentation, random!);
        Tensor encoded = encoder.Encode(scaled, lengths);
        if (centre)
            encoded = Sequences.Centre(encoded, lengths);
        Tensor features = Sequences.Pad(norm.forward(encoded), lengths);
        Tensor last = lstm.forward(features, ModalitySteps.LengthTensor(lengths));
        return linear.forward(dropout.forward(last)).MoveToOuterDisposeScope();
    }
}

/// <summary>Makes the run's radar encoder: trained on the training split, or left at its seeded random
/// weights.</summary>
internal static class RadarEncoderTraining
{
    public const string Stage = "radar-encoder";

    /// <summary>Trains where there is something left to train before the fusion model, and leaves
    /// `radar-encoder.safetensors` behind.</summary>
    public static FrameEncoder Run(
        RunDirectory run,
        TrainingData data,
        Action<IReadOnlyList<EpochLine>> logChanged,
        IRanks ranks,
        IProgress<WorkProgress>? progress,
        CancellationToken cancel
    )
    {
        FrameSequences frames = data.Streams[Modality.Radar]!.Frames!;
        (int[] train, int[] validation) = data.Having(Modality.Radar);
        RadarRecipe recipe = run.Recipe.Radar;
        TrainingRecipe training = run.Recipe.Training;
        (float mean, float deviation) =
            recipe.Scaling == RadarScaling.Unit ? (0, 255)
            : recipe.FrontEnd == RadarFrontEnd.RangeDoppler ? frames.Statistics(train, recipe.Preparation)
            : (0, 1); // the others measure their own channels
        manual_seed(training.Seed);
        FrameEncoder encoder = ModelFactory.Radar(run.Recipe, run.Facts.Radar!, mean, deviation).to(frames.Device);
        if (encoder is MicroDopplerCnn images)
            images.Measure(OneByOne(train));
        if (recipe.Encoder == RadarEncoderMode.Frozen || recipe.Epochs == 0)
        {
            if (ranks.Rank == 0)
                Save(run, encoder, "seeded random weights");
            encoder.eval();
            return encoder;
        }
        var classifier = new RadarClassifier(encoder, frames.Channels, recipe, data.LabelSet.Count).to(frames.Device);
        var stage = new TrainingStage
        {
            Stage = Stage,
            Seed = training.Seed,
            GradientClip = training.GradientClip,
            BalanceClasses = training.BalanceClasses,
            Batch = recipe.Batch,
            Epochs = recipe.Epochs,
            Patience = recipe.Patience,
            LearningRate = recipe.LearningRate,
            LearningRateKey = "radar.learningRate",
            Schedule = recipe.Schedule,
            SavesMemory = data.OnDisk,
            LastPath = run.RadarLastPath,
            BestPath = run.RadarBestPath,
            LogChanged = logChanged,
        };
        var trainer = new Trainer(stage, classifier, Forward, data.Labels, ranks);
        EpochLine best = trainer.Fit(train, validation, progress, cancel);
        if (ranks.Rank == 0)
            Save(run, encoder, FormattableString.Invariant($"epoch {best.Epoch}"));
        classifier.DisposeHead();
        return encoder;

        IEnumerable<Tensor> OneByOne(IEnumerable<int> samples)
        {
            foreach (int sample in samples)
            {
                using Tensor one = frames.Frames(sample);
                yield return one;
            }
        }

        Tensor Forward(ReadOnlySpan<int> samples, Random? random, Mixing? mixing)
        {
            AugmentationRecipe? augmentation = random is null ? null : recipe.Augmentation;
            int[][] steps = new int[samples.Length][];
            int[] shifts = new int[samples.Length];
            for (int i = 0; i < samples.Length; i++)
            {
                int length = frames.LengthOf(samples[i]);
                steps[i] = augmentation is null
                    ? [.. Enumerable.Range(0, length)]
                    : Sequences.DrawSteps(
                        length,
                        frames.Longest,
                        Sequences.DrawTempo(augmentation.TempoSpread, random!),
                        augmentation.FrameDropout,
                        timeMasking: 0,
                        Sequences.DrawMove(augmentation.TimeShift, random!),
                        random!
                    );
                if (augmentation is not null)
                    shifts[i] = FrameChanges.DrawShift(augmentation, random!);
            }
            int[] lengths = [.. steps.Select(s => s.Length)];
            using Tensor batch = frames.Batch(samples, steps, shifts);
            using Tensor shown = augmentation is null
                ? batch.alias()
                : FrameChanges.Mask(batch, lengths, augmentation, random!);
            return classifier.Classify(shown, lengths, augmentation, random);
        }
    }

    /// <summary>Writes the encoded radar of every sample of a feature set into the run, and returns nothing: reading
    /// goes through the store. Goes on where an interrupted run stopped.</summary>
    public static void WriteFeatures(
        RunDirectory run,
        FrameEncoder encoder,
        Device device,
        FeatureStore frameStore,
        IReadOnlyList<string> keys,
        IProgress<WorkProgress>? progress,
        CancellationToken cancel
    )
    {
        int[] shape = frameStore.Key.Shape;
        int width = encoder.Width(shape[1]);
        var key = new FeatureKey
        {
            Modality = Modality.Radar.Name,
            Encoder = encoder.GetName(),
            Weights = Convert.ToHexStringLower(
                System.Security.Cryptography.SHA256.HashData(File.ReadAllBytes(run.RadarEncoderPath))
            ),
            Preprocessing = frameStore.Key.Preprocessing,
            Sampling = frameStore.Key.Sampling,
            DType = "<f4",
            Shape = [shape[0], width],
        };
        using FeatureStore store = FeatureStore.OpenOrCreate(run.RadarFolder, key);
        var sequences = new FrameSequences(frameStore.Key.DType, shape.AsSpan(1)) { Device = device };
        for (int i = 0; i < keys.Count; i++)
        {
            cancel.ThrowIfCancellationRequested();
            Report(i);
            if (store.Contains(keys[i]) || !frameStore.Contains(keys[i]))
                continue;
            int length = frameStore.LengthOf(keys[i]);
            using Tensor frames = sequences.ToTensor(TrainingData.Read(frameStore, keys[i]), length);
            var padded = new float[shape[0] * width];
            encoder.EncodeSample(frames).CopyTo(padded, 0);
            store.Add(keys[i], NpyArray.From(padded, shape[0], width), length);
        }
        store.Complete();
        Report(keys.Count);

        void Report(int done) => progress?.Report(new WorkProgress("encode radar", done, keys.Count, "samples"));
    }

    private static void Save(RunDirectory run, FrameEncoder encoder, string origin) =>
        Weights.Safetensors.Save(
            run.RadarEncoderPath,
            [.. TensorFile.Copy(encoder)],
            new Dictionary<string, string>
            {
                ["format"] = "gesto-radar-encoder",
                ["version"] = "1",
                ["origin"] = origin,
            }
        );
}

using Gesto.Features;
using Gesto.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace Gesto.Training;

/// <summary>What a finished training is worth on the samples held out of it.</summary>
/// <param name="Epoch">The epoch kept: the best, or the last where nothing is held out, from 1.</param>
/// <param name="ValidationAccuracy">Its validation accuracy, 0…1; null where nothing is held out.</param>
/// <param name="ValidationLoss">Its validation loss, nats; null where nothing is held out.</param>
/// <param name="Epochs">Epochs trained, both stages.</param>
/// <param name="Skipped">Labelled samples left out because features of theirs are missing.</param>
public sealed record TrainingResult(int Epoch, double? ValidationAccuracy, double? ValidationLoss, int Epochs, int Skipped);

/// <summary>Features in, run directory out: radar encoder, its features, fusion model, log and curves.</summary>
public static class TrainingRun
{
    public const string FusionStage = "fusion";

    /// <summary>Trains in <paramref name="folder"/>. Killed or cancelled at any moment, it goes on with
    /// <paramref name="resume"/> and ends with the same bytes. On Linux call it on the process's first thread: others train at a
    /// third of the speed, since glibc gives each of them fresh pages for every large tensor.</summary>
    /// <param name="features">What 'gesto extract' wrote.</param>
    /// <param name="recipe">Null only with <paramref name="resume"/>: the run's own.</param>
    /// <param name="folder">The run directory.</param>
    /// <param name="resume">Go on with the run there; with none there, start it.</param>
    /// <param name="threads">libtorch's threads, part of what makes results equal; null = the run's own, for a new run the
    /// machine's processors.</param>
    /// <param name="radarFrom">A run whose radar encoder is the same to the bit and need not be trained again; null = none.</param>
    /// <param name="progress">Told about loading, epochs and encoding.</param>
    /// <param name="cancel">Leaves the last whole checkpoint behind.</param>
    public static TrainingResult Start(
        FeatureSet features, Recipe? recipe, string folder, bool resume, int? threads = null, string? radarFrom = null,
        IProgress<WorkProgress>? progress = null, CancellationToken cancel = default)
    {
        NativeMemory.KeepFreedPages();
        bool exists = RunDirectory.Exists(folder);
        if (exists && !resume)
            throw new IOException($"{folder}: a run is here already. Go on with it by --resume, or choose another directory.");
        RunFacts? before = exists ? RunDirectory.Open(folder).Facts : null;
        recipe ??= exists ? RunDirectory.Open(folder).Recipe : throw new ArgumentNullException(nameof(recipe));
        int threadCount = threads ?? before?.Threads ?? Environment.ProcessorCount;
        set_num_threads(threadCount);

        TrainingData data = TrainingData.Load(features, recipe, progress, cancel);
        RunDirectory run = RunDirectory.StartOrResume(folder, recipe, Facts(features, recipe, data, threadCount), resume);
        // The small encoder is made for one data set and in no cache: predicting from videos needs it beside the run.
        string? encoder = recipe.UsesRgb ? Path.Combine(features.Rgb!.Folder, SmallRgbEncoder.FileName) : null;
        if (File.Exists(encoder))
            AtomicFile.Write(Path.Combine(folder, SmallRgbEncoder.FileName), to => to.Write(File.ReadAllBytes(encoder)));
        if (radarFrom is not null) run.TakeRadarTraining(RunDirectory.Open(radarFrom));
        var radarLines = new List<EpochLine>();
        SampleSequences sequences = Features(run, features, data, radarLines, progress, cancel);
        EpochLine best = Fuse(run, data, sequences, radarLines, progress, cancel);
        IReadOnlyList<EpochLine> log = EpochLog.Load(run.LogPath);
        CurvesPlot.Save(run.CurvesPath, log);
        return new TrainingResult(best.Epoch, best.ValidationAccuracy, best.ValidationLoss, log.Count, data.Skipped.Count);
    }

    private static RunFacts Facts(FeatureSet features, Recipe recipe, TrainingData data, int threads)
    {
        FeatureKey? rgb = recipe.UsesRgb ? features.Rgb!.Key : null;
        FeatureKey? radar = recipe.UsesRadar ? features.Radar!.Key : null;
        return new RunFacts
        {
            Labels = data.LabelSet.Classes,
            Rgb = rgb,
            Radar = radar,
            RgbWidth = rgb?.Shape[1] ?? 0,
            RadarWidth = radar is null ? 0 : radar.Shape.Length == 4 ? ModelFactory.RadarWidth(recipe.Radar, radar.Shape[1]) : radar.Shape[1],
            Antennas = radar?.Shape.Length == 4 ? radar.Shape[1] : 1,
            Threads = threads,
            HeldOutBy = data.Split.HeldOutBy,
            HeldOut = data.Split.HeldOut,
            Train = [.. data.Train.Select(i => data.Samples[i].Key)],
            Validation = [.. data.Validation.Select(i => data.Samples[i].Key)],
            Skipped = data.Skipped,
            DataFingerprint = data.Fingerprint,
            TorchVersion = torch.__version__,
            Program = RunFacts.ThisProgram,
            Machine = RunFacts.ThisMachine,
        };
    }

    /// <summary>Features of all samples; the radar encoder is trained on the way where the recipe says so.</summary>
    private static SampleSequences Features(
        RunDirectory run, FeatureSet features, TrainingData data, List<EpochLine> radarLines,
        IProgress<WorkProgress>? progress, CancellationToken cancel)
    {
        Recipe recipe = run.Recipe;
        List<float[]> radar = data.RadarFeatures;
        if (data.RadarFrames is not null)
        {
            using RadarEncoder encoder = RadarEncoderTraining.Run(run, data, lines =>
            {
                radarLines.Clear();
                radarLines.AddRange(lines);
                EpochLog.Save(run.LogPath, lines);
            }, progress, cancel);
            RadarEncoderTraining.WriteFeatures(run, encoder, features.Radar!, features.Radar!.Samples, progress, cancel);
            using FeatureStore store = FeatureStore.Open(run.RadarFolder);
            radar = [.. data.Samples.Select(s => TrainingData.Steps(store, s.Key))];
        }
        var sequences = SampleSequences.For(recipe, run.Facts.RgbWidth, run.Facts.RadarWidth);
        for (int i = 0; i < data.Samples.Count; i++)
        {
            sequences.Add(recipe.UsesRgb ? data.Rgb[i] : null, recipe.UsesRadar ? radar[i] : null, recipe);
            if (recipe.UsesRgb) data.Rgb[i] = []; // a second copy would double the memory
        }
        return sequences;
    }

    private static EpochLine Fuse(
        RunDirectory run, TrainingData data, SampleSequences sequences, List<EpochLine> radarLines,
        IProgress<WorkProgress>? progress, CancellationToken cancel)
    {
        TrainingRecipe training = run.Recipe.Training;
        manual_seed(training.Seed);
        using SignModel model = ModelFactory.Sign(
            run.Recipe, run.Facts, Statistics(sequences.Rgb, data.Train, run.Recipe.Model), Statistics(sequences.Radar, data.Train, run.Recipe.Model));
        var stage = new TrainingStage
        {
            Stage = FusionStage,
            Seed = training.Seed,
            GradientClip = training.GradientClip,
            BalanceClasses = training.BalanceClasses,
            LabelSmoothing = training.LabelSmoothing,
            Averaging = training.Averaging,
            Batch = training.Batch,
            Epochs = training.Epochs,
            Patience = training.Patience,
            LearningRate = training.LearningRate,
            Schedule = training.Schedule,
            WarmUp = training.WarmUp,
            WeightDecay = training.WeightDecay,
            Mixup = training.Mixup,
            LastPath = run.LastPath,
            BestPath = run.BestPath,
            LogChanged = lines => EpochLog.Save(run.LogPath, radarLines.Concat(lines)),
        };
        return new Trainer(stage, model, Forward, data.Labels).Fit(data.Train, data.Validation, progress, cancel);

        Tensor Forward(ReadOnlySpan<int> samples, Random? random, Mixing? mixing)
        {
            using var scope = NewDisposeScope();
            (ModalitySteps? rgb, ModalitySteps? radar) = sequences.Batch(samples, training, random);
            return model.Classify(rgb, radar, mixing: mixing).MoveToOuterDisposeScope();
        }
    }

    /// <summary>What features are scaled by; null = left as they are.</summary>
    private static (float[], float[])? Statistics(FeatureSequences? features, int[] train, ModelRecipe model)
    {
        if (features is null || !model.Standardise) return null;
        (float[] mean, float[] deviation) = features.Statistics(train);
        if (model.Loudness > 0)
            for (int f = 0; f < deviation.Length; f++) deviation[f] *= (float)Math.Sqrt(features.Width / model.Loudness);
        return (mean, deviation);
    }
}

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
    /// <paramref name="resume"/> and ends with the same bytes.</summary>
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
        FeatureSequences sequences = Features(run, features, data, radarLines, progress, cancel);
        EpochLine best = Fuse(run, data, sequences, radarLines, progress, cancel);
        IReadOnlyList<EpochLine> log = EpochLog.Load(run.LogPath);
        CurvesPlot.Save(run.CurvesPath, log);
        return new TrainingResult(best.Epoch, best.ValidationAccuracy, best.ValidationLoss, log.Count, data.Skipped.Count);
    }

    /// <summary>The fusion model a run's recipe and widths describe, at whatever weights libtorch's generator gives it.</summary>
    internal static LateFusion CreateModel(Recipe recipe, RunFacts facts, float[]? mean = null, float[]? deviation = null) => new(
        facts.RgbWidth + facts.RadarWidth, recipe.Model.Hidden, recipe.Model.Layers, recipe.Model.Dropout,
        facts.Labels.Count, mean, deviation, recipe.Model.InputDropout, recipe.Model.ModalityDropout, facts.RgbWidth);

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
            RadarWidth = radar is null ? 0 : radar.Shape.Length == 4 ? radar.Shape[1] * RadarCnn.WidthPerAntenna : radar.Shape[1],
            Threads = threads,
            HeldOutBy = data.Split.HeldOutBy,
            HeldOut = data.Split.HeldOut,
            Train = [.. data.Train.Select(i => data.Samples[i].Key)],
            Validation = [.. data.Validation.Select(i => data.Samples[i].Key)],
            Skipped = data.Skipped,
            DataFingerprint = data.Fingerprint,
            TorchVersion = torch.__version__,
        };
    }

    /// <summary>Joined features of all samples; the radar encoder is trained on the way where the recipe says so.</summary>
    private static FeatureSequences Features(
        RunDirectory run, FeatureSet features, TrainingData data, List<EpochLine> radarLines,
        IProgress<WorkProgress>? progress, CancellationToken cancel)
    {
        Recipe recipe = run.Recipe;
        List<float[]> radar = data.RadarFeatures;
        if (data.RadarFrames is not null)
        {
            using RadarCnn encoder = RadarEncoderTraining.Run(run, data, lines =>
            {
                radarLines.Clear();
                radarLines.AddRange(lines);
                EpochLog.Save(run.LogPath, lines);
            }, progress, cancel);
            RadarEncoderTraining.WriteFeatures(run, encoder, features.Radar!, features.Radar!.Samples, progress, cancel);
            using FeatureStore store = FeatureStore.Open(run.RadarFolder);
            radar = [.. data.Samples.Select(s => TrainingData.Steps(store, s.Key))];
        }
        var sequences = new FeatureSequences(run.Facts.RgbWidth + run.Facts.RadarWidth);
        for (int i = 0; i < data.Samples.Count; i++)
        {
            sequences.Add(FeatureSequences.Join(
                recipe.UsesRgb ? data.Rgb[i] : null, run.Facts.RgbWidth,
                recipe.UsesRadar ? radar[i] : null, run.Facts.RadarWidth, recipe));
            if (recipe.UsesRgb) data.Rgb[i] = []; // joined: the separate copy would double the memory
        }
        return sequences;
    }

    private static EpochLine Fuse(
        RunDirectory run, TrainingData data, FeatureSequences sequences, List<EpochLine> radarLines,
        IProgress<WorkProgress>? progress, CancellationToken cancel)
    {
        TrainingRecipe training = run.Recipe.Training;
        (float[]? mean, float[]? deviation) = run.Recipe.Model.Standardise ? sequences.Statistics(data.Train) : (null, null);
        if (deviation is not null && run.Recipe.Model.Loudness > 0)
            for (int f = 0; f < deviation.Length; f++)
            {
                int width = f < run.Facts.RgbWidth ? run.Facts.RgbWidth : run.Facts.RadarWidth;
                deviation[f] *= (float)Math.Sqrt(width / run.Recipe.Model.Loudness);
            }
        manual_seed(training.Seed);
        using LateFusion model = CreateModel(run.Recipe, run.Facts, mean, deviation);
        var stage = new TrainingStage(
            FusionStage, training.Seed, training.Batch, training.Epochs, training.Patience, training.LearningRate,
            training.Schedule, training.GradientClip, training.WeightDecay, run.LastPath, run.BestPath, lines => EpochLog.Save(run.LogPath, radarLines.Concat(lines)));
        var trainer = new Trainer(stage, model, Forward, data.Labels);
        return trainer.Fit(data.Train, data.Validation, progress, cancel);

        Tensor Forward(ReadOnlySpan<int> samples, Random? random)
        {
            (Tensor features, Tensor lengths) = random is null
                ? sequences.Batch(samples)
                : sequences.Batch(samples, s => Sequences.DrawSteps(sequences.LengthOf(s), training.TempoSpread, training.FrameDropout, random));
            using (features)
            using (lengths) return model.forward(features, lengths);
        }
    }
}

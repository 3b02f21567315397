using Gesto.Encoders;
using Gesto.Files;
using Gesto.Recordings;
using Gesto.Training.Batches;
using Gesto.Training.Features;
using Gesto.Training.Models;
using Gesto.Training.Recipes;
using Gesto.Training.Runs;
using Gesto.Training.Weights;
using TorchSharp;
using static TorchSharp.torch;

namespace Gesto.Training.Fitting;

/// <summary>What a finished training is worth on the samples held out of it.</summary>
/// <param name="Epoch">The epoch kept: the best, or the last where nothing is held out, from 1.</param>
/// <param name="ValidationAccuracy">Its validation accuracy, 0…1; null where nothing is held out.</param>
/// <param name="ValidationLoss">Its validation loss, nats; null where nothing is held out.</param>
/// <param name="Epochs">Epochs trained, both stages.</param>
/// <param name="Skipped">Labelled samples left out because features of theirs are missing.</param>
/// <param name="CrossValidated">Nothing was held out: accuracy and loss are over all samples, each by a fit without its
/// fold.</param>
public sealed record TrainingResult(
    int Epoch,
    double? ValidationAccuracy,
    double? ValidationLoss,
    int Epochs,
    int Skipped,
    bool CrossValidated = false
);

/// <summary>Features in, run directory out: radar encoder, its features, fusion model, log and curves.</summary>
public static class TrainingRun
{
    public const string FusionStage = "fusion";

    /// <summary>Trains in <paramref name="folder"/>. Killed or cancelled at any moment, it goes on with <paramref
    /// name="resume"/> and ends with the same bytes. On Linux call it on the process's first thread: others train at a
    /// third of the speed, since glibc gives each of them fresh pages for every large tensor.</summary>
    /// <param name="features">What an extraction wrote.</param>
    /// <param name="recipe">Null only with <paramref name="resume"/>: the run's own.</param>
    /// <param name="folder">The run directory.</param>
    /// <param name="resume">Go on with the run there; with none there, start it.</param>
    /// <param name="threads">libtorch's threads, part of what makes results equal; null = the run's own, for a new run
    /// the machine's processors, shared with the ranks there.</param>
    /// <param name="radarFrom">A run whose radar encoder is the same to the bit and need not be trained again; null =
    /// none.</param>
    /// <param name="memory">Bytes that features may take, else they are read from disk batch by batch; null = half of
    /// what the process may use. Nothing else depends on it.</param>
    /// <param name="device">What libtorch computes on; null = the run's own, for a new run the processor. On a GPU a
    /// run is not equal to the bit from one time to the next.</param>
    /// <param name="pseudo">Samples to learn from besides the labelled ones; null = the run's own, for a new run
    /// none.</param>
    /// <param name="progress">Told about loading, epochs and encoding.</param>
    /// <param name="ranks">The processes that train this run together, all of them with the same arguments; null = this
    /// one alone. What then is equal: see docs/DECISIONS.md.</param>
    /// <param name="cancel">Leaves the last whole checkpoint behind.</param>
    public static TrainingResult Start(
        FeatureSet features,
        Recipe? recipe,
        string folder,
        bool resume,
        int? threads = null,
        string? radarFrom = null,
        long? memory = null,
        ComputeDevice? device = null,
        PseudoLabels? pseudo = null,
        IProgress<WorkProgress>? progress = null,
        IRanks? ranks = null,
        CancellationToken cancel = default
    )
    {
        using var alone = new SingleRank();
        ranks ??= alone;
        bool exists = RunDirectory.Exists(folder);
        if (exists && !resume)
            throw new IOException($"{folder}: a run is here already. Resume it, or choose another directory.").Suggest(
                NextStep.ResumeTraining,
                folder
            );
        RunFacts? before = exists ? RunDirectory.Open(folder).Facts : null;
        recipe ??= exists ? RunDirectory.Open(folder).Recipe : throw new ArgumentNullException(nameof(recipe));
        recipe = recipe.Among(features.Stores.Modalities);
        if (recipe.Members.Count > 0)
            throw new InvalidDataException(
                $"Recipe '{recipe.Name}' has members and no run of its own; name one of them: {string.Join(", ", recipe.Members.Select(m => m[0]))}."
            );
        int threadCount = threads ?? before?.Threads ?? Math.Max(1, Environment.ProcessorCount / ranks.CountHere);
        set_num_threads(threadCount);
        device ??= ComputeDevice.Parse(before?.Device ?? ComputeDevice.Cpu.Kind);
        Device place = device.Open(ranks.RankHere);

        pseudo ??= before?.PseudoLabels;
        bool linear = recipe.Classifier == ClassifierKind.Linear;
        // pools clips one by one
        TrainingData data = TrainingData.Load(features, recipe, pseudo, linear ? 0 : memory, progress, cancel);
        data.PlaceFrames(place);
        RunFacts facts = Facts(recipe, data, threadCount, ranks.Count, device) with { PseudoLabels = pseudo };
        ranks.Barrier(); // all have looked at the folder
        using FileStream? running = ranks.Rank == 0 ? RunDirectory.Lock(folder) : null;
        if (ranks.Rank == 0)
            Begin(features, recipe, folder, facts, resume, radarFrom);
        ranks.Barrier();
        RunDirectory run = RunDirectory.StartOrResume(folder, recipe, facts, resume: true);
        if (linear)
        {
            if (ranks.Rank == 0)
                LinearTraining.Run(run, data, progress, cancel);
            ranks.Barrier();
            EpochLine fitted = EpochLog.Load(run.LogPath)[^1];
            return new TrainingResult(
                fitted.Epoch,
                fitted.ValidationAccuracy,
                fitted.ValidationLoss,
                1,
                data.Skipped.Count,
                CrossValidated: true
            );
        }
        var radarLines = new List<EpochLine>();
        (SampleSequences sequences, PerModality<FrameEncoder> encoders) = Inputs(
            run,
            features,
            data,
            place,
            radarLines,
            ranks,
            progress,
            cancel
        );
        EpochLine best = Fuse(run, data, place, sequences, encoders, radarLines, ranks, progress, cancel);
        IReadOnlyList<EpochLine> log = EpochLog.Load(run.LogPath);
        if (ranks.Rank == 0)
            CurvesPlot.Save(run.CurvesPath, log);
        return new TrainingResult(
            best.Epoch,
            best.ValidationAccuracy,
            best.ValidationLoss,
            log.Count,
            data.Skipped.Count
        );
    }

    /// <summary>The run directory before anything is trained in it.</summary>
    private static void Begin(
        FeatureSet features,
        Recipe recipe,
        string folder,
        RunFacts facts,
        bool resume,
        string? radarFrom
    )
    {
        RunDirectory run = RunDirectory.StartOrResume(folder, recipe, facts, resume);
        TemporaryName.DeleteStale(folder, TimeProvider.System); // checkpoints that a kill tore, 100 MB each
        // The small encoder is made for one data set and in no cache: predicting from videos needs it beside the run.
        string? encoder = recipe.Uses(Modality.Rgb)
            ? Path.Combine(features.Rgb!.Folder, SmallRgbEncoder.FileName)
            : null;
        if (File.Exists(encoder))
            AtomicFile.Write(Path.Combine(folder, SmallRgbEncoder.FileName), to =>
                to.Write(File.ReadAllBytes(encoder))
            );
        if (radarFrom is not null)
            run.TakeRadarTraining(RunDirectory.Open(radarFrom));
    }

    private static RunFacts Facts(Recipe recipe, TrainingData data, int threads, int ranks, ComputeDevice device)
    {
        FeatureKey? radar = data.Streams[Modality.Radar]?.Store.Key;
        return new RunFacts
        {
            Labels = data.LabelSet.Classes,
            Streams = data.Streams.Select(
                (modality, stream) =>
                    new StreamFacts(
                        stream.Store.Key,
                        recipe.Classifier == ClassifierKind.Linear
                            ? LinearTraining.Width(modality, stream.Store.Key)
                            : ModelFactory.Width(recipe, modality, stream.Store.Key)
                    )
            ),
            Antennas = radar?.IsFrames == true ? radar.Shape[1] : 1,
            Threads = threads,
            Ranks = ranks,
            Device = device.Kind,
            HeldOutBy = data.Split.HeldOutBy,
            HeldOut = data.Split.HeldOut,
            Train = [.. data.Train.Select(i => data.Samples[i].Key)],
            Validation = [.. data.Validation.Select(i => data.Samples[i].Key)],
            Fold = [.. data.Split.Fold.Select(s => s.Key)],
            Skipped = data.Skipped,
            DataFingerprint = data.Fingerprint,
            TorchVersion = torch.__version__,
            Program = RunFacts.ThisProgram,
            Simulated = data.Simulated,
            Machine = RunFacts.ThisMachine,
        };
    }

    /// <summary>All modalities of all samples as the fusion model takes them; the radar encoder is trained on the way
    /// where the recipe says so. Encoders that go on learning are returned too.</summary>
    private static (SampleSequences Sequences, PerModality<FrameEncoder> Encoders) Inputs(
        RunDirectory run,
        FeatureSet features,
        TrainingData data,
        Device place,
        List<EpochLine> radarLines,
        IRanks ranks,
        IProgress<WorkProgress>? progress,
        CancellationToken cancel
    )
    {
        PerModality<IStepSource> sources = PerModality<IStepSource>.None;
        PerModality<FrameEncoder> learning = PerModality<FrameEncoder>.None;
        // The radar's encoder first: its own training draws its random numbers before the others' weights.
        foreach (Modality modality in data.Streams.Modalities.OrderBy(m => m != Modality.Radar))
        {
            FrameEncoder? encoder =
                modality == Modality.Radar ? RadarEncoder(run, data, radarLines, ranks, progress, cancel)
                : modality == Modality.Rgb && run.Recipe.LearnsRgb
                    ? StartRgb(run.Recipe, data.Streams[modality]!.Store.Key).to(place)
                : null;
            if (encoder is not null && run.Recipe.LearnsEncoder(modality))
            {
                learning = learning.With(modality, encoder);
                sources = sources.With(modality, Encoded(run, modality, data.Streams[modality]!.Frames!, encoder));
                continue;
            }
            var sequences = new FeatureSequences(run.Facts.Streams[modality]!.Width, run.Recipe.Centres(modality))
            {
                Device = place,
            };
            (FeatureStore store, List<float[]>? loaded) = (
                data.Streams[modality]!.Store,
                data.Streams[modality]!.Features
            );
            if (encoder is not null)
                (store, loaded) = (EncodeRadar(run, encoder, place, store, ranks, progress, cancel), null);
            Fill(sequences, data, store, loaded);
            sources = sources.With(modality, sequences);
        }
        return (new SampleSequences(sources, run.Recipe.Model.Steps), learning);
    }

    private static EncodedFrames Encoded(
        RunDirectory run,
        Modality modality,
        FrameSequences frames,
        FrameEncoder encoder
    ) =>
        new(
            frames,
            encoder,
            modality == Modality.Radar
                ? run.Recipe.Radar.Augmentation
                : new AugmentationRecipe { GainSpread = run.Recipe.Rgb.GainSpread, Noise = run.Recipe.Rgb.Noise },
            run.Recipe.Centres(modality),
            run.Facts.Streams[modality]!.Width
        );

    /// <returns>Trained, where the recipe says so; null where the radar comes as features.</returns>
    private static FrameEncoder? RadarEncoder(
        RunDirectory run,
        TrainingData data,
        List<EpochLine> radarLines,
        IRanks ranks,
        IProgress<WorkProgress>? progress,
        CancellationToken cancel
    ) =>
        data.Streams[Modality.Radar]!.Frames is null
            ? null
            : RadarEncoderTraining.Run(
                run,
                data,
                lines =>
                {
                    radarLines.Clear();
                    radarLines.AddRange(lines);
                    EpochLog.Save(run.LogPath, lines);
                },
                ranks,
                progress,
                cancel
            );

    /// <summary>Writes the radar's features once, by an encoder that has learnt; it is disposed here.</summary>
    private static FeatureStore EncodeRadar(
        RunDirectory run,
        FrameEncoder encoder,
        Device place,
        FeatureStore frames,
        IRanks ranks,
        IProgress<WorkProgress>? progress,
        CancellationToken cancel
    )
    {
        using (encoder)
        {
            if (ranks.Rank == 0)
                RadarEncoderTraining.WriteFeatures(run, encoder, place, frames, frames.Samples, progress, cancel);
        }
        ranks.Barrier();
        return FeatureStore.Open(run.RadarFolder);
    }

    /// <param name="sequences">Receives the samples of <paramref name="data"/>.</param>
    /// <param name="data">Says where they shall be.</param>
    /// <param name="store">Has them.</param>
    /// <param name="loaded">Has them in memory, and loses them: a second copy would double the memory; null = not
    /// loaded yet.</param>
    private static void Fill(FeatureSequences sequences, TrainingData data, FeatureStore store, List<float[]>? loaded)
    {
        for (int i = 0; i < data.Samples.Count; i++)
        {
            string key = data.Samples[i].Key;
            if (!store.Contains(key))
                sequences.Add([]);
            else if (data.OnDisk)
                sequences.Add(store, key);
            else
                sequences.Add(loaded?[i] ?? TrainingData.Steps(store, key));
            if (loaded?.Count > i)
                loaded[i] = [];
        }
    }

    /// <summary>The RGB encoder as it is before it learns with the fusion model.</summary>
    private static FrameEncoder StartRgb(Recipe recipe, FeatureKey key)
    {
        manual_seed(recipe.Training.Seed);
        return recipe.Rgb.Encoder == RgbEncoderMode.LastStage
            ? ResNet50Stage.From(RgbEncoders.LoadMapsWeights(key, WeightsCache.Default()))
            : ModelFactory.Rgb(recipe, key);
    }

    private static EpochLine Fuse(
        RunDirectory run,
        TrainingData data,
        Device place,
        SampleSequences sequences,
        PerModality<FrameEncoder> encoders,
        List<EpochLine> radarLines,
        IRanks ranks,
        IProgress<WorkProgress>? progress,
        CancellationToken cancel
    )
    {
        TrainingRecipe training = run.Recipe.Training;
        ModelRecipe recipe = run.Recipe.Model;
        manual_seed(training.Seed);
        using SignModel model = ModelFactory
            .Sign(
                run.Recipe,
                run.Facts,
                sequences.Streams.Select(
                    (modality, source) =>
                        Statistics(source, run.Facts.Streams[modality]!.Width, data.Having(modality).Train, recipe)
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
            Stage = FusionStage,
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
    private static FeatureStatistics? Statistics(IStepSource source, int width, int[] train, ModelRecipe model)
    {
        if (!model.Standardise)
            return null;
        FeatureStatistics found = source switch
        {
            EncodedFrames encoded => encoded.Statistics(train),
            FeatureSequences features => features.Statistics(train),
            _ => throw new ArgumentException($"No statistics of {source.GetType().Name}.", nameof(source)),
        };
        if (model.Loudness > 0)
            for (int f = 0; f < width; f++)
                found.Deviation[f] *= (float)Math.Sqrt(width / model.Loudness);
        return found;
    }
}

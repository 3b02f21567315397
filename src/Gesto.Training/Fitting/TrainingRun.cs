using Gesto.Encoders;
using Gesto.Files;
using Gesto.Recordings;
using Gesto.Training.Batches;
using Gesto.Training.Features;
using Gesto.Training.Recipes;
using Gesto.Training.Runs;
using TorchSharp;
using static TorchSharp.torch;

namespace Gesto.Training.Fitting;

/// <summary>Features in, run directory out: radar encoder, its features, fusion model, log and curves.</summary>
internal static class TrainingRun
{
    /// <summary>Trains one run. Killed or cancelled at any moment, it goes on with <see
    /// cref="TrainingOptions.Resume"/> and ends with the same bytes. On Linux call it on the process's first thread:
    /// others train at a third of the speed, since glibc gives each of them fresh pages for every large
    /// tensor.</summary>
    /// <param name="options">What to train; its recipe is that of one run, with the settings in it, and null only for
    /// the run's own.</param>
    /// <param name="progress">Told about loading, epochs and encoding.</param>
    /// <param name="cancel">Leaves the last whole checkpoint behind.</param>
    public static TrainingResult Start(
        TrainingOptions options,
        IProgress<WorkProgress>? progress = null,
        CancellationToken cancel = default
    )
    {
        using var alone = new SingleRank();
        IRanks ranks = options.Ranks ?? alone;
        (FeatureSet features, string folder, bool resume) = (options.Features, options.Out, options.Resume);
        bool exists = RunDirectory.Exists(folder);
        if (exists && !resume)
            throw new IOException($"{folder}: a run is here already. Resume it, or choose another directory.").Suggest(
                NextStep.ResumeTraining,
                folder
            );
        RunFacts? before = exists ? RunDirectory.Open(folder).Facts : null;
        Recipe recipe = options.Recipe
            ?? (exists ? RunDirectory.Open(folder).Recipe : throw new ArgumentException("No recipe.", nameof(options)));
        recipe = recipe.Among(features.Stores.Modalities);
        if (recipe.Members.Count > 0)
            throw new InvalidDataException(
                $"Recipe '{recipe.Name}' has members and no run of its own; name one of them: {string.Join(", ", recipe.Members.Select(m => m[0]))}."
            );
        int threads = options.Threads ?? before?.Threads ?? Math.Max(1, Environment.ProcessorCount / ranks.CountHere);
        using TorchThreads _ = TorchThreads.Use(threads);
        ComputeDevice device = options.Device ?? ComputeDevice.Parse(before?.Device ?? ComputeDevice.Cpu.Kind);
        Device place = device.Open(ranks.RankHere);

        PseudoLabels? pseudo = options.PseudoLabels ?? before?.PseudoLabels;
        bool linear = recipe.Classifier == ClassifierKind.Linear;
        // pools clips one by one
        TrainingData data = TrainingData.Load(features, recipe, pseudo, linear ? 0 : options.Memory, progress, cancel);
        data.PlaceFrames(place);
        RunFacts facts = Facts(recipe, data, threads, ranks.Count, device) with { PseudoLabels = pseudo };
        ranks.Barrier(); // all have looked at the folder
        using FileStream? running = ranks.Rank == 0 ? RunDirectory.Lock(folder) : null;
        if (ranks.Rank == 0)
            Prepare(features, recipe, folder, facts, resume, options.RadarFrom);
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
        FusionInputs inputs = FusionInputs.Of(run, data, place, radarLines, ranks, progress, cancel);
        EpochLine best = FusionTraining.Run(run, data, place, inputs, radarLines, ranks, progress, cancel);
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
    private static void Prepare(
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
        if (recipe.Uses(Modality.Rgb))
            RgbEncoders.CopyOwnFile(features.Rgb!.Folder, folder);
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
}

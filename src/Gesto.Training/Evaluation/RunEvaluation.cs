using System.Globalization;
using Gesto.Bundles;
using Gesto.Encoders;
using Gesto.Files;
using Gesto.Recordings;
using Gesto.Signs;
using Gesto.Training.Datasets;
using Gesto.Training.Features;
using Gesto.Training.Recognition;
using Gesto.Training.Reports;
using Gesto.Training.Runs;
using Gesto.Training.Scoring;

namespace Gesto.Training.Evaluation;

/// <summary>What is evaluated, on what.</summary>
public sealed record EvaluationOptions
{
    /// <summary>A finished run, an ensemble or a bundle.</summary>
    public required string Run { get; init; }

    /// <summary>Folder of features made as those trained on.</summary>
    public required string Features { get; init; }

    /// <summary>Which samples. Train means those the run learned from; validation means the samples of val where they
    /// have labels, else the part of train that the run held out; null means the fold of a cross-validation that it
    /// left out.</summary>
    public Split? Split { get; init; } = Recordings.Split.Test;

    /// <summary>Of the bootstrap.</summary>
    public int Seed { get; init; } = BootstrapInterval.DefaultSeed;

    /// <summary>libtorch's threads, ≥ 1.</summary>
    public int Threads { get; init; } = Environment.ProcessorCount;

    /// <summary>For the report's date and the time that a sample takes.</summary>
    public TimeProvider Clock { get; init; } = TimeProvider.System;

    /// <summary>Folder that the features' paths are relative to: the report then shows frames of the most confused
    /// signs. Null = none.</summary>
    public string? RecordingsFolder { get; init; }

    /// <summary>Folder for what is written; null = <see cref="RunEvaluation.FolderOf"/> the run.</summary>
    public string? Out { get; init; }
}

/// <summary>Evaluates a run on one split of a feature folder and writes what it found into the run.</summary>
public static class RunEvaluation
{
    /// <summary>Samples that are predicted one by one for their time.</summary>
    private const int TimedSamples = 20;

    /// <summary>What files and options call the fold that a run of a cross-validation left out.</summary>
    public const string FoldSplit = "fold";

    /// <summary>The files that <see cref="Save"/> writes into a run, for one split.</summary>
    public static string ReportPath(string runFolder, string split) => Path.Combine(runFolder, $"report-{split}.html");

    public static string ResultPath(string runFolder, string split) =>
        Path.Combine(runFolder, $"evaluation-{split}.json");

    /// <returns>Where an evaluation's files are: in the run; beside a bundle, in a folder of its name.</returns>
    public static string FolderOf(string run) =>
        BundleFile.Is(run) ? Path.ChangeExtension(run, null) + "-evaluation" : run;

    /// <param name="options">What is evaluated.</param>
    /// <param name="progress">Counts samples.</param>
    /// <param name="cancel">Noticed between batches.</param>
    /// <exception cref="InvalidDataException">No labels for the split, another label set, or features made
    /// differently.</exception>
    public static EvaluationResult Evaluate(
        EvaluationOptions options,
        IProgress<WorkProgress>? progress = null,
        CancellationToken cancel = default
    ) => EvaluationResult.Of(Predict(options, progress, cancel));

    /// <summary>The same, and writes predictions, result, pictures and report into <see
    /// cref="EvaluationOptions.Out"/>. Errors as of <see cref="Evaluate"/>.</summary>
    public static EvaluationResult EvaluateAndSave(
        EvaluationOptions options,
        IProgress<WorkProgress>? progress = null,
        CancellationToken cancel = default
    )
    {
        EvaluationInput input = Predict(options, progress, cancel);
        EvaluationResult result = EvaluationResult.Of(input);
        string folder = options.Out ?? FolderOf(options.Run);
        Directory.CreateDirectory(folder);
        Save(
            folder,
            input,
            result,
            Pictures(options.RecordingsFolder, FeatureSet.Open(options.Features), input, result, progress, cancel),
            EpochLog.PathIn(options.Run)
        );
        return result;
    }

    /// <returns>What the report shows of the most confused pairs; null where there is nothing to show it
    /// from.</returns>
    internal static IReadOnlyList<PairPicture>? Pictures(
        string? recordings,
        FeatureSet features,
        EvaluationInput input,
        EvaluationResult result,
        IProgress<WorkProgress>? progress,
        CancellationToken cancel
    )
    {
        FeatureStore? landmarks = input.FromLandmarks ? features.Stores[Modality.Landmarks] : null;
        return recordings is null && landmarks is null
            ? null
            : PairPictures.Read(recordings, landmarks, input, result, progress, cancel);
    }

    /// <summary>What the run says about each sample of the split, before it is scored. Errors as of <see
    /// cref="Evaluate"/>.</summary>
    internal static EvaluationInput Predict(
        EvaluationOptions options,
        IProgress<WorkProgress>? progress,
        CancellationToken cancel
    )
    {
        (string runFolder, string featuresFolder, Split? split) = (options.Run, options.Features, options.Split);
        (int seed, int threads, TimeProvider clock) = (options.Seed, options.Threads, options.Clock);
        FeatureSet features = FeatureSet.Open(featuresFolder);
        using ITrainedRecogniser recogniser = ITrainedRecogniser.Load(runFolder, threads, features);
        // The manifest lists also those that extraction skipped: they must not vanish from the report.
        IReadOnlyList<Sample> all = ManifestFile.Read(Path.Combine(featuresFolder, ManifestFile.FileName));
        (IReadOnlyList<Sample> samples, string? remark) = SamplesOf(
            all,
            features.LabelKey,
            split,
            recogniser.Facts,
            featuresFolder
        );
        var extracted = features.Samples.Select(s => s.Key).ToHashSet(StringComparer.Ordinal);
        Sample[] here = [.. samples.Where(s => extracted.Contains(s.Key))];
        if (here.Length == 0)
            throw new InvalidDataException(
                $"{featuresFolder}: all {samples.Count} samples of {NameOf(split)} were skipped by extraction; "
                    + $"{FeatureSet.SkippedFile} says why."
            );
        Sample[] present = [.. here.Where(s => recogniser.CanRecognise(features, s))];
        if (present.Length == 0)
            throw new InvalidDataException(
                $"{featuresFolder}: no sample of {NameOf(split)} has the modalities that '{recogniser.Recipe.Name}' needs ({recogniser.Masks[0]})."
            );
        int[] truth = [.. present.Select(s => TruthOf(s, features.LabelKey, recogniser.Labels, runFolder))];
        // What a sample does not have cannot be left out again.
        bool complete = present.All(s => recogniser.Facts.Streams.Modalities.All(features.Offers(s).Uses));
        IReadOnlyList<ModalityMask> masks = complete ? recogniser.MasksToScore() : [ModalityMask.All];
        float[][][] probabilities = recogniser.PredictAll(features, present, masks, progress, cancel);
        var trained = recogniser.Facts.Train.ToHashSet(StringComparer.Ordinal);
        return new()
        {
            Probabilities = probabilities[0],
            Masked = [.. masks.Zip(probabilities, (mask, p) => new MaskedPrediction(mask.ToString(), p)).Skip(1)],
            Linear = LinearReference.Predict(runFolder, features, present, threads, cancel),
            Attention = (recogniser as NetworkRecogniser)?.Attention,
            Truth = truth,
            Samples = present,
            Labels = recogniser.Labels,
            Recipe = recogniser.Recipe.Name,
            Split = NameOf(split),
            TrainedOnThese = present.Any(s => trained.Contains(s.Key) && !Pseudo(s)),
            PseudoLabelled = present.Count(Pseudo),
            FromLandmarks = recogniser.Facts.Streams[Modality.Landmarks] is not null,
            Simulated = File.Exists(Path.Combine(featuresFolder, Dataset.SimulatedFile)),
            Seed = seed,
            WatchedPairs = recogniser.CostlyPairs,
            Calibration = recogniser.Calibration,
            Parameters = recogniser.Parameters,
            TrainingSeconds = TrainingSeconds(runFolder),
            MillisecondsASample = Milliseconds(recogniser, features, present, clock),
            Facts = FactsOf(
                recogniser,
                runFolder,
                samples.Count - here.Length,
                here.Length - present.Length,
                remark,
                seed,
                clock
            ),
        };

        bool Pseudo(Sample sample) => recogniser.Facts.PseudoLabels?.ClassIds.ContainsKey(sample.Key) == true;
    }

    /// <summary>Writes `predictions-&lt;split&gt;.csv` and `.npy`, `evaluation-&lt;split&gt;.json`,
    /// `confusion-&lt;split&gt;.png` and `report-&lt;split&gt;.html` into a folder.</summary>
    /// <param name="folder">The run's, or another.</param>
    /// <param name="input">What it said.</param>
    /// <param name="result">Its score.</param>
    /// <param name="pairs">Frames for the report; null = none were asked for.</param>
    /// <param name="log">The run's `log.jsonl`; null = in the folder.</param>
    internal static void Save(
        string folder,
        EvaluationInput input,
        EvaluationResult result,
        IReadOnlyList<PairPicture>? pairs = null,
        string? log = null
    )
    {
        PredictionFile.Save(folder, input);
        AtomicFile.WriteText(ResultPath(folder, result.Split), result.ToJson() + "\n");
        ConfusionPicture.Save(Path.Combine(folder, $"confusion-{result.Split}.png"), result);
        Report.Save(ReportPath(folder, result.Split), result, log ?? EpochLog.PathIn(folder), pairs);
    }

    /// <returns>Labelled samples of the split, and what a reader should know about the choice.</returns>
    internal static (IReadOnlyList<Sample> Samples, string? Remark) SamplesOf(
        IReadOnlyList<Sample> all,
        IReadOnlyDictionary<string, int>? key,
        Split? split,
        RunFacts facts,
        string place
    )
    {
        const string chosen = "the checkpoint was chosen on these samples";
        if (facts.Fold.Count > 0 && split != Split.Test)
            return (Dealt(), split == Split.Validation ? chosen : null);
        Sample[] labelled = [.. all.Where(s => s.Split == split && ClassIdOf(s, key) is not null)];
        if (split == Split.Train)
        {
            // What the run held out for validation is in the train folder too; it did not learn from that.
            var heldOut = facts.Validation.ToHashSet(StringComparer.Ordinal);
            labelled = [.. labelled.Where(s => !heldOut.Contains(s.Key))];
        }
        if (labelled.Length > 0)
            return (labelled, null);
        if (split == Split.Validation && facts.Validation.Count > 0)
        {
            var heldOut = facts.Validation.ToHashSet(StringComparer.Ordinal);
            labelled = [.. all.Where(s => heldOut.Contains(s.Key) && s.ClassId is not null)];
            if (labelled.Length > 0)
                return (labelled, $"held out of train by {facts.HeldOutBy}; {chosen}");
        }
        string name = NameOf(split);
        bool listed = all.Any(s => s.Split == split);
        var error = new InvalidDataException(
            split is null ? $"{place}: the run left no fold out. Train one that does, or evaluate it on another split."
            : listed
                ? $"{place}: no labels for split '{name}'. Put a {LabelKeyFile.FileName} with the header sample,label,name there, or fill "
                    + $"the label column of {ManifestFile.FileName}; to predict, no labels are needed."
            : $"{place}: no sample in split '{name}'."
        );
        throw split is null ? error.Suggest(NextStep.TrainWithoutFold)
        : listed ? error.Suggest(NextStep.Submit)
        : error;

        // A cross-validation dealt the labelled samples of train and val anew.
        Sample[] Dealt()
        {
            var part = (
                split switch
                {
                    null => facts.Fold,
                    Split.Train => facts.Train,
                    _ => facts.Validation,
                }
            ).ToHashSet(StringComparer.Ordinal);
            Sample[] dealt = [.. all.Where(s => part.Contains(s.Key) && s.ClassId is not null)];
            return dealt.Length > 0
                ? dealt
                : throw new InvalidDataException(
                    $"{place}: no sample of the run's {NameOf(split)} part is here. Evaluate it on the features it was trained on."
                );
        }
    }

    /// <returns>As files and options spell it.</returns>
    internal static string NameOf(Split? split) => split is { } known ? ManifestFile.Text(known) : FoldSplit;

    private static int? ClassIdOf(Sample sample, IReadOnlyDictionary<string, int>? key) =>
        sample.ClassId ?? (key?.TryGetValue(sample.Key, out int id) == true ? id : null);

    private static int TruthOf(Sample sample, IReadOnlyDictionary<string, int>? key, LabelSet labels, string runFolder)
    {
        int id = ClassIdOf(sample, key)!.Value;
        if (!labels.Contains(id))
            throw new InvalidDataException(
                $"Sample '{sample.Key}' is of class {id}, which {runFolder} was not trained on ({labels.Count} classes, ids "
                    + $"{labels[0].Id}…{labels[labels.Count - 1].Id}). The run is of another label set; train on these features."
            );
        int label = labels.LabelOf(id);
        if (sample.ClassName is { } name && name != labels[label].Name)
            throw new InvalidDataException(
                $"Sample '{sample.Key}' is of class {id} '{name}', in {runFolder} class {id} is '{labels[label].Name}'. "
                    + "The run is of another label set; train on these features."
            );
        return label;
    }

    private static double TrainingSeconds(string runFolder) =>
        Ensemble.Exists(runFolder)
            ? EnsembleFile.Load(runFolder).Members.Sum(m => TrainingSeconds(Path.Combine(runFolder, m.Run)))
            : EpochLog.Load(EpochLog.PathIn(runFolder)).Sum(e => e.Seconds);

    private static string Ended(string log) =>
        File.Exists(log) ? Text($", ended {File.GetLastWriteTimeUtc(log):yyyy-MM-dd HH:mm} UTC") : "";

    private static double Milliseconds(
        ITrainedRecogniser recogniser,
        FeatureSet features,
        Sample[] samples,
        TimeProvider clock
    )
    {
        double[] each =
        [
            .. samples
                .Take(TimedSamples)
                .Select(sample =>
                {
                    long begun = clock.GetTimestamp();
                    recogniser.PredictAll(features, [sample]);
                    return clock.GetElapsedTime(begun).TotalMilliseconds;
                })
                .Order(),
        ];
        return Math.Round(each[each.Length / 2], 1);
    }

    private static Dictionary<string, string> FactsOf(
        ITrainedRecogniser recogniser,
        string runFolder,
        int skipped,
        int lacking,
        string? remark,
        int seed,
        TimeProvider clock
    )
    {
        RunFacts run = recogniser.Facts;
        var facts = new Dictionary<string, string>();
        if (remark is not null)
            facts["these samples"] = remark;
        if (skipped > 0)
            facts["left out"] = Text($"{skipped} samples that extraction skipped");
        if (lacking > 0)
            facts["left out for what they lack"] = Text(
                $"{lacking} samples without a modality that this run cannot do without"
            );
        facts["training samples"] = Text($"{run.Train.Count}, and {run.Validation.Count} for validation");
        if (run.PseudoLabels is { } pseudo)
            facts["pseudo-labels"] = Text(
                $"{pseudo.ClassIds.Count} of the training samples, labelled by {pseudo.From} with a probability of at least {pseudo.Above}"
            );
        facts["training seed"] = Text($"{recogniser.Recipe.Training.Seed}");
        facts["bootstrap seed"] = Text($"{seed}");
        foreach ((Modality modality, FeatureKey key) in run.Keys)
            facts[$"{modality.Title} features"] = $"{key.Encoder}, {key.Preprocessing}";
        if (Ensemble.Exists(runFolder))
            facts["members"] = string.Join(
                ", ",
                EnsembleFile.Load(runFolder).Members.Select(m => Text($"{m.Run} {m.Weight:0.000}"))
            );
        facts["calibration"] = CalibrationText(recogniser.Calibration);
        facts["parameters"] = Text(
            $"{recogniser.Parameters:N0} learnt{(run.Rgb?.IsFrames == false ? ", and the RGB encoder's of extraction" : "")}"
        );
        TimeSpan training = TimeSpan.FromSeconds(TrainingSeconds(runFolder));
        if (training > TimeSpan.Zero)
            facts["training time"] = Text(
                $"{training.TotalMinutes:0.0} min over all epochs{Ended(EpochLog.PathIn(runFolder))}"
            );
        facts["data fingerprint"] = run.DataFingerprint;
        facts["trained by"] = Text(
            $"Gesto {ProgramText(run.Program)}, libtorch {run.TorchVersion}, {run.Threads} threads{(run.Device == ComputeDevice.Cpu.Kind ? "" : $" and {run.Device}")}{(run.Machine is { } on ? $" on {on}" : "")}"
        );
        facts["evaluated by"] = $"Gesto {ProgramText(RunFacts.ThisProgram)}";
        facts["evaluated"] = Text($"{clock.GetUtcNow():yyyy-MM-dd HH:mm} UTC");
        facts["machine"] = RunFacts.ThisMachine;
        return facts;
    }

    /// <returns>"0.1.0, commit f36502b": what a build inside its repository knows of itself.</returns>
    private static string ProgramText(string? program) =>
        program?.Split('+') switch
        {
            null => "of an unknown commit",
            [var version, { Length: > 7 } commit] => $"{version}, commit {commit[..7]}",
            _ => program,
        };

    private static string CalibrationText(Calibration c) =>
        c.Samples == 0
            ? "none: probabilities as the network gives them"
            : Text(
                $"temperature {c.Temperature:0.000} ({c.TemperatureLow:0.000}–{c.TemperatureHigh:0.000}) from {c.Samples} samples, {c.FittedOn}; unknown below {100 * c.UnknownBelow:0.0} %"
            );

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}

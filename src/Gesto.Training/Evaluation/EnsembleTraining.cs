using Gesto.Files;
using Gesto.Signs;
using Gesto.Training.Datasets;
using Gesto.Training.Features;
using Gesto.Training.Fitting;
using Gesto.Training.Recipes;
using Gesto.Training.Recognition;
using Gesto.Training.Runs;
using Gesto.Training.Scoring;

namespace Gesto.Training.Evaluation;

/// <summary>Trains the members of a recipe that has some, one after another, and lets them vote: one directory that is
/// evaluated, and predicts, like a run.</summary>
internal static class EnsembleTraining
{
    /// <summary>Where the members' runs are.</summary>
    public const string MembersFolder = "members";

    private const string SettingsName = "settings.json";

    /// <returns>True where a training of members has begun.</returns>
    public static bool Exists(string folder) => File.Exists(Path.Combine(folder, SettingsName));

    /// <param name="options">Its recipe has members, or is null: the directory's own.</param>
    /// <param name="progress">Told about each member's training.</param>
    /// <param name="cancel">Leaves the last whole checkpoint behind.</param>
    /// <exception cref="IOException">Something else is in the folder, or a training that is not to be gone on
    /// with.</exception>
    /// <exception cref="InvalidDataException">The training there is of another recipe or of other settings.</exception>
    public static TrainedRun Train(
        TrainingOptions options,
        IProgress<WorkProgress>? progress = null,
        CancellationToken cancel = default
    )
    {
        if (options.Ranks is { Count: > 1 })
            throw new InvalidDataException(
                "A recipe with members is trained by one process. Train its members with several ranks one by one, then make an ensemble."
            ).Suggest(NextStep.MakeEnsemble);
        if (options.RadarFrom is not null)
            throw new InvalidDataException(
                "The radar encoder of another run is for one run; members of a recipe share theirs by themselves."
            );
        string folder = options.Out;
        FeatureSet features = options.Features;
        using FileStream running = RunDirectory.Lock(folder);
        (Recipe recipe, IReadOnlyList<string> settings, PseudoLabels? pseudo) = Open(options);
        IReadOnlyList<Recipe> members = RecipeFile.LoadMembers(recipe, settings);
        var trained = new List<(string Folder, TrainingResult Result)>();
        for (int i = 0; i < members.Count; i++)
        {
            string run = Path.Combine(folder, MembersFolder, FormattableString.Invariant($"{i + 1}-{members[i].Name}"));
            int from = members.Take(i).ToList().FindIndex(m => RunDirectory.ShareRadarTraining(m, members[i]));
            TrainingOptions own = options with
            {
                Recipe = members[i],
                Out = run,
                Resume = true,
                RadarFrom = from < 0 ? null : trained[from].Folder,
                PseudoLabels = pseudo,
            };
            TrainingResult result = TrainingRun.Start(own, progress, cancel);
            HeldOutTwin.Train(own, progress, cancel);
            CalibrationFit.OfRun(
                run,
                features,
                RunDirectory.Open(run).Facts.Threads,
                progress: progress,
                cancel: cancel
            );
            trained.Add((run, result));
            options.Trained?.Invoke(run, result);
        }
        // Where a network held nothing out, nothing can be fitted.
        bool equal = trained
            .Select(t => RunDirectory.Open(t.Folder))
            .Any(r =>
                r.Facts is { HeldOutBy: ValidationSplit.Nothing } && r.Recipe.Classifier == ClassifierKind.Network
            );
        (EnsembleFile file, Calibration? calibration) = EnsembleFit.Fit(
            [.. trained.Select(t => t.Folder)],
            folder,
            features,
            equal,
            options.Threads ?? Environment.ProcessorCount,
            progress,
            cancel
        );
        LinearReference.Fit(folder, recipe, features, options.Threads, progress, cancel);
        return new TrainedRun(
            folder,
            trained,
            calibration,
            file,
            RunDirectory.Open(trained[0].Folder).Facts.Fold.Count > 0
        );
    }

    /// <exception cref="InvalidDataException">The training there is of another recipe or of other settings.</exception>
    internal static void CheckSame(string folder, Recipe recipe, IReadOnlyList<string> settings)
    {
        Recipe there = RecipeFile.Load(Path.Combine(folder, RecipeFile.FileName));
        string[] set = LoadSettings(folder);
        if (
            RecipeFile.Format(recipe with { Why = there.Why }) != RecipeFile.Format(there)
            || !settings.SequenceEqual(set)
        )
            throw new InvalidDataException(
                $"{folder}: the training there is of '{there.Name}' with [{string.Join(", ", set)}], given were '{recipe.Name}' and [{string.Join(", ", settings)}]. "
                    + "Go on with it as it is, or train into a new directory."
            ).Suggest(NextStep.ResumeTraining, folder);
    }

    private static string[] LoadSettings(string folder)
    {
        const string cure = "Train into a new directory.";
        string path = Path.Combine(folder, SettingsName);
        string[] set = JsonFile.Load<string[]>(path, "a list of settings", cure);
        new FileCheck(path, cure).NoNulls(set, "it");
        return set;
    }

    /// <returns>What is to be trained, as it is written in the folder.</returns>
    private static (Recipe Recipe, IReadOnlyList<string> Settings, PseudoLabels? Pseudo) Open(TrainingOptions options)
    {
        (string folder, PseudoLabels? pseudo) = (options.Out, options.PseudoLabels);
        Recipe? recipe = options.Recipe is { } given
            ? RecipeFile.Among(given, [.. options.Features.Stores.Modalities])
            : null;
        IReadOnlyList<string> settings = options.AllSettings;
        string recipePath = Path.Combine(folder, RecipeFile.FileName),
            settingsPath = Path.Combine(folder, SettingsName);
        if (!Exists(folder))
        {
            ArgumentNullException.ThrowIfNull(recipe);
            if (
                Directory.Exists(folder)
                && Directory
                    .EnumerateFileSystemEntries(folder)
                    .Select(f => Path.GetFileName(f)!)
                    .Any(f => f is not (RecipeFile.FileName or PseudoLabels.FileName) && !RunDirectory.IsLeftover(f))
            )
                throw new IOException(
                    $"{folder}: not empty and no training of '{recipe.Name}'. Choose a new directory."
                );
            AtomicFile.WriteText(recipePath, RecipeFile.Format(recipe));
            if (pseudo is null)
                File.Delete(Path.Combine(folder, PseudoLabels.FileName)); // of a start that was killed
            else
                pseudo.Save(folder);
            AtomicFile.WriteText(settingsPath, System.Text.Json.JsonSerializer.Serialize(settings) + "\n");
            return (recipe, settings, pseudo);
        }
        if (!options.Resume)
            throw new IOException(
                $"{folder}: a training is here already. Resume it, or choose another directory."
            ).Suggest(NextStep.ResumeTraining, folder);
        Recipe there = RecipeFile.Load(recipePath);
        string[] set = LoadSettings(folder);
        if (recipe is not null)
            CheckSame(folder, recipe, settings);
        PseudoLabels? labels = PseudoLabels.Load(folder);
        if (pseudo is not null && !PseudoLabels.Same(pseudo, labels))
            throw new InvalidDataException(
                $"{folder}: the training there has other pseudo-labels. Go on with it as it is, or train into a new directory."
            ).Suggest(NextStep.ResumeTraining, folder);
        return (there, set, labels);
    }
}

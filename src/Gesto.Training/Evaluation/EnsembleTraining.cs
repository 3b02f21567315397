using Gesto.Files;
using Gesto.Signs;
using Gesto.Training.Features;
using Gesto.Training.Fitting;
using Gesto.Training.Recipes;
using Gesto.Training.Recognition;
using Gesto.Training.Runs;
using Gesto.Training.Scoring;

namespace Gesto.Training.Evaluation;

/// <summary>Trains the members of a recipe that has some, one after another, and lets them vote: one directory that is
/// evaluated, and predicts, like a run.</summary>
public static class EnsembleTraining
{
    /// <summary>Where the members' runs are.</summary>
    public const string MembersFolder = "members";

    private const string RecipeName = "recipe.json",
        SettingsName = "settings.json";

    /// <returns>True where a training of members has begun.</returns>
    public static bool Exists(string folder) => File.Exists(Path.Combine(folder, SettingsName));

    /// <summary>Trains in <paramref name="folder"/>; killed or cancelled at any moment, it goes on with <paramref
    /// name="resume"/>.</summary>
    /// <param name="features">What an extraction wrote.</param>
    /// <param name="recipe">Has members. Null only with <paramref name="resume"/>: the directory's own.</param>
    /// <param name="settings">Values set over every member, "key=value".</param>
    /// <param name="folder">The directory.</param>
    /// <param name="resume">Go on with what is there.</param>
    /// <param name="threads">As in <see cref="TrainingRun.Start"/>.</param>
    /// <param name="trained">Told of each member's result.</param>
    /// <param name="memory">As in <see cref="TrainingRun.Start"/>.</param>
    /// <param name="device">As in <see cref="TrainingRun.Start"/>.</param>
    /// <param name="pseudo">As in <see cref="TrainingRun.Start"/>.</param>
    /// <param name="progress">Told about each member's training.</param>
    /// <param name="cancel">Leaves the last whole checkpoint behind.</param>
    /// <returns>As <see cref="EnsembleFit.Make"/>.</returns>
    /// <exception cref="IOException">Something else is in the folder, or a training that is not to be gone on
    /// with.</exception>
    /// <exception cref="InvalidDataException">The training there is of another recipe or of other settings.</exception>
    public static (EnsembleFile File, Calibration? Calibration) Start(
        FeatureSet features,
        Recipe? recipe,
        IReadOnlyList<string> settings,
        string folder,
        bool resume,
        int? threads = null,
        Action<string, TrainingResult>? trained = null,
        long? memory = null,
        ComputeDevice? device = null,
        PseudoLabels? pseudo = null,
        IProgress<WorkProgress>? progress = null,
        CancellationToken cancel = default
    )
    {
        using FileStream running = RunDirectory.Lock(folder);
        (recipe, settings, pseudo) = Open(folder, recipe, settings, pseudo, resume);
        IReadOnlyList<Recipe> members = RecipeFile.LoadMembers(recipe, settings);
        var runs = new List<string>();
        for (int i = 0; i < members.Count; i++)
        {
            string run = Path.Combine(folder, MembersFolder, FormattableString.Invariant($"{i + 1}-{members[i].Name}"));
            int from = members.Take(i).ToList().FindIndex(m => RunDirectory.ShareRadarTraining(m, members[i]));
            TrainingResult result = TrainingRun.Start(
                features,
                members[i],
                run,
                resume: true,
                threads,
                from < 0 ? null : runs[from],
                memory,
                device,
                pseudo,
                progress,
                cancel: cancel
            );
            CalibrationFit.OfRun(
                run,
                features,
                RunDirectory.Open(run).Facts.Threads,
                progress: progress,
                cancel: cancel
            );
            runs.Add(run);
            trained?.Invoke(run, result);
        }
        // Where a network held nothing out, nothing can be fitted.
        bool equal = runs.Select(RunDirectory.Open)
            .Any(r => r.Recipe.Classifier == ClassifierKind.Network && r.Facts.Validation.Count == 0);
        (EnsembleFile, Calibration?) made = EnsembleFit.Make(
            runs,
            folder,
            features,
            equal,
            threads ?? Environment.ProcessorCount,
            progress,
            cancel
        );
        LinearReference.Fit(folder, recipe, features, threads, progress, cancel);
        return made;
    }

    /// <exception cref="InvalidDataException">The training there is of another recipe or of other settings.</exception>
    internal static void CheckSame(string folder, Recipe recipe, IReadOnlyList<string> settings)
    {
        Recipe there = RecipeFile.Load(Path.Combine(folder, RecipeName));
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
    private static (Recipe Recipe, IReadOnlyList<string> Settings, PseudoLabels? Pseudo) Open(
        string folder,
        Recipe? recipe,
        IReadOnlyList<string> settings,
        PseudoLabels? pseudo,
        bool resume
    )
    {
        string recipePath = Path.Combine(folder, RecipeName),
            settingsPath = Path.Combine(folder, SettingsName);
        if (!Exists(folder))
        {
            ArgumentNullException.ThrowIfNull(recipe);
            if (
                Directory.Exists(folder)
                && Directory
                    .EnumerateFileSystemEntries(folder)
                    .Select(f => Path.GetFileName(f)!)
                    .Any(f => f is not (RecipeName or PseudoLabels.FileName) && !RunDirectory.IsLeftover(f))
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
        if (!resume)
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

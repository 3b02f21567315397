using System.Text.Json;
using Gesto.Encoders;
using Gesto.Files;
using Gesto.Recordings;
using Gesto.Training.Features;
using Gesto.Training.Recipes;

namespace Gesto.Training.Runs;

/// <summary>Where a run keeps its files, and the rules for starting, resuming and reading one.</summary>
public sealed class RunDirectory
{
    private static readonly JsonSerializerOptions Json = new()
    {
        WriteIndented = true,
        IndentSize = 1,
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    private RunDirectory(string folder, Recipe recipe, RunFacts facts) =>
        (Folder, Recipe, Facts) = (folder, recipe, facts);

    private const string LockFile = ".train.lock",
        FactsFile = "run.json";

    public string Folder { get; }

    public Recipe Recipe { get; }

    public RunFacts Facts { get; }

    public string LogPath => EpochLog.PathIn(Folder);

    public string CurvesPath => PathOf("curves.png");

    public string BestPath => PathOf("best.safetensors");

    public string LastPath => PathOf("last.safetensors");

    /// <summary>Of a linear run: probabilities (N, K) of each sample of <see cref="RunFacts.Train"/> by a map that had
    /// not learnt from its fold, uncalibrated. Of one that learnt from what was held out too: of each sample of the
    /// twin's <see cref="RunFacts.Validation"/>, by the twin.</summary>
    public string HeldOutPath => PathOf("held-out.npy");

    /// <summary>The run that learnt without what was held out, beside one that learnt from it too.</summary>
    public string TwinFolder => PathOf("held-out");

    public string RadarEncoderPath => PathOf("radar-encoder.safetensors");

    /// <summary>The radar encoder with its light head: best weights of its own training.</summary>
    public string RadarBestPath => PathOf("radar-best.safetensors");

    public string RadarLastPath => PathOf("radar-last.safetensors");

    /// <summary>FeatureStore of the encoded radar, (30, 32·A).</summary>
    public string RadarFolder => PathOf("radar");

    /// <returns>What <see cref="HeldOutPath"/> says of each sample.</returns>
    /// <param name="keys">The samples, in its order.</param>
    /// <exception cref="InvalidDataException">It is damaged, or of others.</exception>
    internal IReadOnlyDictionary<string, float[]> LeftOut(IReadOnlyList<string> keys)
    {
        NpyArray said = NpyFile.Load(HeldOutPath);
        int classes = Facts.Labels.Count;
        float[] values = said.ToSingles();
        if (
            said.Shape is not [int samples, int wide]
            || samples != keys.Count
            || wide != classes
            || values.Any(v => v is not (>= 0 and <= 1))
        )
            throw new InvalidDataException(
                $"{HeldOutPath}: shape ({string.Join(", ", said.Shape)}), expected probabilities ({keys.Count}, {classes}). Train again into a new directory."
            );
        return keys.Index().ToDictionary(s => s.Item, s => values[(s.Index * classes)..((s.Index + 1) * classes)]);
    }

    /// <summary>Keeps a second training out of a directory, of one run or of several; dispose to let it in.</summary>
    internal static FileStream Lock(string folder) =>
        FolderLock.Take(folder, LockFile, "another training is writing here");

    /// <returns>True for what stands in a directory before a run is in it: the lock, and what a killed start
    /// left.</returns>
    internal static bool IsLeftover(string name) =>
        name == LockFile || name.EndsWith(AtomicFile.TemporaryEnding, StringComparison.Ordinal);

    public static bool Exists(string folder) => File.Exists(Path.Combine(folder, FactsFile));

    /// <exception cref="DirectoryNotFoundException">No run here.</exception>
    /// <exception cref="InvalidDataException">A file of the run is not what it should be.</exception>
    public static RunDirectory Open(string folder)
    {
        string path = Path.Combine(folder, FactsFile);
        if (!File.Exists(path))
            throw new DirectoryNotFoundException($"{folder}: no run here (run.json is missing). Train one.").Suggest(
                NextStep.Train,
                folder
            );
        Recipe? recipe = null;
        RunFacts facts = Parse(File.ReadAllText(path), path, () =>
            recipe = RecipeFile.Load(Path.Combine(folder, RecipeFile.FileName))
        );
        return new RunDirectory(folder, recipe!, facts);
    }

    /// <summary>Reads the text of a `run.json`. Errors as of <see cref="Open"/>.</summary>
    /// <param name="json">The text.</param>
    /// <param name="place">Where it is, for messages.</param>
    /// <param name="recipe">Loads the run's recipe, once the text is one.</param>
    internal static RunFacts Parse(string json, string place, Func<Recipe> recipe)
    {
        RunFacts facts = JsonFile.Parse<RunFacts>(
            RunFacts.Upgrade(json),
            place,
            "the facts of a run",
            "Train again.",
            Json
        );
        if (facts.Version != RunFacts.CurrentVersion)
            throw new InvalidDataException(
                $"{place}: version {facts.Version}, this Gesto reads {RunFacts.CurrentVersion}. Train again."
            );
        facts.Check(new FileCheck(place, "Train again."), recipe());
        return facts;
    }

    /// <returns>The text of a `run.json`.</returns>
    internal static string Format(RunFacts facts) => JsonSerializer.Serialize(facts, Json) + "\n";

    /// <summary>Starts a run in an empty folder, or goes on with the one there when <paramref name="resume"/> is
    /// set.</summary>
    /// <exception cref="IOException">A run is there and <paramref name="resume"/> is not set, or other files
    /// are.</exception>
    /// <exception cref="InvalidDataException">The run there is of another recipe, label set, feature key or
    /// data.</exception>
    internal static RunDirectory StartOrResume(string folder, Recipe recipe, RunFacts facts, bool resume)
    {
        if (Exists(folder))
        {
            if (!resume)
                throw new IOException(
                    $"{folder}: a run is here already. Resume it, or choose another directory."
                ).Suggest(NextStep.ResumeTraining, folder);
            RunDirectory there = Open(folder);
            there.CheckSame(recipe, facts);
            return there;
        }
        // A start that was killed before run.json leaves at most recipe.json and torn temporary files.
        if (
            Directory.Exists(folder)
            && Directory
                .EnumerateFileSystemEntries(folder)
                .Select(Path.GetFileName)
                .FirstOrDefault(f => f != RecipeFile.FileName && !IsLeftover(f!))
                is { } other
        )
            throw new IOException($"{folder}: not empty (found '{other}') and not a run. Choose a new directory.");
        AtomicFile.WriteText(Path.Combine(folder, RecipeFile.FileName), RecipeFile.Format(recipe));
        AtomicFile.WriteText(Path.Combine(folder, FactsFile), Format(facts));
        return new RunDirectory(folder, recipe, facts);
    }

    /// <summary>Takes the radar encoder's training, finished or not, over from a run in which it is the same to the
    /// bit: same radar recipe, seed, frames, samples and threads. Does nothing where this run has begun its
    /// own.</summary>
    /// <exception cref="InvalidDataException">Something differs; the message says what.</exception>
    internal void TakeRadarTraining(RunDirectory from)
    {
        if (File.Exists(RadarLastPath))
            return;
        string? difference =
            Before(from.Recipe) != Before(Recipe) ? "recipe.radar"
            : from.Recipe.Training.Seed != Recipe.Training.Seed ? "training.seed"
            : from.Recipe.Training.GradientClip != Recipe.Training.GradientClip ? "training.gradientClip"
            : from.Recipe.Training.BalanceClasses != Recipe.Training.BalanceClasses ? "training.balanceClasses"
            : from.Facts.Threads != Facts.Threads ? "threads"
            : from.Facts.Ranks != Facts.Ranks ? "ranks"
            : from.Facts.Device != Facts.Device ? "device"
            : from.Facts.LabelSet.Fingerprint != Facts.LabelSet.Fingerprint ? "label set"
            : from.Facts.Radar is null || Facts.Radar is null ? "modalities"
            : from.Facts.Radar.DifferenceTo(Facts.Radar) is { } key ? $"radar frames ({key})"
            : !PseudoLabels.Same(from.Facts.PseudoLabels, Facts.PseudoLabels) ? "pseudo-labels"
            : !from.Facts.Train.SequenceEqual(Facts.Train) || !from.Facts.Validation.SequenceEqual(Facts.Validation)
                ? "samples"
            : !File.Exists(from.RadarBestPath) ? "trained: it has no finished epoch"
            : null;
        if (difference is not null)
            throw new InvalidDataException(
                $"{from.Folder}: its radar encoder is not this run's, they differ in {difference}. Train without it."
            );
        foreach (
            (string source, string target) in new[]
            {
                (from.RadarBestPath, RadarBestPath),
                (from.RadarLastPath, RadarLastPath),
            }
        )
            AtomicFile.Write(target, to => to.Write(File.ReadAllBytes(source)));
    }

    /// <returns>True where both recipes train the same radar encoder, given the same data and threads.</returns>
    internal static bool ShareRadarTraining(Recipe a, Recipe b) =>
        a.Uses(Modality.Radar)
        && b.Uses(Modality.Radar)
        && a.Classifier == b.Classifier
        && Before(a) == Before(b)
        && a.Training.Seed == b.Training.Seed
        && a.Training.GradientClip == b.Training.GradientClip
        && a.Training.BalanceClasses == b.Training.BalanceClasses;

    /// <summary>What decides the encoder's own training: whether it goes on learning afterwards does not.</summary>
    private static RadarRecipe Before(Recipe recipe) =>
        recipe.Radar with
        {
            Encoder = recipe.LearnsRadar && recipe.Radar.Epochs > 0 ? RadarEncoderMode.Trained : recipe.Radar.Encoder,
        };

    /// <exception cref="InvalidDataException">The run's recipe is another one.</exception>
    internal void CheckSame(Recipe recipe)
    {
        recipe = recipe with { Why = Recipe.Why }; // words, which a later Gesto may choose better
        if (RecipeFile.Format(recipe) != RecipeFile.Format(Recipe))
            throw Differs(
                $"its recipe is '{Recipe.Name}' with other settings ({FirstDifference(RecipeFile.Format(Recipe), RecipeFile.Format(recipe))})"
            );
    }

    private void CheckSame(Recipe recipe, RunFacts facts)
    {
        CheckSame(recipe);
        if (facts.LabelSet.Fingerprint != Facts.LabelSet.Fingerprint)
            throw Differs(
                $"it was trained on another label set ({Facts.Labels.Count} classes, the features have {facts.Labels.Count})"
            );
        foreach (Modality modality in Modality.All)
            CheckKey(modality.Title, Facts.Keys[modality], facts.Keys[modality]);
        if (facts.DataFingerprint != Facts.DataFingerprint)
            throw Differs("the features or their labels have changed since it started");
        CheckDevice(facts.Device);
        if (facts.Threads != Facts.Threads)
            throw new InvalidDataException(
                $"{Folder}: this run computes with {Facts.Threads} threads; with {facts.Threads} its numbers would differ. Resume with {Facts.Threads}."
            ).Suggest(NextStep.ResumeWithThreads, FormattableString.Invariant($"{Facts.Threads}"));
    }

    /// <exception cref="InvalidDataException">The run is computed on another kind of device.</exception>
    private void CheckDevice(string given)
    {
        if (given != Facts.Device)
            throw new InvalidDataException(
                $"{Folder}: this run computes on {Facts.Device}; on {given} its numbers would differ. Resume on {Facts.Device}."
            ).Suggest(NextStep.UseDevice, Facts.Device);
    }

    private void CheckKey(string modality, FeatureKey? mine, FeatureKey? other)
    {
        if (mine is null && other is null)
            return;
        string? difference = mine is null || other is null ? "only one has them" : mine.DifferenceTo(other);
        if (difference is not null)
            throw Differs($"its {modality} features were made differently ({difference})");
    }

    private InvalidDataException Differs(string what) =>
        new($"{Folder}: cannot go on with this run: {what}. Train into a new directory.");

    private static string FirstDifference(string there, string given)
    {
        foreach ((string a, string b) in there.Split('\n').Zip(given.Split('\n')))
            if (a != b)
                return $"there {a.Trim().TrimEnd(',')}, given {b.Trim().TrimEnd(',')}";
        return "another number of values";
    }

    private string PathOf(string name) => Path.Combine(Folder, name);
}

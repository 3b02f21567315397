using System.Globalization;
using System.Reflection;
using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Gesto.Encoders;
using Gesto.Files;
using Gesto.Recordings;
using Gesto.Signs;
using Gesto.Training.Datasets;
using Gesto.Training.Features;
using Gesto.Training.Recipes;

namespace Gesto.Training.Runs;

/// <summary>Facts of a run that its recipe does not hold: `run.json`.</summary>
public sealed record RunFacts
{
    /// <summary>Bumped when the files of a run change their meaning.</summary>
    public int Version { get; init; } = CurrentVersion;

    public required IReadOnlyList<SignClass> Labels { get; init; }

    /// <summary>What was trained on of each modality that the recipe uses.</summary>
    public required PerModality<StreamFacts> Streams { get; init; }

    /// <summary>How the steps of each modality are made.</summary>
    [JsonIgnore]
    public PerModality<FeatureKey> Keys => Streams.Select((_, s) => s.Key);

    /// <summary>Null where the recipe does not use RGB.</summary>
    [JsonIgnore]
    public FeatureKey? Rgb => Streams[Modality.Rgb]?.Key;

    /// <summary>The radar frames (or ready features) trained on; null where the recipe does not use radar.</summary>
    [JsonIgnore]
    public FeatureKey? Radar => Streams[Modality.Radar]?.Key;

    /// <summary>RGB features a step, 0 without.</summary>
    [JsonIgnore]
    public int RgbWidth => Streams[Modality.Rgb]?.Width ?? 0;

    /// <summary>Radar features a step, as many of each antenna, 0 without.</summary>
    [JsonIgnore]
    public int RadarWidth => Streams[Modality.Radar]?.Width ?? 0;

    /// <summary>Antennas whose features make <see cref="RadarWidth"/> in equal parts; 1 where they cannot be told
    /// apart.</summary>
    public int Antennas { get; init; } = 1;

    public int Threads { get; init; }

    /// <summary>Processes that started the run together, with <see cref="Threads"/> each.</summary>
    public int Ranks { get; init; } = 1;

    /// <summary>As <see cref="ComputeDevice.Kind"/>.</summary>
    public string Device { get; init; } = ComputeDevice.Cpu.Kind;

    /// <summary>As <see cref="ValidationSplit.HeldOutBy"/>.</summary>
    public required string HeldOutBy { get; init; }

    public required IReadOnlyList<string> HeldOut { get; init; }

    public required IReadOnlyList<string> Train { get; init; }

    public required IReadOnlyList<string> Validation { get; init; }

    /// <summary>The samples of the fold that was left out of both; empty outside cross-validation.</summary>
    public IReadOnlyList<string> Fold { get; init; } = [];

    /// <summary>Samples of <see cref="Train"/> that another recogniser labelled; null where people labelled
    /// all.</summary>
    public PseudoLabels? PseudoLabels { get; init; }

    /// <summary>Labelled samples without all the features the recipe asks for: not used.</summary>
    public required IReadOnlyList<string> Skipped { get; init; }

    /// <summary>SHA-256 over key, class, length and feature bytes of every sample used.</summary>
    public required string DataFingerprint { get; init; }

    public required string TorchVersion { get; init; }

    /// <summary>The Gesto that started the run, version+commit; null in runs of before it was kept.</summary>
    public string? Program { get; init; }

    /// <summary>True where the data set says that it comes from a simulator; null in runs of before it was
    /// kept.</summary>
    public bool? Simulated { get; init; }

    /// <summary>What it ran on; null likewise.</summary>
    public string? Machine { get; init; }

    /// <summary>This Gesto: "0.1.0+COMMIT" where it was built inside its repository.</summary>
    internal static string ThisProgram { get; } =
        typeof(RunFacts).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion
        ?? "?";

    internal static string ThisMachine { get; } =
        string.Create(
            CultureInfo.InvariantCulture,
            $"{Environment.ProcessorCount} cores, {RuntimeInformation.RuntimeIdentifier}, {RuntimeInformation.FrameworkDescription}"
        );

    public const int CurrentVersion = 3;

    [JsonIgnore]
    public LabelSet LabelSet => new(Labels);

    /// <exception cref="InvalidDataException">A value that no training writes, or that does not go with the
    /// recipe.</exception>
    internal void Check(FileCheck check, Recipe recipe)
    {
        check.NoNulls(Labels, "labels");
        check.Require(
            Labels.Count > 0 && Labels.All(c => c.Id >= 0) && Labels.DistinctBy(c => c.Id).Count() == Labels.Count,
            "labels",
            "a list with an id twice, below 0, or empty",
            "classes, each id once"
        );
        foreach (Modality modality in Modality.All)
            CheckModality(check, modality, recipe.Uses(modality));
        check.Require(
            Antennas >= 1 && RadarWidth % Antennas == 0,
            "antennas",
            Antennas,
            FormattableString.Invariant($"1 or more, a part of streams.radar.width {RadarWidth}")
        );
        check.Between(Threads, 1, 4096, "threads");
        check.Require(Ranks >= 1, "ranks", Ranks, "1 or more");
        check.Require(Device is "cpu" or "cuda", "device", $"'{Device}'", "cpu or cuda");
        check.NoNulls(HeldOut, "held_out");
        foreach (
            (string name, IReadOnlyList<string> keys) in new[]
            {
                ("train", Train),
                ("validation", Validation),
                ("fold", Fold),
                ("skipped", Skipped),
            }
        )
            check.Keys(keys, $"a sample of {name}");
        PseudoLabels?.Check(check, "pseudo_labels.");
        check.Require(
            PseudoLabels?.ClassIds.Values.All(LabelSet.Contains) != false,
            "pseudo_labels",
            "a map to classes that are not in labels",
            "classes of labels"
        );
    }

    private void CheckModality(FileCheck check, Modality modality, bool used)
    {
        StreamFacts? stream = Streams[modality];
        string name = $"streams.{modality}";
        check.Require(
            used == stream is not null,
            name,
            stream is null ? "nothing" : "there",
            used ? "how the features were made: recipe.json uses them" : "nothing: recipe.json does not use them"
        );
        if (stream is null)
            return;
        stream.Key.Check(check, $"{name}.key.");
        check.Between(stream.Width, 1, 1 << 20, $"{name}.width");
        check.Require(
            stream.Key.IsFrames || stream.Key.Shape[1] == stream.Width,
            $"{name}.width",
            stream.Width,
            FormattableString.Invariant($"{stream.Key.Shape[^1]} as in {name}.key.Shape")
        );
    }

    /// <summary>Runs of before <see cref="Streams"/> have its values one by one.</summary>
    /// <returns>`run.json` as it is written now; the same text where that cannot be told.</returns>
    internal static string Upgrade(string text)
    {
        try
        {
            var whole = JsonNode.Parse(text, null, new() { AllowDuplicateProperties = false }) as JsonObject;
            if (whole?["version"] is not JsonValue version || version.ToString() != "2")
                return text;
            var streams = new JsonObject();
            foreach (string name in (string[])["rgb", "radar"])
            {
                if (whole[name] is { } key)
                    streams[name] = new JsonObject
                    {
                        ["key"] = key.DeepClone(),
                        ["width"] = whole[$"{name}_width"]?.DeepClone(),
                    };
                whole.Remove(name);
                whole.Remove($"{name}_width");
            }
            whole["streams"] = streams;
            whole["version"] = CurrentVersion;
            return whole.ToJsonString();
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or ArgumentException)
        {
            return text; // its reader says what is wrong
        }
    }
}

/// <summary>One modality of a run.</summary>
/// <param name="Key">How the steps learnt from were made.</param>
/// <param name="Width">Features a step that its model takes.</param>
public sealed record StreamFacts(FeatureKey Key, int Width);

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
    /// not learnt from its fold, uncalibrated.</summary>
    public string HeldOutPath => PathOf("held-out.npy");

    public string RadarEncoderPath => PathOf("radar-encoder.safetensors");

    /// <summary>The radar encoder with its light head: best weights of its own training.</summary>
    public string RadarBestPath => PathOf("radar-best.safetensors");

    public string RadarLastPath => PathOf("radar-last.safetensors");

    /// <summary>FeatureStore of the encoded radar, (30, 32·A).</summary>
    public string RadarFolder => PathOf("radar");

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
        RunFacts facts = JsonFile.Parse<RunFacts>(
            RunFacts.Upgrade(File.ReadAllText(path)),
            path,
            "the facts of a run",
            "Train again.",
            Json
        );
        if (facts.Version != RunFacts.CurrentVersion)
            throw new InvalidDataException(
                $"{path}: version {facts.Version}, this Gesto reads {RunFacts.CurrentVersion}. Train again."
            );
        Recipe recipe = RecipeFile.Load(Path.Combine(folder, RecipeFile.FileName));
        facts.Check(new FileCheck(path, "Train again."), recipe);
        return new RunDirectory(folder, recipe, facts);
    }

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
        AtomicFile.WriteText(Path.Combine(folder, FactsFile), JsonSerializer.Serialize(facts, Json) + "\n");
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

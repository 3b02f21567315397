using System.Text.Json;
using Gesto.Files;
using Gesto.Recordings;
using Gesto.Signs;
using Gesto.Training.Datasets;

namespace Gesto.Training.Features;

/// <summary>A sample that extraction left out.</summary>
/// <param name="Sample">Its key.</param>
/// <param name="Message">Why: file, found, expected.</param>
public sealed record SkippedSample(string Sample, string Message);

/// <summary>The folder that an extraction writes: the data set's manifest and one feature store per
/// modality.</summary>
public sealed class FeatureSet
{
    public const string RgbFolder = "rgb";
    public const string RadarFolder = "radar";
    public const string SkippedFile = "skipped.json";

    internal static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        IndentSize = 1,
    };
    private LabelSet? labels;

    private FeatureSet(
        string folder,
        IReadOnlyList<Sample> samples,
        IReadOnlyList<SkippedSample> skipped,
        FeatureStore? rgb,
        FeatureStore? radar,
        IReadOnlyDictionary<string, int>? key
    ) => (Folder, Samples, Skipped, Rgb, Radar, LabelKey) = (folder, samples, skipped, rgb, radar, key);

    public string Folder { get; }

    /// <summary>The samples whose features are in every store of the set, in the data set's order.</summary>
    public IReadOnlyList<Sample> Samples { get; }

    /// <summary>True where the recordings come from a simulator.</summary>
    public bool Simulated => File.Exists(Path.Combine(Folder, Dataset.SimulatedFile));

    /// <summary>The samples left out because they could not be read, with the reason.</summary>
    public IReadOnlyList<SkippedSample> Skipped { get; }

    /// <summary>(30, F) float32 per sample; null where the data set has no RGB.</summary>
    public FeatureStore? Rgb { get; }

    /// <summary>(30, A, R, D) frames or (30, F) features per sample; null where the data set has no radar.</summary>
    public FeatureStore? Radar { get; }

    /// <summary>Class ids of val and test samples from `key.csv`; null where there is none. Never shown to
    /// training.</summary>
    public IReadOnlyDictionary<string, int>? LabelKey { get; }

    /// <summary>The classes named in train.</summary>
    /// <exception cref="InvalidDataException">Train has no labels, or an id has two names.</exception>
    public LabelSet Labels => labels ??= Dataset.ClassesOf(Samples, Folder);

    /// <exception cref="DirectoryNotFoundException">No feature set in this folder.</exception>
    /// <exception cref="InvalidDataException">Extraction has not finished: some samples are neither done nor
    /// skipped.</exception>
    public static FeatureSet Open(string folder)
    {
        string manifest = Path.Combine(folder, ManifestFile.FileName);
        if (!File.Exists(manifest))
            throw new DirectoryNotFoundException(
                $"{folder}: no features here ({ManifestFile.FileName} is missing). Extract them first."
            ).Suggest(NextStep.ExtractFeatures);
        IReadOnlyList<Sample> samples = ManifestFile.Read(manifest);
        FeatureStore? rgb = OpenStore(folder, RgbFolder),
            radar = OpenStore(folder, RadarFolder);
        SkippedSample[] skipped = ReadSkipped(folder);
        HashSet<string> left = [.. skipped.Select(s => s.Sample)];
        Sample[] done = [.. samples.Where(s => IsDone(s.Key, rgb, radar))];
        HashSet<string> doneKeys = [.. done.Select(s => s.Key)];
        Sample[] missing = [.. samples.Where(s => !doneKeys.Contains(s.Key) && !left.Contains(s.Key))];
        if (missing.Length > 0)
            throw new InvalidDataException(
                $"{folder}: features of {missing.Length} of {samples.Count} samples are missing, the first is '{missing[0].Key}'. "
                    + "Extract again with the same options: it goes on where it stopped."
            ).Suggest(NextStep.ExtractFeatures);
        return new FeatureSet(
            folder,
            done,
            [.. skipped.Where(s => !doneKeys.Contains(s.Sample))],
            rgb,
            radar,
            Dataset.ReadKey(folder, samples)
        );
    }

    private static bool IsDone(string key, FeatureStore? rgb, FeatureStore? radar) =>
        (rgb ?? radar) is not null && (rgb?.Contains(key) ?? true) && (radar?.Contains(key) ?? true);

    private static FeatureStore? OpenStore(string folder, string name) =>
        FeatureStore.Exists(Path.Combine(folder, name)) ? FeatureStore.Open(Path.Combine(folder, name)) : null;

    internal static SkippedSample[] ReadSkipped(string folder)
    {
        string path = Path.Combine(folder, SkippedFile);
        Cure cure = new("Delete it and extract again.", NextStep.ExtractFeatures);
        if (!File.Exists(path))
            return [];
        SkippedSample[] skipped = JsonFile.Load<SkippedSample[]>(path, "a list of skipped samples", cure, Json);
        var check = new FileCheck(path, cure);
        check.NoNulls(skipped, "it");
        check.Keys(skipped.Select(s => s.Sample), "a sample");
        return skipped;
    }
}

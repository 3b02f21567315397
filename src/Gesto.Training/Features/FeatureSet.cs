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
        PerModality<FeatureStore> stores,
        IReadOnlyDictionary<string, int>? key
    ) => (Folder, Samples, Skipped, Stores, LabelKey) = (folder, samples, skipped, stores, key);

    public string Folder { get; }

    /// <summary>The samples that are in the store of each modality that they have files of, in the data set's
    /// order.</summary>
    public IReadOnlyList<Sample> Samples { get; }

    /// <summary>True where the recordings come from a simulator.</summary>
    public bool Simulated => File.Exists(Path.Combine(Folder, Dataset.SimulatedFile));

    /// <summary>The samples left out because they could not be read, with the reason.</summary>
    public IReadOnlyList<SkippedSample> Skipped { get; }

    /// <summary>One for each modality of the data set, in a folder of its name. A sample that lacks a modality is not in
    /// its store.</summary>
    public PerModality<FeatureStore> Stores { get; }

    /// <summary>(30, F) float32 per sample; null where the data set has no RGB.</summary>
    public FeatureStore? Rgb => Stores[Modality.Rgb];

    /// <summary>(30, A, R, D) frames or (30, F) features per sample; null where the data set has no radar.</summary>
    public FeatureStore? Radar => Stores[Modality.Radar];

    /// <returns>The modalities whose features of a sample are here.</returns>
    internal ModalityMask Offers(Sample sample) =>
        ModalityMask.Of(Stores.Where(m => Stores[m]!.Contains(sample.Key)).Modalities);

    /// <summary>Class ids of val and test samples from `key.csv`; null where there is none. Never shown to
    /// training.</summary>
    public IReadOnlyDictionary<string, int>? LabelKey { get; }

    /// <summary>The classes named in train.</summary>
    /// <exception cref="InvalidDataException">Train has no labels, or an id has two names.</exception>
    public LabelSet Labels => labels ??= Dataset.ClassesOf(Samples, Folder);

    /// <returns>True where a folder has features of any modality.</returns>
    public static bool Exists(string folder) =>
        Modality.All.Any(m => FeatureStore.Exists(Path.Combine(folder, m.Name)));

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
        PerModality<FeatureStore> stores = OpenStores(folder);
        SkippedSample[] skipped = ReadSkipped(folder);
        HashSet<string> left = [.. skipped.Select(s => s.Sample)];
        Sample[] done = [.. samples.Where(s => IsDone(s, stores))];
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
            stores,
            Dataset.ReadKey(folder, samples)
        );
    }

    /// <returns>True where the sample is in the store of each modality that it has files of.</returns>
    internal static bool IsDone(Sample sample, PerModality<FeatureStore> stores) =>
        sample.Files.Modalities.Where(m => stores[m] is not null).ToArray() is { Length: > 0 } stored
        && stored.All(m => stores[m]!.Contains(sample.Key));

    internal static PerModality<FeatureStore> OpenStores(string folder) =>
        PerModality.For(Modality.All, m =>
            Path.Combine(folder, m.Name) is var store && FeatureStore.Exists(store) ? FeatureStore.Open(store) : null
        );

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

using System.Text.Json;
using Gesto.Files;
using Gesto.Recordings;
using Gesto.Training.Datasets;
using Gesto.Training.Weights;

namespace Gesto.Training.Features;

/// <summary>What a merge found.</summary>
/// <param name="Samples">Samples with features in the merged set.</param>
/// <param name="Skipped">Samples left out because they could not be read.</param>
/// <param name="Shards">Shards taken in now; 0 where all were merged before.</param>
public sealed record MergeResult(int Samples, int Skipped, int Shards);

/// <summary>Puts the shards of an extraction together: FEATURES/shards/… → FEATURES, with the bytes of an undivided
/// extraction. It verifies first that every sample is there once, and may be stopped and started again.</summary>
public static class ShardMerge
{
    /// <param name="folder">FEATURES.</param>
    /// <param name="elsewhere">Folders of shards, which are copied; empty: those in FEATURES, which are moved.</param>
    /// <param name="progress">Counts samples.</param>
    /// <param name="cancel">Stops between two samples.</param>
    /// <exception cref="InvalidDataException">A sample is missing or there twice, or the shards were made
    /// differently.</exception>
    /// <exception cref="DirectoryNotFoundException">No shard.</exception>
    public static MergeResult Run(
        string folder,
        IReadOnlyList<string> elsewhere,
        IProgress<WorkProgress>? progress,
        CancellationToken cancel
    )
    {
        string own = Path.Combine(folder, Shard.Folder),
            emptied = own + ".merged";
        if (Directory.Exists(emptied))
            Directory.Delete(emptied, recursive: true);
        bool move = elsewhere.Count == 0;
        string[] shards =
            !move ? [.. elsewhere]
            : Directory.Exists(own) ? [.. Directory.GetDirectories(own).Order(StringComparer.Ordinal)]
            : [];
        if (shards.Length == 0)
        {
            if (!File.Exists(Path.Combine(folder, ManifestFile.FileName)))
                throw new DirectoryNotFoundException(
                    $"{own}: no shards here. Extract them first, each part of the data set by itself."
                ).Suggest(NextStep.ExtractShard);
            FeatureSet merged = FeatureSet.Open(folder);
            return new MergeResult(merged.Samples.Count, merged.Skipped.Count, 0);
        }
        foreach (string shard in shards)
            RequireShard(shard);
        using FileStream running = Extraction.Lock(folder);
        var locks = new List<FileStream>();
        MergeResult result;
        try
        {
            foreach (string shard in shards)
                locks.Add(Extraction.Lock(shard));
            result = Merge(folder, shards, move, progress, cancel);
        }
        finally
        {
            foreach (FileStream shard in locks)
                shard.Dispose();
        }
        // Renamed first: half a folder of shards would look like an unfinished extraction.
        if (move)
        {
            Directory.Move(own, emptied);
            Directory.Delete(emptied, recursive: true);
        }
        return result;
    }

    private static MergeResult Merge(
        string folder,
        string[] shards,
        bool move,
        IProgress<WorkProgress>? progress,
        CancellationToken cancel
    )
    {
        foreach (string name in new[] { ManifestFile.FileName, LabelKeyFile.FileName, Dataset.SimulatedFile })
            RequireEqual(shards, name);
        IReadOnlyList<Sample> samples = ManifestFile.Read(Path.Combine(shards[0], ManifestFile.FileName));
        var parts = shards.Select(s => new Part(s)).ToList();
        PerModality<FeatureStore> targets = PerModality.For(Modality.All, m =>
            OpenTarget(folder, m.Name, [.. parts.Select(p => p.Stores[m])])
        );
        try
        {
            return MergeInto(targets, folder, shards, samples, parts, move, progress, cancel);
        }
        finally
        {
            foreach (FeatureStore target in targets.Values)
                target.Dispose();
        }
    }

    private static MergeResult MergeInto(
        PerModality<FeatureStore> targets,
        string folder,
        string[] shards,
        IReadOnlyList<Sample> samples,
        List<Part> parts,
        bool move,
        IProgress<WorkProgress>? progress,
        CancellationToken cancel
    )
    {
        if (!move && targets[Modality.Rgb] is { } rgb)
            RequireRanges(rgb);
        var holders = samples
            .Where(s => !FeatureSet.IsDone(s, targets))
            .ToDictionary(
                s => s.Key,
                s => parts.Where(p => FeatureSet.IsDone(s, p.Stores) || p.Skipped.ContainsKey(s.Key)).ToArray()
            );
        RequireOnce(folder, holders);
        int done = 0;
        foreach ((string key, Part[] holder) in holders)
        {
            cancel.ThrowIfCancellationRequested();
            progress?.Report(new WorkProgress("merge", done++, holders.Count, "samples"));
            if (!holder[0].Stores.Values.Any(store => store.Contains(key)))
                continue;
            foreach ((Modality modality, FeatureStore target) in targets)
                if (holder[0].Stores[modality]!.Contains(key))
                    target.Adopt(key, holder[0].Stores[modality]!, move);
        }
        SkippedSample[] skipped =
        [
            .. samples
                .Where(s => !FeatureSet.IsDone(s, targets))
                .Select(s => new SkippedSample(s.Key, holders[s.Key][0].Skipped[s.Key])),
        ];
        if (skipped.Length == samples.Count)
            throw new InvalidDataException($"{folder}: not one sample can be read. The first: {skipped[0].Message}");
        foreach (string name in new[] { ManifestFile.FileName, LabelKeyFile.FileName, Dataset.SimulatedFile })
        {
            string from = Path.Combine(shards[0], name);
            if (File.Exists(from))
                AtomicFile.Write(Path.Combine(folder, name), to => to.Write(File.ReadAllBytes(from)));
        }
        RecordingFingerprints.Merge(folder, shards);
        string list = Path.Combine(folder, FeatureSet.SkippedFile);
        if (skipped.Length > 0)
            AtomicFile.WriteText(list, JsonSerializer.Serialize(skipped, FeatureSet.Json) + "\n");
        else
            File.Delete(list);
        foreach (FeatureStore target in targets.Values)
            target.Complete();
        progress?.Report(new WorkProgress("merge", holders.Count, holders.Count, "samples"));
        return new MergeResult(samples.Count - skipped.Length, skipped.Length, shards.Length);
    }

    private static void RequireShard(string shard)
    {
        if (!File.Exists(Path.Combine(shard, ManifestFile.FileName)))
            throw new InvalidDataException(
                $"{shard}: not a shard of features ({ManifestFile.FileName} is missing). Extract it as one part of the data set."
            ).Suggest(NextStep.ExtractShard);
    }

    /// <summary>A file of the data set that every shard has a copy of: unequal ones are of two data sets.</summary>
    private static void RequireEqual(string[] shards, string name)
    {
        byte[]? first = Bytes(shards[0]);
        if (shards.FirstOrDefault(s => !(Bytes(s) ?? []).AsSpan().SequenceEqual(first ?? [])) is { } other)
            throw new InvalidDataException(
                $"{other}: its {name} is not that of {shards[0]}. They are shards of two data sets, or the data set has changed: delete the older ones."
            );

        byte[]? Bytes(string shard) =>
            File.Exists(Path.Combine(shard, name)) ? File.ReadAllBytes(Path.Combine(shard, name)) : null;
    }

    private static FeatureStore? OpenTarget(string folder, string name, FeatureStore?[] stores)
    {
        if (stores[0] is not { } first)
            return null;
        foreach (FeatureStore? store in stores)
        {
            if (store is null)
                throw new InvalidDataException(
                    $"{folder}: {first.Folder} has no counterpart in another shard. Extract all shards with the same settings."
                );
            if (first.Key.DifferenceTo(store.Key) is { } difference)
                throw new InvalidDataException(
                    $"{store.Folder}: made differently from {first.Folder} ({difference}). Extract all shards with the same settings."
                );
        }
        return FeatureStore.OpenOrCreate(Path.Combine(folder, name), first.Key);
    }

    /// <summary>INT8 features need their encoder's ranges for predicting; they lie beside the shards, not in
    /// them.</summary>
    private static void RequireRanges(FeatureStore rgb)
    {
        string ranges = Int8Ranges.PathIn(rgb.Folder);
        if (rgb.Key.Encoder.EndsWith("-int8", StringComparison.Ordinal) && !File.Exists(ranges))
            throw new InvalidDataException(
                $"{ranges}: the INT8 encoder's ranges are not here. Copy the file of this name from the shards' FEATURES/{Modality.Rgb.Name}."
            );
    }

    private static void RequireOnce(string folder, Dictionary<string, Part[]> holders)
    {
        (string? twice, Part[]? places) = holders.FirstOrDefault(h => h.Value.Length > 1);
        if (twice is not null)
            throw new InvalidDataException(
                $"{folder}: sample '{twice}' is in {places![0].Folder} and in {places[1].Folder}. Delete the shards of one division."
            );
        string[] missing = [.. holders.Where(h => h.Value.Length == 0).Select(h => h.Key)];
        if (missing.Length > 0)
            throw new InvalidDataException(
                $"{folder}: {missing.Length} of {holders.Count} samples are in no shard, the first is '{missing[0]}'. "
                    + "A shard is missing or unfinished: extract it again, it goes on where it stopped."
            ).Suggest(NextStep.ExtractShard);
    }

    private sealed class Part(string folder)
    {
        public string Folder { get; } = folder;

        public PerModality<FeatureStore> Stores { get; } = FeatureSet.OpenStores(folder);

        public Dictionary<string, string> Skipped { get; } =
            FeatureSet.ReadSkipped(folder).ToDictionary(s => s.Sample, s => s.Message);
    }
}

using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text.Json;
using Gesto.Files;
using Gesto.Recordings;
using Gesto.Training.Datasets;

namespace Gesto.Training.Features;

/// <summary>`recordings.json`: sample → fingerprint of the files its features came from, so that a resumed extraction
/// never takes features of other recordings with the same names (a data set simulated again, a file replaced) for
/// done.</summary>
internal static class RecordingFingerprints
{
    public const string FileName = "recordings.json";
    private const int Edge = 4096;

    /// <summary>Compares the recordings of samples that are done with those of the earlier run, then writes
    /// all.</summary>
    /// <exception cref="InvalidDataException">A done sample's recording has changed.</exception>
    public static void CheckAndWrite(
        string folder,
        Dataset dataset,
        IEnumerable<Sample> samples,
        Func<Sample, bool> done
    )
    {
        string path = Path.Combine(folder, FileName);
        Dictionary<string, string> earlier = Read(path);
        var now = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (Sample sample in samples)
        {
            string fingerprint = now[sample.Key] = Of(dataset, sample);
            if (done(sample) && earlier.TryGetValue(sample.Key, out string? old) && old != fingerprint)
                throw new InvalidDataException(
                    $"{folder}: '{sample.Key}' was extracted from another recording than the one in {dataset.Root} now. "
                        + "Features of two data sets are never mixed: choose another folder or delete this one."
                );
        }
        Write(path, now);
    }

    /// <returns>Groups of samples whose recordings are alike by their fingerprints, which sizes and edges of files that
    /// begin and end with silence may be too: look closer. None where the folder has no `recordings.json`.</returns>
    public static IEnumerable<string[]> Alike(string folder) =>
        Read(Path.Combine(folder, FileName))
            .GroupBy(p => p.Value, p => p.Key)
            .Where(g => g.Count() > 1)
            .Select(g => g.Order(StringComparer.Ordinal).ToArray());

    /// <summary>Writes those of several shards into one file, as an undivided extraction would have.</summary>
    public static void Merge(string folder, IEnumerable<string> shards)
    {
        var all = new SortedDictionary<string, string>(Read(Path.Combine(folder, FileName)), StringComparer.Ordinal);
        foreach (string shard in shards)
        {
            foreach ((string sample, string fingerprint) in Read(Path.Combine(shard, FileName)))
                all[sample] = fingerprint;
        }
        Write(Path.Combine(folder, FileName), all);
    }

    private static void Write(string path, SortedDictionary<string, string> fingerprints) =>
        AtomicFile.WriteText(path, JsonSerializer.Serialize(fingerprints, FeatureSet.Json) + "\n");

    /// <summary>Sizes, first and last 4 KiB of the files: enough to tell recordings apart, cheap on 100 GB of
    /// them.</summary>
    private static string Of(Dataset dataset, Sample sample)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = new byte[Edge];
        Span<byte> number = stackalloc byte[8];
        foreach (
            string? file in Modality
                .All.Where(m => m.Open is null || sample.Has(m))
                .SelectMany(m => sample.Files[m] ?? [.. m.Columns.Select(_ => (string?)null)])
        )
        {
            string?[] paths = file is null ? new string?[1] : [.. SampleFiles.FilesAt(dataset.PathOf(file))];
            foreach (string? path in paths)
            {
                long size = path is null ? -1 : RecordingFile.LengthOf(path) ?? -1;
                BinaryPrimitives.WriteInt64LittleEndian(number, size);
                hash.AppendData(number);
                if (size <= 0)
                    continue;
                using FileStream stream = RecordingFile.Open(path!);
                hash.AppendData(buffer.AsSpan(0, stream.ReadAtLeast(buffer, Edge, throwOnEndOfStream: false)));
                stream.Seek(-Math.Min(size, Edge), SeekOrigin.End);
                hash.AppendData(buffer.AsSpan(0, stream.ReadAtLeast(buffer, Edge, throwOnEndOfStream: false)));
            }
        }
        return Convert.ToHexStringLower(hash.GetHashAndReset().AsSpan(0, 12));
    }

    private static Dictionary<string, string> Read(string path)
    {
        Cure cure = new("Delete it and extract again.", NextStep.ExtractFeatures);
        if (!File.Exists(path))
            return [];
        var read = JsonFile.Load<Dictionary<string, string>>(path, "a map from sample to fingerprint", cure);
        new FileCheck(path, cure).NoNulls(read.Values, "it");
        return read;
    }
}

using System.Text.Json;
using Gesto.Encoders;
using Gesto.Files;

namespace Gesto.Training.Features;

/// <summary>One modality's arrays in a folder: one zero-padded `.npy` per sample at its key's path, `lengths.json`
/// (sample → true number of frames) and `key.json`. Adding is safe against kill −9 at any moment: an array counts as
/// present only once it is on disk and in the journal.</summary>
/// <remarks>Thread-safe for <see cref="Add"/>, <see cref="Contains"/> and <see cref="Load"/>.</remarks>
public sealed class FeatureStore : IDisposable
{
    public const string KeyFile = "key.json";
    public const string LengthsFile = "lengths.json";
    private const string JournalFile = "journal.jsonl";
    private static readonly Cure ExtractAnew = new(
        "Delete the folder it is in and extract again.",
        NextStep.ExtractFeatures
    );

    private static readonly JsonSerializerOptions Json = new() { WriteIndented = true, IndentSize = 1 };
    private static readonly JsonSerializerOptions Compact = new();
    private readonly SortedDictionary<string, int> lengths;
    private readonly Lock gate = new();
    private FileStream? journal;

    private FeatureStore(string folder, FeatureKey key, SortedDictionary<string, int> lengths) =>
        (Folder, Key, this.lengths) = (folder, key, lengths);

    public string Folder { get; }

    public FeatureKey Key { get; }

    /// <summary>Keys of the samples present, in ordinal order.</summary>
    public IReadOnlyList<string> Samples
    {
        get
        {
            lock (gate)
                return [.. lengths.Keys];
        }
    }

    /// <summary>True where a store exists (complete or not).</summary>
    public static bool Exists(string folder) => File.Exists(Path.Combine(folder, KeyFile));

    /// <summary>Opens a store for reading; what an interrupted run had finished is there too.</summary>
    /// <exception cref="DirectoryNotFoundException">No store in this folder.</exception>
    /// <exception cref="InvalidDataException">A file of the store is damaged; the message names it and the
    /// value.</exception>
    public static FeatureStore Open(string folder)
    {
        string keyPath = Path.Combine(folder, KeyFile);
        if (!File.Exists(keyPath))
            throw new DirectoryNotFoundException(
                $"{folder}: no feature store here ({KeyFile} is missing). Extract features first."
            ).Suggest(NextStep.ExtractFeatures);
        FeatureKey key = JsonFile.Load<FeatureKey>(keyPath, "a feature key", ExtractAnew);
        key.Check(new FileCheck(keyPath, ExtractAnew));
        return new FeatureStore(folder, key, ReadLengths(folder, key.Shape[0]));
    }

    /// <summary>Opens a store for adding, makes it where there is none, and goes on where an earlier run
    /// stopped.</summary>
    /// <exception cref="InvalidDataException">The store there holds features made differently; the message names the
    /// difference.</exception>
    public static FeatureStore OpenOrCreate(string folder, FeatureKey key)
    {
        if (Exists(folder))
        {
            FeatureStore store = Open(folder);
            if (store.Key.DifferenceTo(key) is { } difference)
                throw new InvalidDataException(
                    $"{folder}: the features there were made differently ({difference}). "
                        + "Features of two kinds are never mixed: choose another folder or delete this one."
                );
            return store;
        }
        Directory.CreateDirectory(folder);
        AtomicFile.WriteText(Path.Combine(folder, KeyFile), JsonSerializer.Serialize(key, Json) + "\n");
        return new FeatureStore(folder, key, new SortedDictionary<string, int>(StringComparer.Ordinal));
    }

    public bool Contains(string sample)
    {
        lock (gate)
            return lengths.ContainsKey(sample);
    }

    /// <returns>The sample's true number of frames, 1…T.</returns>
    public int LengthOf(string sample)
    {
        lock (gate)
        {
            return lengths.TryGetValue(sample, out int n) ? n : throw Missing(sample);
        }
    }

    /// <summary>Writes one sample's array, then its line in the journal.</summary>
    /// <param name="sample">Its key.</param>
    /// <param name="array">Type and shape as in <see cref="Key"/>, zero after <paramref name="length"/> frames.</param>
    /// <param name="length">True number of frames, 1…T.</param>
    internal void Add(string sample, NpyArray array, int length)
    {
        if (array.DType != Key.DType || !array.Shape.AsSpan().SequenceEqual(Key.Shape))
            throw new ArgumentException(
                $"{sample}: array {array.DType} ({string.Join(',', array.Shape)}), the store holds {Key.DType} ({string.Join(',', Key.Shape)})."
            );
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, Key.Shape[0]);
        NpyFile.Save(PathOf(sample), array);
        Record(sample, length);
    }

    /// <summary>Takes one sample's array over from a store of the same key. Stopped in between, it may be called
    /// again.</summary>
    /// <param name="sample">Its key.</param>
    /// <param name="from">Has the sample.</param>
    /// <param name="move">True leaves the other store without it; false copies.</param>
    /// <exception cref="InvalidDataException">The array is missing, cut, or not of the key's type and
    /// shape.</exception>
    internal void Adopt(string sample, FeatureStore from, bool move)
    {
        string source = from.PathOf(sample),
            target = PathOf(sample);
        if (File.Exists(source))
        {
            from.RequireWhole(sample);
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            if (move)
                File.Move(source, target, overwrite: true);
            else
                AtomicFile.Write(target, to => Copy(source, to));
        }
        // Not there any more: moved before an interruption, which lost its line in the journal only.
        else if (move && File.Exists(target))
            RequireWhole(sample);
        else
            throw from.Missing(sample);
        Record(sample, from.LengthOf(sample));
    }

    private static void Copy(string path, Stream to)
    {
        using FileStream stream = File.OpenRead(path);
        stream.CopyTo(to);
    }

    private void RequireWhole(string sample)
    {
        string path = PathOf(sample);
        using FileStream stream = File.OpenRead(path);
        (string dtype, int[] shape, int header) = NpyFile.ReadHeader(stream, path);
        long bytes = shape.Aggregate((long)NpyFile.ElementSize(dtype), (product, n) => product * n);
        if (dtype != Key.DType || !shape.AsSpan().SequenceEqual(Key.Shape) || stream.Length != header + bytes)
            throw new InvalidDataException(
                $"{path}: found {dtype} ({string.Join(',', shape)}) in {stream.Length} bytes, the store's key says {Key.DType} ({string.Join(',', Key.Shape)}). "
                    + "Delete this file and its line in lengths.json, then extract again."
            ).Suggest(NextStep.ExtractFeatures);
    }

    private void Record(string sample, int length)
    {
        byte[] line = JsonSerializer.SerializeToUtf8Bytes(new JournalLine(sample, length), Compact);
        lock (gate)
        {
            if (journal is null)
            {
                journal = new FileStream(Path.Combine(Folder, JournalFile), FileMode.OpenOrCreate, FileAccess.Write);
                journal.Seek(0, SeekOrigin.End);
                // A line torn by a kill must not swallow the next one.
                if (journal.Length > 0)
                    journal.WriteByte((byte)'\n');
            }
            journal.Write([.. line, (byte)'\n']);
            journal.Flush();
            lengths[sample] = length;
        }
    }

    /// <summary>Folds the journal into `lengths.json`. The bytes depend on the samples only, not on the order of
    /// adding.</summary>
    public void Complete()
    {
        lock (gate)
        {
            AtomicFile.WriteText(Path.Combine(Folder, LengthsFile), JsonSerializer.Serialize(lengths, Json) + "\n");
            journal?.Dispose();
            journal = null;
            File.Delete(Path.Combine(Folder, JournalFile));
        }
    }

    /// <exception cref="InvalidDataException">The sample is absent, or its file does not match the store's
    /// key.</exception>
    internal NpyArray Load(string sample) => LoadInto(sample, null);

    /// <param name="sample">Its key.</param>
    /// <param name="memory">See <see cref="NpyFile.LoadInto"/>.</param>
    /// <exception cref="InvalidDataException">As <see cref="Load"/>.</exception>
    internal NpyArray LoadInto(string sample, byte[]? memory)
    {
        if (!Contains(sample))
            throw Missing(sample);
        string path = PathOf(sample);
        NpyArray array = NpyFile.LoadInto(path, memory);
        return array.DType == Key.DType && array.Shape.AsSpan().SequenceEqual(Key.Shape)
            ? array
            : throw OtherThanKey(path, array.DType, array.Shape);
    }

    /// <summary>Reads the first frames of one sample's array into memory that the caller keeps.</summary>
    /// <param name="sample">Its key.</param>
    /// <param name="rows">As many bytes as are wanted, at most the array's.</param>
    /// <exception cref="InvalidDataException">The file does not match the store's key, or is cut.</exception>
    internal void ReadRows(string sample, Span<byte> rows)
    {
        string path = PathOf(sample);
        using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0);
        (string dtype, int[] shape, _) = NpyFile.ReadHeader(stream, path);
        if (dtype != Key.DType || !shape.AsSpan().SequenceEqual(Key.Shape))
            throw OtherThanKey(path, dtype, shape);
        if (stream.ReadAtLeast(rows, rows.Length, throwOnEndOfStream: false) < rows.Length)
            throw new InvalidDataException(
                $"{path}: the file is cut. Delete it and its line in lengths.json, then extract again."
            ).Suggest(NextStep.ExtractFeatures);
    }

    public string PathOf(string sample) =>
        Path.Combine(Folder, sample.Replace('/', Path.DirectorySeparatorChar) + ".npy");

    public void Dispose()
    {
        lock (gate)
        {
            journal?.Dispose();
            journal = null;
        }
    }

    private static SortedDictionary<string, int> ReadLengths(string folder, int longest)
    {
        var lengths = new SortedDictionary<string, int>(StringComparer.Ordinal);
        string path = Path.Combine(folder, LengthsFile),
            journalPath = Path.Combine(folder, JournalFile);
        if (File.Exists(path))
        {
            foreach (
                (string sample, int n) in JsonFile.Load<Dictionary<string, int>>(
                    path,
                    "a map from sample to number of frames",
                    ExtractAnew
                )
            )
                Add(new JournalLine(sample, n), path, ExtractAnew);
        }
        if (!File.Exists(journalPath))
            return lengths;
        Cure doAgain = new("Delete this line and extract again: the sample is done anew.", NextStep.ExtractFeatures);
        foreach ((int number, string line) in File.ReadLines(journalPath).Index())
        {
            string place = FormattableString.Invariant($"{journalPath}, line {number + 1}");
            // A kill tore it in two: that sample is simply done again.
            if (!IsJson(line))
                continue;
            Add(JsonFile.Parse<JournalLine>(line, place, "a sample and its number of frames", doAgain), place, doAgain);
        }
        return lengths;

        void Add(JournalLine entry, string place, Cure cure)
        {
            var check = new FileCheck(place, cure);
            check.Keys([entry.Sample], "a sample");
            check.Between(entry.Length, 1, longest, $"the length of '{entry.Sample}'");
            lengths[entry.Sample] = entry.Length;
        }
    }

    private static bool IsJson(string line)
    {
        try
        {
            using var whole = JsonDocument.Parse(line);
            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private InvalidDataException OtherThanKey(string path, string dtype, int[] shape) =>
        new InvalidDataException(
            $"{path}: found {dtype} ({string.Join(',', shape)}), the store's key says {Key.DType} ({string.Join(',', Key.Shape)}). "
                + "Delete this file and its line in lengths.json, then extract again."
        ).Suggest(NextStep.ExtractFeatures);

    private InvalidDataException Missing(string sample) =>
        new InvalidDataException($"{Folder}: no features of sample '{sample}'. Extract again to add it.").Suggest(
            NextStep.ExtractFeatures
        );

    private sealed record JournalLine(string Sample, int Length);
}

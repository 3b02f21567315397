using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Gesto.Files;

namespace Gesto.Bundles;

/// <summary>Writes a `.gesto` file; the same entries give the same bytes.</summary>
internal static class BundleWriter
{
    /// <summary>A zip has no time of its own; the earliest it can name.</summary>
    private static readonly DateTimeOffset NoTime = new(1980, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <param name="path">What is there is replaced.</param>
    /// <param name="manifest">Names its networks.</param>
    /// <param name="entries">Those, licences, the model card.</param>
    /// <exception cref="BundleException">No reader would take it; nothing is written then.</exception>
    public static void Write(string path, BundleManifest manifest, IReadOnlyDictionary<string, byte[]> entries)
    {
        manifest.Check(path);
        var all = new Dictionary<string, byte[]>(entries)
        {
            [BundleFile.ManifestEntry] = JsonSerializer.SerializeToUtf8Bytes(manifest, BundleFile.Json),
        };
        foreach ((string name, byte[] bytes) in all)
            BundleFile.CheckEntry(path, name, bytes);
        Write(path, all);
    }

    /// <param name="path">What is there is replaced.</param>
    /// <param name="entries">All but the hashes.</param>
    public static void Write(string path, IReadOnlyDictionary<string, byte[]> entries)
    {
        var all = new SortedDictionary<string, byte[]>(new Dictionary<string, byte[]>(entries), StringComparer.Ordinal);
        var hashes = new StringBuilder();
        foreach ((string name, byte[] bytes) in all)
            hashes.Append(Convert.ToHexStringLower(SHA256.HashData(bytes))).Append("  ").Append(name).Append('\n');
        AtomicFile.Write(path, to =>
        {
            using var archive = new ZipArchive(to, ZipArchiveMode.Create, leaveOpen: true);
            Add(archive, BundleFile.HashesEntry, Encoding.UTF8.GetBytes(hashes.ToString()));
            foreach ((string name, byte[] bytes) in all)
                Add(archive, name, bytes);
        });
    }

    /// <summary>Weights do not get smaller: those of a network are stored as they are, which opens sooner.</summary>
    private static void Add(ZipArchive archive, string name, byte[] bytes)
    {
        ZipArchiveEntry entry = archive.CreateEntry(
            name,
            name.EndsWith(".onnx", StringComparison.Ordinal) ? CompressionLevel.NoCompression : CompressionLevel.Optimal
        );
        entry.LastWriteTime = NoTime;
        using Stream stream = entry.Open();
        stream.Write(bytes);
    }
}

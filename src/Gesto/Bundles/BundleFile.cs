using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.ML.OnnxRuntime;

namespace Gesto.Bundles;

/// <summary>A `.gesto` file, open for reading: a zip of a recogniser. Number, names, sizes and ratio of its entries are
/// checked before anything is unpacked, and each entry against its SHA-256 before it is used.</summary>
internal sealed class BundleFile : IDisposable
{
    public const string ManifestEntry = "bundle.json";
    public const string HashesEntry = "SHA256SUMS";

    /// <summary>The RGB encoder that is not learnt: ResNet50, or its first stages.</summary>
    public const string RgbEncoderEntry = "rgb-encoder.onnx";

    private const int MostEntries = 256;
    private const long LargestFile = 2L << 30,
        LargestText = 8 << 20,
        MostTogether = 4L << 30,
        LargeNetwork = 16 << 20;
    private const double HighestRatio = 1000,
        HighestNetworkRatio = 4; // weights hardly get smaller; Gesto stores them as they are

    public static readonly JsonSerializerOptions Json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        WriteIndented = true,
        IndentSize = 1,
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    private readonly ZipArchive archive;
    private readonly Dictionary<string, (ZipArchiveEntry Entry, string Hash)> entries;

    private BundleFile(
        string path,
        ZipArchive archive,
        Dictionary<string, (ZipArchiveEntry, string)> entries,
        BundleManifest? manifest
    ) => (Path, this.archive, this.entries, Manifest) = (path, archive, entries, manifest!);

    public string Path { get; }

    public BundleManifest Manifest { get; private set; }

    /// <summary>Names, bytes unpacked and SHA-256 of all entries but the list of hashes.</summary>
    public IEnumerable<(string Name, long Bytes, string Hash)> Entries =>
        entries.Select(e => (e.Key, e.Value.Entry.Length, e.Value.Hash));

    /// <returns>True where a path is a bundle's: a file with its ending.</returns>
    public static bool Is(string path) =>
        File.Exists(path) && path.EndsWith(".gesto", StringComparison.OrdinalIgnoreCase);

    /// <exception cref="FileNotFoundException">Nothing is there.</exception>
    /// <exception cref="BundleException">Not a bundle, or a damaged one; the message names the entry.</exception>
    public static BundleFile Open(string path)
    {
        if (!File.Exists(path))
            throw new FileNotFoundException($"{path}: no such file. A bundle is made by exporting a run.", path);
        ZipArchive? archive = null;
        try
        {
            archive = ZipFile.OpenRead(path);
            var file = new BundleFile(path, archive, Index(path, archive), null);
            byte[] manifest = file.Read(ManifestEntry);
            BundleManifest.CheckFormat(path, manifest);
            file.Manifest = JsonSerializer.Deserialize<BundleManifest>(manifest, Json)
                ?? throw new BundleException($"{path}: {ManifestEntry} is null.");
            file.Manifest.Check(path);
            archive = null;
            return file;
        }
        catch (Exception e) when (e is JsonException or NotSupportedException)
        {
            throw new BundleException($"{path}: {ManifestEntry}: {e.Message}", e);
        }
        catch (Exception e) when (IsDamage(e))
        {
            throw new BundleException($"{path}: not a bundle, or a damaged one ({e.Message}).", e);
        }
        finally
        {
            archive?.Dispose();
        }
    }

    /// <returns>The same bundle for another thread: a zip has one reader at a time.</returns>
    /// <exception cref="BundleException">It was replaced in the meantime.</exception>
    public BundleFile Again()
    {
        ZipArchive? again = null;
        try
        {
            again = ZipFile.OpenRead(Path);
            var file = new BundleFile(Path, again, Index(Path, again), Manifest);
            again = null;
            return file;
        }
        catch (Exception e) when (IsDamage(e))
        {
            throw new BundleException($"{Path}: not a bundle, or a damaged one ({e.Message}).", e);
        }
        finally
        {
            again?.Dispose();
        }
    }

    /// <returns>An entry's bytes, which have the hash that the bundle says.</returns>
    /// <exception cref="BundleException">It is not there, or is other than it was.</exception>
    public byte[] Read(string name)
    {
        if (!entries.TryGetValue(name, out (ZipArchiveEntry Entry, string Hash) found))
            throw new BundleException($"{Path}: no entry '{name}', which the bundle needs.");
        byte[] bytes = Unpack(Path, found.Entry);
        string hash = Convert.ToHexStringLower(SHA256.HashData(bytes));
        return hash == found.Hash
            ? bytes
            : throw new BundleException($"{Path}: entry '{name}' has SHA-256 {hash}, written was {found.Hash}.");
    }

    /// <summary>Opens a network.</summary>
    /// <param name="name">The entry.</param>
    /// <param name="threads">Threads of one call, ≥ 1.</param>
    /// <param name="ports">What it must take and give.</param>
    /// <exception cref="BundleException">It is not there, is other than it was, or no network of Gesto's.</exception>
    public InferenceSession Network(string name, int threads, NetworkPorts ports)
    {
        using UnpackedNetwork network = Unpack(name);
        return network.Open(threads, ports);
    }

    /// <summary>Takes a network out of the zip and checks it: what can be done beside the opening of others, since it
    /// needs no memory. A large one goes into a temporary file: as an array its bytes would lie in memory beside both
    /// copies that ONNX Runtime makes of them.</summary>
    /// <exception cref="BundleException">It is not there, is other than it was, or no network of Gesto's.</exception>
    public UnpackedNetwork Unpack(string name)
    {
        string place = $"{Path}: entry '{name}'";
        return
            entries.TryGetValue(name, out (ZipArchiveEntry Entry, string Hash) found)
            && found.Entry.Length > LargeNetwork
            && TryUnpack(found.Entry, found.Hash, place) is { } file
            ? file
            : new UnpackedNetwork(place, found.Hash, Read(name));
    }

    /// <returns>As <see cref="Unpack(string)"/>, of a bundle that nobody has looked at yet: who opens it says what is
    /// wrong with it. Null where anything is.</returns>
    public static UnpackedNetwork? TryUnpack(string path, string name)
    {
        try
        {
            using ZipArchive archive = ZipFile.OpenRead(path);
            using var file = new BundleFile(path, archive, Index(path, archive), null);
            return file.entries.ContainsKey(name) ? file.Unpack(name) : null;
        }
        catch (Exception e) when (IsDamage(e) || e is BundleException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <returns>True where a network is the very one that an entry holds.</returns>
    public bool Holds(string name, UnpackedNetwork network) =>
        entries.TryGetValue(name, out (ZipArchiveEntry Entry, string Hash) found) && found.Hash == network.Hash;

    public void Dispose() => archive.Dispose();

    /// <summary>Looks at an entry before it is written as its reader will.</summary>
    /// <exception cref="BundleException">Its reader would refuse it.</exception>
    public static void CheckEntry(string path, string name, byte[] bytes)
    {
        if (IsNetwork(name))
            NetworkCheck.Check(new MemoryStream(bytes, writable: false), $"{path}: entry '{name}'");
        else if (bytes.Length > LargestText)
            throw new BundleException(
                $"{path}: entry '{name}' would have {bytes.Length:N0} bytes, a text in a bundle has {LargestText:N0} at most."
            );
    }

    /// <returns>In a folder of our own; null where none can be written.</returns>
    /// <exception cref="BundleException">It is no network of Gesto's.</exception>
    private static UnpackedNetwork? TryUnpack(ZipArchiveEntry entry, string expected, string place)
    {
        DirectoryInfo? folder = null;
        try
        {
            NetworkLayout layout;
            using (var model = new ForwardStream(entry.Open(), entry.Length))
                layout = NetworkCheck.Check(model, place);
            folder = Directory.CreateTempSubdirectory("gesto-bundle-");
            string path = System.IO.Path.Combine(folder.FullName, "model.onnx");
            using var sha = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            using (var model = new ForwardStream(entry.Open(), entry.Length, sha))
            {
                if (OperatingSystem.IsWindows()) // a file that is mapped cannot be removed there
                    using (FileStream whole = File.Create(path))
                        model.CopyTo(whole);
                else
                    layout.Split(model, path, System.IO.Path.Combine(folder.FullName, "weights"));
                if (model.Position == entry.Length && model.ReadByte() < 0)
                    if (Convert.ToHexStringLower(sha.GetHashAndReset()) == expected)
                        return new UnpackedNetwork(place, expected, folder.FullName, path);
            }
        }
        catch (Exception e) when (IsDamage(e) || e is UnauthorizedAccessException)
        {
            // No room, no right, or a damaged entry: reading it into memory says which.
        }
        folder?.Delete(recursive: true);
        return null;
    }

    private static Dictionary<string, (ZipArchiveEntry, string)> Index(string path, ZipArchive archive)
    {
        if (archive.Entries.Count > MostEntries)
            throw new BundleException($"{path}: {archive.Entries.Count} entries, expected {MostEntries} at most.");
        var found = new Dictionary<string, ZipArchiveEntry>(StringComparer.Ordinal);
        long together = 0;
        foreach (ZipArchiveEntry entry in archive.Entries)
        {
            if (!IsName(entry.FullName))
                throw new BundleException($"{path}: an entry is called '{Printable(entry.FullName)}'.");
            together += entry.Length;
            if (
                entry.Length is < 0 or > LargestFile
                || entry.CompressedLength < 0
                || together > MostTogether
                || entry.Length > 4096 + RatioOf(entry.FullName) * entry.CompressedLength
                || (entry.Length > LargestText && !IsNetwork(entry.FullName))
            )
                throw new BundleException(
                    $"{path}: entry '{entry.FullName}' would unpack from {entry.CompressedLength:N0} to {entry.Length:N0} bytes."
                );
            if (!found.TryAdd(entry.FullName, entry))
                throw new BundleException($"{path}: entry '{entry.FullName}' stands twice.");
        }
        if (!found.Remove(HashesEntry, out ZipArchiveEntry? list))
            throw new BundleException($"{path}: no entry '{HashesEntry}': not a bundle.");
        var hashes = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (string line in Encoding.UTF8.GetString(Unpack(path, list)).Split('\n'))
        {
            if (line.Length == 0)
                continue;
            if (line.Length < 67 || line[64..66] != "  " || !hashes.TryAdd(line[66..], line[..64]))
                throw new BundleException($"{path}: {HashesEntry} has the line '{Printable(line)}'.");
        }
        if (found.Keys.FirstOrDefault(n => !hashes.ContainsKey(n)) is { } unlisted)
            throw new BundleException($"{path}: entry '{unlisted}' is not in {HashesEntry}.");
        if (hashes.Keys.FirstOrDefault(n => !found.ContainsKey(n)) is { } missing)
            throw new BundleException($"{path}: no entry '{Printable(missing)}', which {HashesEntry} lists.");
        return found.ToDictionary(f => f.Key, f => (f.Value, hashes[f.Key]), StringComparer.Ordinal);
    }

    private static byte[] Unpack(string path, ZipArchiveEntry entry)
    {
        try
        {
            byte[] bytes = GC.AllocateUninitializedArray<byte>((int)entry.Length);
            using Stream stream = entry.Open();
            int read = stream.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
            return read == bytes.Length && stream.ReadByte() < 0
                ? bytes
                : throw new BundleException(
                    $"{path}: entry '{entry.FullName}' has not the {entry.Length:N0} bytes it says."
                );
        }
        catch (Exception e) when (e is not BundleException && IsDamage(e))
        {
            throw new BundleException($"{path}: entry '{entry.FullName}' is damaged ({e.Message}).", e);
        }
    }

    /// <summary>What System.IO.Compression throws at bytes that are no zip.</summary>
    private static bool IsDamage(Exception e) =>
        e
            is InvalidDataException
                or (IOException and not BundleException)
                or ArgumentException
                or NotSupportedException
                or OverflowException
                or IndexOutOfRangeException
                or OutOfMemoryException;

    private static bool IsNetwork(string name) => name.EndsWith(".onnx", StringComparison.Ordinal);

    private static double RatioOf(string name) => IsNetwork(name) ? HighestNetworkRatio : HighestRatio;

    /// <summary>Letters, digits, '.', '-', '_' and single '/' between them: nothing that leads out of a
    /// folder.</summary>
    private static bool IsName(string name) =>
        name.Length is > 0 and <= 128
        && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or '_' or '/')
        && name.Split('/').All(part => part.Length > 0 && part.Trim('.').Length > 0);

    internal static string Printable(string text) => new([.. text.Take(80).Select(c => char.IsControl(c) ? '?' : c)]);
}

using Gesto.Files;

namespace Gesto.Training.Weights;

/// <summary>The folder where fetched weights are kept as safetensors, one file per set of weights, named by variant and
/// hash: runs made with older weights stay reproducible when newer ones arrive.</summary>
public sealed class WeightsCache(string folder)
{
    public string Folder { get; } = folder;

    /// <summary>Networks laid out for this machine's processor, made from the weights when they are first used; may be
    /// deleted.</summary>
    internal string PreparedFolder => Path.Combine(Folder, "prepared");

    /// <summary>GESTO_CACHE; else gesto/ under XDG_CACHE_HOME, ~/.cache or, on Windows, the local application
    /// data.</summary>
    public static WeightsCache Default()
    {
        if (Environment.GetEnvironmentVariable("GESTO_CACHE") is { Length: > 0 } chosen)
            return new WeightsCache(Path.GetFullPath(chosen));
        string? root = Environment.GetEnvironmentVariable("XDG_CACHE_HOME");
        // The XDG specification: a relative path is invalid and to be ignored.
        if (string.IsNullOrEmpty(root) || !Path.IsPathFullyQualified(root))
            root = OperatingSystem.IsWindows()
                ? Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData)
                : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache");
        return new WeightsCache(Path.Combine(root, "gesto"));
    }

    /// <returns>The weights last added or fetched again, or null where there are none.</returns>
    public string? FindLatest() =>
        !Directory.Exists(Folder)
            ? null
            : Directory
                .EnumerateFiles(Folder, "resnet50-*.safetensors")
                .OrderByDescending(File.GetLastWriteTimeUtc)
                .ThenBy(p => p, StringComparer.Ordinal)
                .FirstOrDefault();

    /// <param name="name">"resnet50-v1" or "resnet50-v1.5".</param>
    /// <param name="hash"><see cref="ResNet50Weights.Hash"/>.</param>
    public string? Find(string name, string hash) => File.Exists(PathOf(name, hash)) ? PathOf(name, hash) : null;

    /// <summary>Writes the weights and makes them the latest.</summary>
    /// <returns>Their path.</returns>
    public string Add(ResNet50Weights weights)
    {
        string path = PathOf(weights.Name, weights.Hash);
        weights.Save(path);
        return path;
    }

    /// <summary>Works in a folder beside what is kept, which is removed afterwards.</summary>
    internal T InTemporaryFolder<T>(Func<string, T> work)
    {
        Directory.CreateDirectory(Folder);
        TemporaryName.DeleteStale(Folder, TimeProvider.System); // 100 MB each
        string folder = Path.Combine(Folder, TemporaryName.For("fetch"));
        try
        {
            Directory.CreateDirectory(folder);
            return work(folder);
        }
        finally
        {
            if (Directory.Exists(folder))
                Directory.Delete(folder, recursive: true);
        }
    }

    private string PathOf(string name, string hash) =>
        Path.Combine(Folder, $"{name}-{hash[..Math.Min(16, hash.Length)]}.safetensors");
}

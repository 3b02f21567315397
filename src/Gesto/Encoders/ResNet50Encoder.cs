using System.Collections.Concurrent;
using Microsoft.ML.OnnxRuntime;

namespace Gesto.Encoders;

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
    internal const int DefaultBatch = 5;

    /// <summary>Height and width of the frames, pixels.</summary>
    internal const int Side = 224;

    /// <summary>Features after the global average pool.</summary>
    internal const int FeatureWidth = 2048;

    /// <summary>The network's input, (N, 3, 224, 224) scaled pixels, and its outputs.</summary>
    internal const string Frames = "frames",
        Features = "features",
        Maps = "maps";

    private const int FrameBytes = Side * Side * 3;

    /// <summary>Ends the name of an encoder that returns maps.</summary>
    internal const string MapsSuffix = "-maps";

    /// <summary>(C, H, W) of the maps that the last stage reads.</summary>
    internal static IReadOnlyList<int> MapShape { get; } = [1024, 14, 14];

    private readonly InferenceSession session;
    private readonly RunOptions runOptions = new();
    private readonly PixelScaling scaling;
    private readonly int batch;
    private readonly bool maps;
    private readonly ConcurrentBag<Buffers> idle = [];

    /// <param name="name">As in feature keys, e.g. "resnet50-v1".</param>
    /// <param name="hash">SHA-256 of the weights.</param>
    /// <param name="variant">Decides how pixels are scaled.</param>
    /// <param name="session">The network; the encoder's to dispose.</param>
    /// <param name="batch">Frames a call of the network, ≥ 1.</param>
    /// <param name="callers">See <see cref="Callers"/>, ≥ 1.</param>
    /// <param name="output">What the network returns.</param>
    internal ResNet50Encoder(
        string name,
        string hash,
        ResNet50Variant variant,
        InferenceSession session,
        int batch = DefaultBatch,
        int callers = 1,
        ResNet50Output output = ResNet50Output.Features
    )
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(batch, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(callers, 1);
        (Name, WeightsHash, scaling, this.session) = (name, hash, PixelScaling.For(variant), session);
        (this.batch, Callers, maps) = (batch, callers, output == ResNet50Output.Maps);
    }

    public string Name { get; }

    public string WeightsHash { get; }

    public string Preprocessing => scaling.Name;

    public int Width => maps ? Shape.Aggregate((a, b) => a * b) : FeatureWidth;

    public IReadOnlyList<int> Shape => maps ? MapShape : [FeatureWidth];

    public string DType => maps ? "<f2" : "<f4";

    public int InputSize => Side;

    public int Callers { get; }

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
            session.Run(runOptions, [Frames], [input], [maps ? Maps : Features], [output]);
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

using System.Collections.Concurrent;
using Microsoft.ML.OnnxRuntime;

namespace Gesto.Encoders;

/// <summary>A network that makes features of RGB frames, on ONNX Runtime: ImageNet ResNet50, or a small one of a data
/// set's own.</summary>
/// <remarks>Either one caller with several threads, for the shortest answer, or several callers with one thread each,
/// for throughput: threads that share one picture wait for one another at every layer, and wait long when a decoder has
/// the core.</remarks>
internal sealed class NetworkRgbEncoder : IRgbEncoder
{
    /// <summary>Frames a call of the network. From 1 to 30 the rate is the same within the noise on 2 cores, so few:
    /// small buffers, and a cancelled extraction stops soon.</summary>
    internal const int DefaultBatch = 5;

    private readonly InferenceSession session;
    private readonly RunOptions runOptions = new();
    private readonly PixelScaling scaling;
    private readonly int batch;
    private readonly int frameBytes;
    private readonly string[] inputs,
        outputs;
    private readonly ConcurrentBag<Buffers> idle = [];
    private readonly bool isShared;

    /// <param name="name">As in feature keys, e.g. "resnet50-v1".</param>
    /// <param name="hash">SHA-256 of the weights.</param>
    /// <param name="scaling">What is done to the pixels.</param>
    /// <param name="side">Height and width of the frames, pixels.</param>
    /// <param name="shape">Of a frame's features.</param>
    /// <param name="dtype">As <see cref="IRgbEncoder.DType"/>.</param>
    /// <param name="session">The network, of one input and one output; the encoder's to dispose.</param>
    /// <param name="batch">Frames a call of the network, ≥ 1.</param>
    /// <param name="concurrency">See <see cref="Concurrency"/>, ≥ 1.</param>
    /// <param name="isShared">The network is another's to dispose.</param>
    internal NetworkRgbEncoder(
        string name,
        string hash,
        PixelScaling scaling,
        int side,
        IReadOnlyList<int> shape,
        string dtype,
        InferenceSession session,
        int batch = DefaultBatch,
        int concurrency = 1,
        bool isShared = false
    )
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(batch, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(concurrency, 1);
        (Name, WeightsHash, this.scaling, InputSize, Shape, DType) = (name, hash, scaling, side, shape, dtype);
        (this.session, this.batch, Concurrency) = (session, batch, concurrency);
        Width = shape.Aggregate((a, b) => a * b);
        frameBytes = side * side * 3;
        this.isShared = isShared;
        (inputs, outputs) = ([session.InputNames[0]], [session.OutputNames[0]]);
    }

    public string Name { get; }

    public string WeightsHash { get; }

    public string Preprocessing => scaling.Name;

    public int Width { get; }

    public IReadOnlyList<int> Shape { get; }

    public string DType { get; }

    public int InputSize { get; }

    public int Concurrency { get; }

    public IRgbEncoder? AtSide(int side) =>
        session.InputMetadata[inputs[0]].Dimensions is [_, _, < 0, < 0]
            ? new NetworkRgbEncoder(
                Name,
                WeightsHash,
                scaling,
                side,
                Shape,
                DType,
                session,
                batch,
                Concurrency,
                isShared: true
            )
            : null;

    public void Encode(ReadOnlySpan<byte> frames, int count, Span<float> features)
    {
        if (frames.Length != (long)count * frameBytes)
            throw new ArgumentException(
                $"{frames.Length} bytes for {count} frames, expected {(long)count * frameBytes}.",
                nameof(frames)
            );
        if (features.Length != (long)count * Width)
            throw new ArgumentException(
                $"Room for {features.Length} features, expected {(long)count * Width}.",
                nameof(features)
            );
        Buffers buffers = idle.TryTake(out Buffers? used) ? used : new Buffers(batch * frameBytes, batch * Width);
        for (int start = 0; start < count; start += batch)
        {
            int n = Math.Min(batch, count - start);
            scaling.Apply(frames.Slice(start * frameBytes, n * frameBytes), buffers.Pixels, frameBytes / 3);
            using OrtValue input = OnnxSession.Wrap(buffers.Pixels, n, 3, InputSize, InputSize);
            using OrtValue output = OnnxSession.Wrap(buffers.Outputs, [n, .. Shape]);
            session.Run(runOptions, inputs, [input], outputs, [output]);
            buffers.Outputs.AsSpan(0, n * Width).CopyTo(features[(start * Width)..]);
        }
        idle.Add(buffers);
    }

    public void Dispose()
    {
        if (!isShared)
            session.Dispose();
        runOptions.Dispose();
    }

    /// <summary>One caller's, allocated once.</summary>
    private sealed class Buffers(int pixels, int outputs)
    {
        public float[] Pixels { get; } = GC.AllocateUninitializedArray<float>(pixels, pinned: true);

        public float[] Outputs { get; } = GC.AllocateUninitializedArray<float>(outputs, pinned: true);
    }
}

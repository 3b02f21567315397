using Gesto.Weights;
using Microsoft.ML.OnnxRuntime;

namespace Gesto.Features;

/// <summary>ImageNet ResNet50 on ONNX Runtime: 2048 features a frame after the global average pool.</summary>
/// <remarks>One thread at a time. The buffers of a batch are allocated once, at construction.</remarks>
public sealed class ResNet50Encoder : IRgbEncoder
{
    /// <summary>Frames a call of the network. From 1 to 30 the rate is the same within the noise on 2 cores, so few: small
    /// buffers, and a cancelled extraction stops soon.</summary>
    private const int DefaultBatch = 5;

    private const int FrameBytes = ResNet50Layout.InputSize * ResNet50Layout.InputSize * 3;

    private readonly InferenceSession session;
    private readonly RunOptions runOptions = new();
    private readonly PixelScaling scaling;
    private readonly int batch;
    private readonly float[] pixels, outputs;

    /// <param name="weights">Either variant.</param>
    /// <param name="threads">Threads for the network, ≥ 1.</param>
    /// <param name="batch">Frames a call of the network, ≥ 1.</param>
    public ResNet50Encoder(ResNet50Weights weights, int threads, int batch = DefaultBatch)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(threads, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(batch, 1);
        this.batch = batch;
        (Name, WeightsHash, scaling) = (weights.Name, weights.Hash, PixelScaling.For(weights.Variant));
        pixels = GC.AllocateUninitializedArray<float>(batch * FrameBytes, pinned: true);
        outputs = GC.AllocateUninitializedArray<float>(batch * Width, pinned: true);
        using var options = new SessionOptions
        {
            IntraOpNumThreads = threads,
            InterOpNumThreads = 1,
            GraphOptimizationLevel = GraphOptimizationLevel.ORT_ENABLE_ALL,
        };
        // Between two calls the decoder wants the cores: threads that spin while they wait would take them.
        options.AddSessionConfigEntry("session.force_spinning_stop", "1");
        session = new InferenceSession(ResNet50Graph.Build(weights), options);
    }

    public string Name { get; }

    public string WeightsHash { get; }

    public string Preprocessing => scaling.Name;

    public int Width => ResNet50Layout.Width;

    public int InputSize => ResNet50Layout.InputSize;

    public void Encode(ReadOnlySpan<byte> frames, int count, Span<float> features)
    {
        if (frames.Length != (long)count * FrameBytes)
            throw new ArgumentException($"{frames.Length} bytes for {count} frames, expected {(long)count * FrameBytes}.", nameof(frames));
        if (features.Length != (long)count * Width)
            throw new ArgumentException($"Room for {features.Length} features, expected {(long)count * Width}.", nameof(features));
        for (int start = 0; start < count; start += batch)
        {
            int n = Math.Min(batch, count - start);
            scaling.Apply(frames.Slice(start * FrameBytes, n * FrameBytes), pixels, FrameBytes / 3);
            using OrtValue input = Wrap(pixels, n, 3, InputSize, InputSize);
            using OrtValue output = Wrap(outputs, n, Width);
            session.Run(runOptions, [ResNet50Graph.Input], [input], [ResNet50Graph.Output], [output]);
            outputs.AsSpan(0, n * Width).CopyTo(features[(start * Width)..]);
        }
    }

    public void Dispose()
    {
        session.Dispose();
        runOptions.Dispose();
    }

    private static OrtValue Wrap(float[] values, params long[] shape)
    {
        long length = shape.Aggregate((a, b) => a * b);
        return OrtValue.CreateTensorValueFromMemory(OrtMemoryInfo.DefaultInstance, values.AsMemory(0, (int)length), shape);
    }
}

using System.Runtime.InteropServices;
using Gesto.Encoders;
using Gesto.Training.Weights;
using TorchSharp;
using static TorchSharp.torch;

namespace Gesto.Training.Models;

/// <summary>ImageNet ResNet50 on libtorch, for a GPU. Its features are those of <see cref="NetworkRgbEncoder"/> to
/// float32 rounding, so a store may hold some of each.</summary>
internal sealed class ResNet50GpuEncoder : IRgbEncoder
{
    private readonly ResNet50 network;
    private readonly Device device;
    private readonly PixelScaling scaling;
    private readonly bool maps,
        isShared;

    /// <param name="weights">Either variant.</param>
    /// <param name="device">Where to compute; a processor will do, more slowly than <see
    /// cref="NetworkRgbEncoder"/>.</param>
    /// <param name="concurrency">See <see cref="Concurrency"/>, ≥ 1.</param>
    /// <param name="output">What to return.</param>
    /// <exception cref="InvalidDataException">libtorch cannot use that device.</exception>
    public ResNet50GpuEncoder(
        ResNet50Weights weights,
        ComputeDevice device,
        int concurrency = 1,
        ResNet50Output output = ResNet50Output.Features
    )
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(concurrency, 1);
        this.device = device.Open();
        (Concurrency, maps, scaling) = (concurrency, output == ResNet50Output.Maps, PixelScaling.For(weights.Variant));
        (Name, WeightsHash) = (weights.Name + (maps ? ResNet50Network.MapsSuffix : ""), weights.Hash);
        network = ResNet50.From(weights).to(this.device);
    }

    private ResNet50GpuEncoder(ResNet50GpuEncoder shared, int side)
    {
        (network, device, scaling, isShared) = (shared.network, shared.device, shared.scaling, true);
        (Name, WeightsHash, Concurrency, InputSize) = (shared.Name, shared.WeightsHash, shared.Concurrency, side);
    }

    public string Name { get; }

    public string WeightsHash { get; }

    public string Preprocessing => scaling.Name;

    public int Width => Shape.Aggregate((a, b) => a * b);

    public IReadOnlyList<int> Shape => maps ? ResNet50Network.MapShape : [ResNet50Network.FeatureWidth];

    public string DType => maps ? "<f2" : "<f4";

    public int InputSize { get; } = ResNet50Network.Side;

    public int Concurrency { get; }

    public IRgbEncoder? AtSide(int side) => maps ? null : new ResNet50GpuEncoder(this, side);

    public void Encode(ReadOnlySpan<byte> frames, int count, Span<float> features)
    {
        if (frames.Length != (long)count * InputSize * InputSize * 3 || features.Length != (long)count * Width)
            throw new ArgumentException(
                $"{frames.Length} bytes and room for {features.Length} features do not make {count} frames.",
                nameof(frames)
            );
        using IDisposable noGradient = no_grad();
        using var scope = NewDisposeScope();
        Tensor pixels = empty([count, 3, InputSize, InputSize], ScalarType.Float32);
        scaling.Apply(frames, MemoryMarshal.Cast<byte, float>(pixels.bytes), InputSize * InputSize);
        Tensor sent = pixels.to(device);
        Tensor encoded = maps ? network.Maps(sent) : network.forward(sent);
        encoded.cpu().contiguous().data<float>().CopyTo(features);
    }

    public void Dispose()
    {
        if (!isShared)
            network.Dispose();
    }
}

using Gesto.Training.Graphs;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Gesto.Training.Models;

/// <summary>Small frames → 512 features by the network of <see cref="SmallRgbEncoder"/>, learning with the fusion
/// model.</summary>
public sealed class PictureCnn : FrameEncoder
{
    // Registered by field name.
    private readonly Sequential network;
    private readonly bool removeStatic;

    /// <param name="channels">C.</param>
    /// <param name="removeStatic">Subtract each pixel's mean over the sample's frames.</param>
    public PictureCnn(int channels, bool removeStatic = false)
        : base(nameof(PictureCnn))
    {
        this.removeStatic = removeStatic;
        network = SmallRgbEncoder.Network(channels);
        RegisterComponents();
    }

    public override int Width(int channels) => SmallRgbEncoder.Features;

    /// <inheritdoc/>
    /// <remarks>0…255 become −0.5…0.5; without what is static, −1…1.</remarks>
    internal override Tensor Scale(Tensor input, ReadOnlySpan<int> lengths)
    {
        using var scope = NewDisposeScope();
        using Scalar full = 255f,
            half = 0.5f;
        Tensor scaled = input.to(ScalarType.Float32).div(full).sub(half);
        return (
            removeStatic
                ? RadarCnn.Prepare(scaled, lengths, new RadarPreparation(false, RemoveStatic: true, false))
                : scaled
        ).MoveToOuterDisposeScope();
    }

    internal override Tensor Encode(Tensor scaled, ReadOnlySpan<int> lengths)
    {
        using var scope = NewDisposeScope();
        // Channels last: libtorch's planar kernels cannot be trusted with every width (docs/LOG.md).
        return network.forward(scaled.permute(0, 2, 3, 1).contiguous().permute(0, 3, 1, 2)).MoveToOuterDisposeScope();
    }

    internal override string Write(OnnxGraph graph, string frames, IReadOnlyList<int> shape)
    {
        string scaled = graph.Sub(graph.Div(frames, graph.Scalar(255f)), graph.Scalar(0.5f));
        if (removeStatic)
            scaled = RadarCnn.Write(graph, scaled, new RadarPreparation(false, RemoveStatic: true, false));
        return Encode(graph, scaled, shape);
    }

    /// <summary>Writes what <see cref="Encode(Tensor, ReadOnlySpan{int})"/> does.</summary>
    internal string Encode(OnnxGraph graph, string scaled, IReadOnlyList<int> shape) =>
        SmallRgbEncoder.Write(graph, network, scaled, shape[1], shape[2]);
}

using Gesto.Encoders;
using Gesto.Training.Graphs;
using Gesto.Training.Weights;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Gesto.Training.Models;

/// <summary>ResNet50's last stage, to be trained on: the maps it reads (T, 1024, 14, 14) → 2048 features after the
/// global average pool.</summary>
/// <remarks>Batch norms keep ImageNet's statistics while learning too: a batch holds frames of a few clips that look
/// alike, and its own statistics would tell clips apart by their rooms. Their scales and shifts learn.</remarks>
public sealed class ResNet50Stage : FrameEncoder
{
    // Registered by field name.
    private readonly Sequential layer4;

    /// <summary>Random weights; a run's checkpoint brings its own.</summary>
    internal ResNet50Stage(ResNet50Variant variant)
        : base(nameof(ResNet50Stage))
    {
        layer4 = ResNet50.Stage(ResNet50Layout.Blocks(variant), ResNet50Layout.LastStage, variant);
        RegisterComponents();
    }

    /// <summary>The stage as ImageNet left it.</summary>
    public static ResNet50Stage From(ResNet50Weights weights)
    {
        var stage = new ResNet50Stage(weights.Variant);
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        foreach ((string name, Tensor target) in stage.state_dict())
        {
            // The batch counters alone are not in the file.
            if (weights.Tensors.TryGetValue(name, out NamedTensor? values))
                target.copy_(tensor(values.ToSingles(), values.Shape));
        }
        return stage;
    }

    public override int Width(int channels) => ResNet50Network.FeatureWidth;

    public override void train(bool train = true)
    {
        base.train(train);
        foreach (nn.Module norm in modules().Where(m => m is BatchNorm2d))
            norm.eval();
    }

    internal override Tensor Scale(Tensor input, ReadOnlySpan<int> lengths) => input.to(ScalarType.Float32);

    internal override Tensor Encode(Tensor scaled, ReadOnlySpan<int> lengths)
    {
        using var scope = NewDisposeScope();
        return layer4.forward(scaled).mean([2, 3]).MoveToOuterDisposeScope();
    }

    internal override string Write(OnnxGraph graph, string frames, IReadOnlyList<int> shape) =>
        graph.Mean(ResNet50.Write(graph, layer4, frames), keep: false, 2, 3);
}

using Gesto.Encoders;
using Gesto.Training.Graphs;
using Gesto.Training.Weights;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Gesto.Training.Models;

/// <summary>ResNet50 without its head, in TorchSharp: normalised frames (N, 3, 224, 224) → features (N, 2048). Its
/// state dict has torchvision's names. For training, and as the cross-check of the ONNX graph that extraction
/// runs.</summary>
public sealed class ResNet50 : Module<Tensor, Tensor>
{
    private readonly Module<Tensor, Tensor> conv1,
        bn1,
        layer1,
        layer2,
        layer3,
        layer4;

    /// <summary>Random weights, from torch's global generator.</summary>
    internal ResNet50(ResNet50Variant variant)
        : base(nameof(ResNet50))
    {
        (conv1, bn1) = Unit(ResNet50Layout.Stem, variant);
        IReadOnlyList<Bottleneck> blocks = ResNet50Layout.Blocks(variant);
        layer1 = Stage(blocks, "layer1.", variant);
        layer2 = Stage(blocks, "layer2.", variant);
        layer3 = Stage(blocks, "layer3.", variant);
        layer4 = Stage(blocks, ResNet50Layout.LastStage, variant);
        RegisterComponents();
    }

    /// <summary>The module with these weights, in evaluation mode.</summary>
    public static ResNet50 From(ResNet50Weights weights)
    {
        var module = new ResNet50(weights.Variant);
        module.eval();
        using IDisposable noGradient = no_grad();
        using DisposeScope scope = NewDisposeScope();
        foreach ((string name, Tensor target) in module.state_dict())
        {
            // The batch counters alone are not in the file.
            if (weights.Tensors.TryGetValue(name, out NamedTensor? values))
                target.copy_(tensor(values.ToSingles(), values.Shape));
        }
        return module;
    }

    public override Tensor forward(Tensor frames)
    {
        using DisposeScope scope = NewDisposeScope();
        return layer4.call(Maps(frames)).mean([2, 3]).MoveToOuterDisposeScope();
    }

    /// <returns>What the last stage reads, (N, 1024, 14, 14).</returns>
    internal Tensor Maps(Tensor frames)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor x = functional.relu(bn1.call(conv1.call(frames)));
        x = functional.max_pool2d(x, 3, stride: 2, padding: 1);
        return layer3.call(layer2.call(layer1.call(x))).MoveToOuterDisposeScope();
    }

    internal static Sequential Stage(IReadOnlyList<Bottleneck> blocks, string prefix, ResNet50Variant variant) =>
        Sequential(
            blocks
                .Where(b => b.First.Convolution.StartsWith(prefix, StringComparison.Ordinal))
                .Select(b => new Block(b, variant))
        );

    /// <summary>Writes blocks of <see cref="Stage"/>.</summary>
    internal static string Write(OnnxGraph graph, Sequential blocks, string x)
    {
        foreach (Block block in blocks.children().Cast<Block>())
            x = block.Write(graph, x);
        return x;
    }

    private static (Module<Tensor, Tensor> Convolution, Module<Tensor, Tensor> Norm) Unit(
        ConvolutionUnit unit,
        ResNet50Variant variant
    ) =>
        (
            Conv2d(
                unit.Inputs,
                unit.Outputs,
                unit.Kernel,
                unit.Stride,
                unit.Padding,
                bias: variant == ResNet50Variant.V1
            ),
            BatchNorm2d(unit.Outputs, eps: ResNet50Layout.Epsilon(variant))
        );

    private sealed class Block : Module<Tensor, Tensor>
    {
        private readonly Module<Tensor, Tensor> conv1,
            bn1,
            conv2,
            bn2,
            conv3,
            bn3;
        private readonly Module<Tensor, Tensor>? downsample;

        public Block(Bottleneck block, ResNet50Variant variant)
            : base(nameof(Block))
        {
            (conv1, bn1) = Unit(block.First, variant);
            (conv2, bn2) = Unit(block.Second, variant);
            (conv3, bn3) = Unit(block.Third, variant);
            if (block.Projection is { } projection)
            {
                (Module<Tensor, Tensor> convolution, Module<Tensor, Tensor> norm) = Unit(projection, variant);
                downsample = Sequential(convolution, norm);
            }
            RegisterComponents();
        }

        public string Write(OnnxGraph graph, string x)
        {
            string y = graph.Relu(Unit(conv1, bn1, x));
            y = graph.Relu(Unit(conv2, bn2, y));
            y = Unit(conv3, bn3, y);
            return graph.Relu(
                graph.Add(
                    y,
                    downsample is Sequential projection
                        ? Unit(projection.children().First(), projection.children().Last(), x)
                        : x
                )
            );

            string Unit(Module convolution, Module norm, string of) =>
                graph.BatchNorm(graph.Convolution(of, (Conv2d)convolution), (BatchNorm2d)norm);
        }

        public override Tensor forward(Tensor x)
        {
            using DisposeScope scope = NewDisposeScope();
            Tensor y = functional.relu(bn1.call(conv1.call(x)));
            y = functional.relu(bn2.call(conv2.call(y)));
            y = bn3.call(conv3.call(y));
            return functional.relu(y + (downsample?.call(x) ?? x)).MoveToOuterDisposeScope();
        }
    }
}

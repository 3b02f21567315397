using Gesto.Training.Graphs;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Gesto.Training.Models;

/// <summary>Each step, how it differs from the one before, and how that differs; then blocks of two depthwise
/// convolutions over time and a transformer block; then the mean of the real steps. For sequences that are short and
/// clean, as landmarks are: convolutions see the movement, attention the whole sign.</summary>
/// <remarks>After the winner of Google's Isolated Sign Language Recognition, 2023 (H. Sohn): 1-D convolutions and a
/// transformer over joints and their differences. Layer norms instead of batch norms, which see padding; kernels of 5
/// steps instead of 17, for clips of 30 steps; no channel attention.</remarks>
public sealed class ConvolutionTransformer : TemporalModel
{
    // Registered by field name.
    private readonly Linear input;
    private readonly ModuleList<DepthwiseBlock> convolutions;
    private readonly ModuleList<TransformerBlock> blocks;
    private readonly LayerNorm norm;

    /// <param name="width">F, features a step.</param>
    /// <param name="hidden">Features inside; a multiple of the heads, even.</param>
    /// <param name="layers">Blocks.</param>
    /// <param name="heads">Heads of each attention.</param>
    /// <param name="dropout">Of the attention and of what each part of a block adds.</param>
    public ConvolutionTransformer(int width, int hidden, int layers, int heads, double dropout)
        : base(nameof(ConvolutionTransformer))
    {
        Width = hidden;
        input = nn.Linear(3 * width, hidden);
        convolutions = nn.ModuleList(
            Enumerable.Range(0, 2 * layers).Select(_ => new DepthwiseBlock(hidden, dropout)).ToArray()
        );
        blocks = nn.ModuleList(
            Enumerable.Range(0, layers).Select(_ => new TransformerBlock(hidden, heads, dropout)).ToArray()
        );
        norm = nn.LayerNorm(hidden);
        RegisterComponents();
    }

    public override int Width { get; }

    public override Tensor forward(Tensor input1, Tensor input2)
    {
        using var scope = NewDisposeScope();
        int[] lengths = Array.ConvertAll(input2.data<long>().ToArray(), n => (int)n);
        Tensor once = Difference(input1, lengths);
        Tensor x = input.forward(cat([input1, once, Difference(once, lengths)], 2));
        for (int block = 0; block < blocks.Count; block++)
        {
            x = convolutions[2 * block].Mix(x, lengths);
            x = convolutions[2 * block + 1].Mix(x, lengths);
            x = blocks[block].Mix(x, lengths);
        }
        Tensor sum = ModalitySteps.ZeroPadding(norm.forward(x), lengths).sum(1);
        return sum.div(input2.unsqueeze(1).to(sum.device)).MoveToOuterDisposeScope();
    }

    /// <returns>Each step minus the one before; the first 0.</returns>
    internal static Tensor Difference(Tensor steps, int[] lengths)
    {
        Tensor before = cat([steps.narrow(1, 0, 1), steps.narrow(1, 0, steps.shape[1] - 1)], 1);
        return ModalitySteps.ZeroPadding(steps.sub(before), lengths);
    }

    internal override string Write(OnnxGraph graph, OnnxSteps steps)
    {
        string once = Difference(graph, steps),
            twice = Difference(graph, steps with { Steps = once }),
            x = graph.Linear(graph.Concat(2, steps.Steps, once, twice), input);
        for (int block = 0; block < blocks.Count; block++)
        {
            x = convolutions[2 * block].Write(graph, steps with { Steps = x });
            x = convolutions[2 * block + 1].Write(graph, steps with { Steps = x });
            x = blocks[block].Write(graph, steps with { Steps = x });
        }
        string sum = graph.Sum(graph.ZeroPadding(steps with { Steps = graph.LayerNorm(x, norm) }), keep: false, 1);
        return graph.Div(sum, graph.Unsqueeze(graph.ToSingle(steps.Lengths), 1));
    }

    internal static string Difference(OnnxGraph graph, OnnxSteps of)
    {
        string first = graph.Slice(of.Steps, graph.Integers(0), graph.Integers(1), axis: 1),
            rest = graph.Slice(of.Steps, graph.Integers(0), graph.Integers(-1), axis: 1),
            difference = graph.Sub(of.Steps, graph.Concat(1, first, rest));
        return graph.ZeroPadding(of with { Steps = difference });
    }
}

/// <summary>x + narrow(gelu(depthwise(wide(norm(x))))): an inverted bottleneck over time.</summary>
internal sealed class DepthwiseBlock : nn.Module
{
    private const int Kernel = 5,
        Expansion = 2;

    // Registered by field name.
    private readonly LayerNorm norm;
    private readonly Linear wide;
    private readonly Parameter kernel;
    private readonly Linear narrow;
    private readonly Dropout dropout;

    public DepthwiseBlock(int width, double dropout)
        : base(nameof(DepthwiseBlock))
    {
        norm = nn.LayerNorm(width);
        wide = nn.Linear(width, Expansion * width);
        // (K, E): libtorch's own 1-D kernels cannot be trusted with every width (docs/LOG.md). Bounds as of Conv1d.
        double bound = 1 / Math.Sqrt(Kernel);
        kernel = new Parameter(rand(Kernel, Expansion * width).mul(2 * bound).sub(bound));
        narrow = nn.Linear(Expansion * width, width);
        this.dropout = nn.Dropout(dropout);
        RegisterComponents();
    }

    /// <param name="x">(B, T, F).</param>
    /// <param name="lengths">Real steps.</param>
    public Tensor Mix(Tensor x, int[] lengths)
    {
        using var scope = NewDisposeScope();
        // Zero past the end, as it is before the start: padding is what is outside.
        Tensor inside = ModalitySteps.ZeroPadding(nn.functional.gelu(wide.forward(norm.forward(x))), lengths);
        Tensor outside = zeros([x.shape[0], Kernel / 2, inside.shape[2]], device: x.device);
        Tensor padded = cat([outside, inside, outside], 1);
        Tensor sum = padded.narrow(1, 0, x.shape[1]).mul(kernel[0]);
        for (int k = 1; k < Kernel; k++)
            sum = sum.add(padded.narrow(1, k, x.shape[1]).mul(kernel[k]));
        return x.add(dropout.forward(narrow.forward(nn.functional.gelu(sum)))).MoveToOuterDisposeScope();
    }

    /// <summary>Writes what <see cref="Mix"/> does in evaluation mode.</summary>
    /// <returns>(B, T, F).</returns>
    public string Write(OnnxGraph graph, OnnxSteps of)
    {
        string inside = graph.ZeroPadding(
                of with
                {
                    Steps = graph.Gelu(graph.Linear(graph.LayerNorm(of.Steps, norm), wide)),
                }
            ),
            padded = graph.Op("Pad", [inside, graph.Integers(0, Kernel / 2, 0, 0, Kernel / 2, 0)]),
            length = graph.LengthOf(of.Steps, 1);
        string[] each =
        [
            .. Enumerable
                .Range(0, Kernel)
                .Select(k =>
                {
                    using Tensor weights = kernel[k];
                    string moved = graph.Slice(
                        padded,
                        graph.Integers(k),
                        graph.Add(length, graph.Integers(k)),
                        axis: 1
                    );
                    return graph.Mul(moved, graph.Values(weights));
                }),
        ];
        return graph.Add(of.Steps, graph.Linear(graph.Gelu(each.Aggregate(graph.Add)), narrow));
    }
}

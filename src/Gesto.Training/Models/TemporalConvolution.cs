using Gesto.Training.Graphs;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Gesto.Training.Models;

/// <summary>Residual convolutions over time, each reaching twice as far as the one before; then the means of equal
/// parts of the clip, side by side, so that the last layer knows what came when.</summary>
/// <remarks>Source: S. Bai, J. Z. Kolter, V. Koltun, "An empirical evaluation of generic convolutional and recurrent
/// networks for sequence modeling", 2018. Not causal here: a sign is over when it is named. Layer norm over features
/// instead of weight norm. The parts: L. Wang et al., "Temporal segment networks", ECCV 2016.</remarks>
public sealed class TemporalConvolution : TemporalModel
{
    private const int Kernel = 3;
    private readonly int hidden;
    private readonly int parts;

    // Registered by field name.
    private readonly Linear input;
    private readonly ModuleList<Conv1d> convolutions;
    private readonly ModuleList<LayerNorm> norms;
    private readonly Dropout dropout;

    /// <param name="width">F, features a step.</param>
    /// <param name="hidden">Channels inside.</param>
    /// <param name="layers">Layers; layer l has dilation 2^l.</param>
    /// <param name="dropout">Fraction dropped of what each layer adds.</param>
    /// <param name="parts">Into how many equal parts the clip's time is cut.</param>
    public TemporalConvolution(int width, int hidden, int layers, double dropout, int parts)
        : base(nameof(TemporalConvolution))
    {
        (this.hidden, this.parts) = (hidden, parts);
        input = nn.Linear(width, hidden);
        convolutions = nn.ModuleList(
            Enumerable.Range(0, layers).Select(_ => nn.Conv1d(hidden, hidden, Kernel)).ToArray()
        ); // their weights: Convolve
        norms = nn.ModuleList(Enumerable.Range(0, layers).Select(_ => nn.LayerNorm(hidden)).ToArray());
        this.dropout = nn.Dropout(dropout);
        RegisterComponents();
    }

    public override int Width => parts * hidden;

    public override Tensor forward(Tensor input1, Tensor input2)
    {
        using var scope = NewDisposeScope();
        int[] lengths = Array.ConvertAll(input2.data<long>().ToArray(), n => (int)n);
        Tensor x = input.forward(input1); // (B, T, hidden)
        for (int l = 0; l < convolutions.Count; l++)
        {
            // Zero past the end before each layer, as it is before the start: padding is what is outside.
            Tensor real = ModalitySteps.ZeroPadding(norms[l].forward(x), lengths);
            Tensor added = nn.functional.gelu(Convolve(real, convolutions[l], 1L << l));
            x = x.add(dropout.forward(added));
        }
        return ClipParts
            .Means(ModalitySteps.ZeroPadding(x, lengths), lengths, parts)
            .flatten(1)
            .MoveToOuterDisposeScope();
    }

    /// <summary>The convolution as one linear map of each step and its two neighbours: libtorch's own kernels cannot be
    /// trusted with every width (docs/LOG.md).</summary>
    private static Tensor Convolve(Tensor steps, Conv1d convolution, long dilation)
    {
        long samples = steps.shape[0],
            length = steps.shape[1],
            width = steps.shape[2];
        Tensor outside = zeros([samples, dilation, width], device: steps.device);
        Tensor padded = cat([outside, steps, outside], 1);
        Tensor neighbours = cat(
            [.. Enumerable.Range(0, Kernel).Select(k => padded.narrow(1, k * dilation, length))],
            2
        ); // (B, T, 3·hidden)
        return nn.functional.linear(
            neighbours,
            convolution.weight!.permute(0, 2, 1).reshape(-1, Kernel * width),
            convolution.bias
        );
    }

    internal override string Write(OnnxGraph graph, OnnxSteps steps)
    {
        string x = graph.Linear(steps.Steps, input),
            length = graph.LengthOf(steps.Steps, 1);
        for (int l = 0; l < convolutions.Count; l++)
        {
            long dilation = 1L << l;
            string real = graph.ZeroPadding(steps with { Steps = graph.LayerNorm(x, norms[l]) }),
                padded = graph.Op("Pad", [real, graph.Integers(0, dilation, 0, 0, dilation, 0)]);
            string[] neighbours =
            [
                .. Enumerable
                    .Range(0, Kernel)
                    .Select(k =>
                        graph.Slice(
                            padded,
                            graph.Integers(k * dilation),
                            graph.Add(length, graph.Integers(k * dilation)),
                            axis: 1
                        )
                    ),
            ];
            using Tensor map = convolutions[l].weight!.permute(2, 1, 0).reshape(Kernel * hidden, hidden);
            string moved = graph.Add(
                graph.MatMul(graph.Concat(2, neighbours), graph.Values(map)),
                graph.Values(convolutions[l].bias!)
            );
            x = graph.Add(x, graph.Gelu(moved));
        }
        string means = graph.PartMeans(steps with { Steps = graph.ZeroPadding(steps with { Steps = x }) }, parts);
        return graph.Op("Flatten", [means], OnnxGraph.Integer("axis", 1));
    }
}

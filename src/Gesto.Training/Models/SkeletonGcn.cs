using Gesto.Landmarks;
using Gesto.Training.Graphs;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Gesto.Training.Models;

/// <summary>Graph convolutions over the joints of body and hands, and the same over their bones: where each is, how it
/// moved, whether it was found; then the means of body, left and right hand over equal parts of the clip's real steps,
/// side by side.</summary>
/// <remarks>After S. Yan et al., "Spatial temporal graph convolutional networks", AAAI 2018, and L. Shi et al.,
/// "Two-stream adaptive graph convolutional networks", CVPR 2019: fixed bones plus a graph that is learnt. Here both
/// streams end in one classifier instead of two whose scores are added; no graph that depends on the sample; layer
/// norms instead of batch norms, which see padding; a learnt vector tells each joint from the others; 53 nodes in
/// <see cref="SkeletonGraph"/>, hands in their palms' frames.</remarks>
public sealed class SkeletonGcn : TemporalModel
{
    /// <summary>Joints move by about a quarter of a palm or of the shoulders' width.</summary>
    private const float Loudness = 4;

    // Registered by field name.
    private readonly Tensor scale;
    private readonly SkeletonStream joints;
    private readonly SkeletonStream bones;

    /// <param name="width">F, that of <see cref="LandmarkFeatures"/>.</param>
    /// <param name="scale">(F), makes scaled features distances again, which bones are taken from; null = 1. Saved with
    /// the weights.</param>
    /// <param name="hidden">Features of a node inside.</param>
    /// <param name="layers">Blocks of each stream.</param>
    /// <param name="dropout">Of what each block adds.</param>
    /// <param name="parts">Into how many equal parts the clip's time is cut.</param>
    /// <exception cref="ArgumentException">The features are others.</exception>
    public SkeletonGcn(int width, IReadOnlyList<float>? scale, int hidden, int layers, double dropout, int parts)
        : base(nameof(SkeletonGcn))
    {
        if (width != LandmarkFeatures.Width)
            throw new ArgumentException(
                $"A skeleton has {LandmarkFeatures.Width} features a step, found {width}.",
                nameof(width)
            );
        Width = 2 * parts * SkeletonGraph.Parts.Count * hidden;
        this.scale = scale is null ? ones(width) : tensor(scale.Select(s => Loudness * s).ToArray());
        joints = new SkeletonStream(hidden, layers, dropout, parts);
        bones = new SkeletonStream(hidden, layers, dropout, parts);
        RegisterComponents();
    }

    public override int Width { get; }

    public override Tensor forward(Tensor input1, Tensor input2)
    {
        using var scope = NewDisposeScope();
        int[] lengths = Array.ConvertAll(input2.data<long>().ToArray(), n => (int)n);
        (long samples, long steps) = (input1.shape[0], input1.shape[1]);
        Tensor distances = nn.functional.pad(input1.mul(scale), [0, 1]); // the last: what a node has not got
        Tensor Take(IReadOnlyList<int> features) =>
            distances.index_select(2, tensor(Places(features), device: input1.device));
        Tensor Nodes(Tensor of) => of.view(samples, steps, SkeletonGraph.Nodes, -1);
        Tensor places = Take(SkeletonGraph.Coordinates);
        Tensor motion = cat([Nodes(places), Nodes(ConvolutionTransformer.Difference(places, lengths))], 3);
        Tensor found = Nodes(Take(SkeletonGraph.Presence));
        Tensor differences = tensor(
            SkeletonGraph.Bones(),
            [SkeletonGraph.Nodes, SkeletonGraph.Nodes],
            device: input1.device
        );
        return cat(
                [
                    joints.Describe(cat([motion, found], 3), lengths),
                    bones.Describe(cat([differences.matmul(motion), found], 3), lengths),
                ],
                1
            )
            .MoveToOuterDisposeScope();
    }

    internal override string Write(OnnxGraph graph, OnnxSteps steps)
    {
        string distances = graph.Op(
            "Pad",
            [graph.Mul(steps.Steps, graph.Values(scale)), graph.Integers(0, 0, 0, 0, 0, 1)]
        );
        string Take(IReadOnlyList<int> features) =>
            graph.Op("Gather", [distances, graph.Integers(Places(features))], OnnxGraph.Integer("axis", 2));
        string Nodes(string of) => graph.Reshape(of, 0, 0, SkeletonGraph.Nodes, -1);
        string places = Take(SkeletonGraph.Coordinates),
            moved = ConvolutionTransformer.Difference(graph, steps with { Steps = places }),
            motion = graph.Concat(3, Nodes(places), Nodes(moved)),
            found = Nodes(Take(SkeletonGraph.Presence)),
            differences = graph.Values(SkeletonGraph.Bones(), SkeletonGraph.Nodes, SkeletonGraph.Nodes);
        return graph.Concat(
            1,
            joints.Write(graph, steps with { Steps = graph.Concat(3, motion, found) }),
            bones.Write(graph, steps with { Steps = graph.Concat(3, graph.MatMul(differences, motion), found) })
        );
    }

    private static long[] Places(IReadOnlyList<int> features) =>
        [.. features.Select(f => f < 0 ? LandmarkFeatures.Width : (long)f)];
}

/// <summary>(B, T, V, 7): place, motion and presence of each node → (B, parts of the clip · parts of the skeleton ·
/// hidden).</summary>
internal sealed class SkeletonStream : nn.Module
{
    private const int NodeWidth = 7;
    private readonly int parts;

    // Registered by field name.
    private readonly Linear input;
    private readonly Parameter names;
    private readonly ModuleList<SkeletonBlock> blocks;
    private readonly LayerNorm norm;

    public SkeletonStream(int hidden, int layers, double dropout, int parts)
        : base(nameof(SkeletonStream))
    {
        this.parts = parts;
        input = nn.Linear(NodeWidth, hidden);
        names = new Parameter(randn(SkeletonGraph.Nodes, hidden).mul(0.1));
        blocks = nn.ModuleList(Enumerable.Range(0, layers).Select(_ => new SkeletonBlock(hidden, dropout)).ToArray());
        norm = nn.LayerNorm(hidden);
        RegisterComponents();
    }

    /// <param name="nodes">(B, T, V, <see cref="NodeWidth"/>).</param>
    /// <param name="lengths">Real steps.</param>
    public Tensor Describe(Tensor nodes, int[] lengths)
    {
        using var scope = NewDisposeScope();
        Tensor x = input.forward(nodes).add(names);
        foreach (SkeletonBlock block in blocks)
            x = block.Mix(x, lengths);
        x = norm.forward(x);
        Tensor means = cat([.. SkeletonGraph.Parts.Select(p => x.narrow(2, p.From, p.To - p.From).mean([2L]))], 2);
        return ClipParts
            .Means(ModalitySteps.ZeroPadding(means, lengths), lengths, parts)
            .flatten(1)
            .MoveToOuterDisposeScope();
    }

    /// <summary>Writes what <see cref="Describe"/> does in evaluation mode.</summary>
    public string Write(OnnxGraph graph, OnnxSteps of)
    {
        string x = graph.Add(graph.Linear(of.Steps, input), graph.Values(names));
        foreach (SkeletonBlock block in blocks)
            x = block.Write(graph, of with { Steps = x });
        x = graph.LayerNorm(x, norm);
        string means = graph.Concat(
            2,
            [
                .. SkeletonGraph.Parts.Select(p =>
                    graph.Mean(graph.Slice(x, graph.Integers(p.From), graph.Integers(p.To), axis: 2), keep: false, 2)
                ),
            ]
        );
        means = graph.PartMeans(of with { Steps = graph.ZeroPadding(of with { Steps = means }) }, parts);
        return graph.Op("Flatten", [means], OnnxGraph.Integer("axis", 1));
    }
}

/// <summary>x + narrow(gelu(over time(gelu(over the graph(norm(x)))))).</summary>
internal sealed class SkeletonBlock : nn.Module
{
    private const int Kernel = 5;

    // Registered by field name.
    private readonly LayerNorm norm;
    private readonly Parameter learnt;
    private readonly Linear wide;
    private readonly Parameter kernel;
    private readonly Linear narrow;
    private readonly Dropout dropout;

    public SkeletonBlock(int width, double dropout)
        : base(nameof(SkeletonBlock))
    {
        norm = nn.LayerNorm(width);
        learnt = new Parameter(zeros(SkeletonGraph.Relations, SkeletonGraph.Nodes, SkeletonGraph.Nodes));
        wide = nn.Linear(SkeletonGraph.Relations * width, width);
        // Bounds as of Conv1d; why not that itself: DepthwiseBlock.
        double bound = 1 / Math.Sqrt(Kernel);
        kernel = new Parameter(rand(Kernel, width).mul(2 * bound).sub(bound));
        narrow = nn.Linear(width, width);
        this.dropout = nn.Dropout(dropout);
        RegisterComponents();
    }

    /// <param name="x">(B, T, V, F).</param>
    /// <param name="lengths">Real steps.</param>
    public Tensor Mix(Tensor x, int[] lengths)
    {
        using var scope = NewDisposeScope();
        Tensor normed = norm.forward(x),
            graph = learnt.add(tensor(SkeletonGraph.Adjacency(), learnt.shape, device: x.device));
        Tensor seen = cat([.. Enumerable.Range(0, SkeletonGraph.Relations).Select(r => graph[r].matmul(normed))], 3);
        // Zero past the end, as it is before the start: padding is what is outside.
        Tensor inside = ModalitySteps
            .ZeroPadding(nn.functional.gelu(wide.forward(seen)).flatten(2), lengths)
            .view(x.shape);
        Tensor padded = nn.functional.pad(inside, [0, 0, 0, 0, Kernel / 2, Kernel / 2]);
        Tensor sum = padded.narrow(1, 0, x.shape[1]).mul(kernel[0]);
        for (int k = 1; k < Kernel; k++)
            sum = sum.add(padded.narrow(1, k, x.shape[1]).mul(kernel[k]));
        return x.add(dropout.forward(narrow.forward(nn.functional.gelu(sum)))).MoveToOuterDisposeScope();
    }

    /// <summary>Writes what <see cref="Mix"/> does in evaluation mode.</summary>
    public string Write(OnnxGraph graph, OnnxSteps of)
    {
        using Tensor edges = learnt.cpu().add(tensor(SkeletonGraph.Adjacency(), learnt.shape));
        string normed = graph.LayerNorm(of.Steps, norm);
        string Seen(int relation)
        {
            using Tensor one = edges[relation];
            return graph.MatMul(graph.Values(one), normed);
        }
        string seen = graph.Concat(3, [.. Enumerable.Range(0, SkeletonGraph.Relations).Select(Seen)]),
            real = graph.Unsqueeze(graph.Real(of), 2, 3),
            inside = graph.Where(real, graph.Gelu(graph.Linear(seen, wide)), graph.Scalar(0f)),
            padded = graph.Op("Pad", [inside, graph.Integers(0, Kernel / 2, 0, 0, 0, Kernel / 2, 0, 0)]),
            length = graph.LengthOf(of.Steps, 1);
        string Moved(int k)
        {
            using Tensor weights = kernel[k];
            string moved = graph.Slice(padded, graph.Integers(k), graph.Add(length, graph.Integers(k)), axis: 1);
            return graph.Mul(moved, graph.Values(weights));
        }
        string sum = Enumerable.Range(0, Kernel).Select(Moved).Aggregate(graph.Add);
        return graph.Add(of.Steps, graph.Linear(graph.Gelu(sum), narrow));
    }
}

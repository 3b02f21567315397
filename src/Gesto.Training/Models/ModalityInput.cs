using Gesto.Training.Graphs;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Gesto.Training.Models;

/// <summary>What features are scaled by.</summary>
/// <param name="Mean">(F), subtracted.</param>
/// <param name="Deviation">(F), divided by.</param>
internal sealed record FeatureStatistics(float[] Mean, float[] Deviation);

/// <summary>What happens to one modality's features before fusion: scaling, dropout of features, dropout of
/// antennas.</summary>
internal sealed class ModalityInput : nn.Module
{
    // Registered by field name.
    private readonly Tensor mean;
    private readonly Tensor deviation;
    private readonly Dropout dropout;
    private readonly int groups;
    private readonly double groupDropout;

    /// <param name="width">F.</param>
    /// <param name="statistics">Mean and deviation by which each feature is scaled; null = 0 and 1. Saved with the
    /// weights.</param>
    /// <param name="dropout">Fraction of the features dropped for a whole sample, all its steps alike, while learning.
    /// Source: Y. Gal, Z. Ghahramani, "A theoretically grounded application of dropout in recurrent neural networks",
    /// 2016.</param>
    /// <param name="groups">Equal parts of the features that can be missing by themselves: the antennas.</param>
    /// <param name="groupDropout">Probability that, while learning, a sample's group is hidden; one always
    /// stays.</param>
    public ModalityInput(
        int width,
        FeatureStatistics? statistics,
        double dropout,
        int groups = 1,
        double groupDropout = 0
    )
        : base(nameof(ModalityInput))
    {
        mean = statistics is { } s ? tensor(s.Mean) : zeros(width);
        deviation = statistics is { } t ? tensor(t.Deviation) : ones(width);
        this.dropout = nn.Dropout(dropout);
        (this.groups, this.groupDropout) = (groups, groups > 1 ? groupDropout : 0);
        RegisterComponents();
    }

    /// <returns>Of the same shape, zero where nothing is real.</returns>
    /// <param name="input">Features as extracted.</param>
    /// <param name="hiddenGroups">Groups that no sample of the batch has; null = none.</param>
    public ModalitySteps Scale(ModalitySteps input, IReadOnlyCollection<int>? hiddenGroups = null)
    {
        using var scope = NewDisposeScope();
        long samples = input.Steps.shape[0],
            width = input.Steps.shape[2];
        Tensor scaled = input.Steps.sub(mean).div(deviation);
        if (training && dropout.p > 0)
            scaled = scaled.mul(dropout.forward(ones([samples, 1, width], device: scaled.device)));
        if (training && groupDropout > 0)
            scaled = scaled.mul(DrawGroups(samples, width).to(scaled.device));
        if (hiddenGroups is { Count: > 0 })
            scaled = scaled.mul(Shown(hiddenGroups, width).to(scaled.device));
        scaled = ModalitySteps.ZeroPadding(scaled, input.Lengths);
        return input with { Steps = scaled.MoveToOuterDisposeScope() };
    }

    /// <returns>(B, 1, F): 0 where a sample's group is hidden, else 1.</returns>
    private Tensor DrawGroups(long samples, long width)
    {
        using TorchSharp.Scalar limit = groupDropout; // held: see Fitting.Adam
        Tensor draw = rand(samples, groups);
        Tensor best = draw.eq(draw.amax([1], keepdim: true)); // the one that always stays
        return draw.ge(limit)
            .logical_or_(best)
            .to(ScalarType.Float32)
            .unsqueeze(2)
            .expand(samples, groups, width / groups)
            .reshape(samples, 1, width);
    }

    private Tensor Shown(IReadOnlyCollection<int> hidden, long width)
    {
        var shown = new float[width];
        for (int f = 0; f < width; f++)
            shown[f] = hidden.Contains((int)(f / (width / groups))) ? 0 : 1;
        return tensor(shown);
    }

    /// <summary>Writes what <see cref="Scale"/> does in evaluation mode.</summary>
    /// <param name="graph">Receives the nodes.</param>
    /// <param name="input">Features as extracted.</param>
    /// <param name="shown">(groups) float32, 0 where a group is hidden; null = none can be.</param>
    public OnnxSteps Write(OnnxGraph graph, OnnxSteps input, string? shown)
    {
        string scaled = graph.Div(graph.Sub(input.Steps, graph.Values(mean)), graph.Values(deviation));
        if (shown is not null)
        {
            long width = mean.shape[0];
            string each = graph.Op("Expand", [graph.Unsqueeze(shown, 1), graph.Integers(groups, width / groups)]);
            scaled = graph.Mul(scaled, graph.Reshape(each, width));
        }
        return input with { Steps = graph.ZeroPadding(input with { Steps = scaled }) };
    }

    /// <summary>Equal parts of the features that can be missing by themselves.</summary>
    public int Groups => groups;

    /// <summary>F.</summary>
    public int Width => (int)mean.shape[0];
}

using Gesto.Training.Graphs;
using static TorchSharp.torch;

namespace Gesto.Training.Models;

/// <summary>Passes frames on as they are, each a row of C·H·W values: for <see cref="EarlyFusion"/>, which stacks and
/// encodes the frames of both modalities itself. Nothing to learn.</summary>
public sealed class FlatFrames : FrameEncoder
{
    // Registered by field name.
    private readonly Tensor mean;
    private readonly Tensor deviation;
    private readonly RadarPreparation preparation;
    private readonly int rows;
    private readonly int columns;

    /// <param name="rows">H.</param>
    /// <param name="columns">W.</param>
    /// <param name="preparation">What is done to a sample's values first.</param>
    /// <param name="mean">Subtracted then; saved with the weights.</param>
    /// <param name="deviation">Divided by then; saved with the weights.</param>
    public FlatFrames(int rows, int columns, RadarPreparation preparation, float mean, float deviation)
        : base(nameof(FlatFrames))
    {
        (this.rows, this.columns, this.preparation) = (rows, columns, preparation);
        this.mean = tensor(mean);
        this.deviation = tensor(deviation);
        RegisterComponents();
    }

    public override int Width(int channels) => channels * rows * columns;

    internal override Tensor Scale(Tensor input, ReadOnlySpan<int> lengths)
    {
        using var scope = NewDisposeScope();
        return RadarCnn.Prepare(input, lengths, preparation).sub(mean).div(deviation).MoveToOuterDisposeScope();
    }

    internal override Tensor Encode(Tensor scaled, ReadOnlySpan<int> lengths) => scaled.flatten(1);

    internal override string Write(OnnxGraph graph, string frames, IReadOnlyList<int> shape)
    {
        string scaled = graph.Div(
            graph.Sub(RadarCnn.Write(graph, frames, preparation), graph.Values(mean)),
            graph.Values(deviation)
        );
        return graph.Op("Flatten", [scaled], OnnxGraph.Integer("axis", 1));
    }
}

using Gesto.Training.Graphs;
using static TorchSharp.torch;

namespace Gesto.Training.Models;

/// <summary>Concatenation: [RGB|radar] on one clock. With one modality, that modality as it is. Nothing to learn here;
/// the temporal model finds out what belongs together.</summary>
public sealed class LateFusion : Fusion
{
    private readonly AlignmentMode alignment;

    /// <param name="rgbWidth">RGB features, 0 = the model has no RGB.</param>
    /// <param name="radarWidth">Radar features, 0 = the model has no radar.</param>
    /// <param name="alignment">How radar steps meet RGB steps.</param>
    public LateFusion(int rgbWidth, int radarWidth, AlignmentMode alignment = AlignmentMode.Nearest)
        : base(nameof(LateFusion)) => (Width, this.alignment) = (rgbWidth + radarWidth, alignment);

    public override int Width { get; }

    public override (Tensor Steps, int[] Lengths) Fuse(ModalitySteps? rgb, ModalitySteps? radar)
    {
        if (rgb is null || radar is null)
        {
            ModalitySteps only = rgb ?? radar ?? throw new ArgumentException("A batch needs RGB or radar steps.");
            return (only.Steps.alias(), only.Lengths);
        }
        using var scope = NewDisposeScope();
        (Tensor left, Tensor right, int[] lengths) = StepAlignment.Align(rgb, radar, alignment);
        return (cat([left, right], 2).MoveToOuterDisposeScope(), lengths);
    }

    internal override OnnxSteps Write(OnnxGraph graph, OnnxSteps? rgb, OnnxSteps? radar)
    {
        if (rgb is not { } a || radar is not { } b)
            return rgb ?? radar ?? throw new ArgumentException("A model needs RGB or radar.");
        (string left, string right, string lengths) = StepAlignment.Write(graph, a, b, alignment);
        return new(graph.Concat(2, left, right), lengths);
    }
}

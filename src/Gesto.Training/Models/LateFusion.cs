using Gesto.Recordings;
using Gesto.Training.Graphs;
using static TorchSharp.torch;

namespace Gesto.Training.Models;

/// <summary>Concatenation: [RGB|radar] on one clock. With one modality, that modality as it is. Nothing to learn here;
/// the temporal model finds out what belongs together.</summary>
public sealed class LateFusion : Fusion
{
    private readonly AlignmentMode alignment;

    /// <param name="width">Features of a fused step: those of all modalities.</param>
    /// <param name="alignment">How the steps of other modalities meet those of the clock's.</param>
    public LateFusion(int width, AlignmentMode alignment = AlignmentMode.Nearest)
        : base(nameof(LateFusion)) => (Width, this.alignment) = (width, alignment);

    public override int Width { get; }

    public override (Tensor Steps, int[] Lengths) Fuse(PerModality<ModalitySteps> steps)
    {
        if (steps.Count == 1)
            return (steps.Values.Single().Steps.alias(), steps.Values.Single().Lengths);
        using var scope = NewDisposeScope();
        (PerModality<Tensor> aligned, int[] lengths) = StepAlignment.Align(steps, alignment);
        return (cat([.. aligned.Values], 2).MoveToOuterDisposeScope(), lengths);
    }

    internal override OnnxSteps Write(OnnxGraph graph, PerModality<OnnxSteps> steps)
    {
        if (steps.Count == 1)
            return steps.Values.Single();
        (PerModality<string> aligned, string lengths) = StepAlignment.Write(graph, steps, alignment);
        return new(graph.Concat(2, [.. aligned.Values]), lengths);
    }
}

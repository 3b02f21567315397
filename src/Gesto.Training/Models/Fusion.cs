using Gesto.Training.Graphs;
using static TorchSharp.torch;

namespace Gesto.Training.Models;

/// <summary>Makes one sequence of both modalities. At least one of them is there for every sample.</summary>
public abstract class Fusion(string name) : nn.Module(name)
{
    /// <summary>Features of a fused step.</summary>
    public abstract int Width { get; }

    /// <summary>What the last <see cref="Fuse"/> looked at, (B, queries, keys), rows sum to 1 or, where a query chose
    /// nothing, less; null where the fusion has no attention.</summary>
    public virtual Tensor? Attention => null;

    /// <param name="rgb">Scaled, zero where not real; null = the model has no RGB.</param>
    /// <param name="radar">Likewise.</param>
    /// <returns>(B, T, Width), zero where not real, and the real steps of each sample, 1…T.</returns>
    public abstract (Tensor Steps, int[] Lengths) Fuse(ModalitySteps? rgb, ModalitySteps? radar);

    /// <summary>Writes what <see cref="Fuse"/> does in evaluation mode.</summary>
    /// <param name="graph">Receives the nodes.</param>
    /// <param name="rgb">Scaled, zero where not real; null = the model has no RGB.</param>
    /// <param name="radar">Likewise.</param>
    /// <returns>(B, T, Width), zero where not real, lengths ≥ 1.</returns>
    internal abstract OnnxSteps Write(OnnxGraph graph, OnnxSteps? rgb, OnnxSteps? radar);
}

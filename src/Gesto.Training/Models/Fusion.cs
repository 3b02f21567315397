using Gesto.Recordings;
using Gesto.Training.Graphs;
using static TorchSharp.torch;

namespace Gesto.Training.Models;

/// <summary>Makes one sequence of all modalities. At least one of them is there for every sample.</summary>
public abstract class Fusion(string name) : nn.Module(name)
{
    /// <summary>Features of a fused step.</summary>
    public abstract int Width { get; }

    /// <summary>What the last <see cref="Fuse"/> looked at, (B, queries, keys), rows sum to 1 or, where a query chose
    /// nothing, less; null where the fusion has no attention.</summary>
    public virtual Tensor? Attention => null;

    /// <param name="steps">Of each modality that the model has: scaled, zero where not real.</param>
    /// <returns>(B, T, Width), zero where not real, and the real steps of each sample, 1…T.</returns>
    /// <exception cref="ArgumentException">A modality is missing that the fusion is built for.</exception>
    public abstract (Tensor Steps, int[] Lengths) Fuse(PerModality<ModalitySteps> steps);

    /// <summary>Writes what <see cref="Fuse"/> does in evaluation mode.</summary>
    /// <param name="graph">Receives the nodes.</param>
    /// <param name="steps">As of <see cref="Fuse"/>.</param>
    /// <returns>(B, T, Width), zero where not real, lengths ≥ 1.</returns>
    internal abstract OnnxSteps Write(OnnxGraph graph, PerModality<OnnxSteps> steps);

    /// <returns>RGB and radar, where a fusion is built for these two.</returns>
    /// <exception cref="ArgumentException">One is missing.</exception>
    private protected static (T Rgb, T Radar) Both<T>(PerModality<T> steps)
        where T : class =>
        (steps[Modality.Rgb], steps[Modality.Radar]) is ({ } rgb, { } radar) && steps.Count == 2
            ? (rgb, radar)
            : throw new ArgumentException(
                $"This fusion is of RGB and radar, found {string.Join(", ", steps.Modalities)}.",
                nameof(steps)
            );
}

using Gesto.Training.Graphs;
using static TorchSharp.torch;

namespace Gesto.Training.Models;

/// <summary>Makes one vector of a sequence. Padding never changes it.</summary>
/// <remarks><c>forward</c> takes steps (B, T, F), zero where not real, and the real steps of each sample, (B) int64 on
/// the CPU, 1…T; it returns (B, <see cref="Width"/>).</remarks>
public abstract class TemporalModel(string name) : nn.Module<Tensor, Tensor, Tensor>(name)
{
    /// <summary>Features of the vector.</summary>
    public abstract int Width { get; }

    /// <summary>True where values of it are dropped already while learning.</summary>
    public virtual bool DropsOut => false;

    /// <summary>Writes what <c>forward</c> does in evaluation mode.</summary>
    /// <param name="graph">Receives the nodes.</param>
    /// <param name="steps">Zero where not real, lengths ≥ 1.</param>
    /// <returns>(B, Width).</returns>
    internal abstract string Write(OnnxGraph graph, OnnxSteps steps);
}

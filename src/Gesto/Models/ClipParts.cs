using static TorchSharp.torch;

namespace Gesto.Models;

/// <summary>Equal parts of a clip's time, so that what came when is kept without a clock.</summary>
internal static class ClipParts
{
    /// <param name="steps">(B, T, F), zero where not real.</param>
    /// <param name="lengths">Real steps of each sample, ≥ 1.</param>
    /// <param name="parts">P.</param>
    /// <returns>(B, P, F): the mean of each part.</returns>
    public static Tensor Means(Tensor steps, int[] lengths, int parts)
    {
        using var scope = NewDisposeScope();
        return Shares(lengths, steps.shape[1], parts).to(steps.device).matmul(steps).MoveToOuterDisposeScope();
    }

    /// <summary>How much of each part each step fills: both are stretches of the clip's time, and a step may lie in two parts.</summary>
    /// <returns>(B, parts, T); over the steps of a sample each part sums to 1.</returns>
    internal static Tensor Shares(int[] lengths, long steps, int parts)
    {
        var shares = new float[lengths.Length * parts * steps];
        for (int b = 0; b < lengths.Length; b++)
            for (int part = 0; part < parts; part++)
                for (int t = 0; t < lengths[b]; t++)
                {
                    double n = lengths[b];
                    double overlap = Math.Min((t + 1) / n, (part + 1.0) / parts) - Math.Max(t / n, part / (double)parts);
                    if (overlap > 0) shares[(b * parts + part) * steps + t] = (float)(overlap * parts);
                }
        return tensor(shares, [lengths.Length, parts, steps]);
    }
}

using static TorchSharp.torch;

namespace Gesto.Training.Models;

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

    /// <summary>How much of each part each step fills: both are stretches of the clip's time, and a step may lie in two
    /// parts.</summary>
    /// <returns>(B, parts, T); over the steps of a sample each part sums to 1.</returns>
    internal static Tensor Shares(int[] lengths, long steps, int parts)
    {
        var shares = new float[lengths.Length * parts * steps];
        for (int b = 0; b < lengths.Length; b++)
        for (int part = 0; part < parts; part++)
        for (int t = 0; t < lengths[b]; t++)
            shares[(b * parts + part) * steps + t] = (float)Share(t, lengths[b], part, parts);
        return tensor(shares, [lengths.Length, parts, steps]);
    }

    /// <returns>How much of a part one step fills, 0…1.</returns>
    /// <param name="step">0 … <paramref name="length"/> − 1.</param>
    /// <param name="length">Real steps of the clip.</param>
    /// <param name="part">0 … <paramref name="parts"/> − 1.</param>
    /// <param name="parts">P.</param>
    internal static double Share(int step, int length, int part, int parts)
    {
        double n = length;
        double overlap = Math.Min((step + 1) / n, (part + 1.0) / parts) - Math.Max(step / n, part / (double)parts);
        return overlap > 0 ? overlap * parts : 0;
    }
}

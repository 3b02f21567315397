using static TorchSharp.torch;

namespace Gesto.Training.Models;

/// <summary>One modality of a batch: padded steps, and how many of them are real.</summary>
/// <param name="Steps">(B, T, F) float32. What lies after a sample's length may be anything, NaN too.</param>
/// <param name="Lengths">B numbers, 0…T; 0 = the sample has not got this modality.</param>
public sealed record ModalitySteps(Tensor Steps, int[] Lengths)
{
    /// <returns>(B, T) bool, true = no real frame: torch's key-padding mask.</returns>
    internal static Tensor PaddingMask(int[] lengths, long steps, Device device)
    {
        using var scope = NewDisposeScope();
        return arange(steps).unsqueeze(0).ge(LengthTensor(lengths).unsqueeze(1)).to(device).MoveToOuterDisposeScope();
    }

    /// <returns>The steps with zeros in place of what is not real, multiplied by nothing: NaN goes too.</returns>
    internal static Tensor ZeroPadding(Tensor steps, int[] lengths)
    {
        using var scope = NewDisposeScope();
        Tensor padding = PaddingMask(lengths, steps.shape[1], steps.device).unsqueeze(2);
        using TorchSharp.Scalar zero = 0f; // held: see Fitting.Adam
        return steps.masked_fill(padding, zero).MoveToOuterDisposeScope();
    }

    /// <returns>Where the real steps lie in (B · T, F), sample after sample.</returns>
    internal static long[] RealRows(ReadOnlySpan<int> lengths, long steps)
    {
        var rows = new List<long>();
        for (int b = 0; b < lengths.Length; b++)
        for (int t = 0; t < lengths[b]; t++)
            rows.Add(b * steps + t);
        return [.. rows];
    }

    /// <returns>Lengths as PyTorch's packing wants them: int64 on the CPU.</returns>
    internal static Tensor LengthTensor(ReadOnlySpan<int> lengths)
    {
        var wide = new long[lengths.Length];
        for (int i = 0; i < wide.Length; i++)
            wide[i] = lengths[i];
        return tensor(wide);
    }
}

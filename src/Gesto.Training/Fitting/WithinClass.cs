using static TorchSharp.torch;

namespace Gesto.Training.Fitting;

/// <summary>How clips of one class differ from each other: who made them, and how, but not what they mean.</summary>
internal static class WithinClass
{
    /// <summary>Of the mean variance within classes, added along each direction, since few clips show little of it.
    /// From 1 to 0.01 results hardly differ (docs/results/landmarks.md).</summary>
    private const double Shrinkage = 0.1;

    /// <summary>A map of coordinates after which clips of one class differ alike along each: what varies within classes
    /// becomes quiet, what does not loud. Their mean square stays as it is.</summary>
    /// <remarks>A. Hatch, S. Kajarekar, A. Stolcke, "Within-class covariance normalization for SVM-based speaker
    /// recognition", Interspeech 2006.</remarks>
    /// <param name="inputs">(N, F), float64.</param>
    /// <param name="labels">(N).</param>
    /// <returns>(F, F), the caller's to dispose; null where no class has two clips that differ.</returns>
    public static Tensor? Whitening(Tensor inputs, long[] labels)
    {
        using var scope = NewDisposeScope();
        Tensor rest = inputs.clone();
        foreach (IGrouping<long, (int Index, long Label)> one in labels.Index().GroupBy(l => l.Item))
        {
            Tensor members = tensor(one.Select(l => (long)l.Index).ToArray()),
                clips = inputs.index_select(0, members);
            rest.index_copy_(0, members, clips - clips.mean([0], keepdim: true));
        }
        (Tensor variances, Tensor directions) = linalg.eigh(rest.transpose(0, 1).matmul(rest));
        double mean = variances.mean().item<double>();
        if (mean <= 0)
            return null;
        Tensor map = directions * (variances.maximum(tensor(0.0)) + tensor(Shrinkage * mean)).rsqrt().unsqueeze(0),
            loudness = (inputs.square().sum() / inputs.matmul(map).square().sum()).sqrt();
        return (map * loudness).MoveToOuterDisposeScope();
    }
}

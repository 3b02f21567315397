namespace Gesto.Signs;

/// <summary>From logits to probabilities, and from several recognisers' to one's: a weighted mean of log-probabilities,
/// p ∝ exp((1/T) Σ w_m log p_m).</summary>
/// <remarks>The logarithmic opinion pool: C. Genest, J. V. Zidek, "Combining Probability Distributions", Statistical
/// Science 1 (1986).</remarks>
internal static class ProbabilityPool
{
    /// <summary>The softmax in float32 ends here; a 0 counts as the smallest number above it.</summary>
    private const float Floor = 1e-38f;

    /// <param name="logits">(K).</param>
    /// <returns>(K) probabilities.</returns>
    public static float[] Softmax(ReadOnlySpan<double> logits)
    {
        double[] probabilities = [.. logits];
        SoftmaxInPlace(probabilities);
        return Array.ConvertAll(probabilities, v => (float)v);
    }

    /// <param name="values">(K) logits; afterwards probabilities.</param>
    public static void SoftmaxInPlace(Span<double> values)
    {
        double highest = double.NegativeInfinity,
            sum = 0;
        foreach (double logit in values)
            highest = Math.Max(highest, logit);
        for (int k = 0; k < values.Length; k++)
            sum += values[k] = Math.Exp(values[k] - highest);
        for (int k = 0; k < values.Length; k++)
            values[k] /= sum;
    }

    /// <param name="each">(M,K) probabilities.</param>
    /// <param name="weights">(M).</param>
    /// <param name="temperature">T.</param>
    /// <returns>(K) probabilities.</returns>
    public static float[] Of(float[][] each, double[] weights, double temperature)
    {
        var logits = new double[each[0].Length];
        for (int m = 0; m < each.Length; m++)
        for (int k = 0; k < logits.Length; k++)
            logits[k] += weights[m] / temperature * Math.Log(Math.Max(each[m][k], Floor));
        return Softmax(logits);
    }

    /// <summary>Weights of those that vote where some cannot: together what all weigh.</summary>
    /// <param name="weights">Of all.</param>
    /// <param name="voters">Places of those that can.</param>
    public static double[] Shares(IReadOnlyList<double> weights, IReadOnlyList<int> voters)
    {
        double share = voters.Sum(v => weights[v]),
            all = weights.Sum();
        // Members of weight 0 alone: then one is as good as another.
        return [.. voters.Select(v => share > 0 ? weights[v] * all / share : all / voters.Count)];
    }
}

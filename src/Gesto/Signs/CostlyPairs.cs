namespace Gesto.Signs;

/// <summary>An answer whose costly partner is nearly as probable.</summary>
/// <param name="Answer">The most probable sign.</param>
/// <param name="Partner">The other sign of the pair.</param>
/// <param name="PartnerShare">p(partner) / (p(answer) + p(partner)), 0…0.5.</param>
/// <remarks>Immutable; thread-safe.</remarks>
public sealed record ClosePair(string Answer, string Partner, double PartnerShare);

/// <summary>Finds answers that are close to the sign they must not be confused with.</summary>
internal static class CostlyPairs
{
    /// <summary>An answer is close to its partner from this share of the pair's probability on: odds of 4 : 1 or
    /// less.</summary>
    public const double CloseShare = 0.2;

    /// <returns>The closest partner of the most probable sign, where a pair has it and the partner has
    /// <see cref="CloseShare"/> or more of the pair's probability; else null.</returns>
    public static ClosePair? Close(
        float[] probabilities,
        LabelSet labels,
        IReadOnlyList<(string First, string Second)> pairs
    )
    {
        int answer = Array.IndexOf(probabilities, probabilities.Max());
        string name = labels[answer].Name;
        ClosePair? closest = null;
        foreach ((string first, string second) in pairs)
        {
            string? other =
                Same(first, name) ? second
                : Same(second, name) ? first
                : null;
            if (other is null)
                continue;
            for (int label = 0; label < labels.Count; label++)
            {
                if (label == answer || !Same(labels[label].Name, other))
                    continue;
                double share = probabilities[label] / ((double)probabilities[label] + probabilities[answer]);
                if (share >= Math.Max(CloseShare, closest?.PartnerShare ?? 0))
                    closest = new(name, labels[label].Name, share);
            }
        }
        return closest;
    }

    private static bool Same(string a, string b) => string.Equals(a, b, StringComparison.OrdinalIgnoreCase);
}

namespace Gesto.Signs;

/// <summary>A sign and how sure the recogniser is of it.</summary>
/// <param name="Sign">The sign.</param>
/// <param name="Probability">0…1, calibrated where the recogniser is.</param>
/// <remarks>Immutable; thread-safe.</remarks>
public readonly record struct RankedSign(SignClass Sign, float Probability)
{
    /// <summary>Its name, e.g. "AIUTARE".</summary>
    public string Name => Sign.Name;

    /// <summary>Its class id.</summary>
    public int Id => Sign.Id;

    /// <returns>The <paramref name="top"/> most probable signs, the most probable first; equal ones by id.</returns>
    internal static IReadOnlyList<RankedSign> Rank(float[] probabilities, LabelSet labels, int top)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(top);
        return
        [
            .. probabilities
                .Select((p, label) => new RankedSign(labels[label], p))
                .OrderByDescending(r => r.Probability)
                .Take(top),
        ];
    }
}

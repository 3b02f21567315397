using Gesto.Recordings;
using Gesto.Signs;

namespace Gesto.Inference;

/// <summary>How heavily each member of an ensemble votes. Immutable; thread-safe.</summary>
/// <param name="all">(M) where everything is there.</param>
/// <param name="subsets">(M) where only some modalities are, by <see cref="NameOf"/>: who knows most together is not
/// who knows most alone. Where there are none for a subset, those vote that can, by their shares of
/// <paramref name="all"/>.</param>
internal sealed class VoteWeights(IReadOnlyList<double> all, IReadOnlyDictionary<string, IReadOnlyList<double>> subsets)
{
    public IReadOnlyList<double> All => all;

    public IReadOnlyDictionary<string, IReadOnlyList<double>> Subsets => subsets;

    /// <returns>Of a subset: its modalities' names, e.g. "rgb+radar".</returns>
    public static string NameOf(ModalityMask mask) => string.Join('+', mask.Modalities);

    /// <param name="offered">What of the ensemble's modalities is there.</param>
    /// <param name="voters">Places of the members that can do with it.</param>
    /// <returns>Of each voter.</returns>
    public double[] Of(ModalityMask offered, IReadOnlyList<int> voters) =>
        subsets.TryGetValue(NameOf(offered), out IReadOnlyList<double>? fitted) && voters.Any(v => fitted[v] > 0)
            ? [.. voters.Select(v => fitted[v])]
            : ProbabilityPool.Shares(all, voters);

    /// <returns>What several that vote can do with, everything first: each set of modalities, with or without some
    /// antennas, for which one of them is enough.</returns>
    /// <param name="modalities">All that any of them takes.</param>
    /// <param name="members">The masks of each, and the modalities it takes.</param>
    public static IReadOnlyList<ModalityMask> MasksOf(
        IEnumerable<Modality> modalities,
        IReadOnlyList<(IReadOnlyList<ModalityMask> Masks, IEnumerable<Modality> Takes)> members
    )
    {
        int antennas = 1 + members.SelectMany(m => m.Masks).SelectMany(m => m.HiddenAntennas).Append(0).Max();
        return
        [
            .. ModalityMask
                .Subsets([.. modalities], allOnly: false, antennas)
                .Where((mask, i) => i == 0 || members.Any(m => m.Masks.Contains(mask.Among(m.Takes)))),
        ];
    }
}

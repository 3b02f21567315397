using System.Text.Json.Serialization;

namespace Gesto.Recordings;

/// <summary>Which modalities a prediction may use; what a recogniser was trained without it never uses. Immutable, equal
/// by value.</summary>
internal sealed class ModalityMask : IEquatable<ModalityMask>
{
    private readonly Modality[]? only; // null = whatever there is

    private ModalityMask(IEnumerable<Modality>? only, IEnumerable<int> hiddenAntennas)
    {
        this.only = only is null ? null : [.. only.Distinct().OrderBy(m => m.Order)];
        HiddenAntennas = Uses(Modality.Radar) ? [.. hiddenAntennas.Distinct().Order()] : [];
    }

    /// <summary>Reads it from a bundle.</summary>
    [JsonConstructor]
    internal ModalityMask(IReadOnlyList<string> modalities, IReadOnlyList<int> hiddenAntennas)
        : this(modalities.Select(Modality.Named), hiddenAntennas) { }

    /// <summary>Everything that a sample has and a recogniser takes.</summary>
    public static ModalityMask All { get; } = new(only: null, []);

    /// <summary>Names of what may be used, in order.</summary>
    public IReadOnlyList<string> Modalities => [.. Used.Select(m => m.Name)];

    /// <summary>Antennas, from 0 and ascending, whose features count as missing.</summary>
    public IReadOnlyList<int> HiddenAntennas { get; }

    [JsonIgnore]
    internal IReadOnlyList<Modality> Used => only ?? Modality.All;

    /// <returns>These and no others.</returns>
    public static ModalityMask Of(params IEnumerable<Modality> modalities) => new(modalities, []);

    /// <returns>True where the modality may be used.</returns>
    public bool Uses(Modality modality) => only?.Contains(modality) ?? true;

    /// <returns>What is in it and among these modalities.</returns>
    public ModalityMask Among(IEnumerable<Modality> modalities) => new(modalities.Where(Uses), HiddenAntennas);

    /// <returns>The same without a modality.</returns>
    public ModalityMask Without(Modality modality) => new(Used.Where(m => m != modality), HiddenAntennas);

    /// <returns>The same with these antennas hidden, and no others.</returns>
    public ModalityMask Hiding(params IEnumerable<int> antennas) => new(only, antennas);

    /// <returns>Every set of some of these modalities, radar with each set of antennas hidden that leaves one; those
    /// with most first.</returns>
    /// <param name="modalities">What there is.</param>
    /// <param name="allOnly">No modality may be left out.</param>
    /// <param name="antennas">A; 1 where they cannot be told apart, or none may be hidden.</param>
    internal static IReadOnlyList<ModalityMask> Subsets(
        IReadOnlyList<Modality> modalities,
        bool allOnly,
        int antennas
    ) =>
        Ordered(
            from missing in allOnly
                ?
                [
                    [],
                ]
                : NotAll(modalities.Count)
            let shown = Of(modalities.Where((_, i) => !missing.Contains(i)))
            from hidden in shown.Uses(Modality.Radar)
                ? NotAll(antennas)
                :
                [
                    [],
                ]
            select shown.Hiding(hidden)
        );

    /// <returns>Each once: those with most modalities first, then in the order of their modalities, then with fewest
    /// antennas hidden.</returns>
    internal static IReadOnlyList<ModalityMask> Ordered(IEnumerable<ModalityMask> masks) =>
        [
            .. masks
                .Distinct()
                .OrderByDescending(m => m.Used.Count)
                .ThenBy(m => m.Used.Sum(u => 1 << u.Order))
                .ThenBy(m => m.HiddenAntennas.Count),
        ];

    /// <inheritdoc/>
    public bool Equals(ModalityMask? other) =>
        other is not null
        && (only is null == other.only is null)
        && Used.SequenceEqual(other.Used)
        && HiddenAntennas.SequenceEqual(other.HiddenAntennas);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as ModalityMask);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        var hash = new HashCode();
        foreach (Modality modality in only ?? [])
            hash.Add(modality);
        foreach (int antenna in HiddenAntennas)
            hash.Add(antenna);
        return hash.ToHashCode();
    }

    /// <returns>For people, antennas from 1: "RGB and radar without antenna 2".</returns>
    public override string ToString()
    {
        string[] titles = [.. Used.Select(m => m.Title)];
        string modalities = titles.Length switch
        {
            0 => "nothing",
            1 => titles[0],
            _ => $"{string.Join(", ", titles[..^1])} and {titles[^1]}",
        };
        return HiddenAntennas.Count == 0
            ? modalities
            : $"{modalities} without antenna{(HiddenAntennas.Count > 1 ? "s" : "")} {string.Join(" and ", HiddenAntennas.Select(a => a + 1))}";
    }

    /// <returns>Sets of some of n, never all: none first, then one, two, …</returns>
    private static IEnumerable<int[]> NotAll(int n) =>
        Enumerable
            .Range(0, (1 << n) - 1)
            .Select(bits => Enumerable.Range(0, n).Where(i => (bits >> i & 1) == 1).ToArray())
            .OrderBy(set => set.Length);
}

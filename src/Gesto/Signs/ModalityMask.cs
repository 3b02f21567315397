namespace Gesto.Signs;

/// <summary>Which modalities a prediction may use; what a recogniser was trained without it never uses.</summary>
/// <param name="Rgb">Use RGB where there is some.</param>
/// <param name="Radar">Use radar where there is some.</param>
/// <param name="HiddenAntennas">Antennas, from 0 and ascending, whose features count as missing.</param>
public sealed record ModalityMask(bool Rgb = true, bool Radar = true, IReadOnlyList<int>? HiddenAntennas = null)
{
    public static ModalityMask All { get; } = new();

    /// <returns>Which antennas may be hidden so that one stays: none first, then one, two, …</returns>
    /// <param name="antennas">A; 1 where they cannot be told apart.</param>
    internal static IReadOnlyList<int[]> SomeHidden(int antennas) =>
        [
            .. Enumerable
                .Range(0, (1 << antennas) - 1)
                .Select(bits => Enumerable.Range(0, antennas).Where(a => (bits >> a & 1) == 1).ToArray())
                .OrderBy(h => h.Length),
        ];

    /// <returns>Each once: those with most first, RGB before radar.</returns>
    internal static IReadOnlyList<ModalityMask> Ordered(IEnumerable<ModalityMask> masks) =>
        [
            .. masks
                .DistinctBy(m => m.Words)
                .OrderByDescending(m => m.Rgb && m.Radar)
                .ThenByDescending(m => m.Rgb)
                .ThenBy(m => m.HiddenAntennas?.Count ?? 0),
        ];

    /// <summary>In words, antennas from 1: "RGB and radar without antenna 2". Equal for equal masks.</summary>
    public string Words
    {
        get
        {
            string modalities = (Rgb, Radar) switch
            {
                (true, true) => "RGB and radar",
                (true, false) => "RGB",
                (false, true) => "radar",
                _ => "nothing",
            };
            if (!Radar || HiddenAntennas is not { Count: > 0 } hidden)
                return modalities;
            return $"{modalities} without antenna{(hidden.Count > 1 ? "s" : "")} {string.Join(" and ", hidden.Select(a => a + 1))}";
        }
    }
}

namespace Gesto.Models;

/// <summary>Which modalities a prediction may use; what a recogniser was trained without it never uses.</summary>
/// <param name="Rgb">Use RGB where there is some.</param>
/// <param name="Radar">Use radar where there is some.</param>
/// <param name="HiddenAntennas">Antennas, from 0 and ascending, whose features count as missing.</param>
public sealed record ModalityMask(bool Rgb = true, bool Radar = true, IReadOnlyList<int>? HiddenAntennas = null)
{
    public static ModalityMask All { get; } = new();

    /// <summary>In words, antennas from 1: "RGB and radar without antenna 2". Equal for equal masks.</summary>
    public string Words
    {
        get
        {
            string modalities = (Rgb, Radar) switch { (true, true) => "RGB and radar", (true, false) => "RGB", (false, true) => "radar", _ => "nothing" };
            if (!Radar || HiddenAntennas is not { Count: > 0 } hidden) return modalities;
            return $"{modalities} without antenna{(hidden.Count > 1 ? "s" : "")} {string.Join(" and ", hidden.Select(a => a + 1))}";
        }
    }
}

using Gesto.Radar;

namespace Gesto.Data;

/// <summary>Recognises a sample's files by name: `*_RGB.*` is the video; the radar antennas are `*_RDM1.*` … `*_RDM3.*`
/// (range-Doppler, challenge 2025) or `*_RTM1.npy` … `*_RTM3.npy` (range-time, challenge 2026), `*_RDM.npy`, `*_RDM.bin` or
/// `*_RDM.h5` all antennas in one file; without one of these, a raw session of an Infineon kit.</summary>
public static class SampleFiles
{
    private static readonly string[] VideoEndings = [".mkv", ".mp4", ".mov", ".avi", ".webm"];

    /// <summary>Endings of the files that are looked at; others in the folder are left alone.</summary>
    public static IReadOnlyList<string> Endings { get; } = [.. VideoEndings, ".npy", ".bin", ".h5", ".hdf5"];

    /// <summary>Looks into one sample folder.</summary>
    /// <returns>File names (not paths) of the RGB video and of the three antennas; null where absent.</returns>
    /// <exception cref="InvalidDataException">Two files claim the same place.</exception>
    public static (string? Rgb, string?[] Radar) In(string folder)
    {
        string? rgb = null;
        var radar = new string?[3];
        foreach (string path in Directory.EnumerateFiles(folder).Order(StringComparer.Ordinal))
        {
            string name = Path.GetFileName(path);
            if (name.StartsWith('.') || !Endings.Contains(Path.GetExtension(name), StringComparer.OrdinalIgnoreCase)) continue;
            string stem = Path.GetFileNameWithoutExtension(name).ToUpperInvariant();
            string role = stem[(stem.LastIndexOf('_') + 1)..];
            switch (role)
            {
                case "RGB": Claim(folder, ref rgb, name, role); break;
                case "RDM" or "RDM1" or "RTM" or "RTM1": Claim(folder, ref radar[0], name, "antenna 1"); break;
                case "RDM2" or "RTM2": Claim(folder, ref radar[1], name, "antenna 2"); break;
                case "RDM3" or "RTM3": Claim(folder, ref radar[2], name, "antenna 3"); break;
            }
        }
        if (radar.All(r => r is null)) radar[0] = InfineonSession.In(folder);
        return (rgb, radar);
    }

    /// <param name="root">The data set's folder.</param>
    /// <param name="path">A file, or the folder of a raw session; relative.</param>
    /// <returns>The file, relative: what is on disk, or what is missing.</returns>
    internal static string FileIn(string root, string path) =>
        InfineonSession.In(Path.Combine(root, path.Replace('/', Path.DirectorySeparatorChar))) is { } file ? $"{path}/{file}" : path;

    /// <summary>What to call a radar file that is not there: by the kind of those that are.</summary>
    /// <param name="present">Radar files of the same sample or data set.</param>
    /// <param name="antenna">1…3.</param>
    /// <returns>"RTM2" among `…_RTM….npy` files, else "RDM2".</returns>
    internal static string RadarRole(IEnumerable<string?> present, int antenna) =>
        (present.Any(f => f is not null && Path.GetFileName(f).Contains("_RTM", StringComparison.OrdinalIgnoreCase)) ? "RTM" : "RDM") + antenna;

    private static void Claim(string folder, ref string? place, string name, string role)
    {
        if (place is not null)
            throw new InvalidDataException($"{folder}: both {place} and {name} claim to be {role}; keep one of them.");
        place = name;
    }
}

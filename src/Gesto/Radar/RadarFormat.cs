using System.Globalization;
using System.Text.RegularExpressions;

namespace Gesto.Radar;

/// <summary>Part of an axis, as numpy's <c>[Start:End]</c>: bins Start … End − 1.</summary>
/// <param name="Start">First bin, ≥ 0.</param>
/// <param name="End">One past the last bin, &gt; Start.</param>
/// <remarks>Immutable; thread-safe.</remarks>
public readonly record struct BinRange(int Start, int End)
{
    /// <summary>How many bins, 1 or more.</summary>
    public int Length => End - Start;

    /// <summary>As <see cref="Parse"/> reads it: "50:200".</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Start}:{End}");

    /// <summary>Reads a range of bins.</summary>
    /// <param name="text">FIRST:END, whole numbers of 0 or more, FIRST below END.</param>
    /// <exception cref="InvalidDataException">Not of the form "50:200".</exception>
    public static BinRange Parse(string text)
    {
        string[] ends = text.Split(':');
        return
            ends.Length == 2
            && int.TryParse(ends[0], NumberStyles.None, CultureInfo.InvariantCulture, out int start)
            && int.TryParse(ends[1], NumberStyles.None, CultureInfo.InvariantCulture, out int end)
            && start < end
            ? new BinRange(start, end)
            : throw new InvalidDataException(
                $"Bins '{text}': expected FIRST:END with FIRST < END, e.g. 50:200 for bins 50 to 199."
            );
    }

    /// <exception cref="InvalidDataException">The range reaches past the axis.</exception>
    internal static BinRange Within(BinRange? range, int length, string path, string axis) =>
        range switch
        {
            null => new BinRange(0, length),
            { } r when r.End <= length => r,
            { } r => throw new InvalidDataException($"{path}: {axis} {r} asked for, the map has {length}."),
        };
}

/// <summary>How range-Doppler maps are cut and sized before they are stored.</summary>
/// <remarks>Immutable; thread-safe.</remarks>
public sealed partial record RadarFormat
{
    /// <summary>R × D of stored video maps where nothing else is asked for: enough for the source CNN's pooled
    /// features, and 126 classes' worth of them fit in memory.</summary>
    public static RadarFormat Default { get; } = new();

    /// <summary>Range rows kept before resizing; null keeps all. MultiMeDaLIS: the signer is in 50:200 of
    /// 256.</summary>
    public BinRange? Rows { get; init; }

    /// <summary>Doppler columns kept before resizing; null keeps all. MultiMeDaLIS: 300:724 of 1024 holds human
    /// motion.</summary>
    public BinRange? Columns { get; init; }

    /// <summary>Target (R, D); null: 64 × 64 for video, the file's own size for `.npy`.</summary>
    public (int Rows, int Columns)? Size { get; init; }

    /// <summary>The order of the axes of `.npy` arrays; null: as their number tells.</summary>
    public RadarAxes? Axes { get; init; }

    /// <summary>The kit whose files the features were made of, "infineon", "dca1000", "soli" or "kaikutek"; null for
    /// video and bare arrays. It changes nothing in how a file is read: maps of one kit in another's place would be
    /// silently wrong.</summary>
    public string? Kind { get; init; }

    internal (int Rows, int Columns) VideoSize => Size ?? (64, 64);

    /// <summary>The same words in every feature key.</summary>
    public override string ToString()
    {
        string size = Size is { } s
            ? string.Create(CultureInfo.InvariantCulture, $"bilinear-antialias {s.Rows}x{s.Columns}")
            : "own size";
        return size
            + (Rows is { } r ? $" rows {r}" : "")
            + (Columns is { } c ? $" columns {c}" : "")
            + (Axes is { } a ? $" axes {a}" : "")
            + (Kind is { } k ? $" of {k}" : "");
    }

    /// <summary>Reads the format from a feature key's preprocessing, so that new recordings are cut as the old
    /// were.</summary>
    /// <exception cref="InvalidDataException">The text is not one that <see cref="ToString"/> makes.</exception>
    internal static RadarFormat Parse(string preprocessing)
    {
        Match match = Pattern().Match(preprocessing);
        if (!match.Success)
            throw new InvalidDataException(
                $"Radar preprocessing '{preprocessing}' is not known to this version of Gesto."
            );
        BinRange? Range(string group) => match.Groups[group].Success ? BinRange.Parse(match.Groups[group].Value) : null;
        return new RadarFormat
        {
            Size = match.Groups["r"].Success
                ? (
                    int.Parse(match.Groups["r"].Value, CultureInfo.InvariantCulture),
                    int.Parse(match.Groups["d"].Value, CultureInfo.InvariantCulture)
                )
                : null,
            Rows = Range("rows"),
            Columns = Range("columns"),
            Axes = match.Groups["axes"].Success ? RadarAxes.Parse(match.Groups["axes"].Value) : null,
            Kind = match.Groups["kind"].Success ? match.Groups["kind"].Value : null,
        };
    }

    [GeneratedRegex(
        @"^(own size|bilinear-antialias (?<r>\d+)x(?<d>\d+))( rows (?<rows>\d+:\d+))?( columns (?<columns>\d+:\d+))?( axes (?<axes>[TARD](,[TARD])*))?( of (?<kind>[a-z0-9]+))?(,.*)?$"
    )]
    private static partial Regex Pattern();
}

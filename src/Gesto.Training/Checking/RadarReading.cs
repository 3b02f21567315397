using System.Globalization;
using Gesto.Radar;

namespace Gesto.Training.Checking;

/// <summary>How the radar of some recordings was read, so that a person can see whether that is what they
/// recorded.</summary>
/// <param name="Recordings">How many were read so.</param>
/// <param name="Kind">What the files are, in words.</param>
/// <param name="Axes">Their axes, in their own order; "" for videos.</param>
/// <param name="Antennas">A of a recording, of all its files together.</param>
/// <param name="RangeBins">R, rows of a map.</param>
/// <param name="DopplerBins">D, columns; 1 for range-time maps.</param>
/// <param name="Lowest">Smallest value of all; null for videos.</param>
/// <param name="Highest">Largest value of all; null for videos.</param>
/// <param name="Scale">"dB", "linear", "grey" or "both signs".</param>
/// <param name="RangeMetres">Metres a range bin; null where the files do not tell the waveform.</param>
/// <param name="VelocityMps">Metres a second a Doppler bin; likewise.</param>
public sealed record RadarReading(
    int Recordings,
    string Kind,
    string Axes,
    int Antennas,
    int RangeBins,
    int DopplerBins,
    float? Lowest,
    float? Highest,
    string Scale,
    double? RangeMetres,
    double? VelocityMps
)
{
    /// <summary>One line: "12 recordings: range-Doppler maps (T, R, D), 1 antenna, 32 range x 32 Doppler bins, 0 … 613,
    /// linear".</summary>
    public override string ToString()
    {
        string bins =
            Axes.Length == 0 ? $"{RangeBins} x {DopplerBins} pixels (range x Doppler)"
            : DopplerBins == 1 ? $"{RangeBins} range bins"
            : $"{RangeBins} range x {DopplerBins} Doppler bins";
        string physical =
            RangeMetres is { } m && VelocityMps is { } v
                ? string.Create(CultureInfo.InvariantCulture, $" of {100 * m:0.##} cm and {v:0.###} m/s")
                : "";
        string extent =
            Lowest is { } low && Highest is { } high
                ? string.Create(CultureInfo.InvariantCulture, $", {low:0.###} … {high:0.###}")
                : "";
        return $"{Recordings} recording{(Recordings == 1 ? "" : "s")}: {Kind}{(Axes.Length > 0 ? $" ({Axes.Replace(",", ", ", StringComparison.Ordinal)})" : "")}, "
            + $"{Antennas} antenna{(Antennas == 1 ? "" : "s")}, {bins}{physical}{extent}, {Scale}";
    }

    /// <returns>One recording's files as one reading; null where it has none.</returns>
    internal static (RadarReading Reading, RadarValues? Values)? Of(IReadOnlyList<RadarFacts> files)
    {
        if (files.Count == 0)
            return null;
        RadarFacts first = files[0];
        RadarValues? values = first.Values is null
            ? null
            : files.Select(f => f.Values).OfType<RadarValues>().Aggregate((a, b) => a.With(b));
        return (
            new RadarReading(
                1,
                first.Kind,
                first.Axes,
                files.Sum(f => f.Antennas),
                first.Rows,
                first.Columns,
                null,
                null,
                "",
                first.Waveform?.RangeResolutionMetres,
                first.Waveform?.VelocityResolutionMps
            ),
            values
        );
    }

    /// <returns>The readings of a data set, a line each kind, the commonest first. The scale is judged over all
    /// recordings of a kind: a quiet one alone may look like another.</returns>
    internal static IReadOnlyList<RadarReading> Together(
        IEnumerable<(RadarReading Reading, RadarValues? Values)> recordings
    ) =>
        [
            .. from one in recordings
            group one by one.Reading into kind
            let values = kind.All(k => k.Values is null)
                ? (RadarValues?)null
                : kind.Select(k => k.Values!.Value).Aggregate((a, b) => a.With(b))
            orderby kind.Count() descending, kind.Key.Kind
            select kind.Key with
            {
                Recordings = kind.Count(),
                Lowest = values?.Lowest,
                Highest = values?.Highest,
                Scale = RadarValues.Words(values?.Scale ?? RadarScale.Grey),
            },
        ];
}

/// <summary>What was found in one radar file.</summary>
/// <param name="Kind">In words.</param>
/// <param name="Axes">In the file's order; "" for video.</param>
/// <param name="Antennas">A.</param>
/// <param name="Rows">R.</param>
/// <param name="Columns">D.</param>
/// <param name="Values">Null for video.</param>
/// <param name="Waveform">Null where the file does not tell.</param>
internal sealed record RadarFacts(
    string Kind,
    string Axes,
    int Antennas,
    int Rows,
    int Columns,
    RadarValues? Values,
    FmcwWaveform? Waveform
);

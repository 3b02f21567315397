using System.CommandLine;
using Gesto.Radar;

namespace Gesto.Cli;

/// <summary>`--radar-axes`: what cannot be seen in a radar array.</summary>
internal static class RadarAxesOption
{
    public static Option<string?> Build() =>
        new("--radar-axes")
        {
            Description =
                "Order of the axes of radar .npy arrays where their number does not tell, e.g. A,T,R,D or T,D,R: T frames, A antennas, R range, D Doppler.",
        };

    /// <exception cref="InvalidDataException">Not axes.</exception>
    public static RadarAxes? Of(ParseResult parse, Option<string?> option) =>
        parse.GetValue(option) is { } text ? RadarAxes.Parse(text) : null;
}

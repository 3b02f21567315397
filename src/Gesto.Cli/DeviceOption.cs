using System.CommandLine;
using Gesto.Training;

namespace Gesto.Cli;

/// <summary>`--device`, of the verbs that have much to compute.</summary>
internal static class DeviceOption
{
    public static Option<string?> Build(string what) =>
        new("--device") { Description = $"cpu, or cuda or cuda:N for an NVIDIA GPU: {what} (docs/GPU.md)." };

    /// <returns>Null where the option is not given.</returns>
    public static ComputeDevice? Of(ParseResult parsed, Option<string?> option) =>
        parsed.GetValue(option) is { } text ? ComputeDevice.Parse(text) : null;
}

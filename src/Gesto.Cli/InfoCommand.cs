using System.CommandLine;
using System.Text.Json;
using Gesto.Training.Export;

namespace Gesto.Cli;

/// <summary>`gesto info FILE`.</summary>
internal static class InfoCommand
{
    private static readonly JsonSerializerOptions Json = new()
    {
        WriteIndented = true,
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    public static Command Build()
    {
        var bundle = new Argument<string>("BUNDLE") { Description = "A file of 'gesto export'." };
        var json = new Option<bool>("--json") { Description = "Write the manifest as JSON to standard output." };
        var command = new Command(
            "info",
            "Show what is in an exported recogniser, and compare every entry with its SHA-256.\n\nExample:  gesto info lis.gesto"
        )
        {
            bundle,
            json,
        };
        command.SetAction(
            (parsed, _) =>
            {
                string path = parsed.GetValue(bundle)!;
                Console.Out.WriteLine(
                    parsed.GetValue(json)
                        ? BundleInfo.Read(path).ToJsonString(Json)
                        : BundleInfo.Describe(path).TrimEnd()
                );
                return Task.FromResult(ExitCode.Done);
            }
        );
        return command;
    }
}

using System.CommandLine;
using Gesto.Training;
using Gesto.Training.Export;
using Gesto.Training.Weights;

namespace Gesto.Cli;

/// <summary>`gesto export RUN --out FILE`.</summary>
internal static class ExportCommand
{
    public static Command Build()
    {
        var run = new Argument<string>("RUN") { Description = "Run directory of 'gesto train', or an ensemble's." };
        var output = new Option<string>("--out")
        {
            Description = "The file to write, e.g. lis.gesto.",
            HelpName = "FILE",
            Required = true,
        };
        var command = new Command(
            "export",
            "Write a trained recogniser into one file: networks as ONNX with the RGB encoder, signs, preprocessing, calibration, metrics, licences.\n"
                + "Programs recognise with it by the NuGet package Gesto, without PyTorch.\n\n"
                + "Example:  gesto export runs/late-fusion --out lis.gesto"
        )
        {
            run,
            output,
        };
        command.SetAction(
            (parsed, _) =>
            {
                string path = parsed.GetValue(output)!;
                RunExport.Save(parsed.GetValue(run)!, path, WeightsCache.Default());
                if (!OutputFile.IsStandardOutput(path))
                    Console.Error.WriteLine(
                        FormattableString.Invariant(
                            $"{path}: {new FileInfo(path).Length / 1e6:0.0} MB. Next: gesto info {path}"
                        )
                    );
                return Task.FromResult(ExitCode.Done);
            }
        );
        return command;
    }
}

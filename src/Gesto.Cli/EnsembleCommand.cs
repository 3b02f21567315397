using System.CommandLine;
using System.Globalization;
using Gesto.Signs;
using Gesto.Training.Evaluation;
using Gesto.Training.Features;
using Gesto.Training.Recognition;

namespace Gesto.Cli;

/// <summary>`gesto ensemble RUN… --run DIR --features FEATURES`.</summary>
internal static class EnsembleCommand
{
    public static Command Build()
    {
        var runs = new Argument<string[]>("RUN")
        {
            Description =
                "Two or more finished runs, or .gesto files of single runs, of one label set, trained on features made the same way.",
            Arity = new ArgumentArity(2, 100),
        };
        var run = new Option<string>("--run") { Description = "Directory of the ensemble to write.", Required = true };
        var features = new Option<string>("--features")
        {
            Description = "Feature folder the runs were trained on.",
            Required = true,
        };
        var equal = new Option<bool>("--equal")
        {
            Description = "Same weight for every run instead of weights fitted on validation.",
        };
        Option<int> threads = ThreadsOption.Build();
        var command = new Command(
            "ensemble",
            "Let several runs vote: weighted mean of their log-probabilities, weights and temperature from the validation samples that\n"
                + "all of them held out, never from test. 'evaluate', 'predict', 'submit' and 'compare' take DIR like a run.\n\n"
                + "Example:  gesto ensemble runs/radar-only runs/rgb-only --run runs/both --features features"
        )
        {
            runs,
            run,
            features,
            equal,
            threads,
        };
        command.SetAction(
            (parsed, cancel) =>
            {
                string folder = parsed.GetValue(run)!;
                (EnsembleFile file, Calibration? calibration) = ProgressBar.Run(progress =>
                    EnsembleFit.Fit(
                        parsed.GetValue(runs)!,
                        folder,
                        FeatureSet.Open(parsed.GetValue(features)!),
                        parsed.GetValue(equal),
                        parsed.GetValue(threads),
                        progress,
                        cancel
                    )
                );
                Console.Error.WriteLine(Summary(file, calibration));
                Console.Error.WriteLine($"Next: gesto evaluate {folder} {parsed.GetValue(features)} --split test");
                return Task.FromResult(ExitCode.Done);
            }
        );
        return command;
    }

    internal static string Summary(EnsembleFile file, Calibration? calibration)
    {
        int width = file.Members.Max(m => m.Run.Length);
        var lines = file
            .Members.Select(
                (m, i) =>
                    Text($"  {m.Run.PadRight(width)}  weight {m.Weight:0.000}")
                    + (i < file.MemberLoss.Count ? Text($"  alone {file.MemberLoss[i]:0.000} nats") : "")
            )
            .ToList();
        lines.Add($"weights: {file.FittedOn}");
        lines.Add(
            calibration is null
                ? "Confidence is not calibrated: no sample was held out by all runs."
                : Text(
                    $"ensemble {file.Loss:0.000} nats on {file.Samples} samples, temperature {calibration.Temperature:0.00}, 'unknown' below {100 * calibration.UnknownBelow:0.0} %"
                )
        );
        return string.Join(Environment.NewLine, lines);
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}

using System.CommandLine;
using System.Globalization;
using Gesto.Training.Evaluation;
using Gesto.Training.Features;
using Gesto.Training.Fitting;

namespace Gesto.Cli;

/// <summary>`gesto sweep FEATURES --set key=a,b … --run DIR`.</summary>
internal static class SweepCommand
{
    public static Command Build()
    {
        var features = new Argument<string>("FEATURES") { Description = "Folder that 'gesto extract' wrote." };
        var recipe = new Option<string>("--recipe")
        {
            Description = "As in 'gesto train'.",
            DefaultValueFactory = _ => "late-fusion",
        };
        var set = new Option<string[]>("--set")
        {
            Description =
                "A recipe value and the settings to try, e.g. --set model.hidden=256,512; repeated: every combination.",
            Required = true,
        };
        var run = new Option<string>("--run")
        {
            Description = $"Directory for the runs cell-1 … and {Sweep.FileName}; run the same command again to go on.",
            Required = true,
        };
        Option<int?> threads = ThreadsOption.BuildOptional("As in 'gesto train'.");
        var device = DeviceOption.Build("as in 'gesto train'");
        var only = new Option<int?>("--only")
        {
            Description =
                "Do this cell alone, e.g. on a machine of its own; without --only the others are done and all listed.",
        };
        var command = new Command(
            "sweep",
            "Train a run for every combination of recipe settings and list their scores on validation; test is not looked at.\n\n"
                + "Example:  gesto sweep features --set model.hidden=256,512 --set training.seed=1,2,3 --run runs/sweep"
        )
        {
            features,
            recipe,
            set,
            run,
            threads,
            device,
            only,
        };
        // On the first thread, as `train`: see RunTraining.Train.
        command.SetAction(
            (parsed, cancel) =>
            {
                CoreClaim.Take(shared: parsed.GetValue(threads) is not null);
                var sweep = new Sweep(
                    new TrainingOptions
                    {
                        Features = FeatureSet.Open(parsed.GetValue(features)!),
                        Out = parsed.GetValue(run)!,
                        Threads = parsed.GetValue(threads),
                        Device = DeviceOption.Of(parsed, device),
                    },
                    parsed.GetValue(recipe)!,
                    parsed.GetValue(set)!
                );
                foreach (int cell in parsed.GetValue(only) is { } one ? [one] : Enumerable.Range(1, sweep.Count))
                {
                    Console.Error.WriteLine(Text($"[{cell}/{sweep.Count}] {string.Join(' ', sweep.SettingsOf(cell))}"));
                    if (!ProgressBar.Run(progress => sweep.RunCell(cell, TimeProvider.System, progress, cancel)))
                        Console.Error.WriteLine("done before");
                }
                if (parsed.GetValue(only) is null)
                    Console.Out.WriteLine(Summary(sweep.Varied, sweep.Table()));
                return Task.FromResult(ExitCode.Done);
            }
        );
        return command;
    }

    internal static string Summary(IReadOnlyList<string> varied, IReadOnlyList<SweepCell> cells)
    {
        var lines = new List<string> { Text($"{cells.Count} cells by validation top-1, {cells[0].Samples} samples") };
        foreach (SweepCell c in cells)
            lines.Add(
                Text(
                    $"  cell-{c.Cell, -3} {100 * c.Top1, 5:0.0} % ({100 * c.Top1Low:0.0}–{100 * c.Top1High:0.0})  epoch {c.Epoch, -3} "
                ) + string.Join(' ', varied.Zip(c.Values, (key, value) => $"{key}={value}"))
            );
        lines.Add(
            "The best of several is a little lucky: 'gesto kfold', or 'gesto evaluate' on test, once, says what it is worth."
        );
        return string.Join(Environment.NewLine, lines);
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}

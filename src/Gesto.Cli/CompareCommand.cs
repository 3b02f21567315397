using System.CommandLine;
using System.Globalization;
using Gesto.Training.Evaluation;
using Gesto.Training.Scoring;

namespace Gesto.Cli;

/// <summary>`gesto compare RUN RUN… [--split test] [--features FEATURES]`.</summary>
internal static class CompareCommand
{
    private const int ClassesShown = 8;

    public static Command Build()
    {
        var runs = new Argument<string[]>("RUN")
        {
            Description =
                "Two or more directories of runs, ensembles or cross-validations, or .gesto files, evaluated on the same samples.",
            Arity = new ArgumentArity(2, 100),
        };
        var features = new Option<string?>("--features")
        {
            Description =
                "Evaluate every run on this feature folder first; without it the predictions that 'gesto evaluate' saved are read.",
        };
        var split = new Option<string>("--split")
        {
            Description = "Samples to compare on.",
            DefaultValueFactory = _ => "test",
        };
        split.AcceptOnlyFromAmong("test", "val", "train", RunEvaluation.FoldSplit);
        var seed = new Option<int>("--seed")
        {
            Description = "Seed of the bootstrap.",
            DefaultValueFactory = _ => BootstrapInterval.DefaultSeed,
        };
        Option<int> threads = ThreadsOption.Build();
        var json = new Option<bool>("--json")
        {
            Description = "Write the result as one JSON object to standard output.",
        };
        var command = new Command(
            "compare",
            "Which run is better on the same samples, and how sure that is: paired bootstrap by signer, exact McNemar test, letters and\n"
                + "words apart, the classes that differ, and a verdict in words.\n\n"
                + "Example:  gesto compare runs/late-fusion runs/radar-only --split test"
        )
        {
            runs,
            features,
            split,
            seed,
            threads,
            json,
        };
        command.SetAction(
            (parsed, cancel) =>
            {
                string[] folders = parsed.GetValue(runs)!;
                if (parsed.GetValue(features) is { } from)
                    foreach (string folder in folders)
                        ProgressBar.Run(progress =>
                            RunEvaluation.EvaluateAndSave(
                                new EvaluationOptions
                                {
                                    Run = folder,
                                    Features = from,
                                    Split = EvaluateCommand.SplitOf(parsed.GetValue(split)!),
                                    Seed = parsed.GetValue(seed),
                                    Threads = parsed.GetValue(threads),
                                },
                                progress,
                                cancel
                            )
                        );
                RunComparison result = SavedRuns.Compare(folders, parsed.GetValue(split)!, parsed.GetValue(seed));
                Console.Out.WriteLine(parsed.GetValue(json) ? result.ToJson() : Summary(result));
                return Task.FromResult(ExitCode.Done);
            }
        );
        return command;
    }

    /// <returns>The result for people: runs first, then each pair's verdict and classes.</returns>
    internal static string Summary(RunComparison r)
    {
        int width = r.Runs.Max(run => run.Run.Length);
        var lines = new List<string> { Text($"{r.Samples} samples of {r.Split}") };
        foreach (RunScore run in r.Runs)
        {
            lines.Add(
                Text(
                    $"  {run.Run.PadRight(width)}  {100 * run.Top1, 5:0.0} % ({100 * run.Top1Low:0.0}–{100 * run.Top1High:0.0}){EvaluateCommand.Transductive(run.PseudoLabelled)}"
                )
            );
            if (run.Linear is { } linear)
                lines.Add(
                    Text(
                        $"  {"".PadRight(width)}  {linear.Group}: {100 * linear.Top1:0.0} % ({100 * linear.Top1Low:0.0}–{100 * linear.Top1High:0.0})"
                    )
                );
        }
        foreach (PairComparison pair in r.Pairs)
        {
            lines.Add("");
            lines.Add(pair.Verdict);
            lines.Add(Text($"  right only in {pair.A}: {pair.OnlyA}, only in {pair.B}: {pair.OnlyB}"));
            Add(lines, "letters", pair.Letters);
            Add(lines, "words", pair.Words);
            Add(lines, $"right more often in {pair.A}", pair.Classes.Where(c => c.CorrectA > c.CorrectB));
            Add(lines, $"right more often in {pair.B}", pair.Classes.Where(c => c.CorrectA < c.CorrectB));
        }
        lines.Add("");
        lines.Add($"interval: {r.IntervalMethod}; McNemar takes samples for independent");
        return string.Join(Environment.NewLine, lines);
    }

    private static void Add(List<string> lines, string what, GroupDifference? group)
    {
        if (group is { } g)
            lines.Add(
                Text(
                    $"  {what, -7}  {100 * g.Top1A:0.0} % against {100 * g.Top1B:0.0} %: {100 * g.Difference:+0.0;−0.0;0.0} points ({100 * g.DifferenceLow:0.0;−0.0;0.0} to {100 * g.DifferenceHigh:0.0;−0.0;0.0}), McNemar p {RunComparison.PText(g.McnemarP)}, {g.Samples} samples"
                )
            );
    }

    private static void Add(List<string> lines, string what, IEnumerable<ClassDifference> classes)
    {
        ClassDifference[] all = [.. classes];
        if (all.Length == 0)
            return;
        string more = all.Length > ClassesShown ? Text($" and {all.Length - ClassesShown} more") : "";
        lines.Add(
            $"  {what}: {string.Join(", ", all.Take(ClassesShown).Select(c => Text($"{c.Name} {c.CorrectA} against {c.CorrectB} of {c.Support}")))}{more}"
        );
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}

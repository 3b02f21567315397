using System.CommandLine;
using System.Globalization;
using Gesto.Recordings;
using Gesto.Training.Evaluation;
using Gesto.Training.Scoring;

namespace Gesto.Cli;

internal static class EvaluateCommand
{
    public static Command Build()
    {
        var run = new Argument<string>("RUN")
        {
            Description = "Run directory of 'gesto train', an ensemble's, or a .gesto file.",
        };
        var features = new Argument<string>("FEATURES") { Description = "Feature folder of 'gesto extract'." };
        var split = new Option<string>("--split")
        {
            Description =
                "Samples to score. val is the part held out of train where val has no labels; fold is what 'train --fold' left out.",
            DefaultValueFactory = _ => "test",
        };
        split.AcceptOnlyFromAmong("test", "val", "train", RunEvaluation.FoldSplit);
        var dataset = new Option<string?>("--dataset")
        {
            Description =
                "The recordings that FEATURES were extracted from: the report then shows frames of the most confused signs side by side, beside the skeletons that a run of landmarks shows without.",
        };
        var root = DatasetOption.Root();
        var output = new Option<string?>("--out")
        {
            Description = "Folder for what is written; by default RUN, and of a bundle x.gesto x-evaluation beside it.",
            HelpName = "DIR",
        };
        var seed = new Option<int>("--seed")
        {
            Description = "Seed of the bootstrap interval.",
            DefaultValueFactory = _ => BootstrapInterval.DefaultSeed,
        };
        Option<int> threads = ThreadsOption.Build();
        var json = new Option<bool>("--json")
        {
            Description = "Write the result as one JSON object to standard output.",
        };
        var command = new Command(
            "evaluate",
            "Score a run on labelled samples: top-1 with a 95 % interval, top-5, macro-F1, letters and words apart, confused pairs.\n"
                + "Writes evaluation-SPLIT.json, predictions-SPLIT.csv and .npy, confusion-SPLIT.png and report-SPLIT.html.\n\n"
                + "Example:  gesto evaluate runs/late-fusion features --split test --dataset data"
        )
        {
            run,
            features,
            split,
            dataset,
            root,
            output,
            seed,
            threads,
            json,
        };
        command.SetAction(
            (parsed, cancel) =>
            {
                EvaluationResult result = ProgressBar.Run(progress =>
                    RunEvaluation.EvaluateAndSave(
                        new EvaluationOptions
                        {
                            Run = parsed.GetValue(run)!,
                            Features = parsed.GetValue(features)!,
                            Split = SplitOf(parsed.GetValue(split)!),
                            Seed = parsed.GetValue(seed),
                            Threads = parsed.GetValue(threads),
                            RecordingsFolder = RecordingsOf(parsed.GetValue(dataset), parsed.GetValue(root)),
                            Out = parsed.GetValue(output),
                        },
                        progress,
                        cancel
                    )
                );
                if (parsed.GetValue(json))
                    Console.Out.WriteLine(result.ToJson());
                TextWriter people = parsed.GetValue(json) ? Console.Error : Console.Out;
                people.WriteLine(Summary(result));
                string folder = parsed.GetValue(output) ?? RunEvaluation.FolderOf(parsed.GetValue(run)!);
                people.WriteLine($"Report: {Path.GetFullPath(RunEvaluation.ReportPath(folder, result.Split))}");
                return Task.FromResult(ExitCode.Done);
            }
        );
        return command;
    }

    /// <summary>In the words of <see cref="Gesto.Recordings.ModalityMask"/>.</summary>
    private const string WithoutAntennas = " without antenna";

    /// <returns>The result in a few lines for people.</returns>
    internal static string Summary(EvaluationResult r)
    {
        string remarks =
            (r.Simulated ? ", simulated data" : "")
            + (r.TrainedOnThese ? ", trained on these samples" : "")
            + Transductive(r.PseudoLabelled);
        var lines = new List<string>
        {
            Text(
                $"{r.Recipe} on {r.Split}: top-1 {100 * r.Top1:0.0} % (95 % interval {100 * r.Top1Low:0.0}–{100 * r.Top1High:0.0}), {r.Samples} samples, {r.Classes} classes{remarks}"
            ),
            Text($"  top-5 {100 * r.Top5:0.0} %   macro-F1 {100 * r.MacroF1:0.0} %"),
        };
        foreach (GroupScore group in new[] { r.Letters, r.Words }.OfType<GroupScore>())
            lines.Add(
                Text(
                    $"  {group.Group, -7} {100 * group.Top1, 5:0.0} % ({100 * group.Top1Low:0.0}–{100 * group.Top1High:0.0}), {group.Samples} samples"
                )
            );
        ILookup<bool, GroupScore> masks = r.Masks.ToLookup(m =>
            m.Group.Contains(WithoutAntennas, StringComparison.Ordinal)
        );
        foreach (GroupScore mask in masks[false])
            lines.Add(
                Text(
                    $"  from {mask.Group}: {100 * mask.Top1:0.0} % ({100 * mask.Top1Low:0.0}–{100 * mask.Top1High:0.0})"
                )
            );
        foreach (
            IGrouping<string, GroupScore> part in masks[true]
                .GroupBy(m => m.Group[..m.Group.IndexOf(WithoutAntennas, StringComparison.Ordinal)])
        )
            lines.Add(
                Text(
                    $"  from {part.Key} with antennas missing: {100 * part.Min(m => m.Top1):0.0} to {100 * part.Max(m => m.Top1):0.0} %"
                )
            );
        if (r.Linear is { } linear)
            lines.Add(
                Text(
                    $"  {linear.Group}: {100 * linear.Top1:0.0} % ({100 * linear.Top1Low:0.0}–{100 * linear.Top1High:0.0})"
                )
            );
        lines.Add(
            Text(
                $"  confidence: calibration error {100 * r.Ece:0.0} %{(r.Temperature == 1 ? "" : Text($" (uncalibrated {100 * r.EceUncalibrated:0.0} %)"))}, by chance alone {100 * r.EceByChance:0.0} %"
            )
        );
        lines.Add(
            Text(
                $"  wrong: {100 * (1 - r.Top1):0.0} % of all answers, {100 * r.ErrorAt90Coverage:0.0} % of the surest 90 %"
            )
                + (
                    r.Unknown is { } u
                        ? Text(
                            $"; as 'unknown' below {100 * u.Threshold:0.0} %: {100 * u.SelectiveError:0.0} % of {100 * u.Coverage:0.0} %"
                        )
                        : ""
                )
        );
        if (r.ConfusedPairs.Count > 0)
            lines.Add(
                "  most confused: "
                    + string.Join(", ", r.ConfusedPairs.Take(5).Select(p => $"{p.First}/{p.Second} {p.Count}"))
            );
        if (r.WatchedPairs.Count > 0)
            lines.Add(
                "  costly pairs: "
                    + string.Join(
                        ", ",
                        r.WatchedPairs.Select(p => Text($"{p.First}/{p.Second} {p.Count} ({100 * p.Rate:0.0} %)"))
                    )
            );
        lines.Add($"  interval: {r.IntervalMethod}");
        return string.Join(Environment.NewLine, lines);
    }

    /// <returns>The folder that the features' paths are relative to; null where no data set is given.</returns>
    private static string? RecordingsOf(string? dataset, string? root) =>
        dataset is not null ? DatasetOption.Open(dataset, root).RecordingsRoot
        : root is null ? null
        : throw new InvalidDataException($"{DatasetOption.RootName} goes with --dataset.");

    /// <returns>Null for the fold.</returns>
    internal static Split? SplitOf(string name) =>
        name switch
        {
            "train" => Split.Train,
            "val" => Split.Validation,
            RunEvaluation.FoldSplit => null,
            _ => Split.Test,
        };

    /// <returns>What must stand beside the score of a run that has seen some of the samples, with another one's
    /// labels.</returns>
    internal static string Transductive(int pseudoLabelled) =>
        pseudoLabelled > 0 ? Text($", transductive: trained on {pseudoLabelled} of these with guessed labels") : "";

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}

using System.CommandLine;
using System.Globalization;
using Gesto.Training;
using Gesto.Training.Evaluation;
using Gesto.Training.Features;
using Gesto.Training.Recognition;

namespace Gesto.Cli;

internal static class SubmitCommand
{
    public static Command Build()
    {
        var run = new Argument<string>("RUN") { Description = "Run directory of 'gesto train', or a .gesto file." };
        var source = new Argument<string>("DATASET|FEATURES")
        {
            Description =
                "Features of 'gesto extract' (fast, can be stopped and resumed), or a data set, whose videos are then read "
                + "here and now and nothing is kept.",
        };
        var root = DatasetOption.Root();
        var output = new Option<string>("--out")
        {
            Description = "The file to write; - for standard output.",
            DefaultValueFactory = _ => "submission.csv",
        };
        Option<int> threads = ThreadsOption.Build();
        var command = new Command(
            "submit",
            "Write the challenge's file id,Pred: every unlabelled sample of val and test once, checked.\n\n"
                + "Example:  gesto submit runs/late-fusion features --out submission.csv"
        )
        {
            run,
            source,
            root,
            output,
            threads,
        };
        command.SetAction(
            (parsed, cancel) =>
            {
                string path = parsed.GetValue(output)!;
                IReadOnlyList<SubmissionRow> rows = ProgressBar.Run(progress =>
                    Submit(
                        parsed.GetValue(run)!,
                        parsed.GetValue(source)!,
                        parsed.GetValue(root),
                        path,
                        parsed.GetValue(threads),
                        progress,
                        cancel
                    )
                );
                TextWriter people = OutputFile.IsStandardOutput(path) ? Console.Error : Console.Out;
                people.WriteLine(
                    string.Create(
                        CultureInfo.InvariantCulture,
                        $"{path}: {rows.Count} rows, ids {rows[0].Id}…{rows[^1].Id}"
                    )
                );
                return Task.FromResult(ExitCode.Done);
            }
        );
        return command;
    }

    private static IReadOnlyList<SubmissionRow> Submit(
        string run,
        string source,
        string? root,
        string path,
        int threads,
        IProgress<WorkProgress> progress,
        CancellationToken cancel
    )
    {
        if (!FeatureSet.Exists(source))
            return RunSubmission.FromRecordings(run, DatasetOption.Open(source, root), path, threads, progress, cancel);
        if (root is not null)
            throw new InvalidDataException(
                $"{source}: features, which need no {DatasetOption.RootName}; it goes with a data set."
            );
        return RunSubmission.FromFeatures(run, source, path, threads, progress, cancel);
    }
}

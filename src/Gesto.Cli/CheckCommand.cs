using System.CommandLine;
using System.Text.Json;
using Gesto.Files;
using Gesto.Training.Checking;
using Gesto.Training.Datasets;
using Spectre.Console;

namespace Gesto.Cli;

/// <summary>`gesto check`: the dataset doctor.</summary>
internal static class CheckCommand
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    public static Command Build()
    {
        var dataset = new Argument<string>("DATASET")
        {
            Description =
                "Folder with manifest.csv, with train/, val/, test/, with SIGN/TAKE/FRAME.npy, or with train.csv of Google ISLR.",
        };
        var root = DatasetOption.Root();
        var json = new Option<bool>("--json")
        {
            Description =
                "Write {samples, layout, radar: [{recordings, kind, axes, antennas, …}], landmarks: {recordings, …}, problems: [{sample, file, kind, message}], notes: the same} to standard output.",
        };
        Option<int> threads = ThreadsOption.Build("Samples decoded at the same time.");
        var few = new Option<int>("--min-samples")
        {
            Description = "Report classes with fewer train samples.",
            DefaultValueFactory = _ => new DoctorOptions().FewestTrainSamples,
        };
        Option<string?> axes = RadarAxesOption.Build();
        var command = new Command(
            "check",
            "Open and decode every file of a data set and say how its radar and landmarks were read and what is wrong with it. Exit code 1 if anything is; notes are no problems.\n\n"
                + "Example:  gesto check recordings --json > problems.json"
        )
        {
            dataset,
            root,
            json,
            threads,
            few,
            axes,
        };
        command.SetAction(
            (parse, cancel) =>
                Task.Run(() =>
                    Check(
                        DatasetOption.Open(parse.GetRequiredValue(dataset), parse.GetValue(root)),
                        parse.GetValue(json),
                        new DoctorOptions
                        {
                            Threads = parse.GetValue(threads),
                            FewestTrainSamples = parse.GetValue(few),
                            RadarAxes = RadarAxesOption.Of(parse, axes),
                        },
                        cancel
                    )
                )
        );
        return command;
    }

    /// <summary>Also called by `gesto demo`.</summary>
    /// <returns>0 where the data set is healthy, else 1.</returns>
    internal static int Check(Dataset dataset, bool json, DoctorOptions options, CancellationToken cancel)
    {
        DoctorReport report = ProgressBar.Run(progress => DatasetDoctor.Report(dataset, options, progress, cancel));
        (IReadOnlyList<Problem> found, IReadOnlyList<RadarReading> radar) = report;
        Problem[] problems = [.. found.Where(p => !p.IsNote)],
            notes = [.. found.Where(p => p.IsNote)];
        if (json)
            Console.Out.WriteLine(
                JsonSerializer.Serialize(
                    new
                    {
                        samples = dataset.Samples.Count,
                        layout = dataset.Layout,
                        radar,
                        landmarks = report.Landmarks,
                        problems,
                        notes,
                    },
                    Json
                )
            );
        Console.Error.WriteLine(Found(dataset));
        foreach (RadarReading reading in radar)
            Console.Error.WriteLine(reading);
        if (report.Landmarks is { } landmarks)
            Console.Error.WriteLine(landmarks);
        ShowNotes(notes);
        Show(dataset, problems);
        foreach (string line in SuggestedCommand.LinesFor(found.Select(p => p.Suggestion).OfType<Suggestion>()))
            Console.Error.WriteLine(line);
        return problems.Length == 0 ? ExitCode.Done : ExitCode.UserError;
    }

    /// <returns>E.g. "data: manifest.csv; 24 samples of 3 signs by 2 signers".</returns>
    private static string Found(Dataset dataset)
    {
        int signs = dataset.Samples.Select(s => s.ClassId).OfType<int>().Distinct().Count(),
            signers = dataset.Samples.Select(s => s.Signer).OfType<string>().Distinct().Count();
        return $"{dataset.Root}: {dataset.Layout}; {Many(dataset.Samples.Count, "sample")}"
            + (signs > 0 ? $" of {Many(signs, "sign")}" : "")
            + (signers > 0 ? $" by {Many(signers, "signer")}" : "");

        static string Many(int count, string what) => $"{count} {what}{(count == 1 ? "" : "s")}";
    }

    /// <summary>One file of each kind stands for the others: often all of a data set are of one kind.</summary>
    private static void ShowNotes(Problem[] notes)
    {
        foreach (IGrouping<string, Problem> kind in notes.GroupBy(n => n.Kind))
            Console.Error.WriteLine(
                $"note: {kind.First().Message}"
                    + (kind.Count() > 1 ? $" And {kind.Count() - 1} more videos like it; --json lists them." : "")
            );
    }

    private static void Show(Dataset dataset, Problem[] problems)
    {
        if (problems.Length == 0)
        {
            Console.Error.WriteLine($"{dataset.Root}: {dataset.Samples.Count} samples, no problem found.");
            return;
        }
        IAnsiConsole console = Terminal.Error;
        // A log or a pipe has no width of its own; 80 columns would break every path.
        if (Console.IsErrorRedirected)
            console.Profile.Width = 240;
        var table = new Table().Border(TableBorder.Simple).AddColumns("sample", "kind", "problem");
        foreach (Problem p in problems)
        {
            string message =
                p.File.Length > 0 && !p.Message.Contains(Path.GetFileName(p.File), StringComparison.Ordinal)
                    ? $"{p.File}: {p.Message}"
                    : p.Message;
            table.AddRow(Terminal.Escape(p.Sample), p.Kind, Terminal.Escape(message));
        }
        console.Write(table);
        string kinds = string.Join(", ", problems.GroupBy(p => p.Kind).Select(g => $"{g.Count()} {g.Key}"));
        Console.Error.WriteLine(
            $"{dataset.Root}: {dataset.Samples.Count} samples, {problems.Length} problem(s): {kinds}."
        );
    }
}

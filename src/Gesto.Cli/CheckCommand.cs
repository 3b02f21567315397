using System.CommandLine;
using System.Text.Json;
using Gesto.Data;
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
        var dataset = new Argument<string>("DATASET") { Description = "Folder with manifest.csv, or with train/, val/, test/." };
        var root = DatasetOption.Root();
        var json = new Option<bool>("--json") { Description = "Write {samples, problems: [{sample, file, kind, message}]} to standard output." };
        var threads = new Option<int>("--threads") { Description = "Samples decoded at the same time.", DefaultValueFactory = _ => Environment.ProcessorCount };
        var few = new Option<int>("--min-samples") { Description = "Report classes with fewer train samples.", DefaultValueFactory = _ => new DoctorOptions().FewestTrainSamples };
        var command = new Command("check",
            "Open and decode every file of a data set and say what is wrong with it. Exit code 1 if anything is.\n\n" +
            "Example:  gesto check recordings --json > problems.json")
        {
            dataset, root, json, threads, few,
        };
        command.SetAction((parse, cancel) => Task.Run(() => Check(
            DatasetOption.Open(parse.GetRequiredValue(dataset), parse.GetValue(root)), parse.GetValue(json),
            new DoctorOptions { Threads = Math.Max(1, parse.GetValue(threads)), FewestTrainSamples = parse.GetValue(few) }, cancel)));
        return command;
    }

    /// <summary>Also called by `gesto demo`.</summary>
    /// <returns>0 where the data set is healthy, else 1.</returns>
    internal static int Check(Dataset dataset, bool json, DoctorOptions options, CancellationToken cancel)
    {
        IReadOnlyList<Problem> problems = ProgressBar.Run(progress => DatasetDoctor.Examine(dataset, options, progress, cancel));
        if (json) Console.Out.WriteLine(JsonSerializer.Serialize(new { samples = dataset.Samples.Count, problems }, Json));
        Show(dataset, problems);
        return problems.Count == 0 ? ExitCode.Done : ExitCode.UserError;
    }

    private static void Show(Dataset dataset, IReadOnlyList<Problem> problems)
    {
        if (problems.Count == 0)
        {
            Console.Error.WriteLine($"{dataset.Root}: {dataset.Samples.Count} samples, no problem found.");
            return;
        }
        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Error) });
        // A log or a pipe has no width of its own; 80 columns would break every path.
        if (Console.IsErrorRedirected) console.Profile.Width = 240;
        var table = new Table().Border(TableBorder.Simple).AddColumns("sample", "kind", "problem");
        foreach (Problem p in problems)
        {
            string message = p.File.Length > 0 && !p.Message.Contains(Path.GetFileName(p.File), StringComparison.Ordinal) ? $"{p.File}: {p.Message}" : p.Message;
            table.AddRow(Markup.Escape(p.Sample), p.Kind, Markup.Escape(message));
        }
        console.Write(table);
        string kinds = string.Join(", ", problems.GroupBy(p => p.Kind).Select(g => $"{g.Count()} {g.Key}"));
        Console.Error.WriteLine($"{dataset.Root}: {dataset.Samples.Count} samples, {problems.Count} problem(s): {kinds}.");
    }
}

using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Parsing;
using Gesto.Cli;

Terminal.Protect();

// Not a RootCommand: that would call itself by its assembly's name in the help.
var root = new Command(
    "gesto",
    "Gesto recognises isolated signs from synchronized RGB video and 60 GHz radar.\n\n"
        + "Start with:  gesto demo   (simulates a small data set and runs everything on it)"
)
{
    new HelpOption { Recursive = true },
    new VersionOption(),
    DemoCommand.Build(),
    SimulateCommand.Build(),
    CheckCommand.Build(),
    WeightsCommand.Build(),
    ExtractCommand.Build(),
    MergeCommand.Build(),
    TrainCommand.Build(),
    KfoldCommand.Build(),
    SweepCommand.Build(),
    EvaluateCommand.Build(),
    CompareCommand.Build(),
    EnsembleCommand.Build(),
    PredictCommand.Build(),
    ExplainCommand.Build(),
    SubmitCommand.Build(),
    ExportCommand.Build(),
    InfoCommand.Build(),
    SlurmCommand.Build(),
};

ParseResult parsed = root.Parse(args.Length == 0 ? ["--help"] : args);
if (parsed.Errors.Count > 0)
{
    foreach (var error in parsed.Errors)
        Console.Error.WriteLine($"gesto: {error.Message}");
    string verb = "";
    for (
        CommandResult? at = parsed.CommandResult;
        at is not null && at.Command != root;
        at = at.Parent as CommandResult
    )
        verb = $"{at.Command.Name} {verb}";
    Console.Error.WriteLine($"See 'gesto {verb}--help'.");
    return ExitCode.UserError;
}
return await ExitCode.OfAsync(cancel =>
    parsed.InvokeAsync(
        new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null },
        cancel
    )
);

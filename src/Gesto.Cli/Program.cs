using System.CommandLine;
using System.CommandLine.Parsing;
using Gesto.Cli;

Terminal.Protect();

Command root = GestoCommand.Build();
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

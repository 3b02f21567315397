using System.CommandLine;

namespace Gesto.Cli;

/// <summary>`--threads`, and other numbers of things at work at the same time.</summary>
internal static class ThreadsOption
{
    /// <summary>More than any machine has; libraries die of a million.</summary>
    private const int Most = 1024;

    /// <summary>All processors where it is not given.</summary>
    public static Option<int> Build(string what = "CPU threads.")
    {
        var option = new Option<int>("--threads")
        {
            Description = what,
            DefaultValueFactory = _ => Environment.ProcessorCount,
        };
        Require(option);
        return option;
    }

    /// <summary>Null where it is not given.</summary>
    public static Option<int?> BuildOptional(string what, string name = "--threads")
    {
        var option = new Option<int?>(name) { Description = what };
        Require(option);
        return option;
    }

    private static void Require(Option option) =>
        option.Validators.Add(result =>
        {
            // What is no number at all is told by the parser.
            if (result.Tokens is [{ Value: var text }] && int.TryParse(text, out int n) && n is < 1 or > Most)
                result.AddError($"{option.Name} {n}: give 1 to {Most}.");
        });
}

using System.Text;
using Spectre.Console;

namespace Gesto.Cli;

/// <summary>The program's standard output and standard error.</summary>
internal static class Terminal
{
    private static readonly TextWriter Raw = new OutputWriter(Console.Error, escapes: false, forgives: true);

    /// <summary>Standard error for bars and tables, which draw with control characters.</summary>
    public static IAnsiConsole Error { get; } =
        AnsiConsole.Create(new AnsiConsoleSettings { Out = new StandardError() });

    /// <summary>From here on Console.Out and Console.Error go through an <see cref="OutputWriter"/>; call it
    /// first.</summary>
    public static void Protect()
    {
        Console.SetError(new OutputWriter(Raw, escapes: true, forgives: true));
        Console.SetOut(new OutputWriter(Console.Out, escapes: true, forgives: false));
    }

    /// <returns>Text from a data set, as <see cref="Error"/>'s markup takes it.</returns>
    public static string Escape(string text) => Markup.Escape(OutputWriter.Printable(text));

    private sealed class StandardError : IAnsiConsoleOutput
    {
        private readonly AnsiConsoleOutput sizes = new(Raw);

        public TextWriter Writer => Raw;

        public bool IsTerminal => !Console.IsErrorRedirected;

        public int Width => sizes.Width;

        public int Height => sizes.Height;

        public void SetEncoding(Encoding encoding) => sizes.SetEncoding(encoding);
    }
}

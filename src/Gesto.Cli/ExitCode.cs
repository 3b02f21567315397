using System.Runtime.InteropServices;
using Gesto.Files;

namespace Gesto.Cli;

/// <summary>What a script may rely on: 0 done, 1 the user's input, 2 our bug, 130 cancelled.</summary>
internal static class ExitCode
{
    public const int Done = 0;
    public const int UserError = 1;
    public const int Bug = 2;
    public const int Cancelled = 130;

    /// <summary>Runs a verb; Ctrl-C, SIGTERM and, unless `nohup` has it ignored, the end of its terminal cancel it
    /// softly (a second Ctrl-C or SIGTERM ends it at once; a closing terminal sends its own more than once).</summary>
    public static async Task<int> OfAsync(Func<CancellationToken, Task<int>> verb)
    {
        using var source = new CancellationTokenSource();
        void Cancel(PosixSignalContext context)
        {
            if (source.IsCancellationRequested && context.Signal != PosixSignal.SIGHUP)
                return;
            context.Cancel = true;
            source.Cancel();
        }
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Cancel);
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Cancel);
        using var hangUp = PosixSignalRegistration.Create(PosixSignal.SIGHUP, Cancel);
        try
        {
            return await verb(source.Token);
        }
        catch (Exception exception)
        {
            return Explain(exception, Console.Error);
        }
    }

    internal static int Explain(Exception exception, TextWriter error)
    {
        while (exception is AggregateException { InnerException: { } inner })
            exception = inner;
        switch (exception)
        {
            case OperationCanceledException:
                error.WriteLine("gesto: cancelled; what was finished is kept, the same command goes on from there.");
                return Cancelled;
            case InvalidDataException or IOException or UnauthorizedAccessException:
                error.WriteLine($"gesto: {exception.Message}");
                foreach (string line in SuggestedCommand.LinesFor(Suggestion.Of(exception)))
                    error.WriteLine(line);
                return UserError;
            default:
                error.WriteLine($"gesto: this is a bug in Gesto, please report it with the lines below.\n{exception}");
                return Bug;
        }
    }
}

using System.Diagnostics;

namespace Gesto.Cli.Tests;

/// <summary>What a program said and how it ended.</summary>
internal sealed record ProgramResult(int Exit, string Output, string Error)
{
    /// <summary>Its standard output; it must have succeeded.</summary>
    public string Done()
    {
        Assert.True(Exit == 0, $"exit code {Exit}\n{Error}\n{Output}");
        return Output;
    }

    /// <summary>It must have ended with 1 and these words.</summary>
    public void Refused(string words)
    {
        Assert.True(Exit == 1, $"exit code {Exit}\n{Error}\n{Output}");
        Assert.StartsWith(
            "gesto: ",
            Error.Split('\n').First(line => line.StartsWith("gesto: ", StringComparison.Ordinal)),
            StringComparison.Ordinal
        );
        Assert.Contains(words, Error, StringComparison.Ordinal);
    }
}

/// <summary>The built program, started as a user starts it: another process, whose words and exit code are all that
/// counts.</summary>
internal static class GestoProgram
{
    /// <summary>What `dotnet` is to start.</summary>
    public static readonly string Path = System.IO.Path.Combine(AppContext.BaseDirectory, "Gesto.Cli.dll");

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(120);

    /// <param name="folder">Its current folder; its cache of weights is in it too, and empty.</param>
    /// <param name="arguments">Verb, arguments and options.</param>
    public static ProgramResult Run(string folder, params string[] arguments)
    {
        using Process process = Start(folder, arguments);
        return Await(process);
    }

    /// <summary>Starts it, waits until something holds, interrupts it as Ctrl-C does, and waits for its end.</summary>
    public static ProgramResult Interrupt(string folder, Func<bool> when, params string[] arguments)
    {
        if (OperatingSystem.IsWindows())
            Assert.Skip("There is no SIGINT here.");
        using Process process = Start(folder, arguments);
        Task<ProgramResult> ended = Task.Run(() => Await(process));
        var clock = Stopwatch.StartNew();
        while (!when())
        {
            if (ended.IsCompleted)
                Assert.Fail($"It ended by itself: exit code {ended.Result.Exit}\n{ended.Result.Error}");
            if (clock.Elapsed > Patience)
            {
                process.Kill();
                Assert.Fail($"It never came so far.\n{ended.Result.Error}");
            }
            Task.Delay(10).Wait();
        }
        Process.Start("kill", ["-INT", $"{process.Id}"])!.WaitForExit();
        if (!ended.Wait(Patience))
        {
            process.Kill();
            Assert.Fail($"It went on after the interruption.\n{ended.Result.Error}");
        }
        return ended.Result;
    }

    private static Process Start(string folder, string[] arguments)
    {
        string[] command = ["dotnet", Path, .. arguments];
        // The tests may be a background job of a shell, or run under nohup: what they start would inherit the ignored
        // signals.
        if (OperatingSystem.IsLinux())
            command = ["env", "--default-signal", .. command];
        var start = new ProcessStartInfo(command[0], command[1..])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = folder,
        };
        start.Environment["GESTO_CACHE"] = System.IO.Path.Combine(folder, "cache");
        return Process.Start(start)!;
    }

    private static ProgramResult Await(Process process)
    {
        Task<string> error = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return new(process.ExitCode, output, error.Result);
    }
}

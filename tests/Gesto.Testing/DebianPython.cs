using System.Diagnostics;

namespace Gesto.Testing;

/// <summary>Runs a few lines in the system's own Python, the independent reference; the test is skipped where it is not
/// there.</summary>
internal static class DebianPython
{
    private const string Program = "/usr/bin/python3";

    /// <returns>Standard output of <paramref name="script"/>.</returns>
    public static string Run(string module, string script, params string[] arguments)
    {
        if (!File.Exists(Program) || Start($"import {module}", []).ExitCode != 0)
            Assert.Skip($"The reference needs {Program} with {module} (apt install python3-{module}).");
        (int exitCode, string output, string error) = Start(script, arguments);
        Assert.True(exitCode == 0, error);
        return output;
    }

    private static (int ExitCode, string Output, string Error) Start(string script, string[] arguments)
    {
        var start = new ProcessStartInfo(Program) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (string argument in (string[])["-c", script, .. arguments])
            start.ArgumentList.Add(argument);
        using Process process = Process.Start(start)!;
        Task<string> error = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output, error.Result);
    }
}

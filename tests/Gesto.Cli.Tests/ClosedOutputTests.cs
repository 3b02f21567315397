using System.Diagnostics;
using Gesto.Recordings;
using Gesto.Training.Datasets;
using Gesto.Training.Features;
using Gesto.Training.Fitting;
using Gesto.Training.Recipes;

namespace Gesto.Cli.Tests;

/// <summary>The program itself, with outputs and signals as shells, terminals and clusters leave them.</summary>
public sealed class ClosedOutputTests : IDisposable
{
    private readonly Folder folder = new();

    public void Dispose() => folder.Dispose();

    private string Simulate(int classes) =>
        $"dotnet '{GestoProgram.Path}' simulate '{folder["data"]}' --layout 2026 --classes {classes} --signers 2 --takes 1 --threads 1";

    [Fact]
    public void With_standard_error_closed_work_is_done_and_errors_have_their_exit_code()
    {
        Assert.Equal((0, ""), Bash($"{Simulate(2)} 2>&-"));
        Assert.True(File.Exists(folder["data/manifest.csv"]));
        Assert.Equal((1, ""), Bash($"dotnet '{GestoProgram.Path}' check '{folder["no such folder"]}' 2>&-"));
        Assert.Equal((1, ""), Bash($"dotnet '{GestoProgram.Path}' check --no-such-option 2>&-"));
        Assert.Equal((1, ""), Bash($"dotnet '{GestoProgram.Path}' --help 2>/dev/null >&-")); // nobody gets what was asked for
    }

    [Fact]
    public void The_end_of_its_terminal_stops_it_softly_and_nohup_lets_it_go_on()
    {
        using (Process stopped = Start(Simulate(126)))
        {
            Hang(stopped, "-HUP");
            stopped.WaitForExit();
            Assert.Equal(130, stopped.ExitCode);
        }
        Assert.False(File.Exists(folder["data/manifest.csv"]));
        Directory.Delete(folder["data"], recursive: true);
        using Process goesOn = Start($"trap '' HUP; {Simulate(126)}");
        Hang(goesOn, "-HUP");
        int made = Made();
        Assert.True(SpinWait.SpinUntil(() => Made() > made + 6, TimeSpan.FromSeconds(60)));
        Hang(goesOn, "-TERM");
        goesOn.WaitForExit();
        Assert.Equal(130, goesOn.ExitCode);

        int Made() => Directory.GetFiles(folder["data"], "*.npy", SearchOption.AllDirectories).Length;
    }

    [Fact]
    public void A_submission_goes_to_standard_output_alone_and_whole()
    {
        FeatureSet features = PlantedFeatures.Write(folder["features"], rgb: false);
        TrainingRun.Start(
            new TrainingOptions
            {
                Features = features,
                Recipe = RecipeFile.Load(
                    "radar-only",
                    ["radar.epochs=1", "radar.hidden=8", "model.hidden=8", "training.epochs=1"]
                ),
                Out = folder["run"],
                Threads = 1,
            }
        );
        Sample asked = features.Samples.First(s => s.Split == Split.Test) with { ClassId = null, ClassName = null };
        ManifestFile.Write(
            folder["features/manifest.csv"],
            [.. features.Samples.Where(s => s.Split == Split.Train), asked]
        );
        foreach (string output in new[] { "-", "/dev/stdout" })
        {
            (int exit, string text) = Bash(
                $"dotnet '{GestoProgram.Path}' submit '{folder["run"]}' '{folder["features"]}' --out {output} 2>/dev/null"
            );
            Assert.Equal(0, exit);
            Assert.Matches($"^id,Pred\n{asked.Number},(3|8)\n$", text);
        }
    }

    /// <summary>Signals once work has begun.</summary>
    private void Hang(Process process, string signal)
    {
        Assert.True(SpinWait.SpinUntil(() => Directory.Exists(folder["data/train"]), TimeSpan.FromSeconds(60)));
        Process.Start("kill", [signal, $"{process.Id}"]).WaitForExit();
    }

    private static Process Start(string command) =>
        Shell(
            command.StartsWith("trap", StringComparison.Ordinal)
                ? command.Replace("; dotnet", "; exec dotnet", StringComparison.Ordinal)
                : $"exec {command}"
        );

    private static (int Exit, string Output) Bash(string command)
    {
        using Process process = Shell(command);
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output);
    }

    /// <summary>A shell with an input and with every signal's own effect, whatever the tests themselves were started
    /// with: nohup, no terminal, no input.</summary>
    private static Process Shell(string command)
    {
        if (!OperatingSystem.IsLinux())
            Assert.Skip("GNU env is not here.");
        var start = new ProcessStartInfo("env", ["--default-signal", "bash", "-c", command])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        return Process.Start(start)!;
    }
}

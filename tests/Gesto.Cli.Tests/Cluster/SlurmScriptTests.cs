using System.Diagnostics;
using Gesto.Cli.Cluster;

namespace Gesto.Cli.Tests.Cluster;

/// <summary>What the scripts do, run by bash alone, with a command and an `scontrol` of our own.</summary>
public sealed class SlurmScriptTests : IDisposable
{
    private readonly Folder folder = new();

    public void Dispose() => folder.Dispose();

    private SlurmScript Script(string command) =>
        new()
        {
            Name = "extract",
            Why = "A test.",
            WorkingFolder = folder.Path,
            LogFolder = folder["logs"],
            Resources = new SlurmResources
            {
                Cpus = 3,
                Running = 2,
                Account = "signs",
                More = ["--constraint=avx512"],
            },
            Tasks = 4,
            Command = command,
        };

    private (int Exit, string Output) Bash(SlurmScript script, string restarts = "0", Action<Process>? meanwhile = null)
    {
        if (!OperatingSystem.IsLinux())
            Assert.Skip("Slurm is not here.");
        folder.Write("scontrol", "#!/bin/sh\necho \"scontrol $*\"\n");
        Process.Start("chmod", ["+x", folder["scontrol"]])!.WaitForExit();
        var start = new ProcessStartInfo("env", ["--default-signal", "bash", folder.Write("script", script.ToString())])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = folder.Path,
        };
        start.Environment["PATH"] = folder.Path + ":" + start.Environment["PATH"];
        start.Environment["SLURM_ARRAY_TASK_ID"] = "2";
        start.Environment["SLURM_JOB_ID"] = "77";
        start.Environment["SLURM_RESTART_COUNT"] = restarts;
        using Process process = Process.Start(start)!;
        meanwhile?.Invoke(process);
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output);
    }

    [Fact]
    public void The_head_asks_for_what_was_asked()
    {
        string[] lines = Script("true").ToString().Split('\n');
        foreach (
            string line in new[]
            {
                "#!/usr/bin/env bash",
                "#SBATCH --array=1-4%2",
                "#SBATCH --cpus-per-task=3",
                "#SBATCH --mem=8G",
                "#SBATCH --time=04:00:00",
                "#SBATCH --account=signs",
                "#SBATCH --constraint=avx512",
                $"#SBATCH --chdir=\"{folder.Path}\"",
                $"#SBATCH --output=\"{folder["logs"]}/extract-%a.log\"",
                "#SBATCH --requeue",
            }
        )
            Assert.Contains(line, lines);
        Assert.DoesNotContain("--partition", string.Concat(lines), StringComparison.Ordinal);
        Assert.Equal("#!/usr/bin/env bash", lines[0]);
    }

    /// <summary>A program that does this.</summary>
    private static string Does(string what) => $"bash -c '{what}'";

    [Fact]
    public void The_command_has_the_task_and_its_cores_and_its_exit_code_is_the_script_s()
    {
        Assert.Equal((0, "task 2 with 3\n"), Bash(Script("echo \"task $task with $cpus\"")));
        Assert.Equal((1, "tried\n"), Bash(Script(Does("echo tried; exit 1")))); // once
    }

    /// <summary>The script is run as task 2 of 4.</summary>
    [Theory]
    [InlineData(4, "2\n")]
    [InlineData(5, "2\n")]
    [InlineData(6, "2\n6\n")]
    [InlineData(14, "2\n6\n10\n14\n")]
    public void A_task_does_every_fourth_part_where_there_are_more_parts_than_tasks(int parts, string done) =>
        Assert.Equal((0, done), Bash(Script("echo $task") with { Parts = parts }));

    [Fact]
    public void A_part_that_fails_is_told_at_the_end_and_the_others_are_done()
    {
        SlurmScript script = Script("bash -c 'echo $0; [ $0 != 6 ]' $task") with { Parts = 10 };
        Assert.Equal((1, "2\n6\n10\n"), Bash(script));
        Assert.Contains("#SBATCH --array=1-4%2", script.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_killed_program_is_started_again_three_times_at_most()
    {
        Assert.Equal(
            (0, "tried\ntried\n"),
            Bash(Script(Does("echo tried; [ -e killed ] || { touch killed; kill -9 $$; }")))
        );
        Assert.Equal((137, "tried\ntried\ntried\n"), Bash(Script(Does("echo tried; kill -9 $$"))));
        // scancel: Gesto's own word for cancelled
        Assert.Equal((130, "tried\n"), Bash(Script(Does("echo tried; exit 130"))));
    }

    [Theory]
    [InlineData("0", "running\nstopped softly\nscontrol requeue 77\n")]
    [InlineData("20", "running\nended by itself\n")] // it never got on: let the time end it
    public void Before_its_time_is_over_it_stops_softly_and_asks_to_be_queued_again(string restarts, string output) =>
        Assert.Equal(
            (0, output),
            Bash(
                Script(
                    Does(
                        "trap \"echo stopped softly; exit 130\" TERM; touch begun; echo running; for i in $(seq 10); do sleep 0.1; done; echo ended by itself"
                    )
                ),
                restarts,
                process =>
                {
                    while (!File.Exists(folder["begun"]))
                        Task.Delay(10).Wait();
                    Process.Start("kill", ["-USR1", $"{process.Id}"])!.WaitForExit();
                }
            )
        );

    [Theory]
    [InlineData("features/a-b_c.1", "features/a-b_c.1")]
    [InlineData("it's", @"'it'\''s'")]
    [InlineData("", "''")]
    [InlineData("[\"rgb\"]", "'[\"rgb\"]'")]
    public void A_word_comes_out_of_bash_as_it_went_in(string word, string quoted)
    {
        Assert.Equal(quoted, SlurmScript.Quote(word));
        Assert.Equal((0, $"<{word}>\n"), Bash(Script($"printf '<%s>\\n' {SlurmScript.Quote([word])}")));
    }
}

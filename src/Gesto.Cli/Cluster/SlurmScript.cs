using System.Globalization;
using System.Text;

namespace Gesto.Cli.Cluster;

/// <summary>A script that `sbatch` takes: plain bash, for people to read, change and send again.</summary>
/// <remarks>
/// Whatever ends a task, what it has finished stays, and it goes on from there:
/// <list type="bullet">
/// <item>its process is killed (kill −9, the kernel short of memory): the script starts it again, three times at
/// most;</item>
/// <item>its node fails, a more important job takes its place, or an operator requeues it: Slurm queues it again
/// (`--requeue`);</item>
/// <item>its time is nearly over: it stops the program softly and asks Slurm to queue it again, <see
/// cref="MostRestarts"/> times at most.</item>
/// </list> Any other failure would only repeat itself: the task fails, the job after it is not run, and sending the
/// script again repeats what is missing. `scancel` ends a task for good.
/// </remarks>
public sealed record SlurmScript
{
    /// <summary>A task that never gets on must not come back for ever.</summary>
    public const int MostRestarts = 20;

    /// <summary>Of the job and of its log.</summary>
    public required string Name { get; init; }

    /// <summary>What it does, a line for people.</summary>
    public required string Why { get; init; }

    /// <summary>Where the command's relative paths begin; the nodes must see it.</summary>
    public required string WorkingFolder { get; init; }

    /// <summary>Where logs go; it must be there when the job starts.</summary>
    public required string LogFolder { get; init; }

    public required SlurmResources Resources { get; init; }

    /// <summary>Tasks of an array job, numbered from 1; null: one job.</summary>
    public int? Tasks { get; init; }

    /// <summary>Parts of the work, numbered from 1; null: as many as tasks. A task does its own number's and every <see
    /// cref="Tasks"/>th after it, one after another.</summary>
    public int? Parts { get; init; }

    /// <summary>A simple bash command: one program. `$task` is the part's number, `$cpus` the task's cores.</summary>
    public required string Command { get; init; }

    public override string ToString()
    {
        var text = new StringBuilder();
        Line($"#!/usr/bin/env bash");
        Line($"# {Why}");
        Line($"# Written by 'gesto slurm'; change it as you like and send it with sbatch.");
        Line($"#SBATCH --job-name=gesto-{Name}");
        if (Tasks is { } tasks)
            Line($"#SBATCH --array=1-{tasks}{(Resources.Running is { } running ? Text($"%{running}") : "")}");
        Line($"#SBATCH --cpus-per-task={Resources.Cpus}");
        Line($"#SBATCH --mem={Resources.Memory}");
        Line($"#SBATCH --time={Resources.Time}");
        if (Resources.Partition is { } partition)
            Line($"#SBATCH --partition={partition}");
        if (Resources.Account is { } account)
            Line($"#SBATCH --account={account}");
        foreach (string more in Resources.More)
            Line($"#SBATCH {more}");
        Line($"#SBATCH --chdir=\"{WorkingFolder}\"");
        Line($"#SBATCH --output=\"{Path.Combine(LogFolder, Name)}{(Tasks is null ? "" : "-%a")}.log\"");
        Line($"#SBATCH --open-mode=append");
        Line($"#SBATCH --requeue");
        Line($"#SBATCH --signal=B:USR1@120");
        Line($"set -euo pipefail");
        if (Tasks is not null && !IsShared)
            Line($"task=$SLURM_ARRAY_TASK_ID");
        Line($"cpus=${{SLURM_CPUS_PER_TASK:-{Resources.Cpus}}}");
        Line(
            $$"""

            work() { # exec: signals must reach the program itself
              exec {{Command}}
            }

            # Two minutes before its time is over the task stops softly and goes back into the queue.
            again() {
              program=${!:-} # known as soon as it is started
              kill -TERM "$program" && wait "$program" || true
              scontrol requeue "$SLURM_JOB_ID"
              exit
            }
            if [ "${SLURM_RESTART_COUNT:-0}" -lt {{MostRestarts}} ]; then trap again USR1; else trap '' USR1; fi
            # A killed program is started again and goes on where it was; any other failure would only repeat itself.
            try() {
              for attempt in 1 2 3; do
                status=0
                work &
                wait "$!" || status=$?
                [ "$status" -gt 130 ] || return "$status"
                echo "attempt $attempt was ended by signal $((status - 128))" >&2
              done
              return "$status"
            }
            """
        );
        if (IsShared)
            Line(
                $$"""
                # More parts than the cluster takes tasks. One that fails does not keep the others from being done; what is done takes no time again.
                failed=0
                for ((task = SLURM_ARRAY_TASK_ID; task <= {{Parts}}; task += {{Tasks}})); do
                  try || failed=$?
                done
                exit "$failed"
                """
            );
        else
            Line($"try");
        return text.ToString();

        void Line(FormattableString line) => text.Append(Text(line)).Append('\n');
    }

    private bool IsShared => Parts > Tasks;

    /// <returns>A word that bash takes as it is.</returns>
    public static string Quote(string word) =>
        word.Length > 0
        && word.All(c => char.IsAsciiLetterOrDigit(c) || "/._-=+:,%@".Contains(c, StringComparison.Ordinal))
            ? word
            : "'" + word.Replace("'", @"'\''", StringComparison.Ordinal) + "'";

    public static string Quote(IEnumerable<string> words) => string.Join(' ', words.Select(Quote));

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}

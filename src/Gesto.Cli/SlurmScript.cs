using System.Globalization;
using System.Text;

namespace Gesto.Cli;

/// <summary>What a job asks Slurm for.</summary>
/// <param name="Cpus">Cores a task, also the threads that Gesto uses.</param>
/// <param name="Memory">Memory a task, in Slurm's words, e.g. "4G".</param>
/// <param name="Time">Time limit of a task, e.g. "04:00:00".</param>
/// <param name="Partition">Null leaves it to the cluster.</param>
/// <param name="Account">Null leaves it to the cluster.</param>
/// <param name="Running">Tasks running at the same time; null: as many as fit.</param>
internal sealed record SlurmResources(int Cpus, string Memory, string Time, string? Partition, string? Account, int? Running);

/// <summary>Writes the scripts that `sbatch` takes: plain bash that a user can read, change and send again.</summary>
internal static class SlurmScript
{
    /// <summary>An array job, a task for each case.</summary>
    /// <param name="name">Of the job.</param>
    /// <param name="why">A line for people: what the tasks do.</param>
    /// <param name="logs">Folder of the logs; it must be there when the job starts.</param>
    /// <param name="resources">A task's.</param>
    /// <param name="tasks">How many tasks.</param>
    /// <param name="gesto">The words that start Gesto.</param>
    /// <param name="body">Bash, with $task as the task's number from 1 and $cpus; starts Gesto by `gesto`.</param>
    public static string Array(string name, string why, string logs, SlurmResources resources, int tasks, string[] gesto, string body)
    {
        string running = resources.Running is { } n ? string.Create(CultureInfo.InvariantCulture, $"%{n}") : "";
        return Head(name, why, Path.Combine(logs, name + "-%a.log"), resources, string.Create(CultureInfo.InvariantCulture, $"#SBATCH --array=1-{tasks}{running}\n"))
            + "task=$SLURM_ARRAY_TASK_ID\n" + Start(resources, gesto) + body;
    }

    /// <summary>A job of one task that follows the array.</summary>
    public static string Single(string name, string why, string logs, SlurmResources resources, string[] gesto, string body) =>
        Head(name, why, Path.Combine(logs, name + ".log"), resources, "") + Start(resources, gesto) + body;

    /// <summary>Repeats a command that a signal ended (kill −9, out of memory): every verb goes on where it was.</summary>
    public static string Patiently(string command) => $$"""
        # A killed process is started again and goes on where it was; after any other failure it would only fail again.
        for attempt in 1 2 3; do
          status=0
          {{command}} || status=$?
          [ "$status" -gt 130 ] || exit "$status"
          echo "attempt $attempt ended with $status" >&2
        done
        exit "$status"

        """;

    /// <returns>A word that bash takes as it is.</returns>
    public static string Quote(string word) =>
        word.Length > 0 && word.All(c => char.IsAsciiLetterOrDigit(c) || "/._-=+:,%@".Contains(c)) ? word : "'" + word.Replace("'", "'\\''", StringComparison.Ordinal) + "'";

    public static string Quote(IEnumerable<string> words) => string.Join(' ', words.Select(Quote));

    private static string Head(string name, string why, string log, SlurmResources resources, string array)
    {
        var text = new StringBuilder("#!/usr/bin/env bash\n")
            .Append(CultureInfo.InvariantCulture, $"# {why}\n# Written by 'gesto slurm'; change it as you like.\n")
            .Append(CultureInfo.InvariantCulture, $"#SBATCH --job-name={name}\n")
            .Append(array)
            .Append(CultureInfo.InvariantCulture, $"#SBATCH --cpus-per-task={resources.Cpus}\n#SBATCH --mem={resources.Memory}\n#SBATCH --time={resources.Time}\n");
        if (resources.Partition is { } partition) text.Append(CultureInfo.InvariantCulture, $"#SBATCH --partition={partition}\n");
        if (resources.Account is { } account) text.Append(CultureInfo.InvariantCulture, $"#SBATCH --account={account}\n");
        return text
            .Append(CultureInfo.InvariantCulture, $"#SBATCH --output=\"{log}\"\n")
            // A task that is preempted, or whose node fails, comes back and appends to its log.
            .Append("#SBATCH --requeue\n#SBATCH --open-mode=append\nset -euo pipefail\n")
            .ToString();
    }

    private static string Start(SlurmResources resources, string[] gesto) => string.Create(CultureInfo.InvariantCulture, $$"""
        cpus=${SLURM_CPUS_PER_TASK:-{{resources.Cpus}}}
        export OMP_NUM_THREADS=$cpus
        gesto() { {{Quote(gesto)}} "$@"; }

        """);
}

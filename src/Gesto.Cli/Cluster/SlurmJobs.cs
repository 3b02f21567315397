using System.ComponentModel;
using System.Diagnostics;
using Gesto.Training;

namespace Gesto.Cli.Cluster;

/// <summary>An array job and the job that puts its results together once every task has succeeded.</summary>
/// <param name="Array">A task for each part.</param>
/// <param name="Last">What follows.</param>
public sealed record SlurmJobs(SlurmScript Array, SlurmScript Last)
{
    public string ArrayPath => PathOf(Array);

    public string LastPath => PathOf(Last);

    /// <summary>The commands that send both, for people.</summary>
    public string Words =>
        $"job=$(sbatch --parsable {SlurmScript.Quote(ArrayPath)})\nsbatch {After("$job")} {SlurmScript.Quote(LastPath)}";

    /// <summary>Writes `NAME.sbatch` of both beside their logs.</summary>
    public void Write()
    {
        OutputFile.WriteText(ArrayPath, Array.ToString());
        OutputFile.WriteText(LastPath, Last.ToString());
    }

    /// <summary>Sends both.</summary>
    /// <returns>Their numbers.</returns>
    /// <exception cref="IOException">Slurm refuses a job, or is not installed here.</exception>
    public (string Array, string Last) Submit()
    {
        string array = Sbatch(ArrayPath);
        return (array, Sbatch([.. After(array).Split(' '), LastPath]));
    }

    // Without the second option it would wait for ever where a task has failed.
    private static string After(string job) => $"--dependency=afterok:{job} --kill-on-invalid-dep=yes";

    private static string PathOf(SlurmScript script) => Path.Combine(script.LogFolder, script.Name + ".sbatch");

    private static string Sbatch(params string[] arguments)
    {
        try
        {
            using Process process = Process.Start(
                new ProcessStartInfo("sbatch", ["--parsable", .. arguments])
                {
                    RedirectStandardOutput = true,
                    RedirectStandardError = true,
                }
            )!;
            Task<string> errors = process.StandardError.ReadToEndAsync();
            string id = process.StandardOutput.ReadToEnd().Trim().Split(';')[0]; // NUMBER or NUMBER;CLUSTER
            process.WaitForExit();
            return process.ExitCode == 0
                ? id
                : throw new IOException($"sbatch does not take {arguments[^1]}: {errors.Result.Trim()}");
        }
        catch (Win32Exception e)
        {
            throw new IOException(
                "The program 'sbatch' is not here. Leave --submit out, and send the scripts from a machine of the cluster.",
                e
            );
        }
    }
}

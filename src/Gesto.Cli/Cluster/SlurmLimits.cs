using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;

namespace Gesto.Cli.Cluster;

/// <summary>What a cluster takes, as `scontrol show config` says.</summary>
/// <param name="MostTasks">Tasks of an array job, numbered from 1: one less than Slurm's MaxArraySize, which bounds the
/// numbers.</param>
/// <param name="Known">False where Slurm could not be asked: it is Slurm's default then.</param>
public sealed partial record SlurmLimits(int MostTasks, bool Known)
{
    /// <summary>Source: slurm.conf(5).</summary>
    private const int DefaultMaxArraySize = 1001;

    /// <summary>Asks the Slurm of this machine.</summary>
    /// <exception cref="IOException">The cluster takes no array jobs.</exception>
    public static SlurmLimits Ask() => Parse(Config());

    /// <param name="config">What `scontrol show config` prints; null where it cannot be asked.</param>
    /// <exception cref="IOException">The cluster takes no array jobs.</exception>
    internal static SlurmLimits Parse(string? config)
    {
        Match found = MaxArraySize().Match(config ?? "");
        if (
            !found.Success
            || !int.TryParse(found.Groups[1].Value, NumberStyles.None, CultureInfo.InvariantCulture, out int size)
        )
            return new(DefaultMaxArraySize - 1, Known: false);
        return size >= 2
            ? new(size - 1, Known: true)
            : throw new IOException(
                $"This cluster takes no array jobs (MaxArraySize is {size}). Ask its administrators, or start the parts one by one: 'gesto extract … --shard 1/N'."
            );
    }

    private static string? Config()
    {
        try
        {
            using Process process = Process.Start(
                new ProcessStartInfo("scontrol", ["show", "config"])
                {
                    RedirectStandardOutput = true,
                    RedirectStandardError = true,
                }
            )!;
            Task<string> errors = process.StandardError.ReadToEndAsync();
            string config = process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            _ = errors.Result;
            return process.ExitCode == 0 ? config : null;
        }
        catch (Win32Exception)
        {
            return null; // scripts may be written elsewhere
        }
    }

    [GeneratedRegex(@"^\s*MaxArraySize\s*=\s*(\d+)", RegexOptions.Multiline)]
    private static partial Regex MaxArraySize();
}

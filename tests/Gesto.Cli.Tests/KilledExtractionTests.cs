using System.Diagnostics;
using Gesto.Files;
using Gesto.Training.Features;

namespace Gesto.Cli.Tests;

public sealed class KilledExtractionTests : IDisposable
{
    private readonly Folder folder = new();

    public void Dispose() => folder.Dispose();

    /// <summary>The real program, killed with SIGKILL at ten moments spread over its run.</summary>
    [Fact]
    public void Killed_ten_times_it_ends_in_the_bytes_of_an_uninterrupted_run()
    {
        // .npy radar alone: no decoder between the kills and the store, so most of them hit it.
        string root = folder["maps"];
        var random = new Random(11);
        for (int i = 0; i < 60; i++)
        {
            float[] values = [.. Enumerable.Range(0, 35 * 3 * 16 * 16).Select(_ => random.NextSingle())];
            NpyFile.Save($"{root}/train/{i % 3}_C/SAMPLE_{i}/SAMPLE_{i}_RDM.npy", NpyArray.From(values, 35, 3, 16, 16));
        }
        using (Process whole = StartExtract(root, folder["whole"]))
            whole.WaitForExit();
        int killed = 0;
        for (int i = 0; i < 10; i++)
        {
            using Process process = StartExtract(root, folder["killed"]);
            // each gets further than the one before
            SpinWait.SpinUntil(() => process.HasExited || Files() > 5 * i, TimeSpan.FromMinutes(1));
            if (process.WaitForExit(TimeSpan.FromMilliseconds(random.Next(30))))
                continue;
            process.Kill(entireProcessTree: true);
            process.WaitForExit();
            killed++;
        }
        Assert.True(killed >= 2, $"killed {killed} times");
        using (Process last = StartExtract(root, folder["killed"]))
        {
            last.WaitForExit();
            Assert.Equal(0, last.ExitCode);
        }
        Assert.Equal(60, FeatureSet.Open(folder["killed"]).Samples.Count);
        Assert.Equal(Folder.Bytes(folder["whole"]), Folder.Bytes(folder["killed"]));

        int Files() =>
            Directory.Exists(folder["killed"])
                ? Directory.GetFiles(folder["killed"], "*", SearchOption.AllDirectories).Length
                : 0;
    }

    private static Process StartExtract(string root, string features)
    {
        return Process.Start(
            new ProcessStartInfo("dotnet", [GestoProgram.Path, "extract", root, features, "--threads", "1"])
            {
                RedirectStandardError = true,
            }
        )!;
    }
}

using System.Diagnostics;

namespace Gesto.Cli.Tests;

public sealed class TelemetryTests : IDisposable
{
    private readonly Folder folder = new();

    public void Dispose() => folder.Dispose();

    /// <summary>ONNX Runtime keeps what it means to send in a database under the home folder.</summary>
    [Fact]
    public void Nothing_is_told_to_the_makers_of_ONNX_Runtime()
    {
        if (!OperatingSystem.IsLinux())
            Assert.Skip("Where its database lies is known on Linux only.");
        SmallDataset.WriteSample(folder["data"], "train/2_DOLORE/SAMPLE_1", 1);
        File.Delete(Path.Combine(folder["data"], SmallDataset.Rgb("train/2_DOLORE/SAMPLE_1")));
        var start = new ProcessStartInfo(
            "dotnet",
            [GestoProgram.Path, "extract", folder["data"], folder["features"], "--radar", "source"]
        )
        {
            RedirectStandardError = true,
        };
        foreach (string name in new[] { "CI", "ORT_DISABLE_TELEMETRY", "ORT_RUNNING_UNIT_TESTS", "XDG_CACHE_HOME" })
            start.Environment.Remove(name);
        start.Environment["HOME"] = folder["home"];
        Directory.CreateDirectory(folder["home"]);
        using Process process = Process.Start(start)!;
        string said = process.StandardError.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, said);
        Assert.DoesNotContain(Directory.EnumerateFiles(folder["home"], "*", SearchOption.AllDirectories), f =>
            f.Contains("onnxruntime", StringComparison.Ordinal)
        );
    }
}

using System.Diagnostics;

namespace Gesto.Cli.Tests;

/// <summary>`build/setup.sh`, which ./gesto and ./test.sh begin with.</summary>
public sealed class SetupScriptTests : IDisposable
{
    private readonly Folder folder = new();

    public void Dispose() => folder.Dispose();

    /// <summary>A folder below /proc can be made by nobody.</summary>
    [Theory]
    [InlineData("HOME=/proc/nobody")]
    [InlineData("-u HOME")]
    public void Where_the_home_folder_cannot_be_written_dotnet_keeps_its_files_with_the_build(string home)
    {
        (int exit, string output, string error) = Run(home, "need_dotnet; echo \"$DOTNET_CLI_HOME $NUGET_PACKAGES\"");
        Assert.Equal((0, ""), (exit, error));
        Assert.Equal($"{folder.Path}/artifacts/home {folder.Path}/artifacts/home/packages\n", output);
    }

    [Fact]
    public void A_home_folder_that_can_be_written_stays_in_use() =>
        Assert.Equal((0, "none\n", ""), Run($"HOME={folder["home"]}", "need_dotnet; echo \"${NUGET_PACKAGES:-none}\""));

    [Fact]
    public void Where_nothing_can_be_written_it_says_so()
    {
        folder.Write("artifacts", "a file in the way");
        (int exit, _, string error) = Run("HOME=/proc/nobody", "need_dotnet");
        Assert.Equal(1, exit);
        Assert.Contains("HOME (/proc/nobody) cannot be written", error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_closed_standard_error_is_not_given_to_the_next_file() =>
        Assert.Equal((0, "/dev/null\n", ""), Run($"HOME={folder["home"]}", "readlink /proc/self/fd/2", close: "2>&-"));

    /// <summary>In a copy, since it writes beside itself.</summary>
    private (int Exit, string Output, string Error) Run(string environment, string commands, string close = "")
    {
        if (!OperatingSystem.IsLinux())
            Assert.Skip("/proc is Linux's.");
        string root = Repository.Root;
        folder.Write("build/setup.sh", File.ReadAllText(Path.Combine(root, "build", "setup.sh")));
        File.Copy(Path.Combine(root, "global.json"), folder["global.json"], overwrite: true);
        using Process process = Process.Start(
            new ProcessStartInfo(
                "bash",
                [
                    "-c",
                    $"env -u NUGET_PACKAGES -u DOTNET_CLI_HOME -u XDG_CACHE_HOME {environment} bash -c 'set -euo pipefail; source \"$0\"; {commands}' '{folder["build/setup.sh"]}' {close}",
                ]
            )
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            }
        )!;
        Task<string> error = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output, error.Result);
    }
}

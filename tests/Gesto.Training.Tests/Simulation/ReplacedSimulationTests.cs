using Gesto.Training.Simulation;

namespace Gesto.Training.Tests.Simulation;

/// <summary>What `simulate --force` may remove. Range-time maps need no ffmpeg.</summary>
public sealed class ReplacedSimulationTests : IDisposable
{
    private static readonly SimulationOptions Small = SimulationOptions.Challenge2026 with
    {
        Classes = 3,
        Signers = 3,
        Takes = 1,
        Seed = 11,
        RangeBins = 16,
        DopplerBins = 16,
        Threads = 1,
    };

    private readonly Folder folder = new();

    public void Dispose() => folder.Dispose();

    private string Root => folder["data"];

    private static int Write(string root, SimulationOptions options) =>
        DatasetWriter.Write(root, options, null, default);

    private static Dictionary<string, byte[]> Files(string root) =>
        Directory
            .EnumerateFiles(root, "*", SearchOption.AllDirectories)
            .ToDictionary(f => Path.GetRelativePath(root, f), File.ReadAllBytes);

    [Fact]
    public void The_same_options_go_on_with_what_is_there_and_force_changes_nothing_of_that()
    {
        Assert.Equal(9, Write(Root, Small));
        Dictionary<string, byte[]> before = Files(Root);
        string kept = Directory.GetFiles(Root, "*.npy", SearchOption.AllDirectories)[0];
        File.SetLastWriteTimeUtc(kept, DateTime.UnixEpoch);
        Assert.Equal(0, Write(Root, Small with { Replace = true }));
        Assert.Equal(DateTime.UnixEpoch, File.GetLastWriteTimeUtc(kept));
        Assert.Equal(before, Files(Root));
        File.Delete(kept);
        Assert.Equal(1, Write(Root, Small)); // a sample that lacks a file is not done
        Assert.Equal(before, Files(Root));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)] // stopped before its manifest
    public void Other_options_replace_the_simulation_s_own_files_and_leave_others(bool finished)
    {
        Write(Root, Small);
        if (!finished)
            File.Delete(Path.Combine(Root, "manifest.csv"));
        var mine = new Dictionary<string, byte[]>();
        foreach (
            string place in Directory.EnumerateDirectories(Root, "*", SearchOption.AllDirectories).Append(Root).ToList()
        )
        {
            string file = Path.Combine(place, "notes.txt");
            File.WriteAllText(file, $"mine, in {place}");
            mine.Add(Path.GetRelativePath(Root, file), File.ReadAllBytes(file));
        }
        string link = Path.Combine(Root, "old"),
            outside = folder.Write("outside/SAMPLE_1_RTM1.npy", "mine");
        File.CreateSymbolicLink(link, Path.GetDirectoryName(outside)!);
        SimulationOptions other = Small with { Seed = ulong.MaxValue, Replace = true };
        Assert.Equal(9, Write(Root, other));
        File.Delete(link);
        Write(folder["fresh"], other);
        Assert.Equal(
            Files(folder["fresh"]).Concat(mine).OrderBy(f => f.Key, StringComparer.Ordinal),
            Files(Root).OrderBy(f => f.Key, StringComparer.Ordinal)
        );
        Assert.True(File.Exists(outside));
        Assert.Equal(9, Write(Root, Small with { Replace = true })); // the seed is read back to its last digit
    }

    [Theory]
    [InlineData("{}", "classes")]
    [InlineData("{\"classes\": \"many\"}", "a whole number")]
    [InlineData("null", "not the options of a simulation")]
    public void Options_that_do_not_say_what_was_written_remove_nothing(string json, string what)
    {
        Write(Root, Small);
        File.WriteAllText(Path.Combine(Root, "simulation.json"), json);
        Dictionary<string, byte[]> before = Files(Root);
        Assert.Contains(
            what,
            Assert.Throws<InvalidDataException>(() => Write(Root, Small with { Replace = true })).Message,
            StringComparison.Ordinal
        );
        Assert.Equal(before, Files(Root));
    }

    [Fact]
    public void A_second_simulation_in_one_folder_is_refused()
    {
        string? refused = null;
        var progress = new Interrupter(_ => refused ??= Assert.Throws<IOException>(() => Write(Root, Small)).Message);
        DatasetWriter.Write(Root, Small, progress, default);
        Assert.StartsWith($"{Root}: another simulation is writing here", refused, StringComparison.Ordinal);
        Assert.DoesNotContain(".simulate.lock", Files(Root).Keys);
    }
}

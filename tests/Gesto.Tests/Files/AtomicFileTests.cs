using System.Diagnostics;
using Gesto.Files;

namespace Gesto.Tests.Files;

public sealed class AtomicFileTests : IDisposable
{
    private readonly Folder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void A_link_stays_a_link_and_what_it_leads_to_is_replaced()
    {
        string target = folder.Write("elsewhere/scores.csv", "old");
        File.CreateSymbolicLink(folder["middle"], target);
        File.CreateSymbolicLink(folder["out.csv"], folder["middle"]);
        AtomicFile.WriteText(folder["out.csv"], "new");
        Assert.Equal("new", File.ReadAllText(target));
        Assert.Equal(folder["middle"], new FileInfo(folder["out.csv"]).LinkTarget);
        Assert.Equal([target], Directory.GetFileSystemEntries(folder["elsewhere"]));
    }

    [Fact]
    public void A_link_to_nothing_yet_gets_its_file()
    {
        File.CreateSymbolicLink(folder["out.csv"], "later.csv"); // relative to the link
        AtomicFile.WriteText(folder["out.csv"], "new");
        Assert.Equal("new", File.ReadAllText(folder["later.csv"]));
        Assert.Equal("later.csv", new FileInfo(folder["out.csv"]).LinkTarget);
    }

    [Fact]
    public void Links_in_a_circle_are_an_error_of_the_user_s()
    {
        File.CreateSymbolicLink(folder["a"], folder["b"]);
        File.CreateSymbolicLink(folder["b"], folder["a"]);
        Assert.ThrowsAny<IOException>(() => AtomicFile.WriteText(folder["a"], "x"));
        Assert.Equal(2, Directory.GetFileSystemEntries(folder.Path).Length);
    }

    [Theory]
    [InlineData("pipe")]
    [InlineData("device")]
    [InlineData("folder")]
    public void What_is_no_file_is_refused_and_stays(string kind)
    {
        if (!OperatingSystem.IsLinux())
            Assert.Skip("Devices and pipes are told apart on Linux.");
        string path = kind == "device" ? "/dev/null" : folder["out"];
        if (kind == "pipe")
            Process.Start("mkfifo", [path]).WaitForExit();
        if (kind == "folder")
            Directory.CreateDirectory(path);
        string link = folder["link"];
        File.CreateSymbolicLink(link, path);
        foreach (string given in new[] { path, link })
        {
            var error = Assert.Throws<IOException>(() => AtomicFile.WriteText(given, "x"));
            Assert.StartsWith($"{given}: this is a {kind}", error.Message, StringComparison.Ordinal);
        }
        Assert.Equal(kind, FileKind.Of(path));
    }

    [Fact]
    public void Two_writers_of_one_name_have_two_temporary_names_and_a_failed_one_leaves_nothing()
    {
        var seen = new List<string>();
        string path = folder.Write("a.txt", "before");
        AtomicFile.Write(path, outer =>
        {
            seen.AddRange(Temporary());
            AtomicFile.Write(path, _ => seen.AddRange(Temporary()));
        });
        Assert.Equal(2, seen.Distinct().Count());
        Assert.DoesNotContain(seen, name => name.Contains($"{Environment.ProcessId}", StringComparison.Ordinal));
        Assert.Throws<InvalidOperationException>(() =>
            AtomicFile.Write(path, _ => throw new InvalidOperationException())
        );
        Assert.Equal([path], Directory.GetFileSystemEntries(folder.Path));

        string[] Temporary() => Directory.GetFiles(folder.Path, "*" + AtomicFile.TemporaryEnding);
    }

    [Fact]
    public void Leftovers_are_known_by_their_age_alone()
    {
        string oldFile = folder.Write(".a.tmp", ""),
            newFile = folder.Write(".b.tmp", ""),
            other = folder.Write("c", "");
        string atWork = Path.GetDirectoryName(folder.Write(".d.tmp/half", ""))!,
            left = Path.GetDirectoryName(folder.Write(".e.tmp/half", ""))!;
        DateTime before = DateTime.UtcNow - TemporaryName.StaleAfter - TimeSpan.FromMinutes(1);
        foreach (string file in new[] { oldFile, other, Path.Combine(left, "half") })
            File.SetLastWriteTimeUtc(file, before);
        foreach (string made in new[] { atWork, left })
            Directory.SetLastWriteTimeUtc(made, before);
        TemporaryName.DeleteStale(folder.Path, TimeProvider.System);
        Assert.Equal(
            [newFile, atWork, other],
            Directory.GetFileSystemEntries(folder.Path).Order(StringComparer.Ordinal)
        );
        TemporaryName.DeleteStale(folder["no such folder"], TimeProvider.System);
    }
}

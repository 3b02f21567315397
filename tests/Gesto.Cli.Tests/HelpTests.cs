using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;

namespace Gesto.Cli.Tests;

/// <summary>The help of every verb, as it is committed in tests/Gesto.Cli.Tests/help: a change of what users read is
/// seen in review.</summary>
public partial class HelpTests
{
    private const string Rewrite = "GESTO_WRITE_SNAPSHOTS";

    private static string SnapshotFolder([CallerFilePath] string here = "") =>
        Path.Combine(Path.GetDirectoryName(here)!, "help");

    [Fact]
    public void The_help_of_every_verb_is_the_committed_one()
    {
        bool write = Environment.GetEnvironmentVariable(Rewrite) == "1";
        using var folder = new Folder();
        Dictionary<string, string> helps = Helps(folder.Path);
        if (write)
        {
            if (Directory.Exists(SnapshotFolder()))
                Directory.Delete(SnapshotFolder(), recursive: true);
            Directory.CreateDirectory(SnapshotFolder());
            foreach ((string verb, string help) in helps)
                File.WriteAllText(PathOf(verb), help);
        }
        Assert.True(helps.Count > 15, "the verbs were found");
        string again =
            $"Where the change is meant, rewrite the texts with {Rewrite}=1 ./test.sh --filter-class '*HelpTests' and commit them.";
        foreach ((string verb, string help) in helps)
        {
            Assert.True(File.Exists(PathOf(verb)), $"{PathOf(verb)}: not there. {again}");
            string committed = File.ReadAllText(PathOf(verb)).ReplaceLineEndings("\n");
            if (committed != help)
                Assert.Fail(
                    $"{PathOf(verb)}: 'gesto {verb} --help' says something else now. {again}\n{FirstDifference(committed, help)}"
                );
        }
        Assert.Equal(
            helps.Keys.Select(PathOf).Order(StringComparer.Ordinal),
            Directory.GetFiles(SnapshotFolder()).Order(StringComparer.Ordinal)
        );
    }

    /// <summary>Verb ("" = the program, "slurm extract" = a verb's verb) → its help.</summary>
    private static Dictionary<string, string> Helps(string folder)
    {
        var helps = new Dictionary<string, string>();
        for (string[] verbs = [""]; verbs.Length > 0; )
        {
            string[] texts = new string[verbs.Length];
            Parallel.For(0, verbs.Length, i =>
                texts[i] = Normalise(
                    GestoProgram
                        .Run(folder, [.. verbs[i].Split(' ', StringSplitOptions.RemoveEmptyEntries), "--help"])
                        .Done()
                )
            );
            foreach ((string verb, string help) in verbs.Zip(texts))
                helps.Add(verb, help);
            verbs =
            [
                .. verbs
                    .Zip(texts)
                    .SelectMany(v =>
                        Verb()
                            .Matches(
                                v.Second[(v.Second + "\nCommands:").IndexOf("\nCommands:", StringComparison.Ordinal)..]
                            )
                            .Select(m => $"{v.First} {m.Groups["name"].Value}".Trim())
                    ),
            ];
        }
        return helps;
    }

    /// <summary>Without what differs from machine to machine: cores, line ends.</summary>
    private static string Normalise(string help) =>
        string.Join(
                '\n',
                help.ReplaceLineEndings("\n")
                    .Split('\n')
                    .Select(line =>
                        line.StartsWith("  --threads ", StringComparison.Ordinal)
                            ? Default().Replace(line, "[default: all cores]")
                            : line.TrimEnd()
                    )
            )
            .TrimEnd() + "\n";

    private static string PathOf(string verb) =>
        Path.Combine(SnapshotFolder(), (verb.Length == 0 ? "gesto" : verb.Replace(' ', '-')) + ".txt");

    private static string FirstDifference(string committed, string now)
    {
        string[] a = committed.Split('\n'),
            b = now.Split('\n');
        int line = Enumerable
            .Range(0, Math.Max(a.Length, b.Length))
            .First(i => a.ElementAtOrDefault(i) != b.ElementAtOrDefault(i));
        return $"line {line + 1}, committed: {a.ElementAtOrDefault(line)}\nline {line + 1}, now:       {b.ElementAtOrDefault(line)}";
    }

    [GeneratedRegex(@"^  (?<name>[a-z]+)( |$)", RegexOptions.Multiline)]
    private static partial Regex Verb();

    [GeneratedRegex(@"\[default: \d+\]")]
    private static partial Regex Default();
}

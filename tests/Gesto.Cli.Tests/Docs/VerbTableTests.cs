using System.CommandLine;
using System.Text.RegularExpressions;

namespace Gesto.Cli.Tests.Docs;

/// <summary>The README's table of verbs is what the program says of itself.</summary>
public partial class VerbTableTests
{
    private const string Rewrite = "GESTO_WRITE_SNAPSHOTS";

    [Fact]
    public void The_table_of_verbs_is_that_of_the_help()
    {
        MarkdownPage page = MarkdownPage.Open("README.md");
        Match table = Table().Match(page.Text);
        Assert.True(table.Success, "README.md: the marks 'verbs' and 'end of verbs' are not there.");
        string now = string.Concat(GestoCommand.Build().Subcommands.Select(v => $"| `{v.Name}` | {Does(v)} |\n"));
        now = $"\n\n| verb | does |\n|---|---|\n{now}\n";
        if (Environment.GetEnvironmentVariable(Rewrite) == "1")
            File.WriteAllText(page.Path, page.Text.Remove(table.Index, table.Length).Insert(table.Index, now));
        else if (now != table.Value)
            Assert.Fail(
                $"README.md: the table of verbs differs from 'gesto --help'. Rewrite it with {Rewrite}=1 ./test.sh "
                    + $"--filter-class '*VerbTableTests' and commit it. Now:{now}"
            );
    }

    /// <returns>The first sentence of a verb's description, as a cell of a table.</returns>
    private static string Does(Command verb) =>
        FirstSentence()
            .Match(verb.Description!)
            .Value.ReplaceLineEndings(" ")
            .Replace("|", "\\|", StringComparison.Ordinal);

    [GeneratedRegex(@"(?<=<!-- verbs: [^\n]* -->).*(?=<!-- end of verbs -->)", RegexOptions.Singleline)]
    private static partial Regex Table();

    [GeneratedRegex(@"^.*?\.(?=\s|$)", RegexOptions.Singleline)]
    private static partial Regex FirstSentence();
}

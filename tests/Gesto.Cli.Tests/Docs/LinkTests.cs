using System.Text.RegularExpressions;

namespace Gesto.Cli.Tests.Docs;

/// <summary>What the pages name is there: links with their anchors, paths between backticks, test classes.</summary>
public partial class LinkTests
{
    [Fact]
    public void Every_link_leads_to_a_file_and_its_anchor_to_a_heading()
    {
        IReadOnlyList<MarkdownPage> pages = MarkdownPage.All();
        Dictionary<string, HashSet<string>> anchors = pages.ToDictionary(p => p.Path, p => p.Anchors.ToHashSet());
        (MarkdownPage Page, MarkdownLink Link)[] links =
        [
            .. pages.SelectMany(p =>
                p.Links.Where(l => !Uri.IsWellFormedUriString(l.Target, UriKind.Absolute)).Select(l => (p, l))
            ),
        ];
        Assert.True(links.Length > 40, "the links were found");
        Faults.None(links.Where(l => !Leads(l.Page, l.Link.Target)).Select(l => $"{l.Link.Place}: {l.Link.Target}"));

        bool Leads(MarkdownPage page, string target)
        {
            string[] parts = target.Split('#', 2);
            string path =
                parts[0].Length == 0
                    ? page.Path
                    : Path.GetFullPath(Path.Combine(Path.GetDirectoryName(page.Path)!, parts[0]));
            if (parts.Length == 1)
                return Path.Exists(path);
            return anchors.TryGetValue(path, out HashSet<string>? known) && known.Contains(parts[1]);
        }
    }

    [Fact]
    public void Every_path_that_a_page_names_is_there()
    {
        MarkdownCode[] paths =
        [
            .. MarkdownPage
                .All()
                .Where(p => !p.IsHistory)
                .SelectMany(p => p.Spans)
                .Where(s => OwnPath().IsMatch(s.Text)),
        ];
        Assert.True(paths.Length > 10, "the paths were found");
        Faults.None(
            paths
                .Where(p => !Path.Exists(Path.Combine(MarkdownPage.Root, p.Text)))
                .Select(p => $"{p.Place}: {p.Text} is not there")
        );
    }

    [Fact]
    public void Every_test_class_that_a_page_names_is_there()
    {
        HashSet<string> classes =
        [
            .. Directory
                .EnumerateFiles(Path.Combine(MarkdownPage.Root, "tests"), "*Tests.cs", SearchOption.AllDirectories)
                .SelectMany(f => TestClass().Matches(File.ReadAllText(f)))
                .Select(m => m.Groups["name"].Value),
        ];
        (string Page, string Name)[] named =
        [
            .. MarkdownPage
                .All()
                .Where(p => !p.IsHistory)
                .SelectMany(p => NamedClass().Matches(p.Text).Select(m => (p.Name, m.Groups["name"].Value))),
        ];
        Assert.Contains(named, n => n.Page == "CONTRIBUTING.md");
        Faults.None(
            named.Where(n => !classes.Contains(n.Name)).Select(n => $"{n.Page}: no test class is called {n.Name}")
        );
    }

    [GeneratedRegex(@"^(src|tests|bench|docs|recipes|samples|build|\.ci)/[\w./-]*$")]
    private static partial Regex OwnPath();

    [GeneratedRegex(@"\bclass (?<name>\w+Tests)\b")]
    private static partial Regex TestClass();

    [GeneratedRegex(@"\b(?<name>[A-Z]\w*Tests)\b(?!\.csproj|/)")]
    private static partial Regex NamedClass();
}

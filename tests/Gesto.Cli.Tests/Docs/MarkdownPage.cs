using Markdig;
using Markdig.Extensions.AutoIdentifiers;
using Markdig.Renderers.Html;
using Markdig.Syntax;
using Markdig.Syntax.Inlines;

namespace Gesto.Cli.Tests.Docs;

/// <summary>Code of a page: a block with its language, or words between backticks.</summary>
internal sealed record MarkdownCode(string Place, string Language, string Text);

/// <summary>A link or picture of a page.</summary>
internal sealed record MarkdownLink(string Place, string Target);

/// <summary>A Markdown file of the repository, as GitHub reads it.</summary>
internal sealed class MarkdownPage
{
    private static readonly MarkdownPipeline GitHub = new MarkdownPipelineBuilder()
        .UsePipeTables()
        .UseAutoIdentifiers(AutoIdentifierOptions.GitHub)
        .Build();

    private readonly MarkdownDocument document;

    private MarkdownPage(string path)
    {
        Path = path;
        Text = File.ReadAllText(path).ReplaceLineEndings("\n");
        document = Markdown.Parse(Text, GitHub);
    }

    /// <summary>Folder of the repository.</summary>
    public static string Root { get; } = Repository.Root;

    public string Path { get; }

    /// <summary>Relative to the repository, with forward slashes.</summary>
    public string Name => System.IO.Path.GetRelativePath(Root, Path).Replace('\\', '/');

    public string Text { get; }

    /// <summary>What a link's # may name.</summary>
    public IEnumerable<string> Anchors => document.Descendants<HeadingBlock>().Select(h => h.GetAttributes().Id!);

    public IEnumerable<MarkdownCode> Blocks =>
        document
            .Descendants<FencedCodeBlock>()
            .Select(b => new MarkdownCode(PlaceOf(b.Line), b.Info ?? "", b.Lines.ToString()));

    public IEnumerable<MarkdownCode> Spans =>
        document.Descendants<CodeInline>().Select(c => new MarkdownCode(PlaceOf(c.Line), "", c.Content));

    public IEnumerable<MarkdownLink> Links =>
        document.Descendants<LinkInline>().Select(l => new MarkdownLink(PlaceOf(l.Line), l.Url ?? ""));

    /// <summary>Tells what was: its commands and paths may be gone.</summary>
    public bool IsHistory => Name is "CHANGELOG.md" or "docs/LOG.md";

    public static MarkdownPage Open(string name) => new(System.IO.Path.Combine(Root, name));

    /// <summary>Every page of the repository.</summary>
    public static IReadOnlyList<MarkdownPage> All() =>
        [
            .. new[] { "bench", "docs", "recipes", "samples", "src", "tests" }
                .Select(folder => System.IO.Path.Combine(Root, folder))
                .Where(Directory.Exists)
                .SelectMany(folder => Directory.EnumerateFiles(folder, "*.md", SearchOption.AllDirectories))
                .Concat(Directory.EnumerateFiles(Root, "*.md"))
                .Order(StringComparer.Ordinal)
                .Select(path => new MarkdownPage(path)),
        ];

    private string PlaceOf(int line) => $"{Name}, line {line + 1}";
}

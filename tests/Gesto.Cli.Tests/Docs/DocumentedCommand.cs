using System.Text.RegularExpressions;

namespace Gesto.Cli.Tests.Docs;

/// <summary>A line of a page's bash block that starts Gesto.</summary>
/// <param name="Place">Page and line of the block.</param>
/// <param name="Arguments">Verb, arguments and options.</param>
internal sealed partial record DocumentedCommand(string Place, string[] Arguments)
{
    public override string ToString() => $"./gesto {string.Join(' ', Arguments)}";

    public static IEnumerable<DocumentedCommand> In(MarkdownPage page) =>
        from block in page.Blocks
        where block.Language == "bash"
        from line in block.Text.Split('\n')
        let words = Words(line)
        let start = Array.IndexOf(words, "./gesto")
        where start >= 0
        select new DocumentedCommand(block.Place, words[(start + 1)..]);

    /// <returns>The words of a line as the shell sees them, without its comment.</returns>
    private static string[] Words(string line) =>
        [
            .. Word()
                .Matches(line)
                .Select(m => m.Value)
                .TakeWhile(w => !w.StartsWith('#'))
                .Select(w => w.Replace("\"", "", StringComparison.Ordinal).Replace("'", "", StringComparison.Ordinal)),
        ];

    [GeneratedRegex("""(?:[^\s"']|"[^"]*"|'[^']*')+""")]
    private static partial Regex Word();
}

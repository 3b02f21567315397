namespace Gesto.Training.Tests;

/// <summary>The source itself, as people read it.</summary>
public class SourceTests
{
    private const int MostLines = 400,
        MostColumns = 120;

    public static TheoryData<string> Folders => ["src", "tests", "bench", "samples"];

    [Theory]
    [MemberData(nameof(Folders))]
    public void No_file_has_over_400_lines_and_no_line_but_one_with_a_long_text_over_120_columns(string folder)
    {
        var faults = new List<string>();
        foreach ((string name, string[] lines) in Sources(folder))
        {
            if (lines.Length > MostLines)
                faults.Add($"{name}: {lines.Length} lines, {MostLines} at most: split it by what it is about");
            bool raw = false; // between the quotes of a text of several lines
            foreach ((int i, string line) in lines.Index())
            {
                bool within = raw;
                if (line.Split("\"\"\"").Length % 2 == 0)
                    raw = !raw;
                if (line.Length > MostColumns && !within && !raw && !HasLongText(line))
                    faults.Add($"{name}({i + 1}): {line.Length} columns, {MostColumns} at most");
            }
        }
        Assert.True(faults.Count == 0, string.Join(Environment.NewLine, faults));
    }

    [Theory]
    [InlineData("        // a comment that goes on", false)]
    [InlineData("        string text = \"a text that goes on", true)]
    [InlineData("        Call(\"short\", other); // a comment that goes on", false)]
    public void A_long_comment_is_told_from_a_long_text(string begin, bool text)
    {
        string line =
            begin + new string('x', MostColumns) + (begin.Contains("= \"", StringComparison.Ordinal) ? "\";" : "");
        Assert.Equal(text, HasLongText(line));
    }

    /// <summary>Without its texts the line is short enough.</summary>
    private static bool HasLongText(string line)
    {
        int kept = 0;
        bool quoted = false;
        for (int i = 0; i < line.Length; i++)
        {
            if (line[i] == '"')
                quoted = !quoted;
            else if (quoted && line[i] == '\\')
                i++;
            else if (!quoted && line[i..].StartsWith("//", StringComparison.Ordinal))
                return kept + line.Length - i <= MostColumns && line.Contains('"');
            if (!quoted)
                kept++;
        }
        return kept <= MostColumns;
    }

    private static IEnumerable<(string Name, string[] Lines)> Sources(string folder)
    {
        string root = Repository.Root;
        string path = Path.Combine(root, folder);
        if (!Directory.Exists(path))
            yield break;
        foreach (string file in Directory.EnumerateFiles(path, "*.cs", SearchOption.AllDirectories))
        {
            string name = Path.GetRelativePath(root, file);
            if (!name.Split(Path.DirectorySeparatorChar).Any(part => part is "obj" or "bin"))
                yield return (name, File.ReadAllLines(file));
        }
    }
}

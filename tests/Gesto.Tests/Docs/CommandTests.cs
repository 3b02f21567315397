using System.CommandLine;
using System.Text.RegularExpressions;
using Gesto.Cli;
using Gesto.Recordings;
using Gesto.Tests.Cli;
using Gesto.Training.Datasets;

namespace Gesto.Tests.Docs;

/// <summary>The pages' command lines are ones that the program takes, and those that are cheap are run.</summary>
[Collection(WithProgramData.Name)]
public sealed partial class CommandTests(ProgramData made)
{
    /// <summary>Verbs that are cheap on the program's small data set, with what makes them so.</summary>
    private static readonly Dictionary<string, string[]> Cheap = new()
    {
        ["check"] = ["--min-samples", "1"],
        ["extract"] = ProgramData.Small,
        ["train"] = ProgramData.Quick,
        ["evaluate"] = ["--threads", "1"],
        ["predict"] = ["--threads", "1"],
        ["explain"] = ["--threads", "1"],
        ["submit"] = ["--threads", "1"],
        ["export"] = [],
    };

    [Fact]
    public void Every_command_line_of_a_page_is_one_that_the_program_takes()
    {
        DocumentedCommand[] commands = [.. MarkdownPage.All().SelectMany(DocumentedCommand.In)];
        Assert.True(commands.Length > 20, "the commands were found");
        Command gesto = GestoCommand.Build();
        Assert.Empty(
            commands.SelectMany(c => gesto.Parse(c.Arguments).Errors.Select(e => $"{c.Place}: {c}: {e.Message}"))
        );
    }

    [Fact]
    public void Every_verb_with_an_option_that_a_page_names_has_it()
    {
        MarkdownCode[] spans =
        [
            .. MarkdownPage.All().Where(p => !p.IsHistory).SelectMany(p => p.Spans).Where(s => Option().IsMatch(s.Text)),
        ];
        Assert.True(spans.Length > 5, "the options were found");
        Assert.Empty(spans.Where(s => !Known(GestoCommand.Build(), s.Text)).Select(s => $"{s.Place}: {s.Text}"));

        static bool Known(Command at, string text)
        {
            string[] words = [.. text.Split(' ').SkipWhile(w => w is "gesto" or "./gesto")];
            foreach (string word in words)
            {
                if (at.Subcommands.FirstOrDefault(v => v.Name == word) is not { } verb)
                    break;
                at = verb;
            }
            return words
                .Where(w => w.StartsWith("--", StringComparison.Ordinal))
                .All(w => at.Options.Any(o => o.Name == w.Split('=')[0]));
        }
    }

    [Theory]
    [InlineData("README.md", 8)]
    [InlineData("docs/RECORDINGS.md", 5)]
    public void The_cheap_command_lines_of_a_page_do_what_they_say(string page, int least)
    {
        string run = Path.GetFileNameWithoutExtension(page);
        Sample sample = Dataset.Open(made["data"]).Samples.First(s => s.Split == Split.Test);
        foreach ((string file, int i) in sample.Radar.Prepend(sample.Rgb).Select((f, i) => (f!, i)))
            File.Copy(made[$"data/{file}"], made[i == 0 ? "hello.mp4" : $"r{i}.mp4"], overwrite: true);
        var names = new Dictionary<string, string>
        {
            ["DATASET"] = "data",
            ["FEATURES"] = "features",
            ["RUN"] = page == "README.md" ? run : "both",
        };
        int ran = 0;
        foreach (DocumentedCommand command in DocumentedCommand.In(MarkdownPage.Open(page)))
        {
            if (!Cheap.TryGetValue(command.Arguments[0], out string[]? more))
                continue;
            string[] arguments = [.. command.Arguments.Select(a => names.GetValueOrDefault(a, a)), .. more];
            ProgramResult result = made.Run(arguments);
            Assert.True(result.Exit == 0, $"{command.Place}: {command}\n{result.Error}\n{result.Output}");
            ran++;
        }
        Assert.True(ran >= least, $"{page}: {ran} command lines were run");
    }

    [GeneratedRegex(
        @"^(\./)?(gesto )?(slurm )?(demo|simulate|check|weights|extract|merge|train|kfold|sweep|evaluate|compare|ensemble|predict|explain|submit|export|info)\b.* --"
    )]
    private static partial Regex Option();
}

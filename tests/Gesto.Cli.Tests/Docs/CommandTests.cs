using System.CommandLine;
using Gesto.Recordings;
using Gesto.Training.Datasets;

namespace Gesto.Cli.Tests.Docs;

/// <summary>The pages' command lines are ones that the program takes, and those that are cheap are run.</summary>
[Collection(WithProgramData.Name)]
public sealed class CommandTests(ProgramData made)
{
    /// <summary>Verbs that are cheap on the program's small data set, with what makes them so.</summary>
    private static readonly Dictionary<string, string[]> Cheap = new()
    {
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
        Faults.None(
            commands.SelectMany(c => gesto.Parse(c.Arguments).Errors.Select(e => $"{c.Place}: {c}: {e.Message}"))
        );
    }

    [Fact]
    public void Every_verb_with_an_option_that_a_page_names_has_it()
    {
        Command gesto = GestoCommand.Build();
        (string Place, string[] Words)[] spans =
        [
            .. MarkdownPage
                .All()
                .Where(p => !p.IsHistory)
                .SelectMany(p => p.Spans)
                .Select(s => (s.Place, s.Text.Split(' ').SkipWhile(w => w is "gesto" or "./gesto").ToArray()))
                .Where(s => s.Item2.Any(IsOption) && gesto.Subcommands.Any(v => v.Name == s.Item2[0])),
        ];
        Assert.True(spans.Length > 5, "the options were found");
        Faults.None(
            spans.SelectMany(s =>
            {
                Command verb = VerbOf(s.Words);
                return s
                    .Words.Where(IsOption)
                    .Select(w => w.Split('=')[0])
                    .Where(w => verb.Options.All(o => o.Name != w))
                    .Select(w => $"{s.Place}: {verb.Name} has no option {w}");
            })
        );

        static bool IsOption(string word) => word.StartsWith("--", StringComparison.Ordinal);

        Command VerbOf(string[] words)
        {
            Command at = gesto;
            foreach (string word in words)
            {
                if (at.Subcommands.FirstOrDefault(v => v.Name == word) is not { } verb)
                    break;
                at = verb;
            }
            return at;
        }
    }

    [Fact]
    public void The_cheap_command_lines_of_the_readme_and_about_recordings_end_well()
    {
        Sample sample = Dataset.Open(made["data"]).Samples.First(s => s.Split == Split.Test);
        foreach ((string file, int i) in sample.Radar.Prepend(sample.Rgb).Select((f, i) => (f!, i)))
            File.Copy(made[$"data/{file}"], made[i == 0 ? "hello.mp4" : $"r{i}.mp4"], overwrite: true);
        var names = new Dictionary<string, string>
        {
            ["DATASET"] = "data",
            ["FEATURES"] = "features",
            ["RUN"] = "documented",
        };
        DocumentedCommand[] cheap =
        [
            .. new[] { "README.md", "docs/RECORDINGS.md" }
                .SelectMany(page => DocumentedCommand.In(MarkdownPage.Open(page)))
                .Where(c => Cheap.ContainsKey(c.Arguments[0]))
                .Where(c => !c.Arguments.Contains("--landmarks")) // needs MediaPipe's networks
                .DistinctBy(c => c.ToString()),
        ];
        Assert.Equal(Cheap.Keys.Order(), cheap.Select(c => c.Arguments[0]).Distinct().Order());
        // The others read what the training wrote.
        foreach (var group in cheap.GroupBy(c => c.Arguments[0] is "extract" or "train").OrderByDescending(g => g.Key))
            Parallel.ForEach(group, new ParallelOptions { MaxDegreeOfParallelism = group.Key ? 1 : 2 }, Run);

        void Run(DocumentedCommand command)
        {
            ProgramResult result = made.Run([
                .. command.Arguments.Select(a => names.GetValueOrDefault(a, a)),
                .. Cheap[command.Arguments[0]],
            ]);
            Assert.True(result.Exit == 0, $"{command.Place}: {command}\n{result.Error}\n{result.Output}");
        }
    }
}

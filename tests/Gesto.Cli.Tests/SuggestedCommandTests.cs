using System.CommandLine;
using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;
using System.Reflection.PortableExecutable;
using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using Gesto.Files;
using Gesto.Signs;
using Gesto.Training;

namespace Gesto.Cli.Tests;

/// <summary>Libraries speak their own words; the program knows its commands.</summary>
public partial class SuggestedCommandTests
{
    private static readonly string[] Options =
    [
        .. Directory
            .EnumerateFiles(HelpFolder())
            .SelectMany(file => HelpOption().Matches(File.ReadAllText(file)))
            .Select(m => m.Groups[1].Value)
            .Where(name => name != "--help")
            .Distinct(),
    ];

    private static string HelpFolder([CallerFilePath] string here = "") =>
        Path.Combine(Path.GetDirectoryName(here)!, "help");

    public static TheoryData<NextStep> Steps => [.. Enum.GetValues<NextStep>()];

    [Theory]
    [MemberData(nameof(Steps))]
    public void Every_suggested_command_is_one_that_the_program_takes(NextStep step)
    {
        string[] subjects = step switch
        {
            NextStep.ExtractRgb => ["maps"],
            NextStep.ExtractRadar => ["source"],
            NextStep.Evaluate => ["run", "val"],
            NextStep.UseDevice => ["cuda"],
            NextStep.ResumeWithThreads => ["2"],
            _ => ["A,T,R,D"],
        };
        foreach (string[] about in new[] { subjects, [] })
        {
            string suggested = SuggestedCommand.Of(new Suggestion(step, about));
            if (suggested.Split(' ') is ["gesto", var verb, .. var arguments])
            {
                if (about.Length > 0 || step is not (NextStep.ExtractRgb or NextStep.ExtractRadar))
                    Assert.Empty(CommandOf(verb).Parse(arguments).Errors.Select(e => $"{suggested}: {e.Message}"));
                continue;
            }
            Assert.StartsWith("the same command with --", suggested, StringComparison.Ordinal);
            Assert.Empty(Option().Matches(suggested).Select(m => m.Value).Except(Options));
        }
    }

    [Fact]
    public void What_the_program_prints_of_an_error_are_its_message_and_the_commands_of_all_causes()
    {
        var cause = new IOException("cut").Suggest(NextStep.CheckRecordings, "data").Suggest(NextStep.Simulate);
        var error = new InvalidDataException("Sample 7 cannot be used.", cause).Suggest(NextStep.ExtractReadable);
        var text = new StringWriter { NewLine = "\n" };
        Assert.Equal(ExitCode.UserError, ExitCode.Explain(error, text));
        Assert.Equal(
            "gesto: Sample 7 cannot be used.\n"
                + "Try: gesto extract DATASET FEATURES --policy skip\n"
                + "Try: gesto check data\n"
                + "Try: gesto simulate OUT\n",
            text.ToString()
        );
    }

    public static TheoryData<string> Libraries =>
        [typeof(LabelSet).Assembly.Location, typeof(WorkProgress).Assembly.Location];

    [Theory]
    [MemberData(nameof(Libraries))]
    public void No_text_of_a_library_names_a_verb_or_an_option_of_the_program(string library)
    {
        string[] texts = [.. TextsOf(library)];
        Assert.True(texts.Length > 500, "the texts were found");
        Assert.Contains(texts, t => t.Contains("no such file or folder", StringComparison.Ordinal) || t == "run.json");
        Assert.DoesNotContain(texts, t => Verb().IsMatch(t) || Option().Matches(t).Any(m => Options.Contains(m.Value)));
    }

    private static IEnumerable<string> TextsOf(string assembly)
    {
        using var file = new PEReader(File.OpenRead(assembly));
        MetadataReader reader = file.GetMetadataReader();
        for (
            UserStringHandle at = MetadataTokens.UserStringHandle(1);
            !at.IsNil && MetadataTokens.GetHeapOffset(at) < reader.GetHeapSize(HeapIndex.UserString);
            at = reader.GetNextHandle(at)
        )
            yield return reader.GetUserString(at);
    }

    private static Command CommandOf(string verb)
    {
        Type command = typeof(ExitCode)
            .Assembly.GetTypes()
            .Single(t => t.Name.Equals($"{verb}Command", StringComparison.OrdinalIgnoreCase));
        return (Command)command.GetMethod("Build")!.Invoke(null, null)!;
    }

    [GeneratedRegex("^  (?:-., )*(--[a-z][a-z-]+)", RegexOptions.Multiline)]
    private static partial Regex HelpOption();

    [GeneratedRegex("--[a-z][a-z-]+")]
    private static partial Regex Option();

    [GeneratedRegex(@"\bgesto [a-z]")]
    private static partial Regex Verb();
}

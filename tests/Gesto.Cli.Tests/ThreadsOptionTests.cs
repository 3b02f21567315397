using System.CommandLine;

namespace Gesto.Cli.Tests;

public class ThreadsOptionTests
{
    private static readonly Dictionary<string, Command> Verbs = new Command[]
    {
        CheckCommand.Build(),
        CompareCommand.Build(),
        DemoCommand.Build(),
        EnsembleCommand.Build(),
        EvaluateCommand.Build(),
        ExplainCommand.Build(),
        ExtractCommand.Build(),
        KfoldCommand.Build(),
        PredictCommand.Build(),
        SimulateCommand.Build(),
        SubmitCommand.Build(),
        SweepCommand.Build(),
        TrainCommand.Build(),
        MergeCommand.Build(),
        WeightsCommand.Build(),
    }.ToDictionary(c => c.Name);

    public static TheoryData<string> WithThreads =>
        [.. Verbs.Values.Where(c => c.Options.Any(o => o.Name == "--threads")).Select(c => c.Name)];

    [Fact]
    public void All_verbs_that_compute_have_it() => Assert.Equal(13, WithThreads.Count);

    [Theory]
    [MemberData(nameof(WithThreads))]
    public void Numbers_of_threads_that_cannot_be_are_refused_by_every_verb(string verb)
    {
        foreach (string count in new[] { "0", "-1", "1025", "2147483647" })
            Assert.Contains($"--threads {count}: give 1 to 1024.", Errors(verb, count));
        Assert.Contains(Errors(verb, "many"), e => e.Contains("many", StringComparison.Ordinal));
        foreach (string count in new[] { "1", "1024" })
            Assert.DoesNotContain(Errors(verb, count), e => e.Contains("--threads", StringComparison.Ordinal));
    }

    [Fact]
    public void Decoders_are_counted_alike() =>
        Assert.Contains(
            "--decoders 0: give 1 to 1024.",
            ExtractCommand.Build().Parse(["data", "features", "--decoders", "0"]).Errors.Select(e => e.Message)
        );

    private static string[] Errors(string verb, string count) =>
        [.. Verbs[verb].Parse(["--threads", count]).Errors.Select(e => e.Message)];
}

using System.CommandLine;
using Gesto.Training.Features;

namespace Gesto.Cli;

/// <summary>`gesto merge FEATURES [SHARD…]`.</summary>
internal static class MergeCommand
{
    public static Command Build()
    {
        var features = new Argument<string>("FEATURES") { Description = "Folder given to 'gesto extract … --shard'." };
        var shards = new Argument<string[]>("SHARD")
        {
            Description = "Shards elsewhere, which are copied; without any, those in FEATURES, which are moved.",
            Arity = ArgumentArity.ZeroOrMore,
        };
        var command = new Command(
            "merge",
            "Put the shards of an extraction together, after verifying that every sample is there once. The bytes are those of an "
                + "extraction in one piece.\n\nExample:  gesto merge features"
        )
        {
            features,
            shards,
        };
        command.SetAction(
            (parse, cancel) =>
                Task.Run(
                    () =>
                    {
                        string folder = parse.GetRequiredValue(features);
                        MergeResult result = ProgressBar.Run(progress =>
                            ShardMerge.Run(folder, parse.GetValue(shards) ?? [], progress, cancel)
                        );
                        Console.Error.WriteLine(
                            result.Shards == 0
                                ? $"{folder}: nothing to merge; {result.Samples} samples are here, {result.Skipped} skipped."
                                : $"{folder}: {result.Shards} shards merged, {result.Samples} samples, each once, {result.Skipped} skipped."
                        );
                        return ExitCode.Done;
                    },
                    cancel
                )
        );
        return command;
    }
}

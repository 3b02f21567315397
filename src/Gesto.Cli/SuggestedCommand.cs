using Gesto.Files;

namespace Gesto.Cli;

/// <summary>The command or the option of this program for each step that the libraries suggest.</summary>
internal static class SuggestedCommand
{
    /// <returns>A line for each step that would put an error right, to stand below its message.</returns>
    public static IEnumerable<string> LinesFor(IEnumerable<Suggestion> suggestions) =>
        suggestions.Select(s => $"Try: {Of(s)}").Distinct();

    /// <returns>What to type; names in capitals stand for the user's own.</returns>
    public static string Of(Suggestion suggestion)
    {
        (string? first, string? second) = (
            suggestion.Subjects.ElementAtOrDefault(0),
            suggestion.Subjects.ElementAtOrDefault(1)
        );
        return suggestion.Step switch
        {
            NextStep.CheckRecordings => $"gesto check {first ?? "DATASET"}",
            NextStep.Simulate => "gesto simulate OUT",
            NextStep.FetchWeights => first is null ? "gesto weights" : $"gesto weights --source {first}",
            NextStep.FetchLandmarkWeights => "gesto weights --landmarks",
            NextStep.ExtractFeatures => Extract(""),
            NextStep.ExtractRgb => Extract($" --rgb {first}"),
            NextStep.ExtractRadar => Extract($" --radar {first}"),
            NextStep.ExtractRadarAtOneSize => Extract(" --radar-size 64x64"),
            NextStep.ExtractReadable => Extract(" --policy skip"),
            NextStep.ExtractByTime => Extract(" --sampling time"),
            NextStep.ExtractShard => Extract(" --shard 1/4"),
            NextStep.Train => Train(first, ""),
            NextStep.TrainWithoutFold => Train(first, " --fold 1/5"),
            NextStep.ResumeTraining => Train(first, " --resume"),
            NextStep.ResumeWithThreads => Again($"--threads {first}"),
            NextStep.UseDevice => Again($"--device {first}"),
            NextStep.Evaluate =>
                $"gesto evaluate {first ?? "RUN"} FEATURES{(second is null ? "" : $" --split {second}")}",
            NextStep.MakeEnsemble => "gesto ensemble RUN RUN --run ENSEMBLE --features FEATURES",
            NextStep.WeighEqually => Again("--equal"),
            NextStep.Submit => "gesto submit RUN FEATURES",
            NextStep.GiveFeatures => Again("--features FEATURES"),
            NextStep.NameFiles => Again(
                "--rgb FILE for the RGB video, --radar FILE FILE FILE for the antennas in their order"
            ),
            NextStep.NameSample => Again("--dataset DATASET --sample SAMPLE"),
            NextStep.NameRecordingsRoot => Again("--root FOLDER"),
            NextStep.NameRadarAxes => Again($"--radar-axes {first}"),
            NextStep.DealByAnother => Again("--by session or --by sample"),
            NextStep.LowerPseudoLabelThreshold => Again("--pseudo-labels-above 0.5"),
            NextStep.UseFewerThreads => Again("--threads 1, or --decoders 1 where it has that"),
            NextStep.Replace => Again("--force"),
            _ => throw new ArgumentOutOfRangeException(nameof(suggestion), suggestion.Step, "a step without a command"),
        };
    }

    private static string Extract(string options) => $"gesto extract DATASET FEATURES{options}";

    private static string Train(string? run, string options) => $"gesto train FEATURES --run {run ?? "RUN"}{options}";

    private static string Again(string options) => $"the same command with {options}";
}

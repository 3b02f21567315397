using System.CommandLine;
using System.CommandLine.Help;

namespace Gesto.Cli;

/// <summary>The command line: every verb of `gesto`.</summary>
internal static class GestoCommand
{
    // Not a RootCommand: that would call itself by its assembly's name in the help.
    public static Command Build() =>
        new Command(
            "gesto",
            "Gesto recognises isolated signs from synchronized RGB video and 60 GHz radar.\n\n"
                + "Start with:  gesto demo   (simulates a small data set and runs everything on it)"
        )
        {
            new HelpOption { Recursive = true },
            new VersionOption(),
            DemoCommand.Build(),
            SimulateCommand.Build(),
            CheckCommand.Build(),
            WeightsCommand.Build(),
            LandmarksCommand.Build(),
            ExtractCommand.Build(),
            MergeCommand.Build(),
            TrainCommand.Build(),
            KfoldCommand.Build(),
            SweepCommand.Build(),
            EvaluateCommand.Build(),
            CompareCommand.Build(),
            EnsembleCommand.Build(),
            PredictCommand.Build(),
            ExplainCommand.Build(),
            SubmitCommand.Build(),
            ExportCommand.Build(),
            InfoCommand.Build(),
            SlurmCommand.Build(),
        };
}

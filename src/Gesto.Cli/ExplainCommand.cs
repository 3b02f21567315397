using System.CommandLine;
using Gesto.Training;
using Gesto.Training.Explanation;
using Gesto.Training.Export;

namespace Gesto.Cli;

/// <summary>`gesto explain RUN RECORDING [--out FILE.png] [--sign SIGN]`.</summary>
internal static class ExplainCommand
{
    public static Command Build()
    {
        var run = new Argument<string>("RUN")
        {
            Description = "Run directory of 'gesto train', an ensemble's, or a .gesto file.",
        };
        var recordings = new RecordingOptions();
        var output = new Option<string?>("--out")
        {
            Description = "The picture; without it explain-SAMPLE.png in the current folder.",
        };
        var sign = new Option<string?>("--sign")
        {
            Description = "Explain this sign's probability, by name or id, instead of the most probable one's.",
        };
        Option<int> threads = ThreadsOption.Build();
        var json = new Option<bool>("--json")
        {
            Description = "Write the numbers as one JSON object to standard output.",
        };
        var command = new Command(
            "explain",
            "Show what a prediction rests on, as one picture: frames, skeleton, micro-Doppler, which moments and which modality carried it.\n"
                + "Method: occlusion. A sixth of one modality's steps at a time becomes the most ordinary of its other steps, and the fall\n"
                + "of the sign's log-probability is the importance of those moments; then each modality is left out whole. It says what\n"
                + "this run used, not what the sign is made of.\n\n"
                + "Example:  gesto explain runs/late-fusion data/test/SAMPLE_7 --out why.png\n"
                + "Example:  gesto explain runs/rgb-only hello.mp4"
        )
        {
            run,
            output,
            sign,
            threads,
            json,
        };
        recordings.AddTo(command);
        command.SetAction(
            (parsed, cancel) =>
            {
                // Files that are not there should be known before a network is loaded.
                IReadOnlyList<Recording> found = recordings.Find(parsed);
                IReadOnlyList<string> names = OpenRecogniser.Find(parsed.GetValue(run)!, found);
                if (found.Count > 1)
                    throw new InvalidDataException(
                        $"{found.Count} recordings are named ({string.Join(", ", found.Take(3).Select(r => r.Name))}{(found.Count > 3 ? ", …" : "")}), and a picture explains one."
                    );
                string path = parsed.GetValue(output) ?? $"explain-{names[0]}.png";
                PredictionExplanation explanation = ProgressBar.Run(progress =>
                    Explain(
                        parsed.GetValue(run)!,
                        found[0],
                        path,
                        parsed.GetValue(sign),
                        parsed.GetValue(threads),
                        progress,
                        cancel
                    )
                );
                if (parsed.GetValue(json))
                    Console.Out.WriteLine(explanation.ToJson());
                TextWriter people =
                    parsed.GetValue(json) || OutputFile.IsStandardOutput(path) ? Console.Error : Console.Out;
                people.WriteLine(explanation.Verdict);
                people.WriteLine($"Picture: {Path.GetFullPath(path)}");
                return Task.FromResult(ExitCode.Done);
            }
        );
        return command;
    }

    private static PredictionExplanation Explain(
        string run,
        Recording recording,
        string picture,
        string? sign,
        int threads,
        IProgress<WorkProgress> progress,
        CancellationToken cancel
    )
    {
        OutputFile.Require(picture);
        using OpenRecogniser opened = OpenRecogniser.Open(run, threads);
        return PredictionExplanation.Draw(opened, recording, sign, picture, progress, cancel);
    }
}

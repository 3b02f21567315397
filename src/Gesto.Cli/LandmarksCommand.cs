using System.CommandLine;
using Gesto.Training.Features;
using Gesto.Training.Weights;

namespace Gesto.Cli;

/// <summary>`gesto landmarks`: videos → joints of body and hands.</summary>
internal static class LandmarksCommand
{
    public static Command Build()
    {
        var videos = new Argument<string[]>("VIDEO")
        {
            Description = "mkv, mp4, mov, avi or webm.",
            Arity = ArgumentArity.OneOrMore,
        };
        var output = new Option<string>("--out")
        {
            Description =
                "A .pose file, or a .npy of (frames, 258) float32 in pixels: body 33 x (x, y, z, visibility), left hand 21 x (x, y, z), right hand, zeros where nothing is found. Of several videos, a folder for a .pose file of each.",
            HelpName = "FILE|FOLDER",
            Required = true,
        };
        var picture = new Option<string?>("--picture")
        {
            Description = "Also a PNG of one frame with the points drawn; of several videos, of the first.",
            HelpName = "FILE",
        };
        var hands = new Option<bool>("--hands-alone")
        {
            Description = "Look for hands by their palms: for close-ups that show no body.",
        };
        var tracking = new Option<bool>("--tracking")
        {
            Description =
                "Look for body and hands where they were in the frame before, one frame after another, as MediaPipe does with videos; without it, each frame by itself.",
        };
        Option<int> threads = ThreadsOption.Build("Frames looked at the same time.");
        var command = new Command(
            "landmarks",
            "Find the joints of body and hands in videos, by MediaPipe's networks ('gesto weights --landmarks' fetches them). "
                + "The same video gives the same file, whatever the threads.\n\n"
                + "Example:  gesto landmarks sign.mp4 --out sign.pose --picture sign.png"
        )
        {
            videos,
            output,
            picture,
            hands,
            tracking,
            threads,
        };
        command.SetAction(
            (parse, cancel) =>
                Task.Run(
                    () =>
                        Run(
                            parse.GetRequiredValue(videos),
                            parse.GetRequiredValue(output),
                            parse.GetValue(picture),
                            parse.GetValue(hands),
                            parse.GetValue(tracking),
                            parse.GetValue(threads),
                            cancel
                        ),
                    cancel
                )
        );
        return command;
    }

    private static int Run(
        string[] videos,
        string output,
        string? picture,
        bool handsAlone,
        bool tracking,
        int threads,
        CancellationToken cancel
    )
    {
        if (handsAlone && tracking)
            throw new InvalidDataException("--tracking follows a body and its hands; --hands-alone looks for no body.");
        bool folder = videos.Length > 1 || Directory.Exists(output);
        string[] outputs = folder
            ? [.. videos.Select(v => Path.Combine(output, Path.GetFileNameWithoutExtension(v) + ".pose"))]
            : [output];
        if (outputs.GroupBy(o => o).FirstOrDefault(g => g.Count() > 1) is { Key: var twice })
            throw new InvalidDataException($"{twice}: two of the videos would be written there. Give them one by one.");
        if (folder)
            Directory.CreateDirectory(output);
        using VideoLandmarker landmarker = VideoLandmarker.Open(WeightsCache.Default(), threads, handsAlone, tracking);
        var lines = new List<string>();
        ProgressBar.Run(progress =>
        {
            foreach ((int i, string video) in videos.Index())
            {
                LandmarkSummary found = landmarker.Write(video, outputs[i], i == 0 ? picture : null, progress, cancel);
                lines.Add(
                    FormattableString.Invariant(
                        $"{outputs[i]}: {found.Frames} frames, body in {found.Body}, left hand in {found.Left}, right hand in {found.Right}"
                    )
                );
            }
        });
        foreach (string line in lines)
            Console.Error.WriteLine(line);
        return ExitCode.Done;
    }
}

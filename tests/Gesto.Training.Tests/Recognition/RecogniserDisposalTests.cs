using System.Reflection;
using System.Runtime.InteropServices;
using Gesto.Training.Features;
using Gesto.Training.Fitting;
using Gesto.Training.Models;
using Gesto.Training.Recipes;
using Gesto.Training.Recognition;
using static TorchSharp.torch;

namespace Gesto.Training.Tests.Recognition;

[Collection(AloneWithLibtorch.Name)]
public class RecogniserDisposalTests
{
    private const BindingFlags Hidden = BindingFlags.Instance | BindingFlags.NonPublic | BindingFlags.Public;

    [Fact]
    public void A_recogniser_lets_go_of_every_module_of_its_network()
    {
        using var folder = new Folder();
        FeatureSet features = PlantedFeatures.Write(folder["features"], rgb: false);
        string[] settings =
        [
            "radar.epochs=1",
            "radar.hidden=8",
            "model.hidden=8",
            "training.epochs=1",
            "radar.encoder=joint",
        ];
        TrainingRun.Start(
            new TrainingOptions
            {
                Features = features,
                Recipe = RecipeFile.Load("radar-only", settings),
                Out = folder["run"],
                Threads = 1,
            }
        );
        var recogniser = NetworkRecogniser.Load(folder["run"], threads: 1);
        nn.Module[] modules = [.. Modules(recogniser)];
        Assert.Contains(modules, m => m is JointModel);
        Assert.Contains(modules, m => m is SignModel);
        Assert.All(modules, m => Assert.False(Handle(m).IsClosed || Handle(m).IsInvalid));
        recogniser.Dispose();
        Assert.All(modules, m => Assert.True(Handle(m).IsClosed || Handle(m).IsInvalid, m.GetName()));
    }

    private static IEnumerable<nn.Module> Modules(NetworkRecogniser recogniser)
    {
        object task = typeof(NetworkRecogniser).GetField("loading", Hidden)!.GetValue(recogniser)!;
        object network = task.GetType().GetProperty("Result")!.GetValue(task)!;
        return network.GetType().GetProperties(Hidden).Select(p => p.GetValue(network)).OfType<nn.Module>();
    }

    private static SafeHandle Handle(nn.Module module) =>
        (SafeHandle)typeof(nn.Module).GetField("handle", Hidden)!.GetValue(module)!;
}

using Gesto.Bundles;
using Gesto.Encoders;
using Gesto.Training.Graphs;
using Microsoft.ML.OnnxRuntime;

namespace Gesto.Training.Tests.Export;

/// <summary>A network whose large constants are put into a file beside it.</summary>
public class NetworkLayoutTests
{
    private const int Width = 150; // a map of 90,000 bytes

    [Fact]
    public void A_split_network_says_the_same_and_goes_on_when_its_files_are_gone()
    {
        using var folder = new Folder();
        byte[] model = Model();
        using var stream = new MemoryStream(model);
        NetworkLayout layout = NetworkCheck.Check(stream, "it");
        Assert.Equal(2, layout.Constants.Count);
        stream.Position = 0;
        layout.Split(stream, folder["split.onnx"], folder["weights"]);
        Assert.True(new FileInfo(folder["split.onnx"]).Length < 4096);
        float[] expected = Run(OnnxSession.Open(model, threads: 1));
        Assert.Contains(expected, v => v != 0);
        InferenceSession session = OnnxSession.Open(folder["split.onnx"], threads: 1);
        if (!OperatingSystem.IsWindows())
        {
            File.Delete(folder["split.onnx"]);
            File.Delete(folder["weights"]);
        }
        Assert.Equal(expected, Run(session));
    }

    /// <summary>A small constant stays between two large ones, in its place.</summary>
    private static byte[] Model()
    {
        var graph = new OnnxGraph("it");
        graph.Input("x", [Width]);
        string first = graph.Values(Weights(1), Width, Width),
            small = graph.Values(Weights(2).AsSpan(0, Width), Width),
            second = graph.Values(Weights(3), Width, Width);
        graph.Output(graph.MatMul(graph.Add(graph.MatMul("x", first), small), second), "y", "T", "F");
        return graph.ToModel();
    }

    private static float[] Weights(int seed)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, Width * Width).Select(_ => random.NextSingle() - 0.5f)];
    }

    private static float[] Run(InferenceSession opened)
    {
        using InferenceSession session = opened;
        using OrtValue x = OnnxSession.Wrap(Weights(4)[..Width], 1, Width);
        using var options = new RunOptions();
        var found = new float[Width];
        using OrtValue y = OnnxSession.Wrap(found, 1, Width);
        session.Run(options, ["x"], [x], ["y"], [y]);
        return found;
    }
}

using Gesto.Encoders;
using Gesto.Training.Graphs;
using Microsoft.ML.OnnxRuntime;

namespace Gesto.Training.Features;

/// <summary>The source project's radar encoder on ONNX Runtime: per frame and antenna, grey ÷ 255, convolution 1→16
/// 3×3, ReLU, max-pool 2, convolution 16→32 3×3, ReLU, mean over the picture.</summary>
/// <remarks>One thread a call, for several callers at once: libtorch takes all cores for each, and fresh pages for
/// every layer.</remarks>
internal sealed class RadarSourceNetwork : IDisposable
{
    private const string Input = "maps",
        Output = "features";
    private const int Side = RadarSourceEncoder.InputSize,
        Width = 32,
        Middle = 16;

    private readonly InferenceSession session;
    private readonly RunOptions runOptions = new();

    /// <param name="kernel1">(16, 1, 3, 3).</param>
    /// <param name="bias1">(16).</param>
    /// <param name="kernel2">(32, 16, 3, 3).</param>
    /// <param name="bias2">(32).</param>
    public RadarSourceNetwork(
        ReadOnlySpan<float> kernel1,
        ReadOnlySpan<float> bias1,
        ReadOnlySpan<float> kernel2,
        ReadOnlySpan<float> bias2
    )
    {
        var graph = new OnnxGraph("radar-cnn-source");
        string[] first =
        [
            Input,
            graph.Constant("kernel1", kernel1, Middle, 1, 3, 3),
            graph.Constant("bias1", bias1, Middle),
        ];
        string value = graph.Node("Relu", "relu1", [graph.Node("Conv", "conv1", first, OnnxGraph.Window(3, 1, 1))]);
        value = graph.Node("MaxPool", "pool1", [value], OnnxGraph.Window(2, 2, 0));
        string[] second =
        [
            value,
            graph.Constant("kernel2", kernel2, Width, Middle, 3, 3),
            graph.Constant("bias2", bias2, Width),
        ];
        value = graph.Node("Relu", "relu2", [graph.Node("Conv", "conv2", second, OnnxGraph.Window(3, 1, 1))]);
        graph.Node("Flatten", Output, [graph.Node("GlobalAveragePool", "pool2", [value])]);
        graph.Input(Input, 1, Side, Side);
        graph.Output(Output, Width);
        session = OnnxSession.Open(graph.ToModel(), threads: 1);
    }

    /// <summary>See <see cref="RadarFrameEncoder"/>.</summary>
    /// <remarks>Map by map: the 16 channels of one stay in the cache.</remarks>
    public void Encode(ReadOnlySpan<byte> frames, int count, int antennas, Span<float> features)
    {
        if (frames.Length != (long)count * antennas * Side * Side || features.Length != (long)count * antennas * Width)
            throw new ArgumentException(
                $"{frames.Length} bytes and room for {features.Length} features do not make {count} x {antennas} maps.",
                nameof(frames)
            );
        var pixels = new float[Side * Side];
        var output = new float[Width];
        using OrtValue from = OnnxSession.Wrap(pixels, 1, 1, Side, Side),
            to = OnnxSession.Wrap(output, 1, Width);
        for (int map = 0; map < count * antennas; map++)
        {
            ReadOnlySpan<byte> levels = frames.Slice(map * pixels.Length, pixels.Length);
            for (int i = 0; i < pixels.Length; i++)
                pixels[i] = levels[i] / 255f;
            session.Run(runOptions, [Input], [from], [Output], [to]);
            output.CopyTo(features[(map * Width)..]);
        }
    }

    public void Dispose()
    {
        session.Dispose();
        runOptions.Dispose();
    }
}

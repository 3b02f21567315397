using Gesto.Encoders;

namespace Gesto.Training.Weights;

/// <summary>One convolution with the batch norm after it; padding is (Kernel − 1) / 2 on every side, zeros.</summary>
internal sealed record ConvolutionUnit(string Convolution, string Norm, int Inputs, int Outputs, int Kernel, int Stride)
{
    public int Padding => (Kernel - 1) / 2;
}

/// <summary>A bottleneck block: relu(Third(relu(Second(relu(First(x))))) + Shortcut(x)); no projection: the shortcut is
/// x.</summary>
internal sealed record Bottleneck(
    ConvolutionUnit First,
    ConvolutionUnit Second,
    ConvolutionUnit Third,
    ConvolutionUnit? Projection
)
{
    /// <summary>What the graphs call the block's result.</summary>
    public string Output => $"{Third.Convolution}.out";

    public IEnumerable<ConvolutionUnit> Units =>
        Projection is null ? [First, Second, Third] : [First, Second, Third, Projection];
}

/// <summary>The layers of ResNet50 in order, under the names of torchvision's state dict: the single place that the
/// ONNX graph, the TorchSharp module and the check of weights files read them from.</summary>
internal static class ResNet50Layout
{
    /// <summary>Prefix of the last stage's layers.</summary>
    public const string LastStage = "layer4.";

    private static readonly int[] BlocksPerStage = [3, 4, 6, 3];

    public static ConvolutionUnit Stem { get; } = new("conv1", "bn1", 3, 64, 7, 2);

    public static IReadOnlyList<Bottleneck> Blocks(ResNet50Variant variant)
    {
        var blocks = new List<Bottleneck>();
        int inputs = 64;
        for (int stage = 0; stage < BlocksPerStage.Length; stage++)
        {
            int width = 64 << stage;
            for (int block = 0; block < BlocksPerStage[stage]; block++)
            {
                string name = $"layer{stage + 1}.{block}";
                int stride = stage > 0 && block == 0 ? 2 : 1;
                bool early = variant == ResNet50Variant.V1;
                blocks.Add(
                    new Bottleneck(
                        new ConvolutionUnit($"{name}.conv1", $"{name}.bn1", inputs, width, 1, early ? stride : 1),
                        new ConvolutionUnit($"{name}.conv2", $"{name}.bn2", width, width, 3, early ? 1 : stride),
                        new ConvolutionUnit($"{name}.conv3", $"{name}.bn3", width, 4 * width, 1, 1),
                        block > 0
                            ? null
                            : new ConvolutionUnit(
                                $"{name}.downsample.0",
                                $"{name}.downsample.1",
                                inputs,
                                4 * width,
                                1,
                                stride
                            )
                    )
                );
                inputs = 4 * width;
            }
        }
        return blocks;
    }

    public static bool IsLast(Bottleneck block) =>
        block.First.Convolution.StartsWith(LastStage, StringComparison.Ordinal);

    public static IEnumerable<ConvolutionUnit> Units(ResNet50Variant variant) =>
        Blocks(variant).SelectMany(b => b.Units).Prepend(Stem);

    /// <returns>The batch norms' epsilon, which the weights files do not carry.</returns>
    public static float Epsilon(ResNet50Variant variant) => variant == ResNet50Variant.V1 ? 1e-3f : 1e-5f;

    /// <returns>"v1" or "v1.5", as metadata and file names spell it.</returns>
    public static string Name(ResNet50Variant variant) => variant == ResNet50Variant.V1 ? "v1" : "v1.5";

    public static ResNet50Variant? Parse(string name) =>
        name switch
        {
            "v1" => ResNet50Variant.V1,
            "v1.5" => ResNet50Variant.V15,
            _ => null,
        };
}

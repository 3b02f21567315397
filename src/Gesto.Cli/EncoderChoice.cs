using Gesto.Encoders;
using Gesto.Training;
using Gesto.Training.Models;
using Gesto.Training.Weights;

namespace Gesto.Cli;

/// <summary>The one place where extraction meets the encoders.</summary>
internal static class EncoderChoice
{
    /// <summary>Threads that prepare and send frames to a GPU: one works while another's are computed.</summary>
    private const int GpuConcurrency = 4;

    /// <summary>An encoder for extraction: as many callers as threads, one thread each.</summary>
    /// <param name="weights">"auto", "torchvision", "npm" or a file.</param>
    /// <param name="threads">Calls at the same time.</param>
    /// <param name="ranges">INT8 ranges of the weights; null computes in float32.</param>
    /// <param name="output">What of ResNet50 is wanted.</param>
    /// <param name="device">On a GPU libtorch runs the network; null = the processor, ONNX Runtime does.</param>
    /// <param name="cancel">Stops a download.</param>
    public static IRgbEncoder Rgb(
        string weights,
        int threads,
        CancellationToken cancel,
        Func<ResNet50Weights, Int8Ranges>? ranges = null,
        ResNet50Output output = ResNet50Output.Features,
        ComputeDevice? device = null
    )
    {
        var cache = WeightsCache.Default();
        bool processor = device is null || device == ComputeDevice.Cpu;
        bool plain = processor && ranges is null && output == ResNet50Output.Features;
        if (
            plain
            && weights == ImageNetWeights.Auto
            && ResNet50Encoders.TryOpenKept(cache, threads: 1, concurrency: threads) is { } kept
        )
            return kept;
        string path = ProgressBar.Run(progress =>
            ImageNetWeights.Fetch(weights, cache, StandardErrorNotes.Instance, progress, cancel)
        );
        if (plain && ResNet50Weights.Identify(path) is { } known)
            return ResNet50Encoders.Open(cache, path, known.Variant, known.Hash, threads: 1, concurrency: threads);
        ResNet50Weights loaded = ResNet50Weights.Load(path);
        if (!processor)
            return new ResNet50GpuEncoder(loaded, device!, concurrency: Math.Min(threads, GpuConcurrency), output);
        return ResNet50Encoders.Build(
            loaded,
            threads: 1,
            concurrency: threads,
            ranges: ranges?.Invoke(loaded),
            output: output
        );
    }
}

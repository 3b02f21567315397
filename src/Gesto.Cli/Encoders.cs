using System.Security.Cryptography;
using Gesto.Features;
using Gesto.Models;
using Gesto.Training;
using Gesto.Weights;
using TorchSharp;

namespace Gesto.Cli;

/// <summary>The one place where extraction meets the encoders.</summary>
internal static class Encoders
{
    /// <summary>An encoder for extraction: as many callers as threads, one thread each.</summary>
    /// <param name="weights">"auto", "torchvision", "npm" or a file.</param>
    /// <param name="threads">Callers.</param>
    /// <param name="ranges">INT8 ranges of the weights; null computes in float32.</param>
    /// <param name="output">What of ResNet50 is wanted.</param>
    /// <param name="cancel">Stops a download.</param>
    public static IRgbEncoder Rgb(
        string weights, int threads, CancellationToken cancel, Func<ResNet50Weights, Int8Ranges>? ranges = null,
        ResNet50Output output = ResNet50Output.Features)
    {
        string path = ProgressBar.Run(progress =>
            ImageNetWeights.Fetch(weights, WeightsCache.Default(), StandardErrorNotes.Instance, progress, cancel));
        ResNet50Weights loaded = ResNet50Weights.Load(path);
        return new ResNet50Encoder(loaded, threads: 1, callers: threads, ranges: ranges?.Invoke(loaded), output: output);
    }

    /// <summary>The frozen random radar CNN of `--radar source`.</summary>
    public static RadarSourceEncoder RadarSource(int seed)
    {
        NativeMemory.KeepFreedPages();
        RadarCnn cnn = RadarCnn.Source(seed);
        cnn.eval();
        using var sha = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach ((_, TorchSharp.Modules.Parameter parameter) in cnn.named_parameters()) sha.AppendData(parameter.bytes);
        return new RadarSourceEncoder(
            "radar-cnn-source", Convert.ToHexStringLower(sha.GetHashAndReset()), RadarCnn.WidthPerAntenna, Encode);

        void Encode(ReadOnlySpan<byte> frames, int count, int antennas, Span<float> features)
        {
            lock (cnn) Forward(frames, count, antennas, features); // libtorch uses all cores for one caller
        }

        void Forward(ReadOnlySpan<byte> frames, int count, int antennas, Span<float> features)
        {
            using var scope = torch.NewDisposeScope();
            using var noGradient = torch.no_grad();
            torch.Tensor input = torch.tensor(frames.ToArray(), [count, antennas, RadarSourceEncoder.InputSize, RadarSourceEncoder.InputSize]);
            cnn.forward(input).data<float>().CopyTo(features);
        }
    }
}

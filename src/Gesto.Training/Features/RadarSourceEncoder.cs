using System.Security.Cryptography;
using Gesto.Training.Models;

namespace Gesto.Training.Features;

/// <summary>The frozen random radar encoder of the source project.</summary>
/// <param name="Name">For the feature key, e.g. "radar-cnn-source".</param>
/// <param name="WeightsHash">SHA-256 of its weights.</param>
/// <param name="WidthPerAntenna">Features an antenna, 32.</param>
/// <param name="Encode">Called by several threads at a time.</param>
public sealed record RadarSourceEncoder(string Name, string WeightsHash, int WidthPerAntenna, RadarFrameEncoder Encode)
{
    /// <summary>Side of the square frames the source project fed, pixels.</summary>
    public const int InputSize = 224;

    /// <summary>The frozen random radar CNN of the source project: libtorch draws its weights, ONNX Runtime runs
    /// it.</summary>
    public static RadarSourceEncoder Create(int seed)
    {
        using RadarCnn cnn = RadarCnn.Source(seed);
        using var sha = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var values = new Dictionary<string, float[]>();
        foreach ((string name, TorchSharp.Modules.Parameter parameter) in cnn.named_parameters())
        {
            sha.AppendData(parameter.bytes);
            values[name] = parameter.data<float>().ToArray();
        }
        var network = new RadarSourceNetwork(
            values["conv1.weight"],
            values["conv1.bias"],
            values["conv2.weight"],
            values["conv2.bias"]
        );
        return new RadarSourceEncoder(
            "radar-cnn-source",
            Convert.ToHexStringLower(sha.GetHashAndReset()),
            RadarCnn.WidthPerAntenna,
            network.Encode
        );
    }
}

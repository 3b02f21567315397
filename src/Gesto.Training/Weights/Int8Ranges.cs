using System.Globalization;

namespace Gesto.Training.Weights;

/// <summary>The smallest and largest value of every quantised activation, seen on calibration frames: with the weights,
/// all that decides an INT8 ResNet50. Kept beside the features it made.</summary>
public sealed class Int8Ranges
{
    private const string WeightsEntry = "weights",
        FramesEntry = "frames",
        EncoderEntry = "encoder";

    private Int8Ranges(
        string encoder,
        string weightsHash,
        int frames,
        IReadOnlyDictionary<string, (float Low, float High)> ranges
    )
    {
        (WeightsHash, Frames, Ranges, Name) = (weightsHash, frames, ranges, encoder);
        Hash = TensorHash.Compute($"{encoder} {weightsHash}", Tensors());
    }

    /// <summary>"resnet50-v1-int8" or "resnet50-v1.5-int8".</summary>
    public string Name { get; }

    /// <summary>Of the float32 weights that the ranges belong to.</summary>
    public string WeightsHash { get; }

    /// <summary>Calibration frames.</summary>
    public int Frames { get; }

    /// <summary>SHA-256 over weights and ranges, lower-case hex: what a feature key calls the weights.</summary>
    public string Hash { get; }

    /// <summary>Node of the graph → range, with 0 inside.</summary>
    internal IReadOnlyDictionary<string, (float Low, float High)> Ranges { get; }

    /// <param name="weights">The weights that were observed.</param>
    /// <param name="frames">Frames seen.</param>
    /// <param name="seen">Smallest and largest value of each of <see cref="Int8Graph.Quantised"/>.</param>
    internal static Int8Ranges From(
        ResNet50Weights weights,
        int frames,
        IReadOnlyDictionary<string, (float Low, float High)> seen
    ) =>
        new(
            NameOf(weights),
            weights.Hash,
            frames,
            Int8Graph
                .Quantised(weights.Variant)
                .ToDictionary(n => n, n => (Math.Min(0, seen[n].Low), Math.Max(0, seen[n].High)))
        );

    /// <summary>Beside the features that were made with them.</summary>
    public const string FileName = "int8-ranges.safetensors";

    /// <summary>What Gesto called the file before, as it calls a small encoder's weights.</summary>
    private const string FormerName = "encoder.safetensors";

    /// <returns>The file's path in a folder, by its former name where only that is there.</returns>
    public static string PathIn(string folder)
    {
        string path = Path.Combine(folder, FileName),
            former = Path.Combine(folder, FormerName);
        return !File.Exists(path) && File.Exists(former) ? former : path;
    }

    /// <returns>What a feature key calls the encoder of these weights in INT8.</returns>
    public static string NameOf(ResNet50Weights weights) => $"{weights.Name}-int8";

    /// <exception cref="InvalidDataException">Not the ranges of <paramref name="weights"/>.</exception>
    public static Int8Ranges Load(string path, ResNet50Weights weights)
    {
        SafetensorsFile file = Safetensors.Load(path);
        string hash = file.Metadata.GetValueOrDefault(WeightsEntry, "");
        if (hash != weights.Hash)
            throw new InvalidDataException(
                $"{path}: INT8 ranges of weights '{hash}', found weights {weights.Hash}. Features of two encoders are never mixed: choose another folder."
            );
        var ranges = new Dictionary<string, (float, float)>();
        foreach (string node in Int8Graph.Quantised(weights.Variant))
        {
            ranges[node] =
                file.Tensors.TryGetValue(node, out NamedTensor? tensor)
                && tensor.Shape is [2]
                && tensor.Singles is [<= 0, >= 0] pair
                    ? (pair[0], pair[1])
                    : throw new InvalidDataException(
                        $"{path}: no range of '{node}'. The file is damaged: delete it and extract again."
                    );
        }
        int frames = int.TryParse(
            file.Metadata.GetValueOrDefault(FramesEntry),
            NumberStyles.None,
            CultureInfo.InvariantCulture,
            out int n
        )
            ? n
            : 0;
        return new Int8Ranges(NameOf(weights), hash, frames, ranges);
    }

    /// <returns>The hash of the float32 weights that the ranges in a file belong to; "" where it does not
    /// say.</returns>
    public static string WeightsHashIn(string path) =>
        Safetensors.Load(path).Metadata.GetValueOrDefault(WeightsEntry, "");

    public void Save(string path) =>
        Safetensors.Save(
            path,
            Tensors(),
            new Dictionary<string, string>
            {
                [EncoderEntry] = Name,
                [WeightsEntry] = WeightsHash,
                [FramesEntry] = Frames.ToString(CultureInfo.InvariantCulture),
            }
        );

    private List<NamedTensor> Tensors() =>
        [.. Ranges.Select(r => NamedTensor.From(r.Key, [r.Value.Low, r.Value.High], 2))];
}

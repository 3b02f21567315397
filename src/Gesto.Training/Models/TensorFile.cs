using Gesto.Training.Weights;
using static TorchSharp.torch;

namespace Gesto.Training.Models;

/// <summary>TorchSharp tensors in and out of safetensors files.</summary>
internal static class TensorFile
{
    /// <summary>A copy of a float32 or int64 tensor's values.</summary>
    public static NamedTensor Copy(string name, Tensor value)
    {
        using var scope = NewDisposeScope();
        Tensor plain = value.detach().cpu().contiguous();
        return new NamedTensor(name, NameOf(value.dtype), [.. plain.shape], plain.bytes.ToArray());
    }

    public static IEnumerable<NamedTensor> Copy(nn.Module module, string prefix = "") =>
        Named(module).Select(p => Copy(prefix + p.Name, p.Value));

    /// <summary>Puts a file's values into a tensor of the same shape.</summary>
    /// <exception cref="InvalidDataException">The file has no such tensor, or of another shape.</exception>
    public static void Restore(SafetensorsFile file, string path, string name, Tensor value)
    {
        if (!file.Tensors.TryGetValue(name, out NamedTensor? stored))
            throw new InvalidDataException(
                $"{path}: no tensor '{name}'. The file belongs to another recipe; train into a new directory."
            );
        if (!stored.Shape.AsSpan().SequenceEqual(value.shape) || stored.DType != NameOf(value.dtype))
            throw new InvalidDataException(
                $"{path}: tensor '{name}' is {stored.DType} ({string.Join(',', stored.Shape)}), the recipe makes {NameOf(value.dtype)} ({string.Join(',', value.shape)}). "
                    + "The file belongs to another recipe or label set; train into a new directory."
            );
        if (!value.is_contiguous())
            throw new NotSupportedException($"Tensor '{name}' is not contiguous.");
        if (value.device_type == TorchSharp.DeviceType.CPU)
        {
            stored.Bytes.CopyTo(value.bytes);
            return;
        }
        using var noGradients = no_grad();
        using Tensor read = empty(value.shape, value.dtype);
        stored.Bytes.CopyTo(read.bytes);
        value.copy_(read);
    }

    public static void Restore(SafetensorsFile file, string path, nn.Module module, string prefix = "")
    {
        foreach ((string name, Tensor value) in Named(module))
            Restore(file, path, prefix + name, value);
    }

    private static string NameOf(ScalarType type) =>
        type switch
        {
            ScalarType.Float32 => "F32",
            ScalarType.Int64 => "I64", // batch norm counts its batches
            _ => throw new NotSupportedException($"Tensors of {type} are not saved."),
        };

    private static IEnumerable<(string Name, Tensor Value)> Named(nn.Module module) =>
        module
            .named_parameters()
            .Select(p => (p.name, (Tensor)p.parameter))
            .Concat(module.named_buffers().Select(b => (b.name, b.buffer)));
}

using System.Text.Json;

namespace Gesto.Training.Weights;

/// <summary>Opens one file of a tfjs model by its name, which is never a path. Throws <see
/// cref="FileNotFoundException"/>.</summary>
internal delegate byte[] ReadNamedFile(string name);

/// <summary>Reads the weights of a TensorFlow.js layers model: `model.json` with a weights manifest, and shards that
/// are float32 values one after another.</summary>
internal static class TfjsReader
{
    private const string ModelFile = "model.json";

    /// <summary>Tensors under their Keras names and in Keras layouts: kernels (H, W, I, O), dense (I, O).</summary>
    public static Dictionary<string, NamedTensor> Load(string folder)
    {
        return Read(folder, name =>
        {
            string path = Path.Combine(folder, name);
            return File.Exists(path)
                ? File.ReadAllBytes(path)
                : throw new FileNotFoundException($"{path}: the model needs this file.", path);
        });
    }

    /// <param name="place">What to call the source in errors.</param>
    /// <param name="read">Opens the model's files by name.</param>
    /// <exception cref="InvalidDataException">The manifest is not understood, or disagrees with the shards.</exception>
    public static Dictionary<string, NamedTensor> Read(string place, ReadNamedFile read)
    {
        string file = $"{place}/{ModelFile}";
        try
        {
            using var json = JsonDocument.Parse(
                read(ModelFile),
                new JsonDocumentOptions { AllowDuplicateProperties = false }
            );
            var tensors = new Dictionary<string, NamedTensor>(StringComparer.Ordinal);
            foreach (JsonElement group in json.RootElement.GetProperty("weightsManifest").EnumerateArray())
            {
                using Stream data = Join(group.GetProperty("paths"), place, read);
                foreach (JsonElement weight in group.GetProperty("weights").EnumerateArray())
                {
                    NamedTensor tensor = ReadTensor(weight, data, file);
                    if (!tensors.TryAdd(tensor.Name, tensor))
                        throw new InvalidDataException($"{file}: two weights are named '{tensor.Name}'.");
                }
                if (data.Position != data.Length)
                    throw new InvalidDataException(
                        $"{file}: the weights take {data.Position} bytes, the shards have {data.Length}."
                    );
            }
            return tensors;
        }
        catch (Exception e)
            when (e is JsonException or InvalidOperationException or KeyNotFoundException or FormatException)
        {
            throw new InvalidDataException($"{file}: not a tfjs layers model: {e.Message}", e);
        }
    }

    private static MemoryStream Join(JsonElement paths, string place, ReadNamedFile read)
    {
        var joined = new MemoryStream();
        foreach (JsonElement path in paths.EnumerateArray())
        {
            string name = path.GetString()!;
            if (
                name != Path.GetFileName(name)
                || name is "" or "." or ".."
                || name.Contains('\\', StringComparison.Ordinal)
            )
                throw new InvalidDataException($"{place}/{ModelFile}: the shard '{name}' is not a plain file name.");
            joined.Write(read(name));
        }
        joined.Position = 0;
        return joined;
    }

    private static NamedTensor ReadTensor(JsonElement weight, Stream data, string file)
    {
        string name = weight.GetProperty("name").GetString()!;
        string dtype = weight.GetProperty("dtype").GetString()!;
        long[] shape = [.. weight.GetProperty("shape").EnumerateArray().Select(n => n.GetInt64())];
        if (dtype != "float32" || weight.TryGetProperty("quantization", out _))
            throw new InvalidDataException(
                $"{file}: weight '{name}' is {dtype} or quantized; only plain float32 is read."
            );
        long left = data.Length - data.Position;
        if (NamedTensor.ByteCount("F32", shape) is not { } bytes || bytes > left)
            throw new InvalidDataException(
                $"{file}: weight '{name}' ({string.Join(',', shape)}) does not fit the {left} bytes left in the shards."
            );
        var values = new byte[bytes];
        data.ReadExactly(values);
        return new NamedTensor(name, "F32", shape, values);
    }
}

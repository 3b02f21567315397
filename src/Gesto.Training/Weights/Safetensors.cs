using System.Buffers.Binary;
using System.Text;
using System.Text.Json;
using Gesto.Files;

namespace Gesto.Training.Weights;

/// <summary>What a safetensors file holds.</summary>
/// <param name="Tensors">By name.</param>
/// <param name="Metadata">Free text by name; empty where the file has none.</param>
public sealed record SafetensorsFile(
    IReadOnlyDictionary<string, NamedTensor> Tensors,
    IReadOnlyDictionary<string, string> Metadata
);

/// <summary>Reads and writes safetensors: 8 bytes of header length, a JSON header, then the tensors' bytes.
/// Source: the format section of huggingface/safetensors' README.</summary>
/// <remarks>The file is trusted in nothing: memory is allocated only for bytes that the file really has.</remarks>
public static class Safetensors
{
    /// <summary>The format's own limit on its JSON header, bytes.</summary>
    public const int HeaderLimit = 100_000_000;

    private const string MetadataName = "__metadata__";
    private static readonly UTF8Encoding StrictUtf8 = new(false, throwOnInvalidBytes: true);

    /// <exception cref="InvalidDataException">Not a safetensors file, or one whose header and data
    /// disagree.</exception>
    public static SafetensorsFile Load(string path)
    {
        using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 16);
        return Read(stream, path);
    }

    /// <summary>Writes through <see cref="AtomicFile"/>. The same tensors and metadata give the same bytes in any
    /// order.</summary>
    public static void Save(
        string path,
        IReadOnlyList<NamedTensor> tensors,
        IReadOnlyDictionary<string, string>? metadata = null
    ) => AtomicFile.Write(path, s => Write(s, tensors, metadata));

    /// <summary>The metadata alone, without reading the tensors.</summary>
    /// <inheritdoc cref="Load"/>
    public static IReadOnlyDictionary<string, string> LoadMetadata(string path)
    {
        using FileStream stream = File.OpenRead(path);
        return ParseHeader(ReadHeader(stream, path), path).Metadata;
    }

    /// <param name="stream">Positioned at the file's first byte; must know its length.</param>
    /// <param name="name">What to call the source in errors.</param>
    public static SafetensorsFile Read(Stream stream, string name)
    {
        byte[] header = ReadHeader(stream, name);
        (List<Entry> entries, Dictionary<string, string> metadata) = ParseHeader(header, name);
        CheckLayout(entries, stream.Length - 8 - header.Length, name);
        var tensors = new Dictionary<string, NamedTensor>(entries.Count, StringComparer.Ordinal);
        foreach (Entry entry in entries)
        {
            byte[] bytes = GC.AllocateUninitializedArray<byte>((int)(entry.End - entry.Begin));
            stream.ReadExactly(bytes);
            tensors.Add(entry.Name, new NamedTensor(entry.Name, entry.DType, entry.Shape, bytes));
        }
        return new SafetensorsFile(tensors, metadata);
    }

    /// <summary>Largest elements first, then by name, so that every tensor is aligned to its element size.</summary>
    /// <exception cref="ArgumentException">Two tensors of one name, or bytes that do not match type and
    /// shape.</exception>
    public static void Write(
        Stream stream,
        IReadOnlyList<NamedTensor> tensors,
        IReadOnlyDictionary<string, string>? metadata = null
    )
    {
        NamedTensor[] sorted =
        [
            .. tensors
                .OrderByDescending(t => NamedTensor.ElementSize(t.DType))
                .ThenBy(t => t.Name, StringComparer.Ordinal),
        ];
        var names = new HashSet<string>(StringComparer.Ordinal) { MetadataName };
        foreach (NamedTensor tensor in sorted)
        {
            if (!names.Add(tensor.Name))
                throw new ArgumentException($"The tensor name '{tensor.Name}' is taken.", nameof(tensors));
            if (NamedTensor.ByteCount(tensor.DType, tensor.Shape) != tensor.Bytes.Length)
                throw new ArgumentException(
                    $"Tensor '{tensor.Name}': {tensor.Bytes.Length} bytes do not make {tensor.DType} ({string.Join(',', tensor.Shape)}).",
                    nameof(tensors)
                );
        }
        byte[] header = FormatHeader(sorted, metadata);
        // Spaces to a multiple of 8: the data after it is aligned, and so are the tensors in a memory map.
        int padding = (8 - header.Length % 8) % 8;
        if (header.Length + padding > HeaderLimit)
            throw new ArgumentException(
                $"The header takes {header.Length} bytes, the limit is {HeaderLimit}.",
                nameof(tensors)
            );
        Span<byte> length = stackalloc byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(length, (ulong)(header.Length + padding));
        stream.Write(length);
        stream.Write(header);
        stream.Write("        "u8[..padding]);
        foreach (NamedTensor tensor in sorted)
            stream.Write(tensor.Bytes);
    }

    private static byte[] ReadHeader(Stream stream, string name)
    {
        long size = stream.Length;
        Span<byte> prefix = stackalloc byte[8];
        if (stream.ReadAtLeast(prefix, 8, throwOnEndOfStream: false) < 8)
            throw new InvalidDataException(
                $"{name}: {size} bytes, a safetensors file begins with 8 bytes of header length."
            );
        ulong headerLength = BinaryPrimitives.ReadUInt64LittleEndian(prefix);
        if (headerLength > HeaderLimit)
            throw new InvalidDataException(
                $"{name}: a header of {headerLength} bytes, the limit is {HeaderLimit}. This is not a safetensors file."
            );
        if ((long)headerLength > size - 8)
            throw new InvalidDataException(
                $"{name}: the header takes {headerLength} bytes, the file has {size - 8} after its length. The file is cut."
            );
        var header = new byte[headerLength];
        stream.ReadExactly(header);
        return header;
    }

    private static byte[] FormatHeader(NamedTensor[] tensors, IReadOnlyDictionary<string, string>? metadata)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            if (metadata is { Count: > 0 })
            {
                json.WriteStartObject(MetadataName);
                foreach ((string key, string value) in metadata.OrderBy(p => p.Key, StringComparer.Ordinal))
                    json.WriteString(key, value);
                json.WriteEndObject();
            }
            long offset = 0;
            foreach (NamedTensor tensor in tensors)
            {
                json.WriteStartObject(tensor.Name);
                json.WriteString("dtype", tensor.DType);
                json.WriteStartArray("shape");
                foreach (long n in tensor.Shape)
                    json.WriteNumberValue(n);
                json.WriteEndArray();
                json.WriteStartArray("data_offsets");
                json.WriteNumberValue(offset);
                json.WriteNumberValue(offset += tensor.Bytes.Length);
                json.WriteEndArray();
                json.WriteEndObject();
            }
            json.WriteEndObject();
        }
        return buffer.ToArray();
    }

    private static (List<Entry> Entries, Dictionary<string, string> Metadata) ParseHeader(byte[] header, string name)
    {
        var entries = new List<Entry>();
        var metadata = new Dictionary<string, string>(StringComparer.Ordinal);
        try
        {
            StrictUtf8.GetCharCount(header);
            using var json = JsonDocument.Parse(header, new JsonDocumentOptions { AllowDuplicateProperties = false });
            if (json.RootElement.ValueKind != JsonValueKind.Object)
                throw new InvalidDataException(
                    $"{name}: the header is a JSON {json.RootElement.ValueKind}, expected an object."
                );
            foreach (JsonProperty property in json.RootElement.EnumerateObject())
            {
                if (property.Name == MetadataName)
                    foreach (JsonProperty text in property.Value.EnumerateObject())
                        metadata.Add(
                            text.Name,
                            text.Value.GetString() ?? throw new JsonException($"metadata '{text.Name}' is null")
                        );
                else
                    entries.Add(ParseEntry(property, name));
            }
        }
        // InvalidOperationException: a JSON value of another kind than asked for, or half of a surrogate pair in a
        // string.
        catch (Exception e)
            when (e is JsonException or InvalidOperationException or DecoderFallbackException or FormatException)
        {
            throw new InvalidDataException($"{name}: the header is not understood: {e.Message}", e);
        }
        return (entries, metadata);
    }

    private static Entry ParseEntry(JsonProperty property, string file)
    {
        string? dtype = null;
        long[]? shape = null,
            offsets = null;
        foreach (JsonProperty field in property.Value.EnumerateObject())
        {
            switch (field.Name)
            {
                case "dtype":
                    dtype = field.Value.GetString();
                    break;
                case "shape":
                    shape = [.. field.Value.EnumerateArray().Select(n => n.GetInt64())];
                    break;
                case "data_offsets":
                    offsets = [.. field.Value.EnumerateArray().Select(n => n.GetInt64())];
                    break;
                default:
                    throw new InvalidDataException(
                        $"{file}: tensor '{property.Name}' has an unknown field '{field.Name}'."
                    );
            }
        }
        if (dtype is null || shape is null || offsets is not { Length: 2 })
            throw new InvalidDataException(
                $"{file}: tensor '{property.Name}' lacks its dtype, shape or two data_offsets."
            );
        if (NamedTensor.ElementSize(dtype) == 0)
            throw new InvalidDataException(
                $"{file}: tensor '{property.Name}' has the dtype '{dtype}', which is not read."
            );
        if (NamedTensor.ByteCount(dtype, shape) is not { } bytes)
            throw new InvalidDataException(
                $"{file}: tensor '{property.Name}' has the shape ({string.Join(',', shape)}), which cannot be."
            );
        if (offsets[0] < 0 || offsets[1] < offsets[0] || offsets[1] - offsets[0] != bytes)
            throw new InvalidDataException(
                $"{file}: tensor '{property.Name}' lies at bytes {offsets[0]} to {offsets[1]}, but {dtype} ({string.Join(',', shape)}) takes {bytes}."
            );
        if (bytes > Array.MaxLength)
            throw new InvalidDataException(
                $"{file}: tensor '{property.Name}' takes {bytes} bytes, the limit is {Array.MaxLength}."
            );
        return new Entry(property.Name, dtype, shape, offsets[0], offsets[1]);
    }

    /// <summary>Sorts the entries by place and checks that they tile the data exactly: no overlap, no hole, nothing
    /// after.</summary>
    private static void CheckLayout(List<Entry> entries, long dataLength, string file)
    {
        entries.Sort((a, b) => a.Begin != b.Begin ? a.Begin.CompareTo(b.Begin) : a.End.CompareTo(b.End));
        long end = 0;
        string previous = "the header";
        foreach (Entry entry in entries)
        {
            if (entry.Begin < end)
                throw new InvalidDataException(
                    $"{file}: tensor '{entry.Name}' begins at byte {entry.Begin} and overlaps '{previous}', which ends at {end}."
                );
            if (entry.Begin > end)
                throw new InvalidDataException(
                    $"{file}: tensor '{entry.Name}' begins at byte {entry.Begin}, a hole after {previous}, which ends at {end}."
                );
            (end, previous) = (entry.End, $"'{entry.Name}'");
        }
        if (end != dataLength)
            throw new InvalidDataException(
                $"{file}: the tensors take {end} bytes, the file has {dataLength}. The file is cut or not whole."
            );
    }

    private sealed record Entry(string Name, string DType, long[] Shape, long Begin, long End);
}

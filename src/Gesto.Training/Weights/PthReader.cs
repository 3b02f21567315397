using System.IO.Compression;

namespace Gesto.Training.Weights;

/// <summary>Reads state dicts that PyTorch wrote (torch.save, the zip format since PyTorch 1.6): names and tensors and
/// nothing else. A `.pth` is a pickle, a program; the few calls that make tensors are understood, and a file that asks
/// for any other is refused with its name. Nothing is ever run.</summary>
internal static class PthReader
{
    /// <summary>Tensors may share storage, but a small file must not unfold into a huge one: bytes out ≤ this × bytes
    /// in.</summary>
    private const int UnfoldLimit = 4;

    /// <returns>The tensors by name, contiguous.</returns>
    /// <exception cref="InvalidDataException">Not such a file, or one that holds more than tensors.</exception>
    public static Dictionary<string, NamedTensor> Load(string path)
    {
        using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 16);
        return Read(stream, path);
    }

    public static Dictionary<string, NamedTensor> Read(Stream stream, string name)
    {
        int first = stream.ReadByte(),
            second = stream.ReadByte();
        stream.Position = 0;
        if ((first, second) != ('P', 'K'))
            throw new InvalidDataException(
                first == 0x80
                    ? $"{name}: a pickle without the zip around it, as PyTorch wrote before 1.6. Load it with PyTorch and torch.save it again."
                    : $"{name}: not a PyTorch file (it is not a zip)."
            );
        try
        {
            using var zip = new ZipArchive(stream, ZipArchiveMode.Read, leaveOpen: true);
            return new Archive(zip, name, stream.Length).ReadStateDict();
        }
        catch (Exception e)
            when (e is EndOfStreamException or ArgumentException or NotSupportedException or OverflowException)
        {
            throw new InvalidDataException($"{name}: the zip is damaged: {e.Message}", e);
        }
    }

    private sealed class Archive(ZipArchive zip, string name, long fileLength)
    {
        private readonly Dictionary<string, byte[]> storages = [];
        private string folder = "";
        private long unfolded;

        public Dictionary<string, NamedTensor> ReadStateDict()
        {
            ZipArchiveEntry[] pickles =
            [
                .. zip.Entries.Where(e => e.FullName.EndsWith("/data.pkl", StringComparison.Ordinal)),
            ];
            if (
                pickles.Length != 1
                || zip.Entries.Any(e => e.FullName.EndsWith("/constants.pkl", StringComparison.Ordinal))
            )
                throw new InvalidDataException(
                    $"{name}: {pickles.Length} data.pkl in the zip, or TorchScript. Expected a state dict: torch.save(model.state_dict(), path)."
                );
            folder = pickles[0].FullName[..^"data.pkl".Length];
            if (zip.GetEntry($"{folder}byteorder") is { } order && !Bytes(order).AsSpan().SequenceEqual("little"u8))
                throw new InvalidDataException($"{name}: written on a big-endian machine, which is not read.");
            object? root = new PickleMachine(name, Call, Storage).Run(Bytes(pickles[0]));
            if (root is not PickleDictionary dictionary)
                throw new InvalidDataException(
                    $"{name}: holds a {Describe(root)}, expected a state dict: torch.save(model.state_dict(), path)."
                );
            var tensors = new Dictionary<string, NamedTensor>(StringComparer.Ordinal);
            foreach ((object? key, object? value) in dictionary.Items)
            {
                if (key is not string text || value is not NamedTensor tensor)
                    throw new InvalidDataException(
                        $"{name}: holds a {Describe(value)} under '{key}', expected tensors only: torch.save(model.state_dict(), path)."
                    );
                if (!tensors.TryAdd(text, tensor with { Name = text }))
                    throw new InvalidDataException($"{name}: two tensors are named '{text}'.");
            }
            return tensors;
        }

        /// <summary>The closed list of calls.</summary>
        private object Call(PickleGlobal function, object?[] arguments) =>
            (function.ToString(), arguments) switch
            {
                ("collections.OrderedDict", []) => new PickleDictionary(),
                (
                    "torch._utils._rebuild_tensor_v2",
                    [
                        Stored storage,
                        long offset,
                        object?[] shape,
                        object?[] strides,
                        bool,
                        PickleDictionary { Items.Count: 0 },
                        ..,
                    ]
                ) => Tensor(storage, offset, Integers(shape), Integers(strides)),
                ("torch._utils._rebuild_parameter", [NamedTensor tensor, bool, PickleDictionary { Items.Count: 0 }]) =>
                    tensor,
                (
                    "collections.OrderedDict"
                        or "torch._utils._rebuild_tensor_v2"
                        or "torch._utils._rebuild_parameter",
                    _
                ) => throw new InvalidDataException(
                    $"{name}: {function} is called with arguments that do not make a plain tensor."
                ),
                _ => throw new InvalidDataException(
                    $"{name}: the file asks to call {function}, which is code and is refused. Nothing was run. "
                        + "Ask its author for a state dict or a safetensors file."
                ),
            };

        /// <summary>('storage', torch.FloatStorage, key, device, elements) → the storage's type and place.</summary>
        private Stored Storage(object? id)
        {
            if (
                id is not object?[] parts
                || parts is not ["storage", PickleGlobal type, string key, string, long elements]
            )
                throw new InvalidDataException($"{name}: a persistent id that is not a tensor's storage.");
            string dtype = type.ToString() switch
            {
                "torch.FloatStorage" => "F32",
                "torch.DoubleStorage" => "F64",
                "torch.HalfStorage" => "F16",
                "torch.BFloat16Storage" => "BF16",
                "torch.LongStorage" => "I64",
                "torch.IntStorage" => "I32",
                "torch.ShortStorage" => "I16",
                "torch.CharStorage" => "I8",
                "torch.ByteStorage" => "U8",
                "torch.BoolStorage" => "BOOL",
                _ => throw new InvalidDataException(
                    $"{name}: the file asks for {type} as a storage; only torch's plain ones are read."
                ),
            };
            return new Stored(dtype, key, elements);
        }

        /// <summary>Copies a view of a storage into a contiguous tensor.</summary>
        private NamedTensor Tensor(Stored storage, long offset, long[] shape, long[] strides)
        {
            if (!storages.TryGetValue(storage.Key, out byte[]? data))
            {
                ZipArchiveEntry entry = zip.GetEntry($"{folder}data/{storage.Key}")
                    ?? throw new InvalidDataException(
                        $"{name}: the values data/{storage.Key} are missing. The file is cut."
                    );
                storages.Add(storage.Key, data = Bytes(entry));
            }
            int size = NamedTensor.ElementSize(storage.DType);
            if (storage.Elements < 0 || storage.Elements > data.Length / size)
                throw new InvalidDataException(
                    $"{name}: data/{storage.Key} has {data.Length} bytes, {storage.Elements} {storage.DType} are announced."
                );
            long? bytes = NamedTensor.ByteCount(storage.DType, shape);
            unfolded += bytes ?? 0;
            if (
                bytes is null
                || bytes > Array.MaxLength
                || unfolded > UnfoldLimit * fileLength
                || !Fits(storage.Elements, offset, shape, strides)
            )
                throw new InvalidDataException(
                    $"{name}: a tensor of shape ({string.Join(',', shape)}), strides ({string.Join(',', strides)}) at {offset} does not fit "
                        + $"data/{storage.Key} of {storage.Elements} elements."
                );
            var values = new byte[bytes.Value];
            CopyView(data, values, size, offset, shape, strides);
            return new NamedTensor("", storage.DType, shape, values);
        }

        private static bool Fits(long elements, long offset, long[] shape, long[] strides)
        {
            if (offset < 0 || strides.Length != shape.Length)
                return false;
            if (shape.Contains(0))
                return true;
            Int128 last = offset;
            for (int axis = 0; axis < shape.Length; axis++)
            {
                if (strides[axis] < 0)
                    return false;
                last += (Int128)(shape[axis] - 1) * strides[axis];
            }
            return last < elements;
        }

        private static void CopyView(byte[] from, byte[] to, int size, long offset, long[] shape, long[] strides)
        {
            var index = new long[shape.Length];
            for (int done = 0; done < to.Length; done += size)
            {
                from.AsSpan((int)(offset * size), size).CopyTo(to.AsSpan(done));
                for (int axis = shape.Length - 1; axis >= 0; axis--)
                {
                    offset += strides[axis];
                    if (++index[axis] < shape[axis])
                        break;
                    offset -= strides[axis] * shape[axis];
                    index[axis] = 0;
                }
            }
        }

        private byte[] Bytes(ZipArchiveEntry entry)
        {
            // torch stores without compression: an entry larger than the file is a bomb or a lie.
            if (entry.Length != entry.CompressedLength || entry.Length > Math.Min(fileLength, Array.MaxLength))
                throw new InvalidDataException(
                    $"{name}: {entry.FullName} is {entry.CompressedLength} bytes packed and {entry.Length} unpacked; PyTorch does not compress."
                );
            var bytes = new byte[entry.Length];
            using Stream stream = entry.Open();
            stream.ReadExactly(bytes);
            return bytes;
        }

        private long[] Integers(object?[] values) =>
            [
                .. values.Select(v =>
                    v as long? ?? throw new InvalidDataException($"{name}: a tensor's shape holds a {Describe(v)}.")
                ),
            ];

        private static string Describe(object? value) =>
            value switch
            {
                null => "None",
                string => "text",
                long or double or bool => "number",
                PickleDictionary => "dict",
                List<object?> or object?[] => "list",
                PickleGlobal global => $"reference to {global}",
                _ => "tensor",
            };
    }

    private sealed record Stored(string DType, string Key, long Elements);
}

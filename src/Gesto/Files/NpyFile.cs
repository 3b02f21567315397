using System.Buffers.Binary;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.RegularExpressions;

namespace Gesto.Files;

/// <summary>An array as numpy stores it: element type, shape, and C-order little-endian bytes.</summary>
/// <param name="DType">numpy type string: "&lt;f4", "&lt;f8", "&lt;f2", "|u1", "&lt;u2", "&lt;i8" …</param>
/// <param name="Shape">Extent of each axis, each ≥ 0; empty for a scalar.</param>
/// <param name="Bytes">Product of <paramref name="Shape"/> × element size bytes, C order.</param>
internal sealed record NpyArray(string DType, int[] Shape, byte[] Bytes)
{
    public static NpyArray From(ReadOnlySpan<float> values, params int[] shape) =>
        new("<f4", shape, MemoryMarshal.AsBytes(values).ToArray());

    /// <summary>Numbers stored as "&lt;f4", "&lt;f2" or "|u1", rounded to the nearest that the type has.</summary>
    public static NpyArray From(string dtype, float[] values, int[] shape) =>
        dtype switch
        {
            "<f4" => From(values, shape),
            "<f2" => new(dtype, shape, MemoryMarshal.AsBytes<Half>(Array.ConvertAll(values, v => (Half)v)).ToArray()),
            "|u1" => From(Array.ConvertAll(values, v => (byte)Math.Clamp(MathF.Round(v), 0, 255)), shape),
            _ => throw new ArgumentException($"Numbers are stored as <f4, <f2 or |u1, not {dtype}.", nameof(dtype)),
        };

    public static NpyArray From(ReadOnlySpan<byte> values, params int[] shape) => new("|u1", shape, values.ToArray());

    /// <summary>The values as float32, converted from any numeric type.</summary>
    public float[] ToSingles()
    {
        int size = NpyFile.ElementSize(DType);
        var values = new float[Bytes.Length / size];
        ReadOnlySpan<byte> b = Bytes;
        switch (DType[1..])
        {
            case "f4":
                MemoryMarshal.Cast<byte, float>(b).CopyTo(values);
                break;
            case "f8":
                Convert(MemoryMarshal.Cast<byte, double>(b), values, v => (float)v);
                break;
            case "f2":
                Convert(MemoryMarshal.Cast<byte, Half>(b), values, v => (float)v);
                break;
            case "u1" or "b1":
                Convert(b, values, v => v);
                break;
            case "i1":
                Convert(MemoryMarshal.Cast<byte, sbyte>(b), values, v => v);
                break;
            case "u2":
                Convert(MemoryMarshal.Cast<byte, ushort>(b), values, v => v);
                break;
            case "i2":
                Convert(MemoryMarshal.Cast<byte, short>(b), values, v => v);
                break;
            case "u4":
                Convert(MemoryMarshal.Cast<byte, uint>(b), values, v => v);
                break;
            case "i4":
                Convert(MemoryMarshal.Cast<byte, int>(b), values, v => v);
                break;
            case "u8":
                Convert(MemoryMarshal.Cast<byte, ulong>(b), values, v => v);
                break;
            case "i8":
                Convert(MemoryMarshal.Cast<byte, long>(b), values, v => v);
                break;
        }
        return values;
    }

    private static void Convert<T>(ReadOnlySpan<T> from, float[] to, Func<T, float> convert)
    {
        for (int i = 0; i < from.Length; i++)
            to[i] = convert(from[i]);
    }
}

/// <summary>Reads and writes numpy's `.npy`, versions 1.0 to 3.0. Source: numpy, "NEP 1 — A simple file format for
/// NumPy arrays". Only little-endian numbers in C order: object arrays carry pickled code and are refused.</summary>
internal static partial class NpyFile
{
    /// <summary>Largest array that <see cref="Load"/> allocates unless told otherwise, bytes: .NET has none that are
    /// larger.</summary>
    public const long DefaultByteLimit = 0x7FFFFFC7;

    private static ReadOnlySpan<byte> Magic => [0x93, (byte)'N', (byte)'U', (byte)'M', (byte)'P', (byte)'Y'];

    /// <exception cref="InvalidDataException">Not a `.npy`, an unsupported type, or a size that disagrees with its
    /// header.</exception>
    public static NpyArray Load(string path) => LoadInto(path, null);

    /// <param name="path">The file.</param>
    /// <param name="memory">Becomes the array's where it has just its size: for arrays that are looked at and
    /// forgotten.</param>
    /// <exception cref="InvalidDataException">As <see cref="Load"/>.</exception>
    internal static NpyArray LoadInto(string path, byte[]? memory)
    {
        using FileStream stream = RecordingFile.Open(path, 1 << 16);
        return Read(stream, path, DefaultByteLimit, memory);
    }

    /// <param name="stream">Read to its end; need not seek.</param>
    /// <param name="name">What to call the source in errors.</param>
    /// <param name="byteLimit">Refuse headers that announce more than this.</param>
    public static NpyArray Read(Stream stream, string name, long byteLimit = DefaultByteLimit) =>
        Read(stream, name, byteLimit, null);

    private static NpyArray Read(Stream stream, string name, long byteLimit, byte[]? memory)
    {
        (string dtype, int[] shape, _) = ReadHeader(stream, name);
        // As a double: a product of hostile axes may pass any integer, and 2 GiB is exact in it.
        double announced = shape.Aggregate((double)ElementSize(dtype), (product, n) => product * n);
        if (announced > byteLimit)
            throw new InvalidDataException(
                $"{name}: the header announces {announced:0} bytes, the limit is {byteLimit}."
            );
        var bytes = (long)announced;
        // Before allocating: a header of 128 bytes may announce 2 GiB.
        if (stream.CanSeek && stream.Length - stream.Position < bytes)
            throw Missing(name, bytes, stream.Length - stream.Position);
        byte[] data = memory?.Length == bytes ? memory : new byte[bytes];
        int got = stream.ReadAtLeast(data, data.Length, throwOnEndOfStream: false);
        if (got < data.Length)
            throw Missing(name, bytes, got);
        if (stream.ReadByte() >= 0)
            throw new InvalidDataException($"{name}: data goes on after the {bytes} bytes announced.");
        return new NpyArray(dtype, shape, data);
    }

    public static void Save(string path, NpyArray array) => AtomicFile.Write(path, s => Write(s, array));

    /// <summary>Writes version 1.0, header padded to a multiple of 64 bytes as numpy does.</summary>
    public static void Write(Stream stream, NpyArray array)
    {
        string axes = string.Join(", ", array.Shape.Select(n => n.ToString(CultureInfo.InvariantCulture)));
        if (array.Shape.Length == 1)
            axes += ",";
        string dictionary = $"{{'descr': '{array.DType}', 'fortran_order': False, 'shape': ({axes}), }}";
        int unpadded = Magic.Length + 4 + dictionary.Length + 1;
        string header = dictionary + new string(' ', (64 - unpadded % 64) % 64) + "\n";
        Span<byte> length = stackalloc byte[2];
        BinaryPrimitives.WriteUInt16LittleEndian(length, (ushort)header.Length);
        stream.Write(Magic);
        stream.Write([1, 0]);
        stream.Write(length);
        stream.Write(Encoding.Latin1.GetBytes(header));
        stream.Write(array.Bytes);
    }

    /// <summary>Reads the header only. <c>DataOffset</c> is the position of the first value, bytes.</summary>
    public static (string DType, int[] Shape, int DataOffset) ReadHeader(Stream stream, string name)
    {
        Span<byte> start = stackalloc byte[8];
        if (stream.ReadAtLeast(start, 8, throwOnEndOfStream: false) < 8 || !start[..6].SequenceEqual(Magic))
            throw new InvalidDataException($"{name}: not a .npy file (it does not begin with \\x93NUMPY).");
        int major = start[6];
        if (major is < 1 or > 3)
            throw new InvalidDataException($"{name}: .npy version {major}, known are 1 to 3.");
        Span<byte> size = stackalloc byte[major == 1 ? 2 : 4];
        if (stream.ReadAtLeast(size, size.Length, throwOnEndOfStream: false) < size.Length)
            throw Cut(name);
        long length =
            major == 1 ? BinaryPrimitives.ReadUInt16LittleEndian(size) : BinaryPrimitives.ReadUInt32LittleEndian(size);
        if (length > 1 << 16)
            throw new InvalidDataException($"{name}: a header of {length} bytes, the limit is {1 << 16}.");
        var text = new byte[length];
        if (stream.ReadAtLeast(text, text.Length, throwOnEndOfStream: false) < text.Length)
            throw Cut(name);
        string header = Encoding.Latin1.GetString(text);
        Match match = HeaderPattern().Match(header);
        if (!match.Success)
            throw new InvalidDataException(
                $"{name}: header not understood: {header.Trim()}. Only plain arrays of numbers are read."
            );
        string dtype = match.Groups["descr"].Value;
        if (dtype.Contains('O', StringComparison.Ordinal))
            throw new InvalidDataException(
                $"{name}: an object array (dtype '{dtype}') holds pickled Python code and is not opened. "
                    + "Save plain numbers: np.save(path, array.astype(np.float32))."
            );
        if (ElementSize(dtype) == 0)
            throw new InvalidDataException(
                $"{name}: dtype '{dtype}' is not read; known are little-endian integers and floats."
            );
        if (match.Groups["fortran"].Value == "True")
            throw new InvalidDataException($"{name}: Fortran order is not read. Save np.ascontiguousarray(array).");
        var shape = new List<int>();
        foreach (
            string axis in match
                .Groups["shape"]
                .Value.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
        )
        {
            if (!int.TryParse(axis, NumberStyles.None, CultureInfo.InvariantCulture, out int n))
                throw new InvalidDataException(
                    $"{name}: axis length '{axis}' in the header is not a number up to {int.MaxValue}."
                );
            shape.Add(n);
        }
        return (dtype, [.. shape], 8 + size.Length + (int)length);
    }

    /// <returns>Bytes of one element, 0 for a type that is not read.</returns>
    internal static int ElementSize(string dtype) =>
        dtype switch
        {
            "|u1" or "|i1" or "|b1" => 1,
            "<f2" or "<u2" or "<i2" => 2,
            "<f4" or "<u4" or "<i4" => 4,
            "<f8" or "<u8" or "<i8" => 8,
            _ => 0,
        };

    private static InvalidDataException Missing(string name, long announced, long found) =>
        new($"{name}: the header announces {announced} bytes of data, found {found}. The file is cut; write it again.");

    private static InvalidDataException Cut(string name) => new($"{name}: the file ends inside its header.");

    [GeneratedRegex(
        """^\{\s*'descr':\s*'(?<descr>[^']*)',\s*'fortran_order':\s*(?<fortran>True|False),\s*'shape':\s*\((?<shape>[^)]*)\),?\s*\}\s*$"""
    )]
    private static partial Regex HeaderPattern();
}

using System.Runtime.ExceptionServices;
using Gesto.Files;
using PureHDF;
using PureHDF.VOL.Native;

namespace Gesto.Radar;

/// <summary>An HDF5 file, opened by PureHDF. Whatever that makes of a damaged file comes out as an <see
/// cref="InvalidDataException"/>: it promises no kinds of errors of its own.</summary>
internal sealed class Hdf5File
{
    /// <summary>Of all values that a file may unpack to beyond its own size, bytes: compression makes them more, a
    /// damaged header makes them any number.</summary>
    private const long UnpackedLimit = 64L << 20;

    /// <summary>A recording of a sign is read in milliseconds; a damaged one may send the reader round in a
    /// circle.</summary>
    private const double SecondsAllowed = 6,
        SecondsPerMegabyte = 0.2;

    private static readonly byte[] Signature = [0x89, .. "HDF\r\n"u8, 0x1A, (byte)'\n'];

    private readonly IH5Group root;
    private readonly long limit;
    private long unpacked;

    private Hdf5File(string path, IH5Group root, long limit) => (Path, this.root, this.limit) = (path, root, limit);

    public string Path { get; }

    /// <param name="path">The file.</param>
    /// <param name="read">Takes from it what is wanted; the file is open during the call only. Its InvalidDataException
    /// comes through as it is.</param>
    /// <exception cref="InvalidDataException">Not an HDF5 file, damaged, or read for longer than 6 s and 0.2 s a
    /// megabyte.</exception>
    /// <exception cref="IOException">The file cannot be opened.</exception>
    public static T Read<T>(string path, Func<Hdf5File, T> read)
    {
        RequireSignature(path);
        long length = new FileInfo(path).Length;
        TimeSpan limit = TimeSpan.FromSeconds(SecondsAllowed + length / 1e6 * SecondsPerMegabyte);
        T? result = default;
        Exception? fault = null;
        // Circles end with the next read after the time is over. On a thread of its own, which is left behind if it
        // does not even read: no library can be stopped from outside.
        var thread = new Thread(() =>
        {
            try
            {
                using NativeFile file = H5File.Open(new DeadlineStream(RecordingFile.Open(path), limit));
                result = read(new Hdf5File(path, file, length + UnpackedLimit));
            }
            catch (Exception e)
            {
                fault = e;
            }
        })
        {
            IsBackground = true,
        };
        thread.Start();
        if (!thread.Join(limit + TimeSpan.FromSeconds(1)))
            throw new InvalidDataException($"{path}: not read within {limit.TotalSeconds:0} s: the file is damaged.");
        if (fault is InvalidDataException)
            ExceptionDispatchInfo.Throw(fault);
        return fault is null
            ? result!
            : throw new InvalidDataException(
                $"{path}: a damaged HDF5 file, or one that is not read: {fault.Message}",
                fault
            );
    }

    /// <returns>True where the root holds something of that name.</returns>
    public bool Has(string name) => root.LinkExists(name);

    /// <returns>All values of a data set as float32, its shape, and numpy's name of the type they are stored
    /// as.</returns>
    /// <exception cref="InvalidDataException">Not there, not numbers, or more than the file can hold.</exception>
    public (float[] Values, int[] Shape, string DType) Values(string name)
    {
        if (!Has(name))
            throw new InvalidDataException($"{Path}: no data set '{name}'.");
        IH5Dataset data = root.Dataset(name);
        string dtype = TypeOf(name, data);
        ulong[] extents = data.Space.Dimensions;
        // As a double: a product of hostile axes may pass any integer.
        double bytes = extents.Aggregate((double)NpyFile.ElementSize(dtype), (product, n) => product * n);
        unpacked += (long)Math.Min(bytes, long.MaxValue / 2);
        if (unpacked > limit)
            throw new InvalidDataException(
                $"{Path}: '{name}' is ({string.Join(", ", extents)}), {bytes:0} bytes, more than a file of this size is unpacked to ({limit})."
            );
        // A chunk is unpacked whole, and it is no part of the shape.
        double chunk =
            data.Layout.Class == H5DataLayoutClass.Chunked
                ? data.Layout.Chunks.Aggregate((double)NpyFile.ElementSize(dtype), (product, n) => product * n)
                : 0;
        if (chunk > limit)
            throw new InvalidDataException(
                $"{Path}: '{name}' has chunks of {chunk:0} bytes, more than a file of this size is unpacked to ({limit})."
            );
        float[] values = dtype switch
        {
            "<f4" => data.Read<float[]>(),
            "<f8" => Array.ConvertAll(data.Read<double[]>(), v => (float)v),
            "|u1" => Array.ConvertAll(data.Read<byte[]>(), v => (float)v),
            "|i1" => Array.ConvertAll(data.Read<sbyte[]>(), v => (float)v),
            "<u2" => Array.ConvertAll(data.Read<ushort[]>(), v => (float)v),
            "<i2" => Array.ConvertAll(data.Read<short[]>(), v => (float)v),
            "<u4" => Array.ConvertAll(data.Read<uint[]>(), v => (float)v),
            _ => Array.ConvertAll(data.Read<int[]>(), v => (float)v),
        };
        return values.Length * (double)NpyFile.ElementSize(dtype) == bytes
            ? (values, [.. extents.Select(n => (int)n)], dtype)
            : throw new InvalidDataException(
                $"{Path}: '{name}' announces ({string.Join(", ", extents)}), found {values.Length} values."
            );
    }

    private string TypeOf(string name, IH5Dataset data) =>
        (data.Type.Class, data.Type.Size, Signed(data)) switch
        {
            (H5DataTypeClass.FloatingPoint, 4, _) => "<f4",
            (H5DataTypeClass.FloatingPoint, 8, _) => "<f8",
            (H5DataTypeClass.FixedPoint, 1, false) => "|u1",
            (H5DataTypeClass.FixedPoint, 1, true) => "|i1",
            (H5DataTypeClass.FixedPoint, 2, false) => "<u2",
            (H5DataTypeClass.FixedPoint, 2, true) => "<i2",
            (H5DataTypeClass.FixedPoint, 4, false) => "<u4",
            (H5DataTypeClass.FixedPoint, 4, true) => "<i4",
            var (kind, size, _) => throw new InvalidDataException(
                $"{Path}: '{name}' holds {kind} of {size} bytes, expected numbers of 1 to 4 bytes, or float64."
            ),
        };

    private static bool Signed(IH5Dataset data) =>
        data.Type.Class == H5DataTypeClass.FixedPoint && data.Type.FixedPoint.IsSigned;

    private static void RequireSignature(string path)
    {
        using FileStream stream = RecordingFile.Open(path);
        var start = new byte[Signature.Length];
        // A block for the user's own words may come first, of 512 bytes or a power of two more.
        for (long at = 0; at < Math.Max(1, stream.Length); at = at == 0 ? 512 : 2 * at)
        {
            stream.Position = at;
            if (
                stream.ReadAtLeast(start, start.Length, throwOnEndOfStream: false) == start.Length
                && start.AsSpan().SequenceEqual(Signature)
            )
                return;
        }
        throw new InvalidDataException($"{path}: not an HDF5 file.");
    }
}

using System.Runtime.InteropServices;
using System.Text;
using Google.FlatBuffers;

namespace Gesto.Training.TfLite;

/// <summary>A table of a flatbuffer, whose fields have numbers and may all be absent. No offset is followed beyond the
/// file, and nothing is allocated that the file does not hold.</summary>
internal readonly struct FlatTable
{
    private readonly byte[] bytes;
    private readonly string file;
    private readonly Table table;

    private FlatTable(byte[] bytes, string file, Table table) =>
        (this.bytes, this.file, this.table) = (bytes, file, table);

    /// <param name="bytes">The whole file.</param>
    /// <param name="file">What to call it in errors.</param>
    /// <param name="identifier">The four letters that its format has at byte 4.</param>
    /// <exception cref="InvalidDataException">Another format.</exception>
    public static FlatTable Root(byte[] bytes, string file, string identifier)
    {
        if (bytes.Length < 8 || Encoding.Latin1.GetString(bytes, 4, 4) != identifier)
            throw new InvalidDataException(
                $"{file}: {bytes.Length} bytes without the mark '{identifier}', expected a flatbuffer of that kind."
            );
        var buffer = new ByteBuffer(bytes);
        return new(bytes, file, new Table(At(file, () => buffer.GetInt(0)), buffer));
    }

    public int Int(int field, int otherwise = 0) =>
        Place(field) is { } at ? At(file, table.bb, at, (b, p) => b.GetInt(p)) : otherwise;

    public byte Byte(int field, byte otherwise = 0) =>
        Place(field) is { } at ? At(file, table.bb, at, (b, p) => b.Get(p)) : otherwise;

    public bool Bool(int field) => Byte(field) != 0;

    public FlatTable? Inner(int field) =>
        Place(field) is { } at
            ? new(bytes, file, new Table(At(file, table, at, (t, p) => t.__indirect(p)), table.bb))
            : null;

    /// <param name="field">A vector of tables.</param>
    /// <param name="most">More are damage.</param>
    public FlatTable[] Tables(int field, int most)
    {
        (int start, int count) = Vector(field, sizeof(int), most);
        var tables = new FlatTable[count];
        for (int i = 0; i < count; i++)
        {
            int place = start + i * sizeof(int);
            tables[i] = new(bytes, file, new Table(At(file, table, place, (t, p) => t.__indirect(p)), table.bb));
        }
        return tables;
    }

    /// <param name="field">A vector of int32.</param>
    /// <param name="most">More are damage.</param>
    public int[] Ints(int field, int most)
    {
        (int start, int count) = Vector(field, sizeof(int), most);
        return MemoryMarshal.Cast<byte, int>(bytes.AsSpan(start, count * sizeof(int))).ToArray();
    }

    /// <param name="field">A vector of bytes.</param>
    /// <returns>A part of the file, not a copy.</returns>
    public ReadOnlyMemory<byte> Bytes(int field)
    {
        (int start, int count) = Vector(field, 1, int.MaxValue);
        return bytes.AsMemory(start, count);
    }

    /// <param name="field">A vector of uint16.</param>
    /// <returns>Their bytes, a part of the file.</returns>
    public ReadOnlyMemory<byte> Shorts(int field)
    {
        (int start, int count) = Vector(field, sizeof(ushort), int.MaxValue);
        return bytes.AsMemory(start, count * sizeof(ushort));
    }

    /// <returns>Where the elements begin, and how many there are; all lie in the file.</returns>
    private (int Start, int Count) Vector(int field, int size, int most)
    {
        if (Place(field) is not { } at)
            return (0, 0);
        int head = At(file, table, at, (t, p) => t.__indirect(p)),
            count = At(file, table.bb, head, (b, p) => b.GetInt(p));
        long start = (long)head + sizeof(int);
        return count >= 0 && count <= most && start + (long)count * size <= bytes.Length
            ? ((int)start, count)
            : throw new InvalidDataException(
                $"{file}: {(uint)count} elements of {size} bytes at byte {start}, the file ends after {bytes.Length} and {most} are the most. "
                    + Damaged
            );
    }

    private int? Place(int field)
    {
        int offset = At(file, table, 4 + 2 * field, (t, p) => t.__offset(p));
        return offset == 0 ? null : unchecked(table.bb_pos + offset);
    }

    private const string Damaged = "It is cut or damaged; fetch it again.";

    private static T At<TFrom, T>(string file, TFrom from, int place, Func<TFrom, int, T> read) =>
        At(file, () => read(from, place));

    /// <summary>The library checks each access against the buffer's length, in the library's own words.</summary>
    private static T At<T>(string file, Func<T> read)
    {
        try
        {
            return read();
        }
        catch (Exception e) when (e is ArgumentException or IndexOutOfRangeException)
        {
            throw new InvalidDataException($"{file}: an offset leads out of the file. " + Damaged, e);
        }
    }
}

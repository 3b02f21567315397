using System.Buffers.Binary;
using System.Text;

namespace Gesto.Files;

/// <summary>A table of Apache Parquet, as far as tables of numbers and words need it: columns that are not nested,
/// stored plainly or by a dictionary, in pages of version 1 or 2, not compressed or by Snappy or gzip. That is what
/// pandas and Arrow write unless told otherwise. Source: Apache Parquet, "File format" and parquet.thrift.</summary>
/// <remarks>A file may come from anywhere: nothing that it announces is allocated or followed before it is compared
/// with a limit or with the bytes there are. Thread-safe.</remarks>
internal sealed class ParquetFile
{
    private const int FooterLimit = 1 << 20,
        FileLimit = 1 << 28,
        ColumnsNamed = 20;

    private static readonly string[] TypeNames =
    [
        "BOOLEAN",
        "INT32",
        "INT64",
        "INT96",
        "FLOAT",
        "DOUBLE",
        "BYTE_ARRAY",
        "FIXED_LEN_BYTE_ARRAY",
    ];

    private readonly string name;
    private readonly byte[] file;
    private readonly ThriftStruct[] groups;
    private readonly Dictionary<string, ThriftStruct> schema;

    private ParquetFile(
        string name,
        byte[] file,
        int rows,
        ThriftStruct[] groups,
        Dictionary<string, ThriftStruct> schema
    ) => (this.name, this.file, Rows, this.groups, this.schema) = (name, file, rows, groups, schema);

    /// <summary>Of every column.</summary>
    public int Rows { get; }

    /// <param name="path">The file.</param>
    /// <param name="mostRows">More are refused before any is read.</param>
    /// <exception cref="IOException">It cannot be read.</exception>
    /// <exception cref="InvalidDataException">Not Parquet, cut or damaged, or too many rows.</exception>
    public static ParquetFile Load(string path, int mostRows)
    {
        using FileStream stream = RecordingFile.Open(path, 1 << 16);
        if (stream.Length > FileLimit)
            throw new InvalidDataException(
                $"{path}: {stream.Length} bytes, expected at most {FileLimit}. Put each recording into a file of its own."
            );
        var file = new byte[stream.Length];
        stream.ReadExactly(file);
        return Read(file, path, mostRows);
    }

    /// <param name="file">The whole file; kept.</param>
    /// <param name="name">What to call it in errors.</param>
    /// <param name="mostRows">More are refused.</param>
    /// <exception cref="InvalidDataException">As of <see cref="Load"/>.</exception>
    public static ParquetFile Read(byte[] file, string name, int mostRows)
    {
        ReadOnlySpan<byte> bytes = file;
        if (bytes.Length < 12 || !bytes.StartsWith("PAR1"u8) || !bytes.EndsWith("PAR1"u8))
            throw Damaged(name, $"{bytes.Length} bytes that do not begin and end with PAR1");
        int footer = BinaryPrimitives.ReadInt32LittleEndian(bytes[^8..]);
        if (footer < 1 || footer > Math.Min(bytes.Length - 12, FooterLimit))
            throw Damaged(name, $"a footer of {footer} bytes in a file of {bytes.Length}");
        ThriftStruct meta;
        try
        {
            meta = ThriftStruct.Read(bytes.Slice(bytes.Length - 8 - footer, footer), out _);
        }
        catch (InvalidDataException e)
        {
            throw Damaged(name, e.Message);
        }
        long rows = meta.Integer(3) ?? -1;
        if (rows > mostRows)
            throw new InvalidDataException(
                $"{name}: {rows} rows, expected at most {mostRows}. Put each recording into a file of its own."
            );
        ThriftStruct[] groups = [.. meta.Structs(4)];
        long left = rows;
        foreach (ThriftStruct group in groups)
            left = RowsOf(group) is >= 0 and var own && own <= left ? left - own : -1;
        return left == 0
            ? new ParquetFile(name, file, (int)rows, groups, Leaves([.. meta.Structs(2)]))
            : throw Damaged(name, $"{rows} rows announced, others in its {groups.Length} row groups");
    }

    /// <summary>A column of whole numbers.</summary>
    /// <exception cref="InvalidDataException">Absent, of another type, damaged, or one is null.</exception>
    public int[] Integers(string column) =>
        TypeOf(column) switch
        {
            1 => Read(column, new ParquetColumn<int>((bytes, n) => Fixed(bytes, n, 4, Int32), null)),
            2 => Read(column, new ParquetColumn<int>((bytes, n) => Fixed(bytes, n, 8, Int64), null)),
            var type => throw OfType(column, type, "integers"),
        };

    /// <summary>A column of numbers; NaN for null.</summary>
    /// <exception cref="InvalidDataException">Absent, of another type or damaged.</exception>
    public float[] Singles(string column) =>
        TypeOf(column) switch
        {
            4 => Read(column, new ParquetColumn<float>((bytes, n) => Fixed(bytes, n, 4, Single), float.NaN)),
            5 => Read(column, new ParquetColumn<float>((bytes, n) => Fixed(bytes, n, 8, Double), float.NaN)),
            var type => throw OfType(column, type, "floats"),
        };

    /// <summary>A column of words, each by its place among those known.</summary>
    /// <exception cref="InvalidDataException">Absent, of another type, damaged, or one is null or not
    /// known.</exception>
    public byte[] Words(string column, IReadOnlyList<string> known)
    {
        if (TypeOf(column) is var type && type != 6)
            throw OfType(column, type, "strings");
        byte[][] words = [.. known.Select(Encoding.UTF8.GetBytes)];
        return Read(column, new ParquetColumn<byte>((bytes, n) => Words(bytes, n, words, known), null));
    }

    private T[] Read<T>(string column, ParquetColumn<T> reader)
        where T : struct
    {
        var values = new T[Rows];
        try
        {
            int done = 0;
            foreach (ThriftStruct group in groups)
            {
                ThriftStruct chunk = group
                    .Structs(1)
                    .Select(c => c.Struct(3))
                    .FirstOrDefault(c => c?.Texts(3).Take(2).ToArray() is [var path] && path == column)
                    ?? throw new InvalidDataException("which a row group lacks");
                reader.Read(file, chunk, schema[column], values.AsSpan(done, (int)RowsOf(group)));
                done += (int)RowsOf(group);
            }
            return values;
        }
        catch (InvalidDataException e)
        {
            throw Damaged(name, $"column '{column}', {e.Message}");
        }
        catch (NotSupportedException e)
        {
            throw new InvalidDataException($"{name}: column '{column}' {e.Message}.", e);
        }
    }

    private static long RowsOf(ThriftStruct group) => group.Integer(3) ?? -1;

    /// <returns>The columns right below the root, by name; those that hold others are left out.</returns>
    private static Dictionary<string, ThriftStruct> Leaves(ThriftStruct[] elements)
    {
        var leaves = new Dictionary<string, ThriftStruct>(StringComparer.Ordinal);
        for (int at = 1; at < elements.Length; )
        {
            if (elements[at].Integer(5) is null or 0)
                leaves.TryAdd(elements[at].Text(4) ?? "", elements[at]);
            for (long inside = 1; inside > 0 && at < elements.Length; at++, inside--)
                inside += Math.Clamp(elements[at].Integer(5) ?? 0, 0, elements.Length);
        }
        return leaves;
    }

    private long TypeOf(string column) =>
        schema.TryGetValue(column, out ThriftStruct? element)
            ? element.Integer(1) ?? -1
            : throw new InvalidDataException(
                $"{name}: columns {string.Join(", ", schema.Keys.Take(ColumnsNamed))}, expected '{column}' too. Write it with the others."
            );

    private InvalidDataException OfType(string column, long type, string expected) =>
        new(
            $"{name}: column '{column}' is of type {(type >= 0 && type < TypeNames.Length ? TypeNames[type] : $"{type}")}, expected {expected}. Convert it and write it again."
        );

    private static InvalidDataException Damaged(string name, string what) =>
        new($"{name}: found {what}; expected a whole Parquet file. Copy it again, or leave the sample out.");

    private delegate T One<T>(ReadOnlySpan<byte> bytes);

    private static int Int32(ReadOnlySpan<byte> bytes) => BinaryPrimitives.ReadInt32LittleEndian(bytes);

    private static int Int64(ReadOnlySpan<byte> bytes) =>
        (int)Math.Clamp(BinaryPrimitives.ReadInt64LittleEndian(bytes), int.MinValue, int.MaxValue);

    private static float Single(ReadOnlySpan<byte> bytes) => BinaryPrimitives.ReadSingleLittleEndian(bytes);

    private static float Double(ReadOnlySpan<byte> bytes) => (float)BinaryPrimitives.ReadDoubleLittleEndian(bytes);

    private static T[] Fixed<T>(ReadOnlySpan<byte> bytes, int count, int size, One<T> one)
    {
        if ((long)count * size > bytes.Length)
            throw new InvalidDataException($"{count} values of {size} bytes in {bytes.Length}");
        var values = new T[count];
        for (int i = 0; i < count; i++)
            values[i] = one(bytes.Slice(i * size, size));
        return values;
    }

    private static byte[] Words(ReadOnlySpan<byte> bytes, int count, byte[][] words, IReadOnlyList<string> known)
    {
        if (4L * count > bytes.Length)
            throw new InvalidDataException($"{count} words in {bytes.Length} bytes");
        var values = new byte[count];
        for (int i = 0; i < count; i++)
        {
            int length = bytes.Length < 4 ? -1 : BinaryPrimitives.ReadInt32LittleEndian(bytes);
            if (length < 0 || length > bytes.Length - 4)
                throw new InvalidDataException($"word {i} of {count} cut");
            ReadOnlySpan<byte> word = bytes.Slice(4, length);
            int place = 0;
            while (place < words.Length && !word.SequenceEqual(words[place]))
                place++;
            if (place == words.Length)
                throw new NotSupportedException(
                    $"holds '{Encoding.UTF8.GetString(word[..Math.Min(length, 40)])}', expected {string.Join(", ", known)}; write them so"
                );
            values[i] = (byte)place;
            bytes = bytes[(4 + length)..];
        }
        return values;
    }
}

using System.Buffers.Binary;
using System.IO.Compression;

namespace Gesto.Files;

/// <summary>Decodes so many values that are stored plainly.</summary>
internal delegate T[] PlainValues<T>(ReadOnlySpan<byte> bytes, int count);

/// <summary>Reads the pages of one column of a <see cref="ParquetFile"/>, row group by row group.</summary>
/// <param name="plain">Decodes values; refuses more than the bytes can hold before it allocates.</param>
/// <param name="missing">Stands for null; null where none is allowed.</param>
/// <remarks>Its exceptions are clauses about the column: <see cref="InvalidDataException"/> for damage, <see
/// cref="NotSupportedException"/> for what others may read.</remarks>
internal sealed class ParquetColumn<T>(PlainValues<T> plain, T? missing)
    where T : struct
{
    /// <summary>Of one page and of all pages of a column, decompressed: what a file may cost, whatever it
    /// says.</summary>
    private const int PageLimit = 1 << 26,
        ColumnLimit = 1 << 28;

    private const int Snappy = 1,
        Gzip = 2;

    private static readonly string[] Codecs = ["nothing", "Snappy", "gzip", "LZO", "Brotli", "LZ4", "Zstandard", "LZ4"];

    private T[]? dictionary;
    private long codec;
    private bool optional;
    private long decompressed;

    /// <param name="file">The whole file.</param>
    /// <param name="chunk">ColumnMetaData.</param>
    /// <param name="element">SchemaElement.</param>
    /// <param name="values">One for each row of the group; filled.</param>
    public void Read(ReadOnlySpan<byte> file, ThriftStruct chunk, ThriftStruct element, Span<T> values)
    {
        optional = element.Integer(3) switch
        {
            null or 0 => false,
            1 => true,
            _ => throw new NotSupportedException("holds lists, expected a value a row; write a row for each point"),
        };
        codec = chunk.Integer(4) ?? -1;
        if (codec is < 0 or > Gzip)
            throw new NotSupportedException(
                $"is compressed by {(codec > 0 && codec < Codecs.Length ? Codecs[codec] : $"{codec}")}, expected nothing, Snappy or gzip; write it with compression='snappy'"
            );
        dictionary = null;
        long data = chunk.Integer(9) ?? 0,
            first = chunk.Integer(11) is > 0 and var at && at < data ? at : data,
            size = chunk.Integer(7) ?? 0;
        if (first < 4 || first > file.Length || size < 0 || size > file.Length - first)
            throw new InvalidDataException($"{size} bytes from byte {first} on in a file of {file.Length}");
        ReadOnlySpan<byte> left = file.Slice((int)first, (int)size);
        while (values.Length > 0)
        {
            if (left.IsEmpty)
                throw new InvalidDataException($"{values.Length} values missing");
            ThriftStruct header = ThriftStruct.Read(left, out int used);
            left = left[used..];
            long whole = header.Integer(2) ?? -1,
                stored = header.Integer(3) ?? -1;
            if (stored < 0 || stored > left.Length || whole is < 0 or > PageLimit)
                throw new InvalidDataException($"a page of {stored} bytes, {whole} decompressed, in {left.Length}");
            decompressed += whole;
            if (decompressed > ColumnLimit)
                throw new InvalidDataException($"more than {ColumnLimit} bytes, decompressed");
            values = values[Page(header, left[..(int)stored], (int)whole, values)..];
            left = left[(int)stored..];
        }
    }

    /// <returns>Of how many rows it has filled the values.</returns>
    private int Page(ThriftStruct header, ReadOnlySpan<byte> page, int whole, Span<T> values)
    {
        switch (header.Integer(1))
        {
            case 0 when header.Struct(5) is { } first:
                values = values[..Count(first.Integer(1), values.Length)];
                page = Decompress(page, whole);
                ReadOnlySpan<byte> levels = default;
                if (optional)
                {
                    if (first.Integer(3) is not 3)
                        throw new NotSupportedException(
                            $"marks nulls by encoding {first.Integer(3)}, expected 3 (RLE); write it by pandas or Arrow"
                        );
                    int length = page.Length < 4 ? -1 : BinaryPrimitives.ReadInt32LittleEndian(page);
                    if (length < 0 || length > page.Length - 4)
                        throw new InvalidDataException($"marks of nulls of {length} bytes in a page of {page.Length}");
                    levels = page.Slice(4, length);
                    page = page[(4 + length)..];
                }
                Decode(levels, first.Integer(2), page, values);
                return values.Length;
            case 3 when header.Struct(8) is { } second: // levels come first and are never compressed
                values = values[..Count(second.Integer(1), values.Length)];
                int marks = Count(second.Integer(5), Math.Min(page.Length, whole));
                ReadOnlySpan<byte> rest = page[marks..];
                Decode(
                    page[..marks],
                    second.Integer(4),
                    second.Flag(7) == false ? rest : Decompress(rest, whole - marks),
                    values
                );
                return values.Length;
            case 2 when header.Struct(7) is { } entries:
                dictionary = plain(Decompress(page, whole), Count(entries.Integer(1), whole));
                return 0;
            case 1: // an index, which nobody needs
                return 0;
            default:
                throw new InvalidDataException($"a page of kind {header.Integer(1)} without its header");
        }
    }

    /// <summary>Decodes the values that are there and puts each into its row.</summary>
    private void Decode(ReadOnlySpan<byte> levels, long? encoding, ReadOnlySpan<byte> data, Span<T> values)
    {
        int count = values.Length;
        var there = new int[optional ? count : 0];
        Hybrid(levels, 1, there);
        if (optional)
            count = there.Sum();
        if (count < values.Length && missing is null)
            throw new InvalidDataException($"{values.Length - count} nulls among {values.Length} values");
        T[] decoded = encoding switch
        {
            0 => plain(data, count),
            2 or 8 => FromDictionary(data, count), // PLAIN_DICTIONARY, RLE_DICTIONARY
            _ => throw new NotSupportedException(
                $"has values of encoding {encoding}, expected plain ones or a dictionary; write it by pandas or Arrow as they do by themselves"
            ),
        };
        int next = 0;
        for (int i = 0; i < values.Length; i++)
            values[i] = optional && there[i] == 0 ? missing!.Value : decoded[next++];
    }

    private T[] FromDictionary(ReadOnlySpan<byte> data, int count)
    {
        var places = new int[count];
        Hybrid(data.IsEmpty ? data : data[1..], data.IsEmpty ? 0 : data[0], places);
        var decoded = new T[count];
        for (int i = 0; i < count; i++)
            decoded[i] =
                dictionary is not null && places[i] >= 0 && places[i] < dictionary.Length
                    ? dictionary[places[i]]
                    : throw new InvalidDataException($"word {places[i]} of a dictionary of {dictionary?.Length ?? 0}");
        return decoded;
    }

    /// <summary>Runs of one number, and groups of eight that are packed. Source: parquet-format, "Run Length Encoding /
    /// Bit-Packing Hybrid".</summary>
    private static void Hybrid(ReadOnlySpan<byte> bytes, int width, Span<int> to)
    {
        if (width > 31)
            throw new InvalidDataException($"numbers of {width} bits");
        int each = (width + 7) / 8;
        while (to.Length > 0)
        {
            uint run = 0;
            int used = 0;
            do
            {
                if (used == bytes.Length || used == 5)
                    throw new InvalidDataException($"runs cut, {to.Length} values missing");
                run |= (uint)(bytes[used] & 0x7F) << (7 * used);
            } while (bytes[used++] >= 0x80);
            bytes = bytes[used..];
            bool packed = (run & 1) == 1;
            long count = packed ? 8L * (run >> 1) : run >> 1;
            int take = (int)Math.Min(count, to.Length);
            long needed = packed ? ((long)take * width + 7) / 8 : each;
            if (take == 0 || needed > bytes.Length)
                throw new InvalidDataException($"a run of {count} values in {bytes.Length} bytes");
            for (int i = 0; i < take; i++)
                to[i] = packed ? Bits(bytes, (long)i * width, width) : Bits(bytes, 0, 8 * each);
            to = to[take..];
            // A last group is whole, even where not all of its values are; some writers leave the rest out.
            bytes = bytes[(int)Math.Min(bytes.Length, packed ? count * width / 8 : each)..];
        }
    }

    /// <returns>A number of at most 32 bits, its lowest first.</returns>
    private static int Bits(ReadOnlySpan<byte> bytes, long from, int width)
    {
        ulong value = 0;
        int first = (int)(from >> 3);
        for (int i = 0; i < 5 && first + i < bytes.Length; i++)
            value |= (ulong)bytes[first + i] << (8 * i);
        return (int)((value >> (int)(from & 7)) & ((1UL << width) - 1));
    }

    private ReadOnlySpan<byte> Decompress(ReadOnlySpan<byte> page, int whole)
    {
        if (codec is not (Snappy or Gzip))
            return page.Length == whole
                ? page
                : throw new InvalidDataException($"a page of {whole} bytes in {page.Length}");
        var to = new byte[whole];
        if (codec == Snappy)
        {
            SnappyBlock.Decompress(page, to);
            return to;
        }
        using var gzip = new GZipStream(new MemoryStream(page.ToArray()), CompressionMode.Decompress);
        return gzip.ReadAtLeast(to, whole, throwOnEndOfStream: false) == whole
            ? to
            : throw new InvalidDataException($"a page of {whole} bytes cut");
    }

    private static int Count(long? announced, int most) =>
        announced is >= 0 and var count && count <= most
            ? (int)count
            : throw new InvalidDataException($"{announced} values where there is room for {most}");
}

using System.Text;

namespace Gesto.Files;

/// <summary>A struct of Thrift's compact protocol: fields by number, whatever they are called. Doubles, sets and maps
/// are passed over or refused: Parquet's headers need none.</summary>
/// <remarks>Source: Apache Thrift, "Thrift compact protocol encoding". What a few bytes may announce is bounded by how
/// many there are: a list has no more elements than bytes follow, and structs do not nest without end.</remarks>
internal sealed class ThriftStruct
{
    private const int DeepestNesting = 16,
        MostValues = 100_000;

    private readonly List<(int Field, object Value)> fields = [];

    private ThriftStruct() { }

    /// <param name="bytes">The struct, with anything after it.</param>
    /// <param name="used">How many of them it takes.</param>
    /// <exception cref="InvalidDataException">Cut, or no such struct; the message is a clause about it.</exception>
    public static ThriftStruct Read(ReadOnlySpan<byte> bytes, out int used)
    {
        var reader = new Reader(bytes);
        ThriftStruct read = reader.Struct(0);
        used = reader.At;
        return read;
    }

    /// <returns>Null where the field is absent or no integer.</returns>
    public long? Integer(int field) => Of(field) as long?;

    public bool? Flag(int field) => Of(field) as bool?;

    public ThriftStruct? Struct(int field) => Of(field) as ThriftStruct;

    /// <returns>UTF-8; what is none becomes replacement characters.</returns>
    public string? Text(int field) => Of(field) is byte[] bytes ? Encoding.UTF8.GetString(bytes) : null;

    /// <returns>The structs of a list; none where it is absent.</returns>
    public IEnumerable<ThriftStruct> Structs(int field) => (Of(field) as List<object>)?.OfType<ThriftStruct>() ?? [];

    /// <returns>The texts of a list; none where it is absent.</returns>
    public IEnumerable<string> Texts(int field) =>
        (Of(field) as List<object>)?.OfType<byte[]>().Select(Encoding.UTF8.GetString) ?? [];

    private object? Of(int field) => fields.LastOrDefault(f => f.Field == field).Value;

    private ref struct Reader(ReadOnlySpan<byte> bytes)
    {
        private readonly ReadOnlySpan<byte> bytes = bytes;
        private int values;

        public int At { get; private set; }

        public ThriftStruct Struct(int depth)
        {
            if (depth > DeepestNesting)
                throw new InvalidDataException($"a header that nests deeper than {DeepestNesting}");
            var read = new ThriftStruct();
            int field = 0;
            while (Byte() is var header and not 0)
            {
                if (++values > MostValues)
                    throw new InvalidDataException($"a header of more than {MostValues} values");
                field = header >> 4 is var step and not 0 ? field + step : (int)Integer();
                int type = header & 0xF;
                object value = type is 1 or 2 ? type == 1 : Value(type, depth); // a bool is its type
                read.fields.Add((field, value));
            }
            return read;
        }

        private object Value(int type, int depth)
        {
            switch (type)
            {
                case 1 or 2: // in a list
                    return Byte() == 1;
                case 3:
                    return (long)(sbyte)Byte();
                case 4 or 5 or 6:
                    return Integer();
                case 7:
                    return Take(8).ToArray();
                case 8:
                    return Take(Length()).ToArray();
                case 9:
                    return List(depth);
                case 12:
                    return Struct(depth + 1);
                default:
                    throw new InvalidDataException($"a header with a value of type {type}");
            }
        }

        private List<object> List(int depth)
        {
            byte header = Byte();
            int type = header & 0xF,
                count = header >> 4 is var few and < 15 ? few : Length();
            if (depth > DeepestNesting)
                throw new InvalidDataException($"a header that nests deeper than {DeepestNesting}");
            if ((values += count) > MostValues)
                throw new InvalidDataException($"a header of more than {MostValues} values");
            var list = new List<object>();
            for (int i = 0; i < count; i++)
                list.Add(Value(type, depth + 1));
            return list;
        }

        private long Integer()
        {
            ulong zigzag = Varint();
            return (long)(zigzag >> 1) ^ -(long)(zigzag & 1);
        }

        private int Length()
        {
            ulong length = Varint();
            return length <= (ulong)(bytes.Length - At)
                ? (int)length
                : throw new InvalidDataException(
                    $"a header that announces {length} where {bytes.Length - At} bytes follow"
                );
        }

        private ulong Varint()
        {
            ulong value = 0;
            for (int shift = 0; shift < 64; shift += 7)
            {
                byte next = Byte();
                value |= (ulong)(next & 0x7F) << shift;
                if (next < 0x80)
                    return value;
            }
            throw new InvalidDataException("a header with a number of more than ten bytes");
        }

        private byte Byte() => Take(1)[0];

        private ReadOnlySpan<byte> Take(int count)
        {
            if (count > bytes.Length - At)
                throw new InvalidDataException("a header that is cut");
            ReadOnlySpan<byte> taken = bytes.Slice(At, count);
            At += count;
            return taken;
        }
    }
}

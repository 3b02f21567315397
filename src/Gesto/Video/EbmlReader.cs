using System.Buffers.Binary;

namespace Gesto.Video;

/// <summary>Walks the elements of a Matroska stream, a file or a pipe, from front to back.</summary>
/// <remarks>Source: RFC 8794 (EBML). Element numbers: RFC 9559 (Matroska). Whoever walks skips an element or steps into
/// it; ends of masters need not be known, because the numbers used here occur on one level each.</remarks>
internal sealed class EbmlReader(Stream stream)
{
    /// <summary>The size of a master that was written before its end was known.</summary>
    public const long UnknownSize = -1;

    public const uint Segment = 0x18538067,
        Info = 0x1549A966,
        TimestampScale = 0x2AD7B1,
        Duration = 0x4489;
    public const uint Tracks = 0x1654AE6B,
        TrackEntry = 0xAE,
        TrackNumber = 0xD7,
        TrackType = 0x83,
        CodecId = 0x86,
        DefaultDuration = 0x23E383;
    public const uint VideoSettings = 0xE0,
        PixelWidth = 0xB0,
        PixelHeight = 0xBA,
        ContentEncodings = 0x6D80;
    public const uint CodecPrivate = 0x63A2,
        Colour = 0x55B0,
        BitsPerChannel = 0x55B2,
        TransferCharacteristics = 0x55BA;
    public const uint Cluster = 0x1F43B675,
        ClusterTimestamp = 0xE7,
        SimpleBlock = 0xA3,
        BlockGroup = 0xA0,
        Block = 0xA1,
        BlockDuration = 0x9B;

    private readonly byte[] skipped = new byte[4096];

    /// <summary>Reads the next element's number and the bytes of its content.</summary>
    /// <returns>False at the end of the stream.</returns>
    /// <exception cref="InvalidDataException">Not an element.</exception>
    public bool Next(out uint id, out long size)
    {
        (id, size) = (0, 0);
        int first = stream.ReadByte();
        if (first < 0)
            return false;
        int more = Following(first);
        if (more > 3)
            throw Broken();
        id = (uint)first;
        for (; more > 0; more--)
            id = (id << 8) | ReadByte();
        size = ReadSize();
        return true;
    }

    /// <returns>A number in Matroska's variable length: the size of an element, or a block's track.</returns>
    public long ReadSize()
    {
        int first = ReadByte(),
            more = Following(first);
        long value = first & ((1 << (7 - more)) - 1);
        bool allOnes = value == (1 << (7 - more)) - 1;
        for (int i = 0; i < more; i++)
        {
            byte next = ReadByte();
            allOnes &= next == 0xFF;
            value = (value << 8) | next;
        }
        return allOnes ? UnknownSize : value;
    }

    public long ReadUnsigned(long size)
    {
        if (size is < 0 or > 8)
            throw Broken();
        long value = 0;
        for (; size > 0; size--)
            value = (value << 8) | ReadByte();
        return value;
    }

    public double ReadFloat(long size) =>
        size switch
        {
            4 => BitConverter.Int32BitsToSingle((int)ReadUnsigned(4)),
            8 => BitConverter.Int64BitsToDouble(ReadUnsigned(8)),
            _ => throw Broken(),
        };

    public short ReadInt16()
    {
        Span<byte> bytes = stackalloc byte[2];
        stream.ReadExactly(bytes);
        return BinaryPrimitives.ReadInt16BigEndian(bytes);
    }

    public byte ReadByte() => stream.ReadByte() is var b and >= 0 ? (byte)b : throw Broken();

    public string ReadText(long size)
    {
        if (size is < 0 or > 4096)
            throw Broken();
        stream.ReadExactly(skipped, 0, (int)size);
        return System.Text.Encoding.ASCII.GetString(skipped, 0, (int)size).TrimEnd('\0');
    }

    /// <returns>The first bytes of an element's content, <paramref name="most"/> at most; the rest is
    /// skipped.</returns>
    public byte[] ReadStart(long size, int most)
    {
        if (size < 0)
            throw Broken();
        var start = new byte[Math.Min(size, most)];
        stream.ReadExactly(start);
        Skip(size - start.Length);
        return start;
    }

    /// <exception cref="InvalidDataException">The size is unknown, or the stream ends first.</exception>
    public void Skip(long size)
    {
        if (size < 0)
            throw Broken();
        if (stream.CanSeek)
        {
            if (size > stream.Length - stream.Position)
                throw Broken();
            stream.Seek(size, SeekOrigin.Current);
            return;
        }
        while (size > 0)
        {
            int n = stream.Read(skipped, 0, (int)Math.Min(size, skipped.Length));
            if (n == 0)
                throw Broken();
            size -= n;
        }
    }

    /// <summary>Zero bits before the first one: the number of bytes that follow.</summary>
    private static int Following(int first) =>
        first == 0 ? throw Broken() : System.Numerics.BitOperations.LeadingZeroCount((uint)first) - 24;

    private static InvalidDataException Broken() => new("The Matroska stream breaks off or is damaged.");
}

using System.Buffers.Binary;
using System.Text;

namespace Gesto.Video;

/// <summary>Reads the sample tables of an MP4 or QuickTime file. Source: ISO/IEC 14496-12, sections 4.2 and 8.</summary>
internal static class MovieIndex
{
    /// <summary>Tables of a sign's video take a few kilobytes; a header that announces more is ffprobe's affair.</summary>
    private const long LargestHeader = 16 << 20;

    /// <returns>Null where there is no plain `moov`, or not just one video track.</returns>
    public static VideoInfo? Read(FileStream stream, string path)
    {
        byte[]? moov = null;
        Span<byte> header = stackalloc byte[16];
        while (stream.Position < stream.Length)
        {
            long start = stream.Position;
            stream.ReadExactly(header[..8]);
            long size = BinaryPrimitives.ReadUInt32BigEndian(header), used = 8;
            string type = Encoding.ASCII.GetString(header[4..8]);
            if (size == 1)
            {
                stream.ReadExactly(header[8..]);
                (size, used) = (BinaryPrimitives.ReadInt64BigEndian(header[8..]), 16);
            }
            else if (size == 0)
            {
                size = stream.Length - start;
            }
            if (type == "moof" || size < used || size > stream.Length - start) return null;
            if (type == "moov")
            {
                if (size > LargestHeader) return null;
                stream.ReadExactly(moov = new byte[size - used]);
            }
            stream.Seek(start + size, SeekOrigin.Begin);
        }
        return moov is null ? null : FromMovie(moov, path);
    }

    private static VideoInfo? FromMovie(byte[] moov, string path)
    {
        VideoInfo? video = null;
        foreach ((string type, Range range) in Boxes(moov))
        {
            if (type != "trak" || FromTrack(moov.AsSpan(range), path) is not { } found) continue;
            if (video is not null) return null;
            video = found;
        }
        return video;
    }

    /// <returns>Null for a track that is not video.</returns>
    private static VideoInfo? FromTrack(ReadOnlySpan<byte> track, string path)
    {
        ReadOnlySpan<byte> media = Find(track, "mdia"), head = Find(media, "mdhd"), table = Find(Find(media, "minf"), "stbl");
        if (!Find(media, "hdlr")[8..12].SequenceEqual("vide"u8)) return null;
        bool wide = head[0] == 1;
        uint unitsPerSecond = Number(head, wide ? 20 : 12);
        double announced = wide ? BinaryPrimitives.ReadUInt64BigEndian(head[24..]) : Number(head, 16);
        ReadOnlySpan<byte> description = Find(table, "stsd")[8..], times = Find(table, "stts");
        double lasts = 0;
        long timed = 0;
        for (uint i = 0, n = Number(times, 4); i < n; i++)
        {
            uint count = Number(times, checked(8 + 8 * (int)i)), delta = Number(times, checked(12 + 8 * (int)i));
            timed += count;
            lasts += (double)count * delta;
        }
        uint packets = Number(Find(table, "stsz"), 8);
        if (unitsPerSecond == 0 || timed != packets) throw new InvalidDataException($"{path}: sample tables that disagree.");
        int width = BinaryPrimitives.ReadUInt16BigEndian(description[32..]), height = BinaryPrimitives.ReadUInt16BigEndian(description[34..]);
        string codec = Encoding.ASCII.GetString(description[4..8]);
        return new VideoInfo(path, "mov", codec switch { "avc1" or "avc3" => "h264", "mp4v" => "mpeg4", "vp09" => "vp9", _ => codec },
            width, height, checked((int)packets), announced / unitsPerSecond, lasts / unitsPerSecond);
    }

    private static List<(string Type, Range Content)> Boxes(ReadOnlySpan<byte> data)
    {
        var boxes = new List<(string, Range)>();
        for (int at = 0; at + 8 <= data.Length;)
        {
            uint size = Number(data, at);
            if (size < 8 || size > data.Length - at) break; // QuickTime ends some lists with a zero word
            boxes.Add((Encoding.ASCII.GetString(data.Slice(at + 4, 4)), new Range(at + 8, at + (int)size)));
            at += (int)size;
        }
        return boxes;
    }

    private static ReadOnlySpan<byte> Find(ReadOnlySpan<byte> data, string type)
    {
        foreach ((string found, Range range) in Boxes(data))
        {
            if (found == type) return data[range];
        }
        throw new InvalidDataException($"No box '{type}'.");
    }

    private static uint Number(ReadOnlySpan<byte> data, int at) => at + 4 <= data.Length
        ? BinaryPrimitives.ReadUInt32BigEndian(data[at..])
        : throw new InvalidDataException("A box that is too short.");
}

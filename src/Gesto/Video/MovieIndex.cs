using System.Buffers.Binary;
using System.Text;

namespace Gesto.Video;

/// <summary>Reads the sample tables of an MP4 or QuickTime file. Source: ISO/IEC 14496-12, sections 4.2 and
/// 8.</summary>
/// <remarks>Whatever the bytes are, it answers, answers null, or throws <see cref="InvalidDataException"/> or <see
/// cref="EndOfStreamException"/>.</remarks>
internal static class MovieIndex
{
    /// <summary>Tables of a sign's video take a few kilobytes; a header that announces more is ffprobe's
    /// affair.</summary>
    private const long LargestHeader = 16 << 20;

    /// <summary>Boxes of the file itself: four or five where it is not in fragments.</summary>
    private const int MostBoxes = 1000;

    /// <summary>Bytes of a video sample entry before the boxes in it.</summary>
    private const int EntryBytes = 86;

    /// <param name="stream">From its beginning.</param>
    /// <param name="path">For errors.</param>
    /// <param name="mostFrames">Times are kept of as many frames at most.</param>
    /// <returns>Null where there is no plain `moov`, not just one video track, or one that only ffprobe can tell
    /// about.</returns>
    public static VideoInfo? Read(FileStream stream, string path, int mostFrames)
    {
        byte[]? moov = null;
        var header = new byte[16];
        for (int boxes = 0; stream.Position < stream.Length; boxes++)
        {
            long start = stream.Position;
            stream.ReadExactly(header, 0, 8);
            long size = BinaryPrimitives.ReadUInt32BigEndian(header),
                used = 8;
            string type = Encoding.ASCII.GetString(header, 4, 4);
            if (size == 1)
            {
                stream.ReadExactly(header, 8, 8);
                (size, used) = (BinaryPrimitives.ReadInt64BigEndian(header.AsSpan(8)), 16);
            }
            else if (size == 0)
            {
                size = stream.Length - start;
            }
            if (type == "moof" || size < used || size > stream.Length - start || boxes == MostBoxes)
                return null;
            if (type == "moov")
            {
                if (size > LargestHeader || moov is not null)
                    return null;
                stream.ReadExactly(moov = new byte[size - used]);
            }
            stream.Seek(start + size, SeekOrigin.Begin);
        }
        return moov is null ? null : FromMovie(moov, path, mostFrames);
    }

    private static VideoInfo? FromMovie(ReadOnlySpan<byte> moov, string path, int mostFrames)
    {
        ReadOnlySpan<byte> head = Find(moov, "mvhd"u8),
            video = default;
        uint unitsPerSecond = Number(head, Byte(head, 0) == 1 ? 20 : 12);
        for (int at = 0; Next(moov, ref at, out ReadOnlySpan<byte> type, out ReadOnlySpan<byte> content); )
        {
            if (
                !type.SequenceEqual("trak"u8)
                || !Part(Find(Find(content, "mdia"u8), "hdlr"u8), 8, 4).SequenceEqual("vide"u8)
            )
                continue;
            if (!video.IsEmpty)
                return null;
            video = content;
        }
        return video.IsEmpty ? null : FromTrack(video, unitsPerSecond, path, mostFrames);
    }

    private static VideoInfo? FromTrack(ReadOnlySpan<byte> track, uint movieUnitsPerSecond, string path, int mostFrames)
    {
        ReadOnlySpan<byte> media = Find(track, "mdia"u8),
            head = Find(media, "mdhd"u8),
            table = Find(Find(media, "minf"u8), "stbl"u8);
        bool wide = Byte(head, 0) == 1;
        uint unitsPerSecond = Number(head, wide ? 20 : 12);
        double announced = wide ? BinaryPrimitives.ReadUInt64BigEndian(Part(head, 24, 8)) : Number(head, 16);
        ReadOnlySpan<byte> times = Find(table, "stts"u8),
            description = Find(table, "stsd"u8);
        double lasts = 0;
        long timed = 0;
        for (uint i = 0, n = Number(times, 4); i < n; i++)
        {
            (uint count, uint delta) = Pair(times, i);
            timed += count;
            lasts += (double)count * delta;
        }
        uint packets = Number(Find(table, "stsz"u8), 8);
        if (unitsPerSecond == 0 || timed != packets)
            throw new InvalidDataException($"{path}: sample tables that disagree.");
        if (Number(description, 4) != 1)
            return null; // pictures of several kinds
        description = Part(description, 8, checked((int)Number(description, 8)));
        string codec = Encoding.ASCII.GetString(Part(description, 4, 4));
        int width = BinaryPrimitives.ReadUInt16BigEndian(Part(description, 32, 2)),
            height = BinaryPrimitives.ReadUInt16BigEndian(Part(description, 34, 2));
        if (!IsPlain(codec, description.Length > EntryBytes ? description[EntryBytes..] : []))
            return null;
        var info = new VideoInfo(
            path,
            "mov",
            codec switch
            {
                "avc1" or "avc3" => "h264",
                "mp4v" => "mpeg4",
                "vp09" => "vp9",
                _ => codec,
            },
            width,
            height,
            checked((int)packets),
            announced / unitsPerSecond,
            lasts / unitsPerSecond
        );
        if (packets > mostFrames)
            return info;
        long[]? shown = PresentationTimes(times, TryFind(table, "ctts"u8), (int)packets);
        return
            shown is not null
            && ShowsAll(
                TryFind(TryFind(track, "edts"u8), "elst"u8),
                shown,
                (double)movieUnitsPerSecond / unitsPerSecond
            )
            ? info with
            {
                Times = Array.ConvertAll(shown, t => (double)t / unitsPerSecond),
            }
            : null;
    }

    /// <summary>Eight bits a level, and not of a high dynamic range, by what the sample entry's boxes say.</summary>
    private static bool IsPlain(string codec, ReadOnlySpan<byte> boxes)
    {
        ReadOnlySpan<byte> colour = TryFind(boxes, "colr"u8);
        if (
            colour.Length >= 10
            && (colour[..4].SequenceEqual("nclx"u8) || colour[..4].SequenceEqual("nclc"u8))
            && VideoRanges.IsHigh(BinaryPrimitives.ReadUInt16BigEndian(colour[6..]))
        )
            return false;
        return codec switch
        {
            "avc1" or "avc3" => VideoRanges.IsEightBit("h264", TryFind(boxes, "avcC"u8)),
            "hvc1" or "hev1" => VideoRanges.IsEightBit("hevc", TryFind(boxes, "hvcC"u8)),
            "av01" => VideoRanges.IsEightBit("av1", TryFind(boxes, "av1C"u8)),
            "vp09" => TryFind(boxes, "vpcC"u8) is { Length: > 6 } settings && settings[6] >> 4 == 8,
            _ => true,
        };
    }

    /// <returns>Ascending, in the track's units; null where the tables are of different lengths.</returns>
    private static long[]? PresentationTimes(ReadOnlySpan<byte> steps, ReadOnlySpan<byte> shifts, int packets)
    {
        var shown = new long[packets];
        int at = 0;
        long time = 0;
        for (uint i = 0, n = Number(steps, 4); i < n; i++)
        {
            (uint count, uint delta) = Pair(steps, i);
            for (; count > 0; count--, time += delta)
                shown[at++] = time;
        }
        if (shifts.IsEmpty)
            return shown;
        at = 0;
        for (uint i = 0, n = Number(shifts, 4); i < n; i++)
        {
            (uint count, uint shift) = Pair(shifts, i);
            if (count > packets - at)
                return null;
            // Signed in both versions: that is what writers mean, and how ffmpeg reads it.
            for (; count > 0; count--)
                shown[at++] += (int)shift;
        }
        Array.Sort(shown);
        return at == packets ? shown : null;
    }

    /// <summary>An edit list may cut frames away; one that only names where the pictures begin cuts none.</summary>
    private static bool ShowsAll(ReadOnlySpan<byte> edits, long[] shown, double movieUnits)
    {
        if (edits.IsEmpty || shown.Length == 0)
            return true;
        bool wide = Byte(edits, 0) == 1;
        uint entries = Number(edits, 4);
        if (entries is 0 or > 2)
            return entries == 0;
        long length = 0,
            from = -1;
        for (int i = 0; i < entries; i++)
        {
            ReadOnlySpan<byte> entry = Part(edits, 8 + i * (wide ? 20 : 12), wide ? 20 : 12);
            if (from >= 0 || Number(entry, entry.Length - 4) != 0x10000)
                return false; // two pieces, or another speed
            length = wide ? BinaryPrimitives.ReadInt64BigEndian(entry) : Number(entry, 0);
            from = wide ? BinaryPrimitives.ReadInt64BigEndian(entry[8..]) : (int)Number(entry, 4);
        }
        return from >= 0
            && from <= shown[0]
            && (length == 0 || movieUnits > 0 && shown[^1] < from + length / movieUnits);
    }

    /// <summary>Steps to the next box of a list.</summary>
    private static bool Next(
        ReadOnlySpan<byte> data,
        scoped ref int at,
        out ReadOnlySpan<byte> type,
        out ReadOnlySpan<byte> content
    )
    {
        type = content = [];
        if (at > data.Length - 8)
            return false;
        uint size = Number(data, at);
        if (size < 8 || size > data.Length - at)
            return false; // QuickTime ends some lists with a zero word
        type = data.Slice(at + 4, 4);
        content = data.Slice(at + 8, (int)size - 8);
        at += (int)size;
        return true;
    }

    private static ReadOnlySpan<byte> Find(ReadOnlySpan<byte> data, ReadOnlySpan<byte> wanted)
    {
        for (int at = 0; Next(data, ref at, out ReadOnlySpan<byte> type, out ReadOnlySpan<byte> content); )
        {
            if (type.SequenceEqual(wanted))
                return content;
        }
        throw new InvalidDataException($"No box '{Encoding.ASCII.GetString(wanted)}'.");
    }

    /// <returns>Empty where there is none.</returns>
    private static ReadOnlySpan<byte> TryFind(ReadOnlySpan<byte> data, ReadOnlySpan<byte> wanted)
    {
        for (int at = 0; Next(data, ref at, out ReadOnlySpan<byte> type, out ReadOnlySpan<byte> content); )
        {
            if (type.SequenceEqual(wanted))
                return content;
        }
        return [];
    }

    private static uint Number(ReadOnlySpan<byte> data, int at) =>
        BinaryPrimitives.ReadUInt32BigEndian(Part(data, at, 4));

    private static byte Byte(ReadOnlySpan<byte> data, int at) => Part(data, at, 1)[0];

    /// <returns>Entry <paramref name="i"/> of a table of pairs that begins after version and count.</returns>
    private static (uint First, uint Second) Pair(ReadOnlySpan<byte> table, uint i)
    {
        ReadOnlySpan<byte> pair = i < table.Length ? Part(table, 8 + 8 * (int)i, 8) : throw Short();
        return (BinaryPrimitives.ReadUInt32BigEndian(pair), BinaryPrimitives.ReadUInt32BigEndian(pair[4..]));
    }

    private static ReadOnlySpan<byte> Part(ReadOnlySpan<byte> data, int at, int length) =>
        at >= 0 && length >= 0 && at <= data.Length - length ? data.Slice(at, length) : throw Short();

    private static InvalidDataException Short() => new("A box that is too short.");
}

namespace Gesto.Tests.Video;

/// <summary>Edits Matroska files the way browsers write them. Source: RFC 8794.</summary>
internal static class Matroska
{
    private const uint Segment = 0x18538067,
        Cluster = 0x1F43B675;

    /// <summary>What MediaRecorder records: segment and clusters of unknown size, each begun before its end was
    /// known.</summary>
    public static byte[] WithUnknownSizes(byte[] file)
    {
        var to = new MemoryStream();
        int clusters = 0;
        for (int at = 0; at < file.Length; )
        {
            int id = Length(file[at]),
                size = Length(file[at + id]),
                content = at + id + size;
            uint number = 0;
            for (int i = 0; i < id; i++)
                number = number << 8 | file[at + i];
            bool open = number is Segment or Cluster;
            if (number == Cluster)
                clusters++;
            // An open element's content follows as if it were its sibling; any other is copied whole.
            int end = open ? content : content + (int)Value(file.AsSpan(at + id, size));
            to.Write(file, at, id);
            if (open)
                to.Write([0x01, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF]);
            else
                to.Write(file, at + id, end - at - id);
            at = end;
        }
        Assert.True(clusters > 0, "The file has clusters.");
        return to.ToArray();
    }

    private static int Length(byte first) => System.Numerics.BitOperations.LeadingZeroCount((uint)first) - 23;

    private static long Value(ReadOnlySpan<byte> size)
    {
        long value = size[0] & (0xFF >> size.Length);
        foreach (byte b in size[1..])
            value = value << 8 | b;
        return value;
    }
}

namespace Gesto.Files;

/// <summary>Decompresses one block of Snappy. Source: Google, "Snappy compressed format description".</summary>
internal static class SnappyBlock
{
    /// <param name="from">The block: its length as it was, then literals and copies.</param>
    /// <param name="to">Filled whole.</param>
    /// <exception cref="InvalidDataException">Damaged, or of another length; the message is a clause about
    /// it.</exception>
    public static void Decompress(ReadOnlySpan<byte> from, Span<byte> to)
    {
        int at = 0,
            done = 0;
        if (Varint(from, ref at) != (ulong)to.Length)
            throw Damaged(at, done);
        while (at < from.Length)
        {
            byte tag = from[at++];
            int length = (tag >> 2) + 1;
            if ((tag & 3) == 0)
            {
                if (length > 60) // so many bytes hold the length, less 1
                    length = 1 + Little(from, ref at, length - 60, done);
                if (length <= 0 || length > from.Length - at || length > to.Length - done)
                    throw Damaged(at, done);
                from.Slice(at, length).CopyTo(to[done..]);
                at += length;
                done += length;
                continue;
            }
            int back;
            if ((tag & 3) == 1)
            {
                length = 4 + ((tag >> 2) & 7);
                back = (tag >> 5 << 8) | Little(from, ref at, 1, done);
            }
            else
            {
                back = Little(from, ref at, (tag & 3) == 2 ? 2 : 4, done);
            }
            if (back <= 0 || back > done || length > to.Length - done)
                throw Damaged(at, done);
            for (int end = done + length; done < end; done++) // what is copied may be what was just written
                to[done] = to[done - back];
        }
        if (done != to.Length)
            throw Damaged(at, done);
    }

    private static ulong Varint(ReadOnlySpan<byte> from, ref int at)
    {
        ulong value = 0;
        for (int shift = 0; shift < 35 && at < from.Length; shift += 7)
        {
            byte next = from[at++];
            value |= (ulong)(next & 0x7F) << shift;
            if (next < 0x80)
                return value;
        }
        throw Damaged(at, 0);
    }

    /// <returns>May be negative where four bytes are no length.</returns>
    private static int Little(ReadOnlySpan<byte> from, ref int at, int count, int done)
    {
        if (count > from.Length - at)
            throw Damaged(at, done);
        int value = 0;
        for (int i = 0; i < count; i++)
            value |= from[at++] << (8 * i);
        return value;
    }

    private static InvalidDataException Damaged(int at, int done) =>
        new($"Snappy data damaged at byte {at} of a page, {done} decompressed");
}

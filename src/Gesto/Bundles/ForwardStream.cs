using System.Security.Cryptography;

namespace Gesto.Bundles;

/// <summary>An entry of a zip, which cannot be sought in: its position can be set forward, over bytes that are read and
/// not wanted.</summary>
/// <param name="entry">From its beginning; disposed of with this.</param>
/// <param name="length">Bytes it says it has.</param>
/// <param name="hash">Takes in all that is read or passed over; null = nobody asks.</param>
internal sealed class ForwardStream(Stream entry, long length, IncrementalHash? hash = null) : Stream
{
    private readonly byte[] buffer = new byte[1 << 16];
    private int at,
        filled;
    private long before; // bytes in front of the buffer

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => length;

    public override long Position
    {
        get => before + at;
        set
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, Position);
            while (Position < value)
            {
                if (!Fill())
                    throw new EndOfStreamException();
                at += (int)Math.Min(value - Position, filled - at);
            }
        }
    }

    public override int Read(Span<byte> into)
    {
        int n = into.Length > 0 && Fill() ? Math.Min(into.Length, filled - at) : 0;
        buffer.AsSpan(at, n).CopyTo(into);
        at += n;
        return n;
    }

    public override int Read(byte[] into, int offset, int count) => Read(into.AsSpan(offset, count));

    public override int ReadByte() => Fill() ? buffer[at++] : -1;

    public override void Flush() { }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] from, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            entry.Dispose();
        base.Dispose(disposing);
    }

    /// <returns>False at the end.</returns>
    private bool Fill()
    {
        if (at < filled)
            return true;
        before += filled;
        (at, filled) = (0, entry.Read(buffer));
        hash?.AppendData(buffer, 0, filled);
        return filled > 0;
    }
}

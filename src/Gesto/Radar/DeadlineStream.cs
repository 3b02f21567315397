using System.Diagnostics;

namespace Gesto.Radar;

/// <summary>A file that can be read until some time is over; then reading fails.</summary>
internal sealed class DeadlineStream(Stream file, TimeSpan limit) : Stream
{
    private readonly Stopwatch clock = Stopwatch.StartNew();

    public override bool CanRead => true;

    public override bool CanSeek => true;

    public override bool CanWrite => false;

    public override long Length => file.Length;

    public override long Position
    {
        get => file.Position;
        set => file.Position = value;
    }

    /// <exception cref="InvalidDataException">The time is over.</exception>
    public override int Read(Span<byte> buffer) =>
        clock.Elapsed < limit
            ? file.Read(buffer)
            : throw new InvalidDataException(
                $"{(file as FileStream)?.Name}: not read within {limit.TotalSeconds:0} s: the file is damaged."
            );

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override long Seek(long offset, SeekOrigin origin) => file.Seek(offset, origin);

    public override void Flush() => file.Flush();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            file.Dispose();
        base.Dispose(disposing);
    }
}

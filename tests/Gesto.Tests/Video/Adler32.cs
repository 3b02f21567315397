namespace Gesto.Tests.Video;

/// <summary>The checksum that Python's zlib.adler32 computes: frames are compared with another process's by
/// it.</summary>
internal static class Adler32
{
    public static uint Of(ReadOnlySpan<byte> bytes)
    {
        uint a = 1,
            b = 0;
        foreach (byte v in bytes)
            (a, b) = ((a + v) % 65521, (b + (a + v) % 65521) % 65521);
        return b << 16 | a;
    }
}

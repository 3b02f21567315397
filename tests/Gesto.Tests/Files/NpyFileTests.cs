using Gesto.Files;

namespace Gesto.Tests.Files;

public sealed class NpyFileTests : IDisposable
{
    private readonly Folder folder = new();

    public void Dispose() => folder.Dispose();

    private static byte[] Header(string shape) =>
        [
            0x93,
            .. "NUMPY\x1\x0v\x0"u8,
            .. $"{{'descr': '|u1', 'fortran_order': False, 'shape': {shape}, }}".PadRight(117).Select(c => (byte)c),
            (byte)'\n',
        ];

    [Theory]
    [InlineData("(1024, 1024, 1024)", "the header announces 1073741824 bytes of data, found 0. The file is cut")]
    // found as npy2g.npy in the field
    [InlineData("(2048, 1024, 1024)", "the header announces 2147483648 bytes, the limit is")]
    public void A_header_that_announces_gigabytes_is_compared_with_the_file_before_anything_is_allocated(
        string shape,
        string expected
    )
    {
        File.WriteAllBytes(folder["a.npy"], Header(shape));
        long before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Contains(
            expected,
            Assert.Throws<InvalidDataException>(() => NpyFile.Load(folder["a.npy"])).Message,
            StringComparison.Ordinal
        );
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1_000_000);
    }

    [Fact]
    public void A_stream_that_does_not_tell_its_length_is_read_as_a_file_is()
    {
        using var pipe = new System.IO.Compression.DeflateStream(
            Deflated([.. Header("(2, 3)"), 1, 2, 3, 4, 5, 6]),
            System.IO.Compression.CompressionMode.Decompress
        );
        Assert.Equal([1, 2, 3, 4, 5, 6], NpyFile.Read(pipe, "pipe").Bytes);
    }

    private static MemoryStream Deflated(byte[] bytes)
    {
        var to = new MemoryStream();
        using (
            var deflate = new System.IO.Compression.DeflateStream(
                to,
                System.IO.Compression.CompressionMode.Compress,
                leaveOpen: true
            )
        )
            deflate.Write(bytes);
        to.Position = 0;
        return to;
    }
}

using System.Buffers.Binary;
using System.Diagnostics;
using Gesto.Video;

namespace Gesto.Tests.Video;

/// <summary>Files come from anywhere: whatever their bytes, the readers of containers answer, or throw what they
/// document.</summary>
public sealed class IndexFuzzTests : IDisposable
{
    private const int Mutations = 2000;
    private readonly Folder folder = new();

    public void Dispose() => folder.Dispose();

    /// <summary>Files that ended as "a bug in Gesto", by the box that was spoilt in them.</summary>
    [Theory]
    [InlineData("moov/trak/mdia/hdlr", 8)] // too short to say which kind of track it is
    [InlineData("moov/trak/mdia/mdhd", 0)]
    [InlineData("moov/trak/mdia/mdhd", -1)] // says 64 bits, and is too short for them
    [InlineData("moov/trak/mdia/minf/stbl/stsd", 20)]
    [InlineData("moov/trak/mdia/minf/stbl/stsd", 0)]
    public void A_box_that_is_too_short_is_a_fault_of_the_file(string box, int length)
    {
        byte[] whole = File.ReadAllBytes(Reference.Video(folder["whole.mp4"], 96, 64, 16));
        string path = folder["spoilt.mp4"];
        File.WriteAllBytes(
            path,
            Mp4.Replace(whole, box, content => length < 0 ? [1, .. content[1..]] : content[..length])
        );
        Assert.Null(ContainerIndex.TryRead(path, "mov", VideoLimits.Default));
        AssertReadOrRefused(path);
    }

    [Theory]
    [InlineData("a.mp4", "mov", "libx264")]
    [InlineData("a.mkv", "matroska", "libx264")]
    [InlineData("a.webm", "matroska", "libvpx-vp9")]
    [InlineData("a.avi", "avi", "mpeg4")]
    public void Two_thousand_spoilt_headers_are_answered_soon_and_within_bounds(
        string name,
        string container,
        string codec
    )
    {
        byte[] whole = Small(name, codec);
        var random = new Random(20);
        var clock = Stopwatch.StartNew();
        int answered = 0;
        for (int i = 0; i < Mutations; i++)
        {
            byte[] spoilt = Spoil(whole, random);
            string path = folder["spoilt" + name];
            File.WriteAllBytes(path, spoilt);
            long before = GC.GetAllocatedBytesForCurrentThread();
            VideoInfo? info;
            try
            {
                info = ContainerIndex.TryRead(path, container, VideoLimits.Default);
            }
            catch (Exception e) when (e is not (VideoException or IOException))
            {
                throw new InvalidOperationException($"{name}, mutation {i}: {Convert.ToHexString(spoilt)}", e);
            }
            Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 2 * spoilt.Length + (200L << 20));
            if (info is null)
                continue;
            answered++;
            Assert.True(
                info is { Packets: > 0, Width: > 0, Height: > 0 }
                    && (info.Times is null || info.Times.Count == info.Packets),
                $"{name}, mutation {i}: {info}"
            );
        }
        // Some spoil only pictures; of them the index knows nothing.
        if (container != "avi")
            Assert.InRange(answered, Mutations / 50, Mutations - Mutations / 10);
        Assert.InRange(clock.Elapsed.TotalSeconds, 0, 60);
    }

    [Theory]
    [InlineData("a.mp4", "libx264")]
    [InlineData("a.mkv", "libx264")]
    [InlineData("a.webm", "libvpx-vp9")]
    [InlineData("a.avi", "mpeg4")]
    public void What_is_spoilt_is_read_or_refused_with_the_documented_error(string name, string codec)
    {
        byte[] whole = Small(name, codec);
        var random = new Random(21);
        for (int i = 0; i < 5; i++)
        {
            File.WriteAllBytes(folder["spoilt" + name], Spoil(whole, random));
            AssertReadOrRefused(folder["spoilt" + name]);
        }
    }

    /// <summary>A table may say that all of four thousand million frames have one size, and be 12 bytes long.</summary>
    [Fact]
    public void A_header_that_announces_thousands_of_millions_of_frames_costs_no_memory()
    {
        byte[] whole = File.ReadAllBytes(Reference.Video(folder["whole.mp4"], 96, 64, 16));
        byte[] many = Mp4.Replace(
            Mp4.Replace(whole, "moov/trak/mdia/minf/stbl/stts", c => [.. c[..8], 0x7F, 0xFF, 0xFF, 0xFF, .. c[12..]]),
            "moov/trak/mdia/minf/stbl/stsz",
            c => [.. c[..4], 0, 0, 0, 1, 0x7F, 0xFF, 0xFF, 0xFF]
        );
        File.WriteAllBytes(folder["many.mp4"], many);
        long before = GC.GetAllocatedBytesForCurrentThread();
        VideoInfo? info = ContainerIndex.TryRead(folder["many.mp4"], "mov", VideoLimits.Default);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1 << 20);
        Assert.Equal((int.MaxValue, null), (info?.Packets, info?.Times));
    }

    /// <summary>A header of nothing but empty boxes, a small box by the hundred thousand.</summary>
    [Fact]
    public void Countless_boxes_are_walked_without_keeping_them()
    {
        var header = new byte[15 << 20];
        for (int at = 0; at < header.Length; at += 8)
        {
            header[at + 3] = 8;
            "free"u8.CopyTo(header.AsSpan(at + 4));
        }
        byte[] whole = File.ReadAllBytes(Reference.Video(folder["whole.mp4"], 96, 64, 16));
        byte[] spoilt = Mp4.Replace(whole, "moov", content => [.. header, .. content]);
        File.WriteAllBytes(folder["boxes.mp4"], spoilt);
        long before = GC.GetAllocatedBytesForCurrentThread();
        var clock = Stopwatch.StartNew();
        Assert.Equal(16, ContainerIndex.TryRead(folder["boxes.mp4"], "mov", VideoLimits.Default)?.Packets);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 2 * spoilt.Length);
        Assert.InRange(clock.Elapsed.TotalSeconds, 0, 10);
        File.WriteAllBytes(folder["top.mp4"], [.. header, .. whole]); // as many in the file itself
        Assert.Null(ContainerIndex.TryRead(folder["top.mp4"], "mov", VideoLimits.Default));
    }

    private static void AssertReadOrRefused(string path)
    {
        var limits = new VideoLimits { Timeout = TimeSpan.FromSeconds(30), MaxFrames = 1000 };
        try
        {
            VideoFile.Decode(VideoFile.Probe(path, limits, default), true, (_, _, _, _) => { }, limits, default);
        }
        catch (VideoException e)
        {
            Assert.Contains(path, e.Message, StringComparison.Ordinal);
        }
    }

    /// <returns>A file of a few kilobytes, mostly header.</returns>
    private byte[] Small(string name, string codec)
    {
        Reference.Ffmpeg(
            "-f",
            "lavfi",
            "-i",
            "color=gray:size=32x32:rate=25,trim=end_frame=12",
            "-c:v",
            codec,
            "-pix_fmt",
            "yuv420p",
            "-threads",
            "1",
            folder[name]
        );
        return File.ReadAllBytes(folder[name]);
    }

    /// <summary>One to three of: flipped bits, a size field with an extreme value, bytes put in, taken out, the end cut
    /// off.</summary>
    private static byte[] Spoil(byte[] whole, Random random)
    {
        List<byte> bytes = [.. whole];
        ReadOnlySpan<ulong> extremes = [0, 1, 1UL << 31, uint.MaxValue, 1UL << 63, ulong.MaxValue];
        for (int times = random.Next(1, 4); times > 0; times--)
        {
            int at = random.Next(4, Math.Max(5, bytes.Count - 8));
            switch (random.Next(6))
            {
                case 0:
                    bytes[at] ^= (byte)(1 << random.Next(8));
                    break;
                case 1:
                    var field = new byte[8];
                    int width = random.Next(2) == 0 ? 4 : 8;
                    ulong value = extremes[random.Next(extremes.Length)];
                    if (width == 4)
                        BinaryPrimitives.WriteUInt32BigEndian(field, (uint)value);
                    else
                        BinaryPrimitives.WriteUInt64BigEndian(field, value);
                    for (int i = 0; i < width && at + i < bytes.Count; i++)
                        bytes[at + i] = field[i];
                    break;
                case 2:
                    var more = new byte[random.Next(1, 40)];
                    random.NextBytes(more);
                    bytes.InsertRange(at, more);
                    break;
                case 3:
                    bytes.RemoveRange(at, Math.Min(random.Next(1, 40), bytes.Count - at));
                    break;
                case 4 when random.Next(4) == 0:
                    bytes.RemoveRange(at, bytes.Count - at);
                    break;
                default:
                    bytes[at] = (byte)random.Next(256);
                    break;
            }
        }
        return [.. bytes];
    }
}

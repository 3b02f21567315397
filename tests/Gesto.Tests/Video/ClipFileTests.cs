using Gesto.Video;

namespace Gesto.Tests.Video;

public sealed class ClipFileTests : IDisposable
{
    private readonly Folder folder = new();

    public void Dispose() => folder.Dispose();

    /// <summary>Lossless grey video whose frame n has level n everywhere, but level 200 in its upper left
    /// quarter.</summary>
    private VideoInfo Numbered(int frames)
    {
        string path = folder[$"{frames}.mkv"];
        Reference.Ffmpeg(
            "-f",
            "lavfi",
            "-i",
            "nullsrc=size=64x32:rate=13",
            "-vf",
            "format=gray,geq=lum='if(lt(X,32)*lt(Y,16),200,N)'",
            "-frames:v",
            $"{frames}",
            "-c:v",
            "ffv1",
            path
        );
        return VideoFile.Probe(path, VideoLimits.Default, default);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(29)]
    [InlineData(30)]
    [InlineData(75)]
    public void The_frames_kept_are_the_sampled_ones(int frames)
    {
        Clip clip = ClipFile.Read(Numbered(frames), new ClipFormat(false, 8, 8), VideoLimits.Default, default);
        Assert.Equal(frames, clip.Decoded);
        // The last pixel is far from the bright quarter.
        Assert.Equal(
            FrameSampling.Default.Indices(frames).Select(i => (byte)i),
            Enumerable.Range(0, clip.Length).Select(t => clip.Frames[t * 64 + 63])
        );
    }

    [Fact]
    public void A_wrong_packet_count_costs_a_second_reading_and_changes_nothing()
    {
        VideoInfo info = Numbered(75);
        var format = new ClipFormat(false, 8, 8);
        Clip right = ClipFile.Read(info, format, VideoLimits.Default, default);
        // VP8's hidden frames are packets that never show: more packets than frames, and no fault.
        Clip wrong = ClipFile.Read(info with { Packets = 80, Codec = "vp8" }, format, VideoLimits.Default, default);
        Assert.Equal(right.Frames, wrong.Frames);
    }

    [Fact]
    public void A_crop_is_cut_before_resizing()
    {
        var format = new ClipFormat(false, 4, 4) { Crop = (_, _) => (0, 0, 32, 16) };
        Clip clip = ClipFile.Read(Numbered(5), format, VideoLimits.Default, default);
        Assert.All(clip.Frames, v => Assert.Equal(200, v));
    }
}

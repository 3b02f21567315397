using Gesto.Video;

namespace Gesto.Tests.Video;

public sealed class VideoFileTests : IDisposable
{
    private readonly Folder folder = new();

    public void Dispose() => folder.Dispose();

    private static int Decode(
        string path,
        bool colour = false,
        FrameSink? sink = null,
        VideoLimits? limits = null,
        CancellationToken cancel = default
    ) =>
        VideoFile.Decode(
            VideoFile.Probe(path, limits ?? VideoLimits.Default, cancel),
            colour,
            sink ?? ((_, _, _, _) => { }),
            limits ?? VideoLimits.Default,
            cancel
        );

    private string CopyPart(string path, string name, double part)
    {
        byte[] bytes = File.ReadAllBytes(path);
        File.WriteAllBytes(folder[name], bytes[..(int)(bytes.Length * part)]);
        return folder[name];
    }

    [Theory]
    [InlineData("a.mkv", "libx264")]
    [InlineData("a.mp4", "libx264")]
    [InlineData("a.mov", "mpeg4")]
    [InlineData("a.avi", "mpeg4")]
    [InlineData("a.mkv", "ffv1")]
    [InlineData("a.webm", "libvpx-vp9")]
    public void Every_container_and_codec_gives_every_frame(string name, string codec)
    {
        string path = Reference.Video(folder[name], 96, 64, 37, codec: codec, source: "testsrc2");
        VideoInfo info = VideoFile.Probe(path, VideoLimits.Default, default);
        Assert.Equal((96, 64, 37), (info.Width, info.Height, info.Packets));
        Assert.InRange(info.LastsSeconds, 37 / 25.0 - 0.05, 37 / 25.0 + 0.05);
        var seen = new List<int>();
        Assert.Equal(37, Decode(path, colour: true, (i, w, h, pixels) =>
            {
                Assert.Equal((96, 64, 96 * 64 * 3), (w, h, pixels.Length));
                seen.Add(i);
            }));
        Assert.Equal(Enumerable.Range(0, 37), seen);
    }

    [Fact]
    public void A_changing_frame_rate_neither_drops_nor_repeats_frames()
    {
        string path = folder["vfr.mkv"];
        Reference.Ffmpeg(
            "-f",
            "lavfi",
            "-i",
            "testsrc2=size=64x48:rate=25",
            "-vf",
            "select='lt(n,10)+not(mod(n,4))',setpts=PTS",
            "-frames:v",
            "20",
            "-fps_mode",
            "vfr",
            "-c:v",
            "libx264",
            path
        );
        Assert.Equal(20, Decode(path));
    }

    [Fact]
    public void Grey_levels_come_back_as_they_were_stored()
    {
        // Lossless and already grey: row y of the picture is grey level 4y.
        string path = folder["grey.mkv"];
        Reference.Ffmpeg(
            "-f",
            "lavfi",
            "-i",
            "nullsrc=size=32x64:rate=13",
            "-vf",
            "format=gray,geq=lum='4*Y'",
            "-frames:v",
            "3",
            "-c:v",
            "ffv1",
            path
        );
        Decode(path, sink: (_, w, h, pixels) =>
        {
            for (int y = 0; y < h; y++)
                Assert.Equal(4 * y, pixels[y * w]);
        });
    }

    [Fact]
    public void A_truncated_mkv_is_a_frame_count_problem()
    {
        string path = CopyPart(Reference.Video(folder["whole.mkv"], 320, 240, 75), "cut.mkv", 0.5);
        var error = Assert.Throws<VideoException>(() => Decode(path));
        Assert.Equal(VideoFault.FrameCount, error.Fault);
        Assert.Contains("cut.mkv: the header announces 3.00 s, found", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_mkv_that_misses_only_its_last_bytes_is_reported_too()
    {
        string path = CopyPart(Reference.Video(folder["whole.mkv"], 320, 240, 75), "cut.mkv", 0.97);
        Assert.Throws<VideoException>(() => Decode(path));
    }

    [Fact]
    public void A_truncated_mp4_cannot_be_opened()
    {
        string path = CopyPart(Reference.Video(folder["whole.mp4"], 160, 120, 50), "cut.mp4", 0.5);
        var error = Assert.Throws<VideoException>(() => Decode(path));
        Assert.Equal(VideoFault.Undecodable, error.Fault);
        Assert.Contains(
            "cut.mp4: the video cannot be opened. ffmpeg says: moov atom not found.",
            error.Message,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void A_zero_byte_mp4_is_empty()
    {
        var error = Assert.Throws<VideoException>(() => Decode(folder.Write("none.mp4", "")));
        Assert.Equal(VideoFault.Empty, error.Fault);
        Assert.Contains("none.mp4: the file is empty (0 bytes)", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("hello, world", "begins with 'hello, world'")]
    [InlineData("#EXTM3U\n/etc/passwd", "begins with '#EXTM3U")] // ffmpeg would follow such a playlist
    [InlineData("ffconcat version 1.0", "begins with 'ffconcat ver'")]
    [InlineData("ab", "begins with 'ab'")]
    public void A_text_file_named_mkv_is_refused_before_ffmpeg_sees_it(string text, string expected)
    {
        var error = Assert.Throws<VideoException>(() => Decode(folder.Write("notes.mkv", text)));
        Assert.Equal(VideoFault.Undecodable, error.Fault);
        Assert.Contains("notes.mkv: not a video", error.Message, StringComparison.Ordinal);
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Damage_inside_the_file_is_reported_though_all_frames_decode()
    {
        string whole = Reference.Video(folder["whole.mkv"], 320, 240, 75);
        byte[] bytes = File.ReadAllBytes(whole);
        for (int i = 3000; i < bytes.Length - 2000; i += 997)
            bytes[i] ^= 0x55;
        File.WriteAllBytes(folder["flipped.mkv"], bytes);
        Assert.Contains(
            "ffmpeg says:",
            Assert.Throws<VideoException>(() => Decode(folder["flipped.mkv"])).Message,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void Frames_above_the_limit_are_refused_before_they_are_decoded()
    {
        string path = Reference.Video(folder["large.mkv"], 320, 240, 3);
        Assert.Contains(
            "Picture size 320x240 exceeds specified max pixel count 10000",
            Assert.Throws<VideoException>(() => Decode(path, limits: new VideoLimits { MaxPixels = 10_000 })).Message,
            StringComparison.Ordinal
        );
        Assert.Contains(
            "more than 2 frames",
            Assert.Throws<VideoException>(() => Decode(path, limits: new VideoLimits { MaxFrames = 2 })).Message,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void A_missing_file_says_so() => Assert.Throws<FileNotFoundException>(() => Decode(folder["none.mkv"]));

    [Fact]
    public void Names_that_look_like_options_or_protocols_are_only_names()
    {
        string path = Reference.Video(folder["whole.mkv"], 64, 48, 3);
        foreach (string name in (string[])["-i.mkv", "concat:a|b.mkv", "%03d.mkv", "a'b c.mkv"])
        {
            File.Copy(path, folder[name]);
            Assert.Equal(3, Decode(folder[name]));
        }
    }

    [Fact]
    public void Cancelling_kills_the_decoder()
    {
        string path = Reference.Video(folder["long.mkv"], 640, 480, 200);
        using var cancel = new CancellationTokenSource();
        int seen = 0;
        Assert.Throws<OperationCanceledException>(() =>
            Decode(
                path,
                true,
                (_, _, _, _) =>
                {
                    if (++seen == 3)
                        cancel.Cancel();
                },
                cancel: cancel.Token
            )
        );
        Assert.InRange(seen, 3, 199);
    }

    [Fact]
    public void The_time_limit_stops_a_decoder_and_says_so()
    {
        string path = Reference.Video(folder["long.mkv"], 640, 480, 100);
        VideoInfo info = VideoFile.Probe(path, VideoLimits.Default, default);
        var limits = new VideoLimits { Timeout = TimeSpan.FromMilliseconds(1) };
        Assert.Contains(
            "not decoded within",
            Assert
                .Throws<VideoException>(() => VideoFile.Decode(info, true, (_, _, _, _) => { }, limits, default))
                .Message,
            StringComparison.Ordinal
        );
    }

    /// <summary>Tolerance 0: ffmpeg's conversion with the flags Gesto passes is the one OpenCV's reader
    /// makes.</summary>
    [Theory]
    [InlineData("a.mkv", "libx264", 320, 240)]
    [InlineData("a.mp4", "libx264", 322, 182)]
    [InlineData("a.avi", "mpeg4", 320, 240)]
    public void Frames_are_those_of_OpenCV(string name, string codec, int width, int height)
    {
        string path = Reference.Video(folder[name], width, height, 12, codec: codec, source: "testsrc2");
        uint[] expected = UnevenVideos.ReadWithOpenCv(path)[name];
        var found = new List<uint>();
        Decode(path, true, (_, _, _, pixels) => found.Add(Adler32.Of(pixels)));
        Assert.Equal(12, expected.Length);
        Assert.Equal(expected, found);
    }
}

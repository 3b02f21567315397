using Gesto.Video;

namespace Gesto.Tests.Video;

/// <summary>Videos whose frames do not come every 1/25 s: read like any other.</summary>
public sealed class VariableRateTests(UnevenVideos videos) : IClassFixture<UnevenVideos>
{
    private static VideoInfo Probe(string path) => VideoFile.Probe(path, VideoLimits.Default, default);

    private static uint[] Decode(VideoInfo info)
    {
        var found = new List<uint>();
        VideoFile.Decode(info, true, (_, _, _, pixels) => found.Add(Adler32.Of(pixels)), VideoLimits.Default, default);
        return [.. found];
    }

    private static uint[] FramesOf(Clip clip, int bytes) =>
        [.. Enumerable.Range(0, clip.Length).Select(t => Adler32.Of(clip.Frames.AsSpan(t * bytes, bytes)))];

    /// <summary>Tolerance 0, as for even videos: the pixels go the same way as in OpenCV.</summary>
    [Theory]
    [MemberData(nameof(UnevenVideos.Names), MemberType = typeof(UnevenVideos))]
    public void Frames_are_those_of_OpenCV_in_number_and_pixels_by_both_ways_of_decoding(string name)
    {
        uint[] expected = videos.OpenCv(name);
        Assert.InRange(expected.Length, 2, UnevenVideos.Frames);
        VideoInfo info = Probe(videos[name]);
        Assert.Equal(expected, Decode(info));
        // The common decoder may leave a file to the other one only where its index tells less than its frames.
        var format = new ClipFormat(true, UnevenVideos.Width, UnevenVideos.Height);
        Clip clip = SampledDecoder.TryRead([new(info, format)], VideoLimits.Default, default)![0];
        Assert.Equal(expected, FramesOf(clip, format.BytesPerFrame));
    }

    [Fact]
    public void A_real_file_whose_times_were_taken_for_damage_is_read_by_all_three_ways_of_decoding()
    {
        string path = Path.Combine(AppContext.BaseDirectory, "Golden", "variable_rate.mp4");
        uint[] expected = UnevenVideos.ReadWithOpenCv(path)["variable_rate.mp4"];
        Assert.Equal(18, expected.Length);
        VideoInfo info = Probe(path);
        Assert.Equal(expected, Decode(info));
        var format = new ClipFormat(true, 320, 240);
        ClipRequest[] requests = [new(info, format)];
        Assert.Equal(
            expected,
            FramesOf(SampledDecoder.TryRead(requests, VideoLimits.Default, default)![0], format.BytesPerFrame)
        );
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Links need a privilege there.");
        using WaitingDecoder waiting = WaitingDecoder.TryStart(requests, VideoLimits.Default)!;
        byte[] frames = [];
        int[][] wanted = [requests[0].Wanted()];
        using FfmpegProcess process = waiting.Take(requests, wanted, VideoLimits.Default, default)!;
        Assert.True(
            SampledDecoder.Receive(
                process,
                requests,
                wanted,
                WaitingDecoder.FirstFile,
                VideoLimits.Default,
                (_, all, _) => frames = all,
                default
            )
        );
        Assert.Equal(expected, FramesOf(new Clip(frames, 18, 18), format.BytesPerFrame));
    }

    /// <summary>OpenCV stops after the first fragment here; the frames are those of the file that was copied.</summary>
    [Fact]
    public void All_fragments_of_an_MP4_are_read_where_only_the_first_is_in_its_header()
    {
        using var folder = new Folder();
        Reference.Ffmpeg(
            "-i",
            videos["fragments.mp4"],
            "-c",
            "copy",
            "-movflags",
            "frag_keyframe",
            folder["later.mp4"]
        );
        Assert.Equal(videos.OpenCv("fragments.mp4"), Decode(Probe(folder["later.mp4"])));
    }

    /// <summary>The times were planted: 1/15360 s, which MP4 keeps and Matroska rounds to milliseconds.</summary>
    [Theory]
    [InlineData("h264.mp4", true)]
    [InlineData("mpeg4-b.mp4", true)]
    [InlineData("vp9.mp4", true)]
    [InlineData("h264.mov", true)]
    [InlineData("h264.mkv", true)]
    [InlineData("ffv1.mkv", false)] // ffmpeg writes it the way of AVI
    [InlineData("vp9.webm", true)]
    [InlineData("live.webm", false)] // a browser writes no duration: ffprobe's affair
    [InlineData("fragments.mp4", false)]
    public void A_containers_times_are_its_frames(string name, bool fromIndex)
    {
        VideoInfo info = Probe(videos[name]);
        Assert.Equal(fromIndex, info.FromIndex);
        Assert.Equal(UnevenVideos.Frames, info.Times!.Count);
        double precision =
            name.EndsWith("mp4", StringComparison.Ordinal) || name.EndsWith("mov", StringComparison.Ordinal)
                ? 1e-9
                : 0.0011;
        if (!fromIndex)
            precision = Math.Max(precision, 2e-6); // ffprobe writes microseconds
        for (int n = 0; n < UnevenVideos.Frames; n++)
            Assert.Equal(UnevenVideos.Times[n], info.Times[n] - info.Times[0], precision);
    }

    [Fact]
    public void Frames_that_an_edit_list_cuts_away_have_no_times_and_those_left_are_known_beforehand()
    {
        foreach (string name in (string[])["edit-list.mp4", "cut-to-time.mp4", "negative.mp4"])
        {
            VideoInfo info = Probe(videos[name]);
            Assert.Equal(videos.OpenCv(name).Length, info.Packets);
            Assert.Equal(info.Packets, info.Times!.Count);
        }
        // One that only says when the pictures begin costs no ffprobe.
        Assert.True(Probe(videos["delayed.mp4"]).FromIndex);
    }

    [Fact]
    public void A_last_frame_that_stands_long_is_no_cut()
    {
        using var folder = new Folder();
        Reference.Ffmpeg(
            "-f",
            "lavfi",
            "-i",
            "testsrc2=size=64x48:rate=25,trim=end_frame=10",
            "-vf",
            "settb=1/25,setpts='N+20*gt(N,4)'",
            "-fps_mode",
            "passthrough",
            "-c:v",
            "libx264",
            folder["pause.mkv"]
        );
        Reference.Ffmpeg("-i", folder["pause.mkv"], "-c", "copy", folder["pause.mp4"]);
        foreach (string name in (string[])["pause.mkv", "pause.mp4"])
        {
            VideoInfo asked = VideoFile.Ask(
                folder[name],
                name.EndsWith("mp4", StringComparison.Ordinal) ? "mov" : "matroska",
                VideoLimits.Default,
                default
            );
            Assert.Equal(10, VideoFile.Decode(asked, false, (_, _, _, _) => { }, VideoLimits.Default, default));
            // As long as the pause, the last frame may stand; a second more is missing frames.
            Assert.True(VideoFile.Agrees(asked with { Duration = asked.LastsSeconds + 1 }, 10, ""));
            Assert.False(VideoFile.Agrees(asked with { Duration = asked.LastsSeconds + 2 }, 10, ""));
        }
    }
}

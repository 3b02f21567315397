using Gesto.Radar;
using Gesto.Recordings;
using Gesto.Video;

namespace Gesto.Tests.Video;

/// <summary>Frames taken evenly in time from videos whose frames come unevenly.</summary>
public sealed class TimeSamplingTests : IDisposable
{
    private static readonly FrameSampling InTime = new(5) { EvenInTime = true },
        ByIndex = new(5);

    private readonly Folder folder = new();

    public void Dispose() => folder.Dispose();

    /// <summary>Frames 0 to 15 at 0 to 0.6 s, 16 to 19 at 1.6, 2.6, 3.6 and 4.6 s. Moments 0, 1.15, 2.3, 3.45,
    /// 4.6.</summary>
    private static readonly int[] Expected = [0, 16, 17, 18, 19];

    private static int[] Levels(Clip clip) =>
        [.. Enumerable.Range(0, clip.Length).Select(t => (int)Math.Round(clip.Frames[t * 64] / 10.0))];

    [Theory]
    [InlineData("a.mkv", "ffv1")] // times from the container's index
    [InlineData("a.mov", "mpeg4")] // too
    [InlineData("a.avi", "ffv1")] // from ffprobe
    public void Both_ways_of_decoding_take_the_frames_nearest_to_even_moments(string name, string codec)
    {
        VideoInfo info = VideoFile.Probe(Reference.SlowingVideo(folder[name], codec), VideoLimits.Default, default);
        foreach ((FrameSampling sampling, int[] expected) in new[] { (InTime, Expected), (ByIndex, [0, 4, 9, 14, 19]) })
        {
            var format = new ClipFormat(false, 8, 8) { Sampling = sampling };
            Assert.Equal(expected, Levels(ClipFile.Read(info, format, VideoLimits.Default, default)));
            Assert.Equal(
                expected,
                Levels(SampledDecoder.TryRead([new(info, format)], VideoLimits.Default, default)![0])
            );
        }
    }

    [Fact]
    public void A_frame_that_stands_long_fills_several_places_by_both_ways_of_decoding_also_first_in_a_later_turn()
    {
        Reference.Ffmpeg(
            "-f",
            "lavfi",
            "-i",
            "nullsrc=size=32x32:rate=25",
            "-vf",
            "format=gray,geq=lum='10*N',settb=1/25,setpts='if(eq(N,0),0,N+100)'",
            "-frames:v",
            "6",
            "-fps_mode",
            "passthrough",
            "-c:v",
            "ffv1",
            folder["a.mkv"]
        );
        VideoInfo info = VideoFile.Probe(folder["a.mkv"], VideoLimits.Default, default);
        // Times 0, 4.04, 4.08, 4.12, 4.16, 4.2; moments 0, 1.05, 2.1, 3.15, 4.2: 2.1 is nearer to 4.04 by 0.16 s.
        int[] expected = [0, 0, 1, 1, 5];
        var format = new ClipFormat(false, 8, 8) { Sampling = InTime };
        Assert.Equal(expected, Levels(ClipFile.Read(info, format, VideoLimits.Default, default)));
        Clip[] clips = SampledDecoder.TryRead(
            [new(info, format), new(info, format, Turn: 1)],
            VideoLimits.Default,
            default
        )!;
        Assert.All(clips, clip => Assert.Equal(expected, Levels(clip)));
    }

    [Fact]
    public void Where_packets_are_not_frames_the_frames_own_times_are_asked_for()
    {
        VideoInfo info = VideoFile.Probe(Reference.SlowingVideo(folder["a.mkv"], "ffv1"), VideoLimits.Default, default);
        // As VP8's hidden frames have it: a packet more than frames, so the container's times are not the frames'.
        VideoInfo hidden = info with { Codec = "vp8", Packets = 21, Times = [-9, .. info.Times!] };
        Assert.Equal(
            Expected,
            Levels(
                ClipFile.Read(hidden, new ClipFormat(false, 8, 8) { Sampling = InTime }, VideoLimits.Default, default)
            )
        );
    }

    [Fact]
    public void Antennas_keep_together_where_one_has_a_frame_more()
    {
        for (int a = 1; a <= 3; a++)
            Reference.SlowingVideo(folder[$"SAMPLE_1/SAMPLE_1_RDM{a}.mkv"], "ffv1", frames: a == 1 ? 20 : 19, add: a);
        var reader = new SampleReader(folder["SAMPLE_1"], new RadarFormat { Size = (8, 8) }, radarSampling: InTime);
        RadarClip clip = reader.ReadRadar(
            RecordingFiles.At(folder["SAMPLE_1"], new RecordingNeeds(false, RadarVideos: true, false, 3)).Sample,
            3,
            default
        );
        // Of 19 frames: moments 0, 0.9, 1.8, 2.7, 3.6.
        int[] expected = [0, 15, 16, 17, 18];
        for (int t = 0; t < 5; t++)
        for (int a = 0; a < 3; a++)
            Assert.Equal(10 * expected[t] + a + 1, clip.Bytes[(t * 3 + a) * 64]);
    }
}

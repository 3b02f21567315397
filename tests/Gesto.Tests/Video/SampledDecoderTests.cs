using Gesto.Video;

namespace Gesto.Tests.Video;

/// <summary>The quick ways, a container's own index and one decoder for several files, against ffprobe and one by
/// one.</summary>
public sealed class SampledDecoderTests : IDisposable
{
    private readonly Folder folder = new();

    public void Dispose() => folder.Dispose();

    private static VideoInfo Probe(string path) => VideoFile.Probe(path, VideoLimits.Default, default);

    /// <summary>Packets as ffprobe counts them; seconds within a frame, for some containers do not give the last
    /// one's.</summary>
    [Theory]
    [InlineData("a.mkv", "libx264")]
    [InlineData("a.mp4", "libx264")]
    [InlineData("a.mov", "mpeg4")]
    [InlineData("a.mkv", "mpeg4")]
    [InlineData("a.webm", "libvpx-vp9")]
    public void A_containers_index_says_what_ffprobe_says(string name, string codec)
    {
        string path = Reference.Video(folder[name], 96, 64, 37, codec: codec, source: "testsrc2");
        VideoInfo quick = Probe(path),
            asked = VideoFile.Ask(path, quick.Container, VideoLimits.Default, default);
        Assert.True(quick.FromIndex);
        Assert.False(asked.FromIndex);
        Assert.Equal(
            (asked.Codec, asked.Width, asked.Height, asked.Packets),
            (quick.Codec, quick.Width, quick.Height, quick.Packets)
        );
        Assert.Equal(asked.LastsSeconds, quick.LastsSeconds, 0.041);
        Assert.Equal(asked.Duration!.Value, quick.Duration!.Value, 0.041);
    }

    [Fact]
    public void Whatever_is_unusual_is_left_to_ffprobe()
    {
        string plain = Reference.Video(folder["plain.mkv"], 96, 64, 20);
        byte[] bytes = File.ReadAllBytes(plain);
        File.WriteAllBytes(folder["cut.mkv"], bytes[..(bytes.Length / 2)]);
        Reference.Ffmpeg("-i", plain, "-i", plain, "-map", "0", "-map", "1", "-c", "copy", folder["two.mkv"]);
        Reference.Ffmpeg("-i", plain, "-c", "copy", "-movflags", "frag_keyframe+empty_moov", folder["fragments.mp4"]);
        foreach (string name in (string[])["cut.mkv", "two.mkv", "fragments.mp4"])
            Assert.Null(
                ContainerIndex.TryRead(
                    folder[name],
                    name.EndsWith("mp4", StringComparison.Ordinal) ? "mov" : "matroska",
                    VideoLimits.Default
                )
            );
        Assert.Equal(20, Probe(folder["fragments.mp4"]).Packets);
    }

    /// <summary>Every cut of a small file: none may be read as whole, none may throw.</summary>
    [Theory]
    [InlineData("a.mkv", "matroska")]
    [InlineData("a.mp4", "mov")]
    public void No_cut_file_passes_for_a_whole_one(string name, string container)
    {
        byte[] bytes = File.ReadAllBytes(Reference.Video(folder[name], 32, 32, 12));
        string cut = folder["cut" + name];
        for (int length = 12; length < bytes.Length * 9 / 10; length += 7)
        {
            File.WriteAllBytes(cut, bytes[..length]);
            VideoInfo? info = ContainerIndex.TryRead(cut, container, VideoLimits.Default);
            // Cut between two clusters, a Matroska file is well formed; its duration gives it away then.
            Assert.True(
                info is null || !VideoFile.Agrees(info, info.Packets, ""),
                $"cut to {length} of {bytes.Length} bytes"
            );
        }
    }

    [Fact]
    public void Files_decoded_together_give_the_frames_of_each_decoded_alone()
    {
        string rgb = Reference.Video(folder["rgb.mkv"], 320, 240, 75),
            first = Reference.Video(folder["1.mp4"], 100, 60, 33, rate: 13);
        string second = Reference.Video(folder["2.mp4"], 60, 100, 32, rate: 13, source: "testsrc2");
        ClipRequest[] requests =
        [
            new(Probe(rgb), new ClipFormat(true, 224, 224)),
            new(Probe(first), new ClipFormat(false, 64, 64) { Crop = (_, _) => (10, 5, 50, 40) }, 32),
            new(Probe(second), new ClipFormat(false, 60, 100), 32),
        ];
        Clip[] together = SampledDecoder.TryRead(requests, VideoLimits.Default, default)!;
        Assert.NotNull(together);
        Assert.Equal([(30, 75), (30, 33), (30, 32)], together.Select(c => (c.Length, c.Decoded)));
        foreach ((ClipRequest request, Clip clip) in requests.Zip(together))
            Assert.Equal(
                ClipFile.Read(request.Info, request.Format, VideoLimits.Default, default, request.Frames).Frames,
                clip.Frames
            );
    }

    [Fact]
    public void Files_of_an_earlier_turn_are_whole_before_the_second_frame_of_a_later_one()
    {
        VideoInfo[] files =
        [
            Probe(Reference.Video(folder["long.mkv"], 320, 240, 200)),
            Probe(Reference.Video(folder["short.mp4"], 64, 48, 5)),
            Probe(Reference.Video(folder["1.mkv"], 64, 48, 40, rate: 13)),
            Probe(Reference.Video(folder["still.mkv"], 64, 48, 1)),
        ];
        var format = new ClipFormat(true, 8, 8);
        ClipRequest[] requests = [.. files.Select((info, i) => new ClipRequest(info, format, Turn: i / 2))];
        var told = new List<(int Request, int Count)>();
        var whole = new Dictionary<int, byte[]>();
        Assert.True(
            SampledDecoder.TryDecode(
                requests,
                VideoLimits.Default,
                (request, frames, count) =>
                {
                    told.Add((request, count));
                    if (count * format.BytesPerFrame == frames.Length)
                        whole.Add(request, frames);
                },
                null,
                default
            )
        );
        // all of the long one, then two at once
        Assert.Equal(30, told.FindIndex(t => t.Request == 2) - told.Count(t => t.Request is 1 or 3));
        Assert.Equal([.. Enumerable.Range(1, 30)], told.Where(t => t.Request == 0).Select(t => t.Count));
        Assert.Equal([.. Enumerable.Range(2, 29)], told.Where(t => t.Request == 2).Select(t => t.Count));
        Assert.Equal([(3, 1)], told.Where(t => t.Request == 3));
        for (int i = 0; i < files.Length; i++)
            Assert.Equal(ClipFile.Read(files[i], format, VideoLimits.Default, default).Frames, whole[i]);
    }

    [Fact]
    public void A_file_with_any_fault_is_not_taken_from_the_quick_way()
    {
        string whole = Reference.Video(folder["whole.mkv"], 320, 240, 75);
        VideoInfo info = Probe(whole);
        byte[] bytes = File.ReadAllBytes(whole);
        for (int i = 3000; i < bytes.Length - 2000; i += 997)
            bytes[i] ^= 0x55;
        File.WriteAllBytes(folder["flipped.mkv"], bytes);
        var format = new ClipFormat(true, 8, 8);
        Assert.NotNull(SampledDecoder.TryRead([new(info, format)], VideoLimits.Default, default));
        Assert.Null(
            SampledDecoder.TryRead(
                [new(info with { Path = folder["flipped.mkv"] }, format)],
                VideoLimits.Default,
                default
            )
        );
        Assert.Null(SampledDecoder.TryRead([new(info with { Packets = 74 }, format)], VideoLimits.Default, default));
        Assert.Null(SampledDecoder.TryRead([new(info with { Duration = 4 }, format)], VideoLimits.Default, default));
        Assert.Null(SampledDecoder.TryRead([new(info, format)], new VideoLimits { MaxFrames = 70 }, default));
        // … and file by file it is named.
        Assert.Contains(
            "flipped.mkv",
            Assert
                .Throws<VideoException>(() =>
                    ClipFile.ReadAll(
                        [new(info, format), new(info with { Path = folder["flipped.mkv"] }, format)],
                        VideoLimits.Default,
                        default
                    )
                )
                .Message,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void A_decoder_started_beforehand_gives_the_same_frames_and_is_used_once()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Links need a privilege there.");
        string rgb = Reference.Video(folder["a 'quoted', odd [name].mkv"], 320, 240, 75),
            radar = Reference.Video(folder["1.mp4"], 100, 60, 20, rate: 13);
        ClipRequest[] requests =
        [
            new(Probe(rgb), new ClipFormat(true, 224, 224)),
            new(Probe(radar), new ClipFormat(false, 64, 64)),
        ];
        int[][] wanted = [.. requests.Select(r => r.Format.Sampling.Indices(r.Info.Packets))];
        Clip[] expected = SampledDecoder.TryRead(requests, VideoLimits.Default, default)!;
        using WaitingDecoder waiting = WaitingDecoder.TryStart(requests, VideoLimits.Default)!;
        // Other files, other limits: it goes on waiting.
        Assert.Null(waiting.Take([requests[0]], wanted, VideoLimits.Default, default));
        Assert.Null(waiting.Take([requests[1], requests[0]], wanted, VideoLimits.Default, default));
        Assert.Null(waiting.Take(requests, wanted, new VideoLimits { MaxFrames = 200 }, default));
        using (FfmpegProcess process = waiting.Take(requests, wanted, VideoLimits.Default, default)!)
        {
            var clips = new byte[2][];
            Assert.True(
                SampledDecoder.Receive(
                    process,
                    requests,
                    wanted,
                    WaitingDecoder.FirstFile,
                    VideoLimits.Default,
                    (request, frames, _) => clips[request] = frames,
                    default
                )
            );
            Assert.Equal(expected.Select(c => c.Frames), clips);
        }
        Assert.Null(waiting.Take(requests, wanted, VideoLimits.Default, default));
    }

    [Fact]
    public void What_a_decoder_started_beforehand_cannot_read_is_read_by_another()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Links need a privilege there.");
        VideoInfo info = Probe(Reference.Video(folder["a.mkv"], 64, 48, 20));
        ClipRequest[] requests = [new(info, new ClipFormat(true, 8, 8))];
        using WaitingDecoder waiting = WaitingDecoder.TryStart(requests, VideoLimits.Default)!;
        Directory.Delete(waiting.Folder); // as a tidy system would
        Assert.Equal(20, SampledDecoder.TryRead(requests, VideoLimits.Default, default, null, waiting)![0].Decoded);
    }

    [Fact]
    public void Cancelling_stops_a_shared_decoder()
    {
        VideoInfo info = Probe(Reference.Video(folder["long.mkv"], 640, 480, 100));
        using var cancel = new CancellationTokenSource();
        var format = new ClipFormat(true, 8, 8)
        {
            Crop = (w, h) =>
            {
                cancel.Cancel();
                return (0, 0, w, h);
            },
        };
        Assert.Throws<OperationCanceledException>(() =>
            SampledDecoder.TryRead([new(info, format)], VideoLimits.Default, cancel.Token)
        );
    }
}

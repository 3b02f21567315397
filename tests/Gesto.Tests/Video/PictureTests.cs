using Gesto.Video;

namespace Gesto.Tests.Video;

/// <summary>What containers say about how a picture is to be shown.</summary>
public sealed class PictureTests : IDisposable
{
    private const string Picture = "testsrc2=size=96x64:rate=25,trim=end_frame=12";

    private readonly Folder folder = new();

    public void Dispose() => folder.Dispose();

    private static List<byte[]> Decode(string path, out VideoInfo info)
    {
        var frames = new List<byte[]>();
        info = VideoFile.Probe(path, VideoLimits.Default, default);
        VideoFile.Decode(
            info,
            true,
            (_, w, h, pixels) => frames.Add([(byte)w, (byte)h, .. pixels]),
            VideoLimits.Default,
            default
        );
        return frames;
    }

    /// <summary>Tolerance 0. Pixels that are not square stay as they are stored, and interlaced frames are not taken
    /// apart: as in OpenCV.</summary>
    [Fact]
    public void Interlaced_wide_pixel_full_range_and_B_frame_videos_are_those_of_OpenCV()
    {
        (string Name, string[] Options)[] written =
        [
            ("interlaced.mp4", ["-vf", "interlace", "-flags", "+ildct+ilme", "-c:v", "libx264"]),
            ("interlaced.avi", ["-vf", "interlace", "-flags", "+ildct+ilme", "-c:v", "mpeg4"]),
            ("wide-pixels.mp4", ["-vf", "setsar=4/3", "-c:v", "libx264"]),
            ("wide-pixels.mkv", ["-vf", "setsar=4/3", "-c:v", "mpeg4"]),
            ("b-frames.mp4", ["-c:v", "libx264", "-bf", "4"]),
            ("full-range.mp4", ["-vf", "scale=out_range=full", "-color_range", "pc", "-c:v", "libx264"]),
        ];
        Reference.Ffmpeg([
            "-f",
            "lavfi",
            "-i",
            Picture,
            .. written.SelectMany(w =>
                (string[])["-map", "0:v", .. w.Options, "-pix_fmt", "yuv420p", "-threads", "1", folder[w.Name]]
            ),
        ]);
        Dictionary<string, uint[]> expected = UnevenVideos.ReadWithOpenCv([.. written.Select(w => folder[w.Name])]);
        foreach ((string name, _) in written)
        {
            Assert.Equal(name.StartsWith("inter", StringComparison.Ordinal) ? 6 : 12, expected[name].Length);
            Assert.Equal(expected[name], Decode(folder[name], out _).Select(f => Adler32.Of(f.AsSpan(2))));
        }
    }

    /// <summary>A phone's way of filming upright. Tolerance 2 levels on average: colour, stored at half the resolution,
    /// is enlarged after the turn here and before it in what is compared. OpenCV 4.6 turns some such files the wrong
    /// way.</summary>
    [Fact]
    public void A_rotated_video_is_turned_as_players_turn_it()
    {
        Reference.Ffmpeg(
            "-f",
            "lavfi",
            "-i",
            Picture,
            "-c:v",
            "libx264",
            "-crf",
            "5",
            "-pix_fmt",
            "yuv420p",
            "-threads",
            "1",
            folder["lying.mp4"]
        );
        // ISO/IEC 14496-12, 8.3.2: x' = a·x + c·y + tx, y' = b·x + d·y + ty; here x' = 64 - y, y' = x, as iPhones write
        // it.
        int[] matrix = [0, 1 << 16, 0, -1 << 16, 0, 0, 64 << 16, 0, 1 << 30];
        File.WriteAllBytes(
            folder["upright.mp4"],
            Mp4.Replace(File.ReadAllBytes(folder["lying.mp4"]), "moov/trak/tkhd", content =>
                [
                    .. content[..40],
                    .. matrix.SelectMany(v => (byte[])[(byte)(v >> 24), (byte)(v >> 16), (byte)(v >> 8), (byte)v]),
                    .. content[76..],
                ]
            )
        );
        List<byte[]> lying = Decode(folder["lying.mp4"], out _),
            upright = Decode(folder["upright.mp4"], out VideoInfo info);
        Assert.Equal((96, 64, 12), (info.Width, info.Height, info.Packets));
        Assert.Equal(12, upright.Count);
        for (int n = 0; n < 12; n++)
        {
            Assert.Equal((64, 96), (upright[n][0], upright[n][1]));
            double off = 0;
            // A turn clockwise: row y, column x comes from row 63 - x, column y.
            for (int y = 0; y < 96; y++)
            for (int x = 0; x < 64; x++)
            for (int c = 0; c < 3; c++)
                off += Math.Abs(upright[n][2 + (y * 64 + x) * 3 + c] - lying[n][2 + ((63 - x) * 96 + y) * 3 + c]);
            Assert.InRange(off / (96 * 64 * 3), 0, 2);
        }
    }

    /// <summary>Tolerance 3 levels: a colour goes through 8-bit luma and chroma. OpenCV takes BT.601 for everything: it
    /// is 20 levels off.</summary>
    [Theory]
    [InlineData("bt709", "bt709")]
    [InlineData("smpte170m", "bt601")]
    public void A_colour_comes_back_by_the_matrix_that_the_file_names(string tag, string matrix)
    {
        Reference.Ffmpeg(
            "-f",
            "lavfi",
            "-i",
            "color=0x20C040:size=32x32:rate=25,trim=end_frame=3,format=rgb24",
            "-vf",
            $"scale=out_color_matrix={matrix}:out_range=tv,format=yuv420p",
            "-c:v",
            "libx264",
            "-crf",
            "1",
            "-colorspace",
            tag,
            "-color_primaries",
            tag,
            "-color_trc",
            tag,
            folder["green.mp4"]
        );
        foreach (byte[] frame in Decode(folder["green.mp4"], out _))
        {
            ReadOnlySpan<byte> middle = frame.AsSpan(2 + (16 * 32 + 16) * 3, 3);
            Assert.InRange(middle[0], 0x20 - 3, 0x20 + 3);
            Assert.InRange(middle[1], 0xC0 - 3, 0xC0 + 3);
            Assert.InRange(middle[2], 0x40 - 3, 0x40 + 3);
        }
    }

    [Theory]
    [InlineData("hlg.mov", "libx265", "arib-std-b67", nameof(LightRange.Hlg))]
    [InlineData("hlg.mkv", "libx265", "arib-std-b67", nameof(LightRange.Hlg))]
    [InlineData("hlg.mp4", "libx264", "arib-std-b67", nameof(LightRange.Hlg))]
    [InlineData("pq.mp4", "libx265", "smpte2084", nameof(LightRange.Pq))]
    [InlineData("pq.webm", "libvpx-vp9", "smpte2084", nameof(LightRange.Pq))]
    [InlineData("silent.mp4", "libx265", "arib-std-b67", nameof(LightRange.Hlg))] // only the pictures say so, not the container
    [InlineData("silent.mkv", "libx264", "arib-std-b67", nameof(LightRange.Hlg))]
    // ten bits alone are no high dynamic range
    [InlineData("standard.mp4", "libx265", "bt2020-10", nameof(LightRange.Standard))]
    public void A_video_of_high_dynamic_range_is_told_from_others_and_read(
        string name,
        string codec,
        string transfer,
        string expected
    )
    {
        string[] inPictures = codec switch
        {
            "libx265" => ["-x265-params", $"log-level=none:colorprim=bt2020:transfer={transfer}:colormatrix=bt2020nc"],
            "libx264" => ["-x264-params", $"colorprim=bt2020:transfer={transfer}:colormatrix=bt2020nc"],
            _ => [],
        };
        string[] inContainer = name.StartsWith("silent", StringComparison.Ordinal)
            ? []
            : ["-color_primaries", "bt2020", "-color_trc", transfer, "-colorspace", "bt2020nc"];
        Reference.Ffmpeg([
            "-f",
            "lavfi",
            "-i",
            Picture,
            "-c:v",
            codec,
            "-pix_fmt",
            "yuv420p10le",
            .. inContainer,
            .. inPictures,
            "-threads",
            "1",
            folder[name],
        ]);
        Assert.Equal(12, Decode(folder[name], out VideoInfo info).Count);
        Assert.Equal((expected, 12), ($"{info.Light}", info.Packets));
    }
}

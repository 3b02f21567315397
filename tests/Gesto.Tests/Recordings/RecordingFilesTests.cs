using Gesto.Files;
using Gesto.Recordings;

namespace Gesto.Tests.Recordings;

public sealed class RecordingFilesTests : IDisposable
{
    private static readonly RecordingNeeds RgbOnly = new(true, false, false, 0),
        RadarVideo = new(false, true, false, 3);
    private static readonly RecordingNeeds RgbAndArrays = new(true, false, true, 3),
        RgbAndRadarVideo = new(true, true, false, 3);

    private readonly Folder folder = new();

    public void Dispose() => folder.Dispose();

    private string With(string name, params string[] files)
    {
        Directory.CreateDirectory(folder[name]);
        foreach (string file in files)
            folder.Write($"{name}/{file}", "");
        return folder[name];
    }

    /// <returns>RGB, then the three antennas.</returns>
    private static string?[] Streams(RecordingFiles recording) => [recording.Sample.Rgb, .. recording.Sample.Radar];

    [Fact]
    public void A_lone_video_is_RGB_unless_the_run_takes_nothing_but_radar_videos()
    {
        string video = Path.Combine(With("clips", "hello.MP4"), "hello.MP4");
        foreach (RecordingNeeds needs in new[] { RgbOnly, RgbAndArrays, RgbAndRadarVideo, new(false, false, true, 3) })
            Assert.Equal([video, null, null, null], Streams(RecordingFiles.At(video, needs)));
        Assert.Equal([null, video, null, null], Streams(RecordingFiles.At(video, RadarVideo)));
        RecordingFiles recording = RecordingFiles.At(video, RgbOnly);
        Assert.Equal((video, "hello", video), (recording.Name, recording.Sample.Key, Assert.Single(recording.Files)));
    }

    [Fact]
    public void A_lone_array_is_radar_and_a_name_of_the_challenge_tells_the_antenna()
    {
        string at = With("clips", "one.npy", "SAMPLE_3_RDM2.mp4", "SAMPLE_3_RGB.mkv", "notes.txt");
        Assert.Equal([null, $"{at}/one.npy", null, null], Streams(RecordingFiles.At($"{at}/one.npy", RgbOnly)));
        Assert.Equal(
            [null, null, $"{at}/SAMPLE_3_RDM2.mp4", null],
            Streams(RecordingFiles.At($"{at}/SAMPLE_3_RDM2.mp4", RgbOnly))
        );
        Assert.Equal(
            [$"{at}/SAMPLE_3_RGB.mkv", null, null, null],
            Streams(RecordingFiles.At($"{at}/SAMPLE_3_RGB.mkv", RadarVideo))
        );
        Assert.Contains(
            "notes.txt: not a kind of file that Gesto reads (video .mkv",
            Assert.Throws<InvalidDataException>(() => RecordingFiles.At($"{at}/notes.txt", RgbOnly)).Message,
            StringComparison.Ordinal
        );
        Assert.Contains(
            "nobody.mp4: no such file or folder",
            Assert.Throws<FileNotFoundException>(() => RecordingFiles.At($"{at}/nobody.mp4", RgbOnly)).Message,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void A_folder_of_any_names_is_a_recording_where_it_is_clear_what_is_what()
    {
        Assert.Equal(
            ["hello.mov", "r9.npy", "r10.npy", "r11.npy"],
            Streams(RecordingFiles.At(With("a", "r10.npy", "r9.npy", "r11.npy", "hello.mov", "x.txt"), RgbAndArrays))
        );
        Assert.Equal(
            ["hello.mov", "all.npy", null, null],
            Streams(RecordingFiles.At(With("b", "all.npy", "hello.mov"), RgbAndArrays))
        );
        Assert.Equal(
            ["hello.mov", null, null, null],
            Streams(RecordingFiles.At(With("c", "hello.mov"), RgbAndRadarVideo))
        );
        Assert.Equal([null, "hello.mov", null, null], Streams(RecordingFiles.At(folder["c"], RadarVideo)));
        Assert.Equal(
            [null, "left.mp4", "mid.mp4", "right.mp4"],
            Streams(RecordingFiles.At(With("d", "mid.mp4", "left.mp4", "right.mp4"), RadarVideo))
        );
        Assert.Equal(
            ["hello.mov", "x_RTM1.npy", "x_RTM2.npy", "x_RTM3.npy"],
            Streams(RecordingFiles.At(With("e", "x_RTM2.npy", "x_RTM1.npy", "x_RTM3.npy", "hello.mov"), RgbAndArrays))
        );
        // Arrays that the run does not take need not be clear.
        Assert.Equal(
            ["hello.mov", null, null, null],
            Streams(RecordingFiles.At(With("f", "hello.mov", "a.npy", "b.npy"), RgbOnly))
        );
    }

    [Fact]
    public void The_challenge_s_names_tell_what_is_what_and_other_files_beside_them_are_left_alone()
    {
        string at = With(
            "SAMPLE_7",
            "SAMPLE_7_RGB.mkv",
            "SAMPLE_7_RDM1.mp4",
            "SAMPLE_7_RDM2.mp4",
            "SAMPLE_7_RDM3.mp4",
            "preview.mp4",
            "extra.npy"
        );
        RecordingFiles recording = RecordingFiles.At(at, RgbAndRadarVideo);
        Assert.Equal(
            ["SAMPLE_7_RGB.mkv", "SAMPLE_7_RDM1.mp4", "SAMPLE_7_RDM2.mp4", "SAMPLE_7_RDM3.mp4"],
            Streams(recording)
        );
        Assert.Equal((at, at, "SAMPLE_7"), (recording.Name, recording.Root, recording.Sample.Key));
        Assert.Equal(Streams(recording), Streams(RecordingFiles.At(at, RadarVideo)));
    }

    [Theory]
    [InlineData("a.mp4,b.mp4", "found 2 videos (a.mp4, b.mp4)")]
    [InlineData("a.npy,b.npy", "found 2 radar arrays (a.npy, b.npy)")] // which antenna is missing?
    [InlineData("a.mp4,b.mp4,c.mp4,d.mp4", "found 4 videos (a.mp4, b.mp4, c.mp4, d.mp4)")]
    [InlineData("x_RGB.mp4,a.npy,b.npy", "found x_RGB.mp4 as RGB, 2 radar arrays (a.npy, b.npy)")]
    [InlineData(
        "1.mp4,2.mp4,3.mp4,4.mp4,5.mp4,6.mp4,7.mp4,8.mp4",
        "8 videos (1.mp4, 2.mp4, 3.mp4, 4.mp4, 5.mp4, 6.mp4 and 2 more)"
    )]
    public void An_unclear_folder_is_an_error_that_lists_what_was_found_and_how_to_name_it(
        string files,
        string expected
    )
    {
        string at = With("unclear", files.Split(','));
        var error = Assert.Throws<InvalidDataException>(() => RecordingFiles.At(at, RgbAndArrays));
        string message = error.Message;
        Assert.StartsWith(at, message, StringComparison.Ordinal);
        Assert.Contains(expected, message, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("the run takes RGB and radar arrays of 3 antenna(s)", message, StringComparison.Ordinal);
        Assert.Equal(NextStep.NameFiles, Suggestion.Of(error)[0].Step);
    }

    [Fact]
    public void A_video_beside_one_that_is_RGB_by_name_may_be_radar_or_not_and_is_asked_about()
    {
        string at = With("unclear", "x_RGB.mp4", "y.mp4");
        Assert.Equal(["x_RGB.mp4", null, null, null], Streams(RecordingFiles.At(at, RgbOnly)));
        Assert.Contains(
            "found x_RGB.mp4 as RGB, 1 video (y.mp4)",
            Assert.Throws<InvalidDataException>(() => RecordingFiles.At(at, RgbAndRadarVideo)).Message,
            StringComparison.OrdinalIgnoreCase
        );
    }

    [Fact]
    public void An_empty_folder_is_no_recording() =>
        Assert.Contains(
            "no recording here",
            Assert
                .Throws<DirectoryNotFoundException>(() => RecordingFiles.At(With("empty", "notes.txt"), RgbOnly))
                .Message,
            StringComparison.Ordinal
        );

    [Fact]
    public void Files_named_one_by_one_are_what_they_are_named_as()
    {
        string at = With("clips", "a.mp4", "b.mp4", "1.npy", "3.npy");
        string a = $"{at}/a.mp4",
            b = $"{at}/b.mp4",
            first = $"{at}/1.npy",
            third = $"{at}/3.npy";
        Assert.Equal([a, b, null, null], Streams(RecordingFiles.OfStreams(a, [b])));
        Assert.Equal(
            [null, first, null, third],
            Streams(RecordingFiles.OfStreams(null, [first, RecordingFiles.NoFile, third]))
        );
        Assert.Equal($"{a} {first}", RecordingFiles.OfStreams(a, [first]).Name);
        Assert.Contains(
            "1.npy: named as RGB video, and this is a radar file",
            Assert.Throws<InvalidDataException>(() => RecordingFiles.OfStreams(first, [])).Message,
            StringComparison.Ordinal
        );
        Assert.Contains(
            "c.mp4: no such file",
            Assert.Throws<FileNotFoundException>(() => RecordingFiles.OfStreams($"{at}/c.mp4", [])).Message,
            StringComparison.Ordinal
        );
        Assert.Contains(
            "4 radar files",
            Assert.Throws<InvalidDataException>(() => RecordingFiles.OfStreams(null, [b, b, b, b])).Message,
            StringComparison.Ordinal
        );
        Assert.Throws<InvalidDataException>(() => RecordingFiles.OfStreams(null, [RecordingFiles.NoFile]));
    }
}

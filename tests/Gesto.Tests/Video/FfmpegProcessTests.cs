using System.ComponentModel;
using Gesto.Video;

namespace Gesto.Tests.Video;

public sealed class FfmpegProcessTests : IDisposable
{
    private readonly Folder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void A_decoder_that_ended_leaves_no_descriptor_to_the_garbage_collector()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Descriptors are counted in /proc.");
        string path = Reference.Video(folder["a.mkv"], 32, 32, 4);
        VideoInfo info = VideoFile.Probe(path, VideoLimits.Default, default);
        Decode(); // what the first run opens for good
        // Two a decoder were left before, 100; the tests beside this one have a few open at any moment.
        int before = Pipes();
        for (int i = 0; i < 50; i++)
            Decode();
        Assert.InRange(Pipes() - before, -1000, 40);

        void Decode() => VideoFile.Decode(info, false, (_, _, _, _) => { }, VideoLimits.Default, default);

        static int Pipes() =>
            new DirectoryInfo("/proc/self/fd")
                .EnumerateFileSystemInfos()
                .Count(f =>
                    f.LinkTarget is { } target
                    && (
                        target.StartsWith("pipe:", StringComparison.Ordinal)
                        || target.StartsWith("socket:", StringComparison.Ordinal)
                    )
                );
    }

    [Fact]
    public void A_program_that_is_not_there_is_missing_and_one_that_may_not_run_is_not()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Permissions are another matter there.");
        var missing = Assert.Throws<FfmpegMissingException>(() => Start("no-such-ffmpeg"));
        Assert.Contains("apt-get install ffmpeg", missing.Message, StringComparison.Ordinal);
        var refused = Assert.Throws<FfmpegStartException>(() => Start(folder.Write("ffmpeg", "#!/bin/sh\n")));
        Assert.Contains("may not be run: look at its permissions", refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("install ffmpeg", refused.Message, StringComparison.Ordinal);

        static void Start(string program)
        {
            using var process = new FfmpegProcess(program, ["-version"], TimeSpan.FromSeconds(9), default);
        }
    }

    // errno(3): numbers of Linux.
    [Theory]
    [InlineData(24, "too many files are open: allow more with 'ulimit -n 4096'")] // EMFILE
    [InlineData(23, "too many files are open")] // ENFILE
    [InlineData(11, "no room for another process: see 'ulimit -u'")] // EAGAIN
    [InlineData(12, "no room for another process")] // ENOMEM
    [InlineData(13, "may not be run")] // EACCES
    [InlineData(7, "could not be started")] // E2BIG, as an example of the rest
    public void A_system_without_room_is_not_told_to_install_ffmpeg(int errno, string expected)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "The numbers are Linux's.");
        FfmpegStartException error = FfmpegStartException.From("ffmpeg", new Win32Exception(errno));
        Assert.IsNotType<FfmpegMissingException>(error);
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("install ffmpeg", error.Message, StringComparison.Ordinal);
    }
}

namespace Gesto.Cli.Tests;

public sealed class ProgressBarTests : IDisposable
{
    private sealed class Clock : TimeProvider
    {
        private long now;

        public override long TimestampFrequency => 1;

        public override long GetTimestamp() => now;

        public void Wait(int seconds) => now += seconds;
    }

    private readonly Clock clock = new();
    private readonly StringWriter written = new();

    private string[] Lines => written.ToString().Split(Environment.NewLine, StringSplitOptions.RemoveEmptyEntries);

    public void Dispose() => written.Dispose();

    private void Epochs(ProgressBar.PlainLines progress, int seconds)
    {
        for (int epoch = 0; epoch <= 3; epoch++)
        {
            if (epoch > 0)
                clock.Wait(seconds);
            progress.Report(new("train", epoch, 3, "epochs"));
        }
    }

    [Fact]
    public void A_log_says_how_fast_and_how_long_still()
    {
        Epochs(new ProgressBar.PlainLines(written, clock), seconds: 20);
        Assert.Equal(
            [
                "train: 1/3 epochs, 20 s each, 0:00:40 left",
                "train: 2/3 epochs, 20 s each, 0:00:20 left",
                "train: 3/3 epochs, 20 s each",
            ],
            Lines
        );
    }

    [Fact]
    public void A_stage_gone_through_again_is_timed_from_its_own_beginning()
    {
        var progress = new ProgressBar.PlainLines(written, clock);
        Epochs(progress, seconds: 20);
        clock.Wait(600); // another member's radar encoder learns
        Epochs(progress, seconds: 10);
        Assert.Equal("train: 1/3 epochs, 10 s each, 0:00:20 left", Lines[3]);
    }

    [Fact]
    public void Bytes_are_told_in_megabytes()
    {
        var progress = new ProgressBar.PlainLines(written, clock);
        foreach (long done in new[] { 0, 94_900_000L, 189_800_000L })
        {
            progress.Report(new("read the archive", done, 189_800_000, "bytes"));
            clock.Wait(10);
        }
        progress.Report(new("npm pack", 0, 0, "bytes"));
        clock.Wait(10);
        progress.Report(new("npm pack", 5_000_000, 0, "bytes")); // nobody knows how many there are
        Assert.Equal(
            [
                "read the archive: 94.9/189.8 MB, 9.5 MB/s, 0:00:10 left",
                "read the archive: 189.8/189.8 MB, 9.5 MB/s",
                "npm pack: 5.0 MB, 0.5 MB/s",
            ],
            Lines
        );
    }

    [Fact]
    public void Many_a_second_are_counted_and_lines_are_ten_seconds_apart()
    {
        var progress = new ProgressBar.PlainLines(written, clock);
        for (int sample = 0; sample <= 60; sample++)
        {
            progress.Report(new("extract", sample, 60, "samples"));
            if (sample % 2 == 0)
                clock.Wait(1);
        }
        Assert.Equal(
            ["extract: 19/60 samples, 1.9/s, 0:00:21 left", "extract: 39/60 samples, 2/s, 0:00:10 left"],
            Lines[..2]
        );
        Assert.Equal(4, Lines.Length);
    }
}

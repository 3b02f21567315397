using Gesto.Video;

namespace Gesto.Tests.Video;

public class FrameSamplingTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(29)]
    [InlineData(30)]
    public void Up_to_thirty_frames_are_all_taken(int frames) =>
        Assert.Equal(Enumerable.Range(0, frames), FrameSampling.Default.Indices(frames));

    [Fact]
    public void Sixty_frames_are_taken_as_numpy_takes_them() =>
        Assert.Equal( // numpy 1.24: np.linspace(0, 59, 30, dtype=int)
            [
                0,
                2,
                4,
                6,
                8,
                10,
                12,
                14,
                16,
                18,
                20,
                22,
                24,
                26,
                28,
                30,
                32,
                34,
                36,
                38,
                40,
                42,
                44,
                46,
                48,
                50,
                52,
                54,
                56,
                59,
            ],
            FrameSampling.Default.Indices(60)
        );

    [Fact]
    public void Every_length_up_to_2000_agrees_with_numpy()
    {
        string output = Reference.RunPython(
            "numpy",
            "import numpy as np\nfor n in range(30,2001): print(*np.linspace(0,n-1,30,dtype=int))"
        );
        string[] lines = output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(1971, lines.Length);
        for (int n = 30; n <= 2000; n++)
            Assert.Equal(lines[n - 30], string.Join(' ', FrameSampling.Default.Indices(n)));
    }

    /// <summary>Moments 0, 2.5, 5, 7.5 and 10: the frames at 0, 2 (as near as 3, and earlier), 3 (2 away; 10 is 5
    /// away), 10 (2.5 away) and 10.</summary>
    [Fact]
    public void In_time_a_frame_that_stands_long_is_taken_as_often_as_it_is_nearest() =>
        Assert.Equal([0, 2, 3, 4, 4], new FrameSampling(5) { EvenInTime = true }.Indices(5, [0, 1, 2, 3, 10]));

    [Fact]
    public void In_time_the_frames_nearest_to_even_moments_are_taken_as_numpy_finds_them()
    {
        string output = Reference.RunPython(
            "numpy",
            """
            import numpy as np
            for n in range(1, 200):
                k = np.arange(n); t = np.cumsum(1 + k * 977 % 13) / 64
                m = np.linspace(t[0], t[-1], min(n, 30))
                print(*np.abs(t[None, :] - m[:, None]).argmin(1))
            """
        );
        string[] lines = output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        for (int n = 1; n < 200; n++)
        {
            double time = 0;
            double[] times = [.. Enumerable.Range(0, n).Select(k => time += (1 + k * 977 % 13) / 64.0)];
            Assert.Equal(
                lines[n - 1],
                string.Join(' ', (FrameSampling.Default with { EvenInTime = true }).Indices(n, times))
            );
        }
    }

    [Fact]
    public void At_an_even_rate_few_frames_are_all_taken_in_time_too_and_without_a_clock_numbers_are_times()
    {
        var inTime = new FrameSampling(30) { EvenInTime = true };
        double[] even = [.. Enumerable.Range(0, 60).Select(k => Math.Round(k / 29.97, 3))]; // as Matroska rounds
        for (int n = 0; n <= 30; n++)
            Assert.Equal(Enumerable.Range(0, n), inTime.Indices(n, even));
        for (int n = 0; n <= 60; n++)
        {
            Assert.Equal(FrameSampling.Default.Indices(n), inTime.Indices(n));
            // fewer times than frames
            Assert.Equal(FrameSampling.Default.Indices(n), inTime.Indices(n, even[..(n / 2)]));
            Assert.Equal(FrameSampling.Default.Indices(n), inTime.Indices(n, new double[60])); // all at once
        }
    }

    [Theory]
    [InlineData("linspace-30", 30, false)]
    [InlineData("linspace-8", 8, false)]
    [InlineData("time-30", 30, true)]
    public void The_name_in_a_feature_key_is_read_back(string name, int length, bool inTime)
    {
        FrameSampling sampling = FrameSampling.Parse(name);
        Assert.Equal((length, inTime, name), (sampling.Length, sampling.EvenInTime, sampling.Name));
    }

    [Theory]
    [InlineData("time-")]
    [InlineData("time-0")]
    [InlineData("linspace-x")]
    [InlineData("random-30")]
    public void A_name_of_another_version_is_refused(string name) =>
        Assert.Contains(
            $"'{name}' is not known",
            Assert.Throws<InvalidDataException>(() => FrameSampling.Parse(name)).Message,
            StringComparison.Ordinal
        );
}

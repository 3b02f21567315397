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
            [0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30, 32, 34, 36, 38, 40, 42, 44, 46, 48, 50, 52, 54, 56, 59],
            FrameSampling.Default.Indices(60));

    [Fact]
    public void Every_length_up_to_2000_agrees_with_numpy()
    {
        string output = Reference.RunPython("numpy",
            "import numpy as np\nfor n in range(30,2001): print(*np.linspace(0,n-1,30,dtype=int))");
        string[] lines = output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(1971, lines.Length);
        for (int n = 30; n <= 2000; n++) Assert.Equal(lines[n - 30], string.Join(' ', FrameSampling.Default.Indices(n)));
    }
}

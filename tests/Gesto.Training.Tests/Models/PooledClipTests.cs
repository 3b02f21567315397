using Gesto.Training.Models;

namespace Gesto.Training.Tests.Models;

public class PooledClipTests
{
    [Fact]
    public void A_ramp_has_its_mean_its_spread_and_parts_that_rise()
    {
        // 10 steps 0 … 9 beside a constant: mean 4.5, standard deviation √((10² − 1) / 12), five parts 0.5, 2.5, … 8.5
        // minus 4.5.
        float[] steps = [.. Enumerable.Range(0, 10).SelectMany(t => new float[] { t, 7 })];
        float[] pooled = PooledClip.Of(steps, features: 2);
        Assert.Equal(PooledClip.Width(2, ClipPooling.Parts), pooled.Length);
        Assert.Equal([4.5f, 7], pooled[..PooledClip.Width(2, ClipPooling.Mean)]);
        Assert.Equal(Math.Sqrt(99 / 12.0), pooled[2], 5);
        Assert.Equal(0, pooled[3], 6);
        for (int part = 0; part < PooledClip.Parts; part++)
        {
            Assert.Equal(2 * part + 0.5 - 4.5, pooled[4 + 2 * part], 5);
            Assert.Equal(0, pooled[5 + 2 * part], 5);
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(7)]
    public void Parts_of_any_length_average_to_the_whole(int length)
    {
        float[] steps = [.. Enumerable.Range(0, length).Select(t => (float)(t * t))];
        Assert.Equal(0, PooledClip.Of(steps, 1)[2..].Sum(), 4);
    }

    [Fact]
    public void Maps_are_averaged_down_along_their_longer_axis_and_take_the_logarithm_first()
    {
        // 64 × 32 bins are two too many: neighbours along range become one.
        var reduction = new RadarReduction(Antennas: 2, Rows: 64, Columns: 32, Logarithm: true);
        Assert.Equal(2 * 32 * 32, reduction.Width);
        var frames = new float[2 * 64 * 32];
        frames[64 * 32 + 33 * 32 + 5] = 99; // antenna 2, row 33, column 5
        float[] reduced = reduction.Apply(frames);
        Assert.Equal(Math.Log(100) / 2, reduced[32 * 32 + 16 * 32 + 5], 5);
        Assert.Equal(1, reduced.Count(v => v != 0));
        Assert.Equal(256, new RadarReduction(1, 256, 1, Logarithm: false).Width);
    }
}

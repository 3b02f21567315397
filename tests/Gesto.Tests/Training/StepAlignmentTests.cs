using Gesto.Training;

namespace Gesto.Tests.Training;

public class StepAlignmentTests
{
    [Theory]
    [InlineData(5, 5, new[] { 0, 1, 2, 3, 4 })]
    [InlineData(5, 3, new[] { 0, 1, 1, 2, 2 })] // i·2/4 = 0, 0.5, 1, 1.5, 2: halves up
    [InlineData(3, 5, new[] { 0, 2, 4 })]
    [InlineData(4, 2, new[] { 0, 0, 1, 1 })]
    [InlineData(6, 1, new[] { 0, 0, 0, 0, 0, 0 })]
    [InlineData(1, 7, new[] { 3 })]
    [InlineData(1, 1, new[] { 0 })]
    [InlineData(2, 30, new[] { 0, 29 })]
    public void Nearest_takes_the_radar_step_at_the_same_part_of_the_clip(int rgb, int radar, int[] expected) =>
        Assert.Equal(expected, StepAlignment.RadarSteps(rgb, radar, AlignmentMode.Nearest));

    [Fact]
    public void Nearest_keeps_first_last_and_order_for_every_pair_of_lengths()
    {
        for (int rgb = 2; rgb <= 30; rgb++)
            for (int radar = 1; radar <= 30; radar++)
            {
                int[] steps = StepAlignment.RadarSteps(rgb, radar, AlignmentMode.Nearest);
                Assert.Equal((rgb, 0, radar - 1), (steps.Length, steps[0], steps[^1]));
                for (int i = 0; i < rgb; i++)
                    // Never farther than half a radar step from the same relative time.
                    Assert.True(Math.Abs(steps[i] - (double)i * (radar - 1) / (rgb - 1)) <= 0.5);
            }
    }

    [Fact]
    public void Index_joins_equal_numbers_and_leaves_the_rest_empty() =>
        Assert.Equal([0, 1, 2, -1, -1], StepAlignment.RadarSteps(5, 3, AlignmentMode.Index));

    [Fact]
    public void Joined_steps_hold_RGB_then_the_aligned_radar_and_zero_where_there_is_none()
    {
        float[] rgb = [1, 2, 3, 4, 5, 6], radar = [10, 20];
        Assert.Equal([1, 2, 10, 3, 4, 20, 5, 6, 20], FeatureSequences.Join(rgb, 2, radar, 1, new Recipe()));
        Assert.Equal([1, 2, 10, 3, 4, 20, 5, 6, 0], FeatureSequences.Join(rgb, 2, radar, 1, new Recipe { Alignment = AlignmentMode.Index }));
    }

    [Fact]
    public void Removing_what_is_static_takes_the_mean_out_of_rgb_alone()
    {
        float[] rgb = [1, 20, 2, 20, 6, 20], radar = [10, 20, 30];
        var recipe = new Recipe { Rgb = new RgbRecipe { RemoveStatic = true } };
        Assert.Equal([-2, 0, 10, -1, 0, 20, 3, 0, 30], FeatureSequences.Join(rgb, 2, radar, 1, recipe));
        Assert.Equal([-2, 0, -1, 0, 3, 0], FeatureSequences.Join(rgb, 2, null, 0, recipe));
        Assert.Equal([1, 20, 2, 20, 6, 20], rgb); // the features of the store stay as they are
    }

    [Fact]
    public void Steps_drawn_for_learning_keep_their_order_and_stay_within_the_sample()
    {
        Assert.Equal([0, 1, 2, 3, 4], Sequences.DrawSteps(5, tempoSpread: 0, frameDropout: 0, new Random(1)));
        var seen = new HashSet<int>();
        for (int seed = 0; seed < 300; seed++)
        {
            int[] steps = Sequences.DrawSteps(20, tempoSpread: 0.2, frameDropout: 0.1, new Random(seed));
            Assert.Equal(steps.Order(), steps);
            Assert.InRange(steps[0], 0, 19);
            Assert.InRange(steps[^1], 0, 19);
            Assert.InRange(steps.Length, 8, 25); // 20 / 1.2 … 20 / 0.8, some left out
            seen.Add(steps.Length);
        }
        Assert.True(seen.Count > 5);
        Assert.Single(Sequences.DrawSteps(3, 0, 0.999, new Random(1)));
    }

    [Fact]
    public void Centring_takes_each_samples_own_mean_out_of_its_rows()
    {
        using var scope = TorchSharp.torch.NewDisposeScope();
        var rows = TorchSharp.torch.tensor(new float[] { 1, 10, 3, 30, 5, 5, 5, 8 }, [4, 2]);
        float[] centred = Sequences.Centre(rows, [2, 2]).data<float>().ToArray();
        Assert.Equal([-1, -10, 1, 10, 0, -1.5f, 0, 1.5f], centred);
    }
}

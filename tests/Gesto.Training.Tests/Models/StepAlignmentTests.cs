using Gesto.Inference;
using Gesto.Recordings;
using Gesto.Training.Batches;
using Gesto.Training.Models;
using static TorchSharp.torch;

namespace Gesto.Training.Tests.Models;

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
        Assert.Equal(expected, StepAlignment.Steps(rgb, radar, AlignmentMode.Nearest));

    [Fact]
    public void Nearest_keeps_first_last_and_order_for_every_pair_of_lengths()
    {
        for (int rgb = 2; rgb <= 30; rgb++)
        for (int radar = 1; radar <= 30; radar++)
        {
            int[] steps = StepAlignment.Steps(rgb, radar, AlignmentMode.Nearest);
            Assert.Equal((rgb, 0, radar - 1), (steps.Length, steps[0], steps[^1]));
            for (int i = 0; i < rgb; i++)
                // Never farther than half a radar step from the same relative time.
                Assert.True(Math.Abs(steps[i] - (double)i * (radar - 1) / (rgb - 1)) <= 0.5);
        }
    }

    [Fact]
    public void Index_joins_equal_numbers_and_leaves_the_rest_empty() =>
        Assert.Equal([0, 1, 2, -1, -1], StepAlignment.Steps(5, 3, AlignmentMode.Index));

    [Theory]
    [InlineData(AlignmentMode.Nearest, new float[] { 1, 2, 10, 3, 4, 20, 5, 6, 20 })]
    [InlineData(AlignmentMode.Index, new float[] { 1, 2, 10, 3, 4, 20, 5, 6, 0 })]
    public void Joined_steps_hold_RGB_then_the_aligned_radar_and_zero_where_there_is_none(
        AlignmentMode mode,
        float[] expected
    )
    {
        using var scope = NewDisposeScope();
        using var fusion = new LateFusion(3, mode);
        var rgb = new ModalitySteps(tensor(new float[] { 1, 2, 3, 4, 5, 6 }, [1, 3, 2]), [3]);
        var radar = new ModalitySteps(tensor(new float[] { 10, 20 }, [1, 2, 1]), [2]);
        (Tensor steps, int[] lengths) = fusion.Fuse(PerModality.Of(rgb, radar));
        Assert.Equal(expected, steps.data<float>().ToArray());
        Assert.Equal([3], lengths);
    }

    [Fact]
    public void A_sample_without_RGB_runs_on_the_radar_clock_and_one_without_radar_on_the_RGB_clock()
    {
        using var scope = NewDisposeScope();
        using var fusion = new LateFusion(2);
        var rgb = new ModalitySteps(tensor(new float[] { 0, 0, 0, 1, 2, 3 }, [2, 3, 1]), [0, 3]);
        var radar = new ModalitySteps(tensor(new float[] { 10, 20, 0, 0 }, [2, 2, 1]), [2, 0]);
        (Tensor steps, int[] lengths) = fusion.Fuse(PerModality.Of(rgb, radar));
        Assert.Equal([2, 3], lengths);
        Assert.Equal([0, 10, 0, 20, 0, 0, 1, 0, 2, 0, 3, 0], steps.data<float>().ToArray());
    }

    [Fact]
    public void Removing_what_is_static_takes_the_mean_out_where_asked_for()
    {
        using var scope = NewDisposeScope();
        float[] steps = [1, 20, 2, 20, 6, 20];
        var moving = new FeatureSequences(width: 2, centre: true);
        moving.Add(steps);
        Assert.Equal(
            [-2, 0, -1, 0, 3, 0],
            moving
                .Batch(
                    [0],
                    [
                        [0, 1, 2],
                    ]
                )
                .Steps.data<float>()
                .ToArray()
        );
        var whole = new FeatureSequences(width: 2);
        whole.Add(steps);
        Assert.Equal(
            [1, 20, 2, 20, 6, 20],
            whole
                .Batch(
                    [0],
                    [
                        [0, 1, 2],
                    ]
                )
                .Steps.data<float>()
                .ToArray()
        ); // the store's stay as they are
    }

    [Fact]
    public void Steps_drawn_for_learning_keep_their_order_and_stay_within_the_sample()
    {
        Assert.Equal(
            [0, 1, 2, 3, 4],
            Sequences.DrawSteps(5, longest: 30, tempo: 1, frameDropout: 0, timeMasking: 0, move: 0, new Random(1))
        );
        var seen = new HashSet<int>();
        for (int seed = 0; seed < 300; seed++)
        {
            var random = new Random(seed);
            int[] steps = Sequences.DrawSteps(
                20,
                30,
                Sequences.DrawTempo(0.2, random),
                frameDropout: 0.1,
                timeMasking: 0,
                move: 0,
                random
            );
            Assert.Equal(steps.Order(), steps);
            Assert.InRange(steps[0], 0, 19);
            Assert.InRange(steps[^1], 0, 19);
            Assert.InRange(steps.Length, 8, 25); // 20 / 1.2 … 20 / 0.8, some left out
            seen.Add(steps.Length);
        }
        Assert.True(seen.Count > 5);
        Assert.Single(Sequences.DrawSteps(3, 30, 1, 0.999, 0, 0, new Random(1)));
    }

    [Fact]
    public void Time_masking_leaves_out_one_stretch_of_at_most_its_part()
    {
        var gaps = new HashSet<int>();
        for (int seed = 0; seed < 200; seed++)
        {
            int[] steps = Sequences.DrawSteps(20, 30, 1, frameDropout: 0, timeMasking: 0.3, move: 0, new Random(seed));
            int missing = 20 - steps.Length;
            Assert.InRange(missing, 0, 6);
            // One stretch: what is left is a beginning and an end without holes.
            int[] left = [.. Enumerable.Range(0, 20).Except(steps)];
            Assert.True(missing == 0 || left[^1] - left[0] == missing - 1);
            gaps.Add(missing);
        }
        Assert.Equal(6, gaps.Count); // 0 … 5: the part is drawn below 0.3
    }

    [Fact]
    public void A_long_sample_is_spread_over_its_steps_and_each_is_drawn_from_its_own_share()
    {
        Assert.Equal([1, 3, 5, 7, 9], StepPlan.Evenly(10, 30, tempo: 1, steps: 5, random: null));
        Assert.Equal([0, 1, 2, 3], StepPlan.Evenly(4, 30, tempo: 1, steps: 5, random: null)); // not longer: as it is
        Assert.Equal([0, 1, 2, 3], StepPlan.Evenly(4, 30, tempo: 1, steps: 0, random: null));
        Assert.Equal([3, 4, 5, 6], StepPlan.Spread(10, 4, tempo: 0.4, random: null)); // its middle piece
        Assert.Equal([0, 0, 2, 7, 9, 9], StepPlan.Spread(10, 6, tempo: 3, random: null)); // and beyond its ends
        var drawn = new HashSet<int>();
        var places = new HashSet<int>();
        for (int seed = 0; seed < 200; seed++)
        {
            int[] steps = StepPlan.Spread(20, 5, 1, new Random(seed));
            for (int i = 0; i < 5; i++)
                Assert.Equal(i, steps[i] / 4);
            drawn.UnionWith(steps);
            places.Add(StepPlan.Spread(20, 5, 0.5, new Random(seed))[0]);
        }
        Assert.Equal(20, drawn.Count);
        // a piece of ten lies anywhere, its first share is two steps
        Assert.True(places.Min() == 0 && places.Max() == 11, $"{places.Min()} {places.Max()}");
    }

    [Fact]
    public void A_sample_moved_in_time_repeats_the_step_at_its_edge()
    {
        Assert.Equal(
            [0, 0, 0, 1, 2],
            Sequences.DrawSteps(5, 30, 1, frameDropout: 0, timeMasking: 0, move: 0.4, new Random(1))
        );
        Assert.Equal(
            [1, 2, 3, 4, 4],
            Sequences.DrawSteps(5, 30, 1, frameDropout: 0, timeMasking: 0, move: -0.2, new Random(1))
        );
        double[] moves = [.. Enumerable.Range(0, 200).Select(seed => Sequences.DrawMove(0.3, new Random(seed)))];
        Assert.True(moves.Min() is > -0.3 and < -0.2 && moves.Max() is < 0.3 and > 0.2);
        var untouched = new Random(3);
        Assert.Equal(0, Sequences.DrawMove(0, untouched));
        Assert.Equal(new Random(3).Next(), untouched.Next()); // runs without it draw what they drew before
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

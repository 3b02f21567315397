using Gesto.Training.Scoring;

namespace Gesto.Training.Tests.Evaluation;

public class ReliabilityTests
{
    [Fact]
    public void The_error_is_the_mean_gap_weighted_by_samples()
    {
        // Two bins: 2 of 4 right at 0.6, 6 of 6 right at 0.9: (4·0.1 + 6·0.1) / 10.
        double[] confidences = [.6, .6, .6, .6, .9, .9, .9, .9, .9, .9];
        bool[] correct = [true, true, false, false, true, true, true, true, true, true];
        IReadOnlyList<ReliabilityBin> bins = Reliability.EqualWidth(confidences, correct);
        Assert.Equal([(4, 0.5), (6, 1.0)], bins.Select(b => (b.Samples, b.Accuracy)));
        Assert.Equal(0.1, Reliability.Ece(bins), 12);
    }

    [Fact]
    public void Over_and_underconfidence_in_one_bin_cancel_but_not_across_bins()
    {
        double[] confidences = [.5, .5, .9, .9];
        bool[] correct = [true, true, false, false];
        Assert.Equal(0.7, Reliability.Ece(Reliability.EqualMass(confidences, correct, bins: 2)), 12); // (0.5 + 0.9) / 2
        Assert.Equal(0.2, Reliability.Ece(Reliability.EqualMass(confidences, correct, bins: 1)), 12); // |0.5 − 0.7|
    }

    [Fact]
    public void Bins_of_equal_mass_hold_equally_many_and_never_part_equal_confidences()
    {
        double[] distinct = [.. Enumerable.Range(0, 32).Select(n => n / 32.0)];
        Assert.Equal(32, Reliability.EqualMass(distinct, new bool[32]).Sum(b => b.Samples));
        Assert.All(Reliability.EqualMass(distinct, new bool[32]), b => Assert.InRange(b.Samples, 2, 3));

        double[] tied = [.1, .2, .2, .2, .2, .2, .2, .8, .9, .95];
        IReadOnlyList<ReliabilityBin> bins = Reliability.EqualMass(tied, new bool[10], bins: 5);
        Assert.Single(bins, b => b.Samples >= 6);
        Assert.Equal(10, bins.Sum(b => b.Samples));
    }

    [Fact]
    public void Confidence_one_falls_into_the_last_bin_of_equal_width() =>
        Assert.Equal([1, 2], Reliability.EqualWidth([0, 1, 1], [false, true, true]).Select(b => b.Samples));

    [Fact]
    public void Chance_alone_gives_the_mean_absolute_deviation_of_a_binomial_share()
    {
        // 15 bins of 60 answers, all at 0.8 on average: E|share − 0.8| ≈ √(2/π)·√(0.8·0.2/60).
        double[] confidences = [.. Enumerable.Range(0, 900).Select(n => 0.8 + 1e-6 * n)];
        double expected = Math.Sqrt(2 / Math.PI) * Math.Sqrt(0.16 / 60);
        // The normal approximation and the spread of 200 draws' mean: 3 %.
        Assert.Equal(expected, Reliability.ByChance(confidences, seed: 1), 0.03 * expected);
    }
}

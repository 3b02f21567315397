using Gesto.Training.Scoring;

namespace Gesto.Training.Tests.Evaluation;

public class BootstrapIntervalTests
{
    [Fact]
    public void By_sample_it_agrees_with_the_normal_approximation()
    {
        const int n = 1000,
            right = 800;
        AccuracyInterval interval = BootstrapInterval.OfTop1(
            Hits(n, right),
            new string?[n],
            seed: 1,
            resamples: 20_000
        );
        double half = 1.96 * Math.Sqrt(0.8 * 0.2 / n);
        // One step of k/n is 0.001; the percentiles' own error at 20,000 resamples is 0.0004.
        Assert.Equal(0.8 - half, interval.Low, 0.002);
        Assert.Equal(0.8 + half, interval.High, 0.002);
        Assert.Contains("signer unknown for 1000 of 1000", interval.Method, StringComparison.Ordinal);
    }

    [Fact]
    public void It_covers_a_binomial_truth_about_95_times_in_100()
    {
        const int trials = 400,
            n = 200;
        const double truth = 0.85;
        var random = new Random(7);
        int covered = 0;
        for (int trial = 0; trial < trials; trial++)
        {
            bool[] correct = [.. Enumerable.Range(0, n).Select(_ => random.NextDouble() < truth)];
            AccuracyInterval interval = BootstrapInterval.OfTop1(correct, new string?[n], seed: trial);
            if (interval.Low <= truth && truth <= interval.High)
                covered++;
        }
        // Three standard errors of the count are 3.3 points; the percentile interval itself is a point low at n = 200.
        Assert.InRange(covered / (double)trials, 0.91, 0.985);
    }

    [Fact]
    public void Whole_signers_give_the_spread_between_signers()
    {
        // 40 signers of 10 samples with 5…9 right: the variance of the mean of 40 drawn signers is that of the rates
        // over 40.
        int[] right = [.. Enumerable.Range(0, 40).Select(s => 5 + s % 5)];
        AccuracyInterval interval = Clustered(right, samples: 10, resamples: 20_000);
        double mean = right.Average() / 10;
        double half = 1.96 * Math.Sqrt(right.Average(r => Math.Pow(r / 10.0 - mean, 2)) / 40);
        Assert.Equal(mean - half, interval.Low, 0.003);
        Assert.Equal(mean + half, interval.High, 0.003);
        Assert.Contains("40 whole signers", interval.Method, StringComparison.Ordinal);
    }

    [Fact]
    public void With_few_signers_the_spread_within_each_is_added()
    {
        int[] right = [60, 70, 75, 80]; // of 100 each
        AccuracyInterval interval = Clustered(right, samples: 100, resamples: 20_000);
        double[] rate = [.. right.Select(r => r / 100.0)];
        double mean = rate.Average();
        double variance = rate.Average(r => (r - mean) * (r - mean)) / 4 + rate.Average(r => r * (1 - r)) / 100 / 4;
        // Four clusters are not quite normal: a tenth of the half-width.
        double half = 1.96 * Math.Sqrt(variance);
        Assert.Equal(mean - half, interval.Low, half / 10 + 0.003);
        Assert.Equal(mean + half, interval.High, half / 10 + 0.003);
        Assert.Contains("two stages", interval.Method, StringComparison.Ordinal);
    }

    [Fact]
    public void Signers_who_differ_make_the_interval_wider_than_their_samples_alone()
    {
        int[] right = [40, 90, 45, 95, 50, 85];
        AccuracyInterval bySigner = Clustered(right, samples: 100, resamples: 2000);
        bool[] hits = [.. right.SelectMany(r => Hits(100, r))];
        AccuracyInterval bySample = BootstrapInterval.OfTop1(hits, new string?[hits.Length], seed: 1);
        Assert.True(bySigner.High - bySigner.Low > 3 * (bySample.High - bySample.Low));
    }

    [Fact]
    public void The_order_of_samples_does_not_change_it()
    {
        bool[] hits = [.. Hits(30, 20), .. Hits(30, 10), .. Hits(30, 28), .. Hits(30, 12), .. Hits(30, 19)];
        string[] signers = [.. Enumerable.Range(0, 150).Select(n => "s" + n / 30)];
        AccuracyInterval forwards = BootstrapInterval.OfTop1(hits, signers, seed: 3);
        AccuracyInterval backwards = BootstrapInterval.OfTop1([.. hits.Reverse()], [.. signers.Reverse()], seed: 3);
        Assert.Equal(forwards, backwards);
    }

    [Fact]
    public void All_right_is_not_certainty()
    {
        // Clopper-Pearson for n of n: the lower end is 0.025^(1/n).
        AccuracyInterval interval = BootstrapInterval.OfTop1(Hits(50, 50), new string?[50], seed: 1);
        Assert.Equal(Math.Pow(0.025, 1 / 50.0), interval.Low, 12);
        Assert.Equal(1, interval.High);
        AccuracyInterval none = BootstrapInterval.OfTop1(Hits(50, 0), new string?[50], seed: 1);
        Assert.Equal((0, 1 - Math.Pow(0.025, 1 / 50.0)), (none.Low, none.High));
    }

    [Fact]
    public void One_signer_falls_back_to_samples_and_says_so()
    {
        string[] signers = [.. Enumerable.Repeat("anna", 100)];
        AccuracyInterval interval = BootstrapInterval.OfTop1(Hits(100, 80), signers, seed: 1);
        Assert.Contains("only one signer", interval.Method, StringComparison.Ordinal);
        Assert.True(interval.High - interval.Low > 0.1);
    }

    [Fact]
    public void Wilson_matches_its_published_worked_value()
    {
        // Newcombe (1998), table I, method 3: 81 of 263 gives 0.2553…0.3662.
        (double low, double high) = BootstrapInterval.Wilson(81, 263);
        Assert.Equal(0.2553, low, 4);
        Assert.Equal(0.3662, high, 4);
    }

    private static AccuracyInterval Clustered(int[] right, int samples, int resamples)
    {
        bool[] hits = [.. right.SelectMany(r => Hits(samples, r))];
        string[] signers = [.. right.SelectMany((_, s) => Enumerable.Repeat($"s{s}", samples))];
        return BootstrapInterval.OfTop1(hits, signers, seed: 1, resamples);
    }

    private static bool[] Hits(int samples, int right) => [.. Enumerable.Range(0, samples).Select(n => n < right)];
}

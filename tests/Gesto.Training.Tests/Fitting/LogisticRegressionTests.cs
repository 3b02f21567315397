using Gesto.Training.Fitting;
using static TorchSharp.torch;

namespace Gesto.Training.Tests.Fitting;

[Collection(AloneWithLibtorch.Name)]
public class LogisticRegressionTests
{
    [Theory]
    [InlineData(0.1)]
    [InlineData(10)]
    [InlineData(1000)]
    public void At_the_fit_the_slope_of_the_penalised_likelihood_is_zero(double strength)
    {
        (double[,] inputs, long[] labels) = Draw(samples: 60, features: 4, classes: 3, seed: 7);
        double[,] fit = Fit(inputs, labels, 3, strength);
        // By hand: Σ_n z_nf (p_nk − [y_n = k]) + B_fk / C, and without the penalty for b; float64 leaves 1e-5 of the
        // first slope's length.
        for (int f = 0; f <= 4; f++)
        for (int k = 0; k < 3; k++)
        {
            double slope = f < 4 ? fit[f, k] / strength : 0;
            for (int n = 0; n < 60; n++)
            {
                double[] raised =
                [
                    .. Enumerable
                        .Range(0, 3)
                        .Select(j => Math.Exp(fit[4, j] + Enumerable.Range(0, 4).Sum(i => inputs[n, i] * fit[i, j]))),
                ];
                slope += (f < 4 ? inputs[n, f] : 1) * (raised[k] / raised.Sum() - (labels[n] == k ? 1 : 0));
            }
            Assert.Equal(0, slope, 1e-3);
        }
    }

    [Fact]
    public void With_no_information_it_says_how_frequent_each_class_is()
    {
        double[,] fit = Fit(new double[8, 1], [0, 0, 0, 0, 0, 0, 1, 1], 2, strength: 1);
        Assert.Equal(0, fit[0, 0], 9);
        Assert.Equal(Math.Log(6.0 / 2), fit[1, 0] - fit[1, 1], 4);
    }

    [Fact]
    public void A_stronger_penalty_makes_smaller_weights()
    {
        (double[,] inputs, long[] labels) = Draw(samples: 40, features: 3, classes: 2, seed: 1);
        double[] sizes =
        [
            .. new[] { 0.01, 1, 100 }
                .Select(c => Fit(inputs, labels, 2, c))
                .Select(fit => Enumerable.Range(0, 3).Sum(f => fit[f, 0] * fit[f, 0])),
        ];
        Assert.True(sizes[0] < sizes[1] / 2 && sizes[1] < sizes[2], string.Join(' ', sizes));
    }

    [Fact]
    public void It_ends_at_the_same_minimum_wherever_it_begins()
    {
        (double[,] inputs, long[] labels) = Draw(samples: 40, features: 3, classes: 3, seed: 2);
        double[,] from0 = Fit(inputs, labels, 3, 10),
            near = Fit(inputs, labels, 3, 1);
        using Tensor start = tensor(near);
        double[,] fromThere = Fit(inputs, labels, 3, 10, start);
        double furthest = 0;
        for (int f = 0; f < 3; f++)
        for (int k = 0; k < 3; k++)
        {
            Assert.Equal(from0[f, k], fromThere[f, k], 1e-3);
            furthest = Math.Max(furthest, Math.Abs(near[f, k] - from0[f, k]));
        }
        Assert.True(furthest > 0.1, $"{furthest}"); // it had a way to go
    }

    private static (double[,], long[]) Draw(int samples, int features, int classes, int seed)
    {
        var random = new Random(seed);
        var inputs = new double[samples, features];
        long[] labels = [.. Enumerable.Range(0, samples).Select(_ => random.NextInt64(classes))];
        for (int n = 0; n < samples; n++)
        for (int f = 0; f < features; f++)
            inputs[n, f] = random.NextDouble() * 3 * Math.Pow(10, -f) + (f == labels[n] ? 0.7 : 0);
        return (inputs, labels);
    }

    private static double[,] Fit(double[,] inputs, long[] labels, int classes, double strength, Tensor? from = null)
    {
        using Tensor z = tensor(inputs),
            found = LogisticRegression.Fit(z, labels, classes, strength, from, CancellationToken.None);
        double[] values = found.data<double>().ToArray();
        var fit = new double[inputs.GetLength(1) + 1, classes];
        for (int i = 0; i < values.Length; i++)
            fit[i / classes, i % classes] = values[i];
        return fit;
    }
}

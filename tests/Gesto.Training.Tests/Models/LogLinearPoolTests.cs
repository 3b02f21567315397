using Gesto.Training.Models;
using Gesto.Training.Tests.Evaluation;

namespace Gesto.Training.Tests.Models;

public class LogLinearPoolTests
{
    /// <summary>Two witnesses who err independently given the sign, a third who knows nothing: by Bayes' rule with
    /// equal priors the evidence multiplies, so the weights are 1, 1, 0.</summary>
    [Fact]
    public void Independent_witnesses_multiply_and_noise_gets_no_weight()
    {
        const int samples = 6000,
            classes = 4;
        var random = new Random(2);
        var truth = new int[samples];
        var each = new float[3][][];
        for (int m = 0; m < 3; m++)
            each[m] = new float[samples][];
        for (int n = 0; n < samples; n++)
        {
            truth[n] = random.Next(classes);
            for (int m = 0; m < 3; m++)
            {
                // x ~ N(signal · onehot(truth), 1) per class, so log p(x | k) = signal · x_k + constant.
                double signal = m == 2 ? 0 : 1.2;
                double[] x =
                [
                    .. Enumerable
                        .Range(0, classes)
                        .Select(k => PlantedLogits.Gauss(random) + (k == truth[n] ? signal : 0)),
                ];
                each[m][n] = [.. PlantedLogits.Normal([.. x.Select(v => Math.Exp(1.2 * v))]).Select(p => (float)p)];
            }
        }
        double[] weights = LogLinearPool.Fit(
            each,
            truth,
            [.. truth.Select(_ => 1.0)],
            [1 / 3.0, 1 / 3.0, 1 / 3.0],
            0,
            20
        );
        // A weight's standard error is about 1 / √(6000 · variance of the log-probabilities) ≈ 0.015.
        Assert.Equal(1, weights[0], 0.06);
        Assert.Equal(1, weights[1], 0.06);
        Assert.Equal(0, weights[2], 0.06);
    }

    [Fact]
    public void Two_equal_witnesses_share_the_weight()
    {
        (float[][] p, int[] truth) = PlantedLogits.Draw(1000, 5, 1, seed: 1);
        double[] weights = LogLinearPool.Fit([p, p], truth, [.. truth.Select(_ => 1.0)], [0.5, 0.5], 0, 20);
        Assert.Equal(weights[0], weights[1], 3);
        Assert.Equal(1, weights.Sum(), 0.1);
    }

    [Fact]
    public void The_score_of_a_sample_is_the_slope_of_its_loss()
    {
        float[] row = [.5f, .3f, .15f, .05f];
        double Loss(double power) => -Math.Log(Gesto.Signs.Calibration.Sharpen(row, power)[2]);
        const double step = 1e-2; // probabilities are float32
        (double score, double curvature) = LogLinearPool.OfSample(row, 2, 1.3);
        Assert.Equal((Loss(1.3 + step) - Loss(1.3 - step)) / (2 * step), score, 4);
        Assert.Equal((Loss(1.3 + step) - 2 * Loss(1.3) + Loss(1.3 - step)) / (step * step), curvature, 2);
    }
}

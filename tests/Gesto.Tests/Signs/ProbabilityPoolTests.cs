using Gesto.Signs;

namespace Gesto.Tests.Signs;

public class ProbabilityPoolTests
{
    [Fact]
    public void The_pool_is_the_weighted_mean_of_logarithms()
    {
        // ∝ 0.5^¾·0.2^¼, 0.3^¾·0.2^¼, 0.2^¾·0.6^¼
        float[] pooled = ProbabilityPool.Of(
            [
                [.5f, .3f, .2f],
                [.2f, .2f, .6f],
            ],
            [0.75, 0.25],
            temperature: 1
        );
        double[] expected =
        [
            Math.Pow(.5, .75) * Math.Pow(.2, .25),
            Math.Pow(.3, .75) * Math.Pow(.2, .25),
            Math.Pow(.2, .75) * Math.Pow(.6, .25),
        ];
        for (int k = 0; k < 3; k++)
            Assert.Equal(expected[k] / expected.Sum(), pooled[k], 6);
        Assert.Equal(
            Calibration.Sharpen(pooled, 0.5),
            ProbabilityPool.Of(
                [
                    [.5f, .3f, .2f],
                    [.2f, .2f, .6f],
                ],
                [0.75, 0.25],
                temperature: 2
            ),
            (a, b) => Math.Abs(a - b) < 1e-6
        );
    }

    [Fact]
    public void A_zero_of_one_member_is_a_veto_and_not_a_nan()
    {
        float[] pooled = ProbabilityPool.Of(
            [
                [0, 1],
                [.9f, .1f],
            ],
            [0.5, 0.5],
            temperature: 1
        );
        Assert.Equal(0, pooled[0], 1e-6f);
        Assert.Equal(1, pooled[1], 1e-6f);
    }
}

using Gesto.Training.Scoring;

namespace Gesto.Training.Tests.Evaluation;

public class RiskCoverageTests
{
    [Fact]
    public void The_surest_are_answered_first()
    {
        // Surest first: right, right, wrong, right, wrong.
        var risk = new RiskCoverage([.5, .9, .7, .6, .8], [false, true, false, true, true]);
        Assert.Equal(0, risk.ErrorAt(0.4));
        Assert.Equal(1 / 3.0, risk.ErrorAt(0.6), 12);
        Assert.Equal(1 / 3.0, risk.ErrorAt(0.41), 12); // whole answers only, rounded up
        Assert.Equal(2 / 5.0, risk.ErrorAt(1), 12);
        Assert.Equal((0 + 0 + 1 / 3.0 + 1 / 4.0 + 2 / 5.0) / 5, risk.Area, 12);
    }

    [Fact]
    public void Among_equal_confidences_the_order_of_samples_does_not_matter()
    {
        var risk = new RiskCoverage([.5, .5, .5, .5], [true, true, false, false]);
        Assert.All(risk.Curve(), p => Assert.Equal(0.5, p.Error, 12));
        Assert.Equal(0.5, risk.Area, 12);
    }

    [Fact]
    public void The_curve_ends_at_the_plain_error()
    {
        var risk = new RiskCoverage(
            [.. Enumerable.Range(0, 200).Select(n => n / 200.0)],
            [.. Enumerable.Range(0, 200).Select(n => n >= 30)]
        );
        Assert.Equal(50, risk.Curve().Count);
        Assert.Equal(new RiskPoint(1, 0.15), risk.Curve()[^1]);
        Assert.Equal(10 / 180.0, risk.ErrorAt(0.9), 12);
    }
}

namespace Gesto.Training.Scoring;

/// <summary>One point of the curve.</summary>
/// <param name="Coverage">Share of the samples that is answered, the surest first, 0…1.</param>
/// <param name="Error">Share of those answers that is wrong (selective risk), 0…1.</param>
public readonly record struct RiskPoint(double Coverage, double Error);

/// <summary>How the error falls when the least sure answers are withheld. Source: R. El-Yaniv, Y. Wiener, JMLR 11
/// (2010); Y. Geifman, R. El-Yaniv, "Selective Classification for Deep Neural Networks", NeurIPS 2017.</summary>
/// <remarks>Among equal confidences no order is the right one: each of them counts the mean of their errors, so the
/// curve does not depend on the order of samples.</remarks>
public sealed class RiskCoverage
{
    private readonly double[] wrong; // (N) cumulative errors of the n + 1 surest

    public RiskCoverage(double[] confidences, bool[] correct)
    {
        ArgumentOutOfRangeException.ThrowIfZero(confidences.Length);
        wrong = new double[confidences.Length];
        double before = 0;
        int n = 0;
        foreach (
            IGrouping<double, bool> equal in confidences
                .Zip(correct)
                .GroupBy(p => p.First, p => p.Second)
                .OrderByDescending(g => g.Key)
        )
        {
            int size = equal.Count();
            double errors = equal.Count(c => !c);
            for (int i = 1; i <= size; i++)
                wrong[n++] = before + errors * i / size;
            before += errors;
        }
    }

    /// <summary>Area under the curve: the mean error over the coverages 1/N, 2/N … 1. 0 is perfect; without any order
    /// among the answers it is the plain error.</summary>
    public double Area => wrong.Select((w, n) => w / (n + 1)).Average();

    /// <returns>The error of the ⌈coverage · N⌉ surest answers.</returns>
    public double ErrorAt(double coverage)
    {
        int answered = Math.Clamp((int)Math.Ceiling(coverage * wrong.Length - 1e-9), 1, wrong.Length);
        return wrong[answered - 1] / answered;
    }

    /// <returns>The curve at <paramref name="points"/> coverages evenly up to 1, or at all N where there are
    /// fewer.</returns>
    public IReadOnlyList<RiskPoint> Curve(int points = 50)
    {
        points = Math.Min(points, wrong.Length);
        return
        [
            .. Enumerable.Range(1, points).Select(i => (double)i / points).Select(c => new RiskPoint(c, ErrorAt(c))),
        ];
    }
}

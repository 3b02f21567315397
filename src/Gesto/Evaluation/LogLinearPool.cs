namespace Gesto.Evaluation;

/// <summary>Fits the powers of p ∝ Π p_m^w_m by maximum likelihood. One factor is temperature scaling (T = 1 / w); several are an
/// ensemble's vote, its temperature included.</summary>
/// <remarks>
/// The negative log-likelihood is convex in w (a log-sum-exp of linear functions), and a weak pull towards the start,
/// ½ Σ (w_m − start_m)² against the sum over all samples, makes the minimum unique and finite: four samples that are all right would
/// otherwise earn certainty. Against hundreds of samples it is nothing. It is solved by coordinate descent, each step a bisection of
/// the derivative, which for a smooth convex function with bounds on each coordinate converges to the minimum (P. Tseng, J. Optim.
/// Theory Appl. 109 (2001)).
/// </remarks>
internal static class LogLinearPool
{
    private const int Bisections = 40;
    private const int Rounds = 100;
    private const double Tolerance = 1e-6;
    private const double Floor = 1e-38; // the softmax in float32 ends here

    /// <param name="probabilities">(M,N,K) of M recognisers.</param>
    /// <param name="truth">(N) labels.</param>
    /// <param name="share">(N) how much each sample counts, mean 1.</param>
    /// <param name="start">(M) where the search begins and what it is pulled to.</param>
    /// <param name="low">Least power.</param>
    /// <param name="high">Greatest power.</param>
    /// <param name="cancel">Noticed between coordinates.</param>
    /// <returns>(M) powers.</returns>
    public static double[] Fit(
        float[][][] probabilities, int[] truth, double[] share, double[] start, double low, double high, CancellationToken cancel = default)
    {
        double[][][] logs = [.. probabilities.Select(Logs)];
        double[] powers = [.. start.Select(s => Math.Clamp(s, low, high))];
        var scratch = new double[probabilities[0][0].Length];
        for (int round = 0; round < Rounds; round++)
        {
            double moved = 0;
            for (int m = 0; m < powers.Length; m++)
            {
                cancel.ThrowIfCancellationRequested();
                double before = powers[m];
                (double a, double b) = (low, high);
                for (int i = 0; i < Bisections; i++)
                {
                    powers[m] = (a + b) / 2;
                    if (Slope(logs, truth, share, powers, m, scratch) + powers[m] - start[m] > 0) b = powers[m];
                    else a = powers[m];
                }
                powers[m] = (a + b) / 2;
                moved = Math.Max(moved, Math.Abs(powers[m] - before));
            }
            if (powers.Length == 1 || moved < Tolerance) break;
        }
        return powers;
    }

    /// <returns>Mean negative log-likelihood, nats, of probabilities (N,K).</returns>
    public static double Loss(float[][] probabilities, int[] truth) =>
        probabilities.Select((row, n) => -Math.Log(Math.Max(row[truth[n]], Floor))).Average();

    /// <summary>Derivative and curvature of one sample's negative log-likelihood by the power of a single recogniser: E log p −
    /// log p(truth) and Var log p, expectations at that power.</summary>
    public static (double Score, double Curvature) OfSample(float[] row, int truth, double power)
    {
        double[] logs = Logs([row])[0];
        var p = new double[row.Length];
        Softmax([[logs]], 0, [power], p);
        double mean = p.Zip(logs, (a, z) => a * z).Sum();
        return (mean - logs[truth], p.Zip(logs, (a, z) => a * (z - mean) * (z - mean)).Sum());
    }

    private static double[][] Logs(float[][] rows) =>
        [.. rows.Select(row => row.Select(p => Math.Log(Math.Max(p, Floor))).ToArray())];

    /// <returns>d/dw_m of Σ share · negative log-likelihood.</returns>
    private static double Slope(double[][][] logs, int[] truth, double[] share, double[] powers, int m, double[] scratch)
    {
        double slope = 0;
        for (int n = 0; n < truth.Length; n++)
        {
            Softmax(logs, n, powers, scratch);
            double[] z = logs[m][n];
            double mean = 0;
            for (int k = 0; k < scratch.Length; k++) mean += scratch[k] * z[k];
            slope += share[n] * (mean - z[truth[n]]);
        }
        return slope;
    }

    private static void Softmax(double[][][] logs, int n, double[] powers, double[] p)
    {
        double highest = double.NegativeInfinity, sum = 0;
        for (int k = 0; k < p.Length; k++)
        {
            p[k] = 0;
            for (int m = 0; m < powers.Length; m++) p[k] += powers[m] * logs[m][n][k];
            highest = Math.Max(highest, p[k]);
        }
        for (int k = 0; k < p.Length; k++) sum += p[k] = Math.Exp(p[k] - highest);
        for (int k = 0; k < p.Length; k++) p[k] /= sum;
    }
}

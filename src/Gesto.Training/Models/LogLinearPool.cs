using Gesto.Signs;

namespace Gesto.Training.Models;

/// <summary>Fits the powers of p ∝ Π p_m^w_m by maximum likelihood. One factor is temperature scaling (T = 1 / w);
/// several are an ensemble's vote, its temperature included.</summary>
/// <remarks> The negative log-likelihood is convex in w (a log-sum-exp of linear functions), and a weak pull towards
/// the start, ½ Σ (w_m − start_m)² against the sum over all samples, makes the minimum unique and finite: four samples
/// that are all right would otherwise earn certainty. Against hundreds of samples it is nothing. It is solved by
/// projected Newton steps with halving (D. P. Bertsekas, SIAM J. Control Optim. 20 (1982)). Going one weight at a time
/// does not do: runs of the same features agree so much that it stops far from the minimum.
/// </remarks>
internal static class LogLinearPool
{
    private const int Steps = 100;
    private const int Halvings = 40;
    private const double Tolerance = 1e-9;
    private const double Floor = 1e-38; // the softmax in float32 ends here

    /// <param name="probabilities">(M,N,K) of M recognisers.</param>
    /// <param name="truth">(N) labels.</param>
    /// <param name="share">(N) how much each sample counts, mean 1.</param>
    /// <param name="start">(M) where the search begins and what it is pulled to.</param>
    /// <param name="low">Least power.</param>
    /// <param name="high">Greatest power.</param>
    /// <param name="cancel">Noticed between steps.</param>
    /// <returns>(M) powers.</returns>
    public static double[] Fit(
        float[][][] probabilities,
        int[] truth,
        double[] share,
        double[] start,
        double low,
        double high,
        CancellationToken cancel = default
    )
    {
        double[][][] logs = [.. probabilities.Select(Logs)];
        double[] powers = [.. start.Select(s => Math.Clamp(s, low, high))];
        var scratch = new double[probabilities[0][0].Length];
        for (int step = 0; step < Steps; step++)
        {
            cancel.ThrowIfCancellationRequested();
            (double loss, double[] slope, double[,] curvature) = Objective(logs, truth, share, powers, start, scratch);
            // A power at its bound that the slope pushes outwards stays there.
            int[] free =
            [
                .. Enumerable.Range(0, powers.Length).Where(m => slope[m] > 0 ? powers[m] > low : powers[m] < high),
            ];
            double[] direction = Solve(curvature, slope, free);
            double[] next = powers;
            for (int i = 0; i < Halvings; i++)
            {
                double length = Math.ScaleB(1, -i);
                double[] tried = [.. powers.Select((w, m) => Math.Clamp(w - length * direction[m], low, high))];
                double promised = tried.Select((w, m) => slope[m] * (w - powers[m])).Sum();
                if (Objective(logs, truth, share, tried, start, scratch).Loss > loss + 1e-4 * promised)
                    continue;
                next = tried;
                break;
            }
            double moved = next.Zip(powers, (a, b) => Math.Abs(a - b)).Max();
            powers = next;
            if (moved < Tolerance)
                break;
        }
        return powers;
    }

    /// <returns>Mean negative log-likelihood, nats, of probabilities (N,K).</returns>
    public static double Loss(float[][] probabilities, int[] truth) =>
        probabilities.Select((row, n) => -Math.Log(Math.Max(row[truth[n]], Floor))).Average();

    /// <returns>(N) negative log-likelihoods, nats, of probabilities (N,K) at the temperature that suits them best:
    /// what they know, whatever they claim.</returns>
    /// <param name="probabilities">(N,K).</param>
    /// <param name="truth">(N) labels.</param>
    /// <param name="low">Least power, 1 / the highest temperature.</param>
    /// <param name="high">Greatest power.</param>
    public static double[] CalibratedLosses(float[][] probabilities, int[] truth, double low, double high)
    {
        double[] power = Fit([probabilities], truth, [.. truth.Select(_ => 1.0)], [1], low, high),
            p = new double[probabilities[0].Length];
        double[][] logs = Logs(probabilities);
        return
        [
            .. truth.Select(
                (label, n) =>
                {
                    Softmax([logs], n, power, p);
                    return -Math.Log(Math.Max(p[label], double.Epsilon));
                }
            ),
        ];
    }

    /// <summary>Derivative and curvature of one sample's negative log-likelihood by the power of a single recogniser: E
    /// log p − log p(truth) and Var log p, expectations at that power.</summary>
    public static (double Score, double Curvature) OfSample(float[] row, int truth, double power)
    {
        double[] logs = Logs([row])[0];
        var p = new double[row.Length];
        Softmax(
            [
                [logs],
            ],
            0,
            [power],
            p
        );
        double mean = p.Zip(logs, (a, z) => a * z).Sum();
        return (mean - logs[truth], p.Zip(logs, (a, z) => a * (z - mean) * (z - mean)).Sum());
    }

    private static double[][] Logs(float[][] rows) =>
        [.. rows.Select(row => row.Select(p => Math.Log(Math.Max(p, Floor))).ToArray())];

    /// <summary>Σ share · negative log-likelihood + ½ Σ (w − start)², its gradient (M) and its Hessian (M,M): the
    /// covariance of the log-probabilities under the pool, and 1 on the diagonal.</summary>
    private static (double Loss, double[] Slope, double[,] Curvature) Objective(
        double[][][] logs,
        int[] truth,
        double[] share,
        double[] powers,
        double[] start,
        double[] scratch
    )
    {
        int count = powers.Length;
        double loss = powers.Zip(start, (w, s) => (w - s) * (w - s) / 2).Sum();
        double[] slope = [.. powers.Zip(start, (w, s) => w - s)];
        var curvature = new double[count, count];
        var mean = new double[count];
        for (int m = 0; m < count; m++)
            curvature[m, m] = 1;
        for (int n = 0; n < truth.Length; n++)
        {
            Softmax(logs, n, powers, scratch);
            loss -= share[n] * Math.Log(Math.Max(scratch[truth[n]], double.Epsilon));
            for (int m = 0; m < count; m++)
            {
                double[] z = logs[m][n];
                mean[m] = 0;
                for (int k = 0; k < scratch.Length; k++)
                    mean[m] += scratch[k] * z[k];
                slope[m] += share[n] * (mean[m] - z[truth[n]]);
            }
            for (int m = 0; m < count; m++)
            for (int l = 0; l < count; l++)
            {
                double covariance = 0;
                for (int k = 0; k < scratch.Length; k++)
                    covariance += scratch[k] * (logs[m][n][k] - mean[m]) * (logs[l][n][k] - mean[l]);
                curvature[m, l] += share[n] * covariance;
            }
        }
        return (loss, slope, curvature);
    }

    /// <returns>(M) the solution of the positive definite system restricted to <paramref name="free"/>, 0 elsewhere:
    /// elimination, which needs no pivoting here.</returns>
    private static double[] Solve(double[,] matrix, double[] right, int[] free)
    {
        var a = (double[,])matrix.Clone();
        var b = (double[])right.Clone();
        for (int i = 0; i < free.Length; i++)
        for (int j = i + 1; j < free.Length; j++)
        {
            double factor = a[free[j], free[i]] / a[free[i], free[i]];
            for (int k = i; k < free.Length; k++)
                a[free[j], free[k]] -= factor * a[free[i], free[k]];
            b[free[j]] -= factor * b[free[i]];
        }
        var solution = new double[right.Length];
        for (int i = free.Length - 1; i >= 0; i--)
        {
            double sum = b[free[i]];
            for (int k = i + 1; k < free.Length; k++)
                sum -= a[free[i], free[k]] * solution[free[k]];
            solution[free[i]] = sum / a[free[i], free[i]];
        }
        return solution;
    }

    private static void Softmax(double[][][] logs, int n, double[] powers, double[] p)
    {
        Array.Clear(p);
        for (int m = 0; m < powers.Length; m++)
        for (int k = 0; k < p.Length; k++)
            p[k] += powers[m] * logs[m][n][k];
        ProbabilityPool.SoftmaxInPlace(p);
    }
}

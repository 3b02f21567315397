using TorchSharp;
using static TorchSharp.torch;

namespace Gesto.Training.Fitting;

/// <summary>Multinomial logistic regression with a squared penalty: minimises Σ_n −log softmax(z_n B + b)[y_n] + ‖B‖² /
/// (2C).</summary>
/// <remarks>The penalty makes the minimum unique, so any minimiser finds the same. Ours is L-BFGS with backtracking (J.
/// Nocedal, S. Wright, "Numerical Optimization", algorithms 7.4 and 3.1) in coordinates that make the curvature nearly
/// the same along each: D. Böhning, "Multinomial logistic regression algorithm", Ann. Inst. Statist. Math. 44 (1992),
/// bounds it by that of Z'Z. In float64, so that the same threads give the same bytes and the end does not depend on
/// where it began.</remarks>
internal static class LogisticRegression
{
    private const int Steps = 500;
    private const int Memory = 10;
    private const int Halvings = 30;
    private const double Tolerance = 1e-5; // of the gradient's length at B = 0

    /// <param name="inputs">(N, F), float64.</param>
    /// <param name="labels">(N), 0 … K − 1.</param>
    /// <param name="classes">K.</param>
    /// <param name="strength">C, more than 0: the larger, the weaker the penalty.</param>
    /// <param name="from">(F + 1, K) to begin at, of a like problem; null = 0.</param>
    /// <param name="cancel">Noticed between steps.</param>
    /// <returns>(F + 1, K): B, then b. The caller's to dispose.</returns>
    public static Tensor Fit(
        Tensor inputs,
        long[] labels,
        int classes,
        double strength,
        Tensor? from,
        CancellationToken cancel
    )
    {
        using var noGradients = no_grad();
        using var scope = NewDisposeScope();
        var problem = new Problem(inputs, labels, classes, strength);
        Tensor at = zeros([inputs.shape[1] + 1, classes], ScalarType.Float64);
        (double value, Tensor slope) = problem.At(at);
        double enough = Tolerance * slope.norm().item<double>();
        if (from is not null)
        {
            at = from.div(problem.Scale);
            (value, slope) = problem.At(at);
        }
        var history = new Queue<(Tensor Step, Tensor Change, double Product)>();
        for (int step = 0; step < Steps && slope.norm().item<double>() > enough; step++)
        {
            cancel.ThrowIfCancellationRequested();
            using var stepScope = NewDisposeScope();
            Tensor direction = Direction(slope, [.. history]);
            double promised = Dot(direction, slope),
                length = history.Count == 0 ? Math.Min(1, 1 / slope.norm().item<double>()) : 1;
            Tensor next = at;
            (double Value, Tensor Slope)? found = null;
            for (int i = 0; i < Halvings && found is null; i++, length /= 2)
            {
                next = at + Times(direction, length);
                (double Value, Tensor Slope) tried = problem.At(next);
                if (tried.Value <= value + 1e-4 * length * promised)
                    found = tried;
            }
            if (found is not { } better)
                break; // as far as float64 goes
            (Tensor moved, Tensor changed) = (next - at, better.Slope - slope);
            double product = Dot(moved, changed);
            if (product > 1e-12 * Dot(changed, changed))
                history.Enqueue((moved.MoveToOuterDisposeScope(), changed.MoveToOuterDisposeScope(), product));
            if (history.Count > Memory)
            {
                (Tensor oldStep, Tensor oldChange, _) = history.Dequeue();
                oldStep.Dispose();
                oldChange.Dispose();
            }
            at.Dispose();
            slope.Dispose();
            (at, value, slope) = (next.MoveToOuterDisposeScope(), better.Value, better.Slope.MoveToOuterDisposeScope());
        }
        return at.mul(problem.Scale).MoveToOuterDisposeScope();
    }

    /// <summary>Algorithm 7.4: minus the inverse curvature, as far as the last steps show it, times the
    /// slope.</summary>
    private static Tensor Direction(Tensor slope, (Tensor Step, Tensor Change, double Product)[] history)
    {
        Tensor q = slope.neg();
        var shares = new double[history.Length];
        for (int i = history.Length - 1; i >= 0; i--)
        {
            shares[i] = Dot(history[i].Step, q) / history[i].Product;
            q -= Times(history[i].Change, shares[i]);
        }
        if (history.Length > 0)
            q = Times(q, history[^1].Product / Dot(history[^1].Change, history[^1].Change));
        foreach ((int i, (Tensor step, Tensor change, double product)) in history.Index())
            q += Times(step, shares[i] - Dot(change, q) / product);
        return q;
    }

    private static double Dot(Tensor a, Tensor b)
    {
        using Tensor product = a.mul(b),
            sum = product.sum();
        return sum.item<double>();
    }

    /// <summary>By a tensor, not by a passing number, which could be finalised while libtorch reads it (see <see
    /// cref="Adam"/>).</summary>
    private static Tensor Times(Tensor tensor, double factor) => tensor.mul(torch.tensor(factor, ScalarType.Float64));

    /// <summary>The loss and its slope, in scaled coordinates.</summary>
    private sealed class Problem
    {
        private readonly Tensor inputs;
        private readonly Tensor truth;
        private readonly Tensor penalty;

        public Problem(Tensor inputs, long[] labels, int classes, double strength)
        {
            long samples = inputs.shape[0];
            Tensor bordered = cat([inputs, ones([samples, 1], ScalarType.Float64)], 1);
            Tensor pull = Times(ones([inputs.shape[1] + 1, 1], ScalarType.Float64), 1 / strength);
            pull[inputs.shape[1], 0] = zeros([], ScalarType.Float64); // b is free
            double curvature = (classes - 1.0) / (classes * (double)classes); // of a softmax that knows nothing
            Tensor along = Times(bordered.square().sum([0]).unsqueeze(1), curvature) + pull;
            Scale = along.maximum(torch.tensor(1e-12, ScalarType.Float64)).rsqrt();
            this.inputs = bordered * Scale.transpose(0, 1);
            penalty = pull * Scale.square();
            truth = nn.functional.one_hot(tensor(labels), classes).to(ScalarType.Float64);
        }

        /// <summary>(F + 1, 1): unscaled = scaled × this.</summary>
        public Tensor Scale { get; }

        public (double Value, Tensor Slope) At(Tensor weights)
        {
            Tensor logs = nn.functional.log_softmax(inputs.matmul(weights), 1);
            double value = -Dot(logs, truth) + Dot(weights.square(), penalty) / 2;
            return (value, inputs.transpose(0, 1).matmul(logs.exp() - truth) + weights * penalty);
        }
    }
}

using Gesto.Signs;
using Gesto.Training.Models;
using static TorchSharp.torch;

namespace Gesto.Training.Fitting;

/// <summary>The regression over all clips and over those of all folds but one.</summary>
internal sealed class LinearFit(long[] labels, int[] foldOf, int classes, CancellationToken cancel)
{
    private const double FirstStrength = 1,
        StrengthStep = 10,
        LowestPower = 0.05,
        HighestPower = 20;

    /// <summary>1 to 10,000. From there on losses hang on where the minimiser began, and a weaker penalty was taken or
    /// not by that (docs/LOG.md).</summary>
    private const int Strengths = 5;

    public int Classes => classes;

    public int[] Truth { get; } = [.. labels.Select(l => (int)l)];

    /// <summary>From the strongest penalty to the weakest, as long as less of it does better; then the strongest
    /// that does no worse than the best by more than the standard error of the difference.</summary>
    public (double Strength, (float[][], double[]) LeftOut) Choose(ClipSpan span)
    {
        var tried = new List<(double Strength, (float[][] Probabilities, double[] Losses) LeftOut)>();
        (float[][] Probabilities, double[] Losses)? best = null;
        double strength = FirstStrength;
        using var scope = NewDisposeScope();
        var ends = new Dictionary<int, Tensor>(); // a weaker penalty's are near
        for (int i = 0, worse = 0; i < Strengths && worse < 2; i++, strength *= StrengthStep)
        {
            (float[][] Probabilities, double[] Losses) predicted = LeftOut(span, strength, ends);
            tried.Add((strength, predicted));
            if (best is { } b && predicted.Losses.Average() >= b.Losses.Average())
                worse++;
            else
                (best, worse) = (predicted, 0);
        }
        return tried.First(t => IsNoWorse(t.LeftOut.Losses, best!.Value.Losses));
    }

    /// <returns>Probabilities of each clip by a map that has not learnt from its fold, and their losses at the best
    /// temperature.</returns>
    /// <param name="span">The clips.</param>
    /// <param name="strength">Of the penalty.</param>
    /// <param name="ends">Where the fits of each fold begin and, afterwards, ended; null = at 0.</param>
    public (float[][] Probabilities, double[] Losses) LeftOut(
        ClipSpan span,
        double strength,
        Dictionary<int, Tensor>? ends = null
    )
    {
        var predicted = new float[labels.Length][];
        foreach (
            IGrouping<int, int> fold in Enumerable.Range(0, labels.Length).GroupBy(n => foldOf[n]).OrderBy(g => g.Key)
        )
        {
            using var scope = NewDisposeScope();
            int[] others = [.. Enumerable.Range(0, labels.Length).Where(n => foldOf[n] != fold.Key)];
            Tensor found = Solve(span, others, strength, ends?.GetValueOrDefault(fold.Key));
            if (ends is not null)
                ends[fold.Key] = found.alias().MoveToOuterDisposeScope();
            float[][] p = Say(span.Coordinates.index_select(0, tensor(fold.Select(n => (long)n).ToArray())), found);
            foreach ((int i, int n) in fold.Index())
                predicted[n] = p[i];
        }
        return (predicted, LogLinearPool.CalibratedLosses(predicted, Truth, LowestPower, HighestPower));
    }

    /// <returns>Weights (F, K) of each part, the bias (K), and what the map says of the clips it learnt
    /// from.</returns>
    public (float[][] Weights, float[] Bias, float[][] Own) All(ClipSpan span, double strength, LinearPart[] parts)
    {
        using var scope = NewDisposeScope();
        using Tensor found = Solve(span, [.. Enumerable.Range(0, labels.Length)], strength, null);
        long rank = span.Coordinates.shape[1];
        Tensor shares = span.Back.matmul(found.narrow(0, 0, rank)).to(ScalarType.Float32),
            chosen = tensor(span.Landmarks);
        float[][] own = Say(span.Coordinates, found);
        return (
            [
                .. parts.Select(p =>
                    p.Taken.index_select(0, chosen).transpose(0, 1).matmul(shares).contiguous().data<float>().ToArray()
                ),
            ],
            found.select(0, rank).to(ScalarType.Float32).data<float>().ToArray(),
            own
        );
    }

    private Tensor Solve(ClipSpan span, int[] members, double strength, Tensor? from)
    {
        using Tensor inputs = span.Coordinates.index_select(0, tensor(members.Select(n => (long)n).ToArray()));
        return LogisticRegression.Fit(inputs, [.. members.Select(n => labels[n])], classes, strength, from, cancel);
    }

    private static float[][] Say(Tensor coordinates, Tensor found)
    {
        long rank = coordinates.shape[1];
        using Tensor logits = coordinates.matmul(found.narrow(0, 0, rank)).add(found.select(0, rank));
        int classes = (int)logits.shape[1];
        double[] values = logits.data<double>().ToArray();
        return
        [
            .. Enumerable
                .Range(0, (int)logits.shape[0])
                .Select(n => ProbabilityPool.Softmax(values.AsSpan(n * classes, classes))),
        ];
    }

    /// <returns>True where the mean of <paramref name="a"/> is above that of <paramref name="b"/> by no more than the
    /// error of the difference.</returns>
    public static bool IsNoWorse(double[] a, double[] b)
    {
        double[] worse = [.. a.Zip(b, (x, y) => x - y)];
        double mean = worse.Average(),
            variance = worse.Sum(w => (w - mean) * (w - mean)) / Math.Max(1, worse.Length - 1);
        return mean <= Math.Sqrt(variance / worse.Length);
    }
}

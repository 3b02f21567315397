using Gesto.Files;
using Gesto.Signs;
using Gesto.Training.Models;
using static TorchSharp.torch;

namespace Gesto.Training.Fitting;

/// <summary>One modality's clips, standardised.</summary>
/// <param name="Pooling">What is taken of them.</param>
/// <param name="Whole">Standardised with all that can be taken.</param>
/// <param name="Values">(N, all), float32.</param>
internal sealed record LinearPart(ClipPooling Pooling, LinearInput Whole, Tensor Values)
{
    private int Width => PooledClip.Width(Whole.Features, Pooling);

    public LinearInput Input => new(Pooling, Whole.Features, Whole.Mean[..Width], Whole.Scale[..Width]);

    /// <summary>Whether what varies within classes becomes quiet (<see cref="WithinClass"/>) before it is
    /// fitted.</summary>
    public bool Whitens { get; init; }

    /// <summary>(N, values taken).</summary>
    public Tensor Taken => Values.narrow(1, 0, Width);

    /// <returns>The same of some clips.</returns>
    public Tensor TakenOf(int[] members) =>
        members.Length == Values.shape[0]
            ? Taken
            : Taken.index_select(0, tensor(members.Select(n => (long)n).ToArray()));

    /// <summary>A value that varies a thousand times less than most is noise, and would be made as loud as
    /// they.</summary>
    private const double Least = 1e-3;

    /// <param name="pooled">(N, all), as <see cref="PooledClip.Of"/> gives it; null for clips that lack the modality,
    /// whose values are 0.</param>
    /// <param name="features">F.</param>
    /// <param name="still">How loud the mean over the clip is beside what moves.</param>
    public static LinearPart Of(float[]?[] pooled, int features, double still)
    {
        float[][] there = [.. pooled.OfType<float[]>()];
        int width = PooledClip.Width(features, ClipPooling.Parts);
        var (mean, scale) = (new float[width], new float[width]);
        for (int i = 0; i < width; i++)
        {
            double average = there.Average(p => (double)p[i]);
            mean[i] = (float)average;
            scale[i] = (float)Math.Sqrt(there.Average(p => (p[i] - average) * (p[i] - average)));
        }
        int start = 0;
        foreach (ClipPooling kind in new[] { ClipPooling.Mean, ClipPooling.Spread, ClipPooling.Parts })
        {
            int end = PooledClip.Width(features, kind);
            double[] sorted = [.. scale[start..end].Select(s => (double)s).Order()];
            double least = Least * sorted[sorted.Length / 2],
                share = Math.Sqrt(end - start) / (kind == ClipPooling.Mean ? still : 1);
            for (; start < end; start++)
                scale[start] = scale[start] > least ? (float)(1 / (scale[start] * share)) : 0;
        }
        var whole = new LinearInput(ClipPooling.Parts, features, mean, scale);
        Tensor values = zeros([pooled.Length, width], ScalarType.Float32);
        Span<float> to = System.Runtime.InteropServices.MemoryMarshal.Cast<byte, float>(values.bytes);
        for (int n = 0; n < pooled.Length; n++)
            if (pooled[n] is { } clip)
                whole.Standardise(clip).CopyTo(to.Slice(n * width, width));
        return new LinearPart(ClipPooling.Parts, whole, values);
    }
}

/// <summary>Clips in coordinates of their own span: Z Z' = the products of clips.</summary>
/// <param name="Coordinates">Z (N, r), float64.</param>
/// <param name="Landmarks">Which clips span it.</param>
/// <param name="Back">(landmarks, r): coordinates = products with the landmarks times this.</param>
internal sealed record LinearSpan(Tensor Coordinates, long[] Landmarks, Tensor Back) : IDisposable
{
    /// <summary>Clips that span more than so many.</summary>
    public const int MostLandmarks = 2048;

    private const double Least = 1e-9;

    /// <summary>Whether all of its parts do.</summary>
    public bool Whitens { get; private init; }

    /// <param name="parts">The modalities.</param>
    /// <param name="members">Which clips, that have all of these.</param>
    public static LinearSpan Of(LinearPart[] parts, int[] members)
    {
        using var scope = NewDisposeScope();
        int samples = members.Length,
            count = Math.Min(samples, MostLandmarks);
        long[] landmarks = [.. Enumerable.Range(0, count).Select(i => (long)i * samples / count)];
        Tensor chosen = tensor(landmarks),
            products = zeros([samples, count], ScalarType.Float64);
        foreach (LinearPart part in parts)
        {
            Tensor taken = part.TakenOf(members);
            products += taken.matmul(taken.index_select(0, chosen).transpose(0, 1)).to(ScalarType.Float64);
        }
        (Tensor values, Tensor vectors) = linalg.eigh(products.index_select(0, chosen));
        double[] found = values.data<double>().ToArray();
        int first = Array.FindIndex(found, v => v > Least * found[^1]);
        if (first < 0 || found[^1] <= 0)
            throw new InvalidDataException(
                "All samples have the same features: there is nothing to tell classes apart by. Look at the recordings."
            ).Suggest(NextStep.CheckRecordings);
        Tensor back =
            vectors.narrow(1, first, found.Length - first)
            * values.narrow(0, first, found.Length - first).rsqrt().unsqueeze(0);
        return new LinearSpan(
            products.matmul(back).MoveToOuterDisposeScope(),
            landmarks,
            back.MoveToOuterDisposeScope()
        )
        {
            Whitens = Array.TrueForAll(parts, p => p.Whitens),
        };
    }

    public void Dispose()
    {
        Coordinates.Dispose();
        Back.Dispose();
    }
}

/// <summary>The regression over all clips and over those of all folds but one.</summary>
internal sealed class LinearFit(
    long[] labels,
    int[] foldOf,
    int classes,
    CancellationToken cancel,
    int[]? members = null
)
{
    private const double FirstStrength = 1,
        StrengthStep = 10,
        LowestPower = 0.05,
        HighestPower = 20;

    /// <summary>1 to 10,000. From there on losses hang on where the minimiser began, and a weaker penalty was taken or
    /// not by that (docs/LOG.md).</summary>
    private const int Strengths = 5;

    /// <summary>Which clips of all these are.</summary>
    public int[] Members { get; } = members ?? [.. Enumerable.Range(0, labels.Length)];

    /// <returns>The same of some clips.</returns>
    public LinearFit Among(int[] some) =>
        new([.. some.Select(n => labels[n])], [.. some.Select(n => foldOf[n])], classes, cancel, some);

    /// <returns>True where cross-validation has something to leave out and something to learn from.</returns>
    public bool CanLearn(int[] some) => some.Select(n => foldOf[n]).Distinct().Count() > 1;

    /// <returns>Losses at the temperature that suits them best.</returns>
    public double[] LossesOf(float[][] probabilities) =>
        LogLinearPool.CalibratedLosses(probabilities, Truth, LowestPower, HighestPower);

    public int Classes => classes;

    public int[] Truth { get; } = [.. labels.Select(l => (int)l)];

    /// <summary>From the strongest penalty to the weakest, as long as less of it does better; then the strongest
    /// that does no worse than the best by more than the standard error of the difference.</summary>
    public (double Strength, (float[][], double[]) LeftOut) Choose(LinearSpan span)
    {
        var tried = new List<(double Strength, (float[][] Probabilities, double[] Losses) Said)>();
        (float[][] Probabilities, double[] Losses)? best = null;
        double strength = FirstStrength;
        using var scope = NewDisposeScope();
        var ends = new Dictionary<int, LinearSolution>(); // a weaker penalty's are near
        for (int i = 0, worse = 0; i < Strengths && worse < 2; i++, strength *= StrengthStep)
        {
            (float[][] Probabilities, double[] Losses) said = LeftOut(span, strength, ends);
            tried.Add((strength, said));
            if (best is { } b && said.Losses.Average() >= b.Losses.Average())
                worse++;
            else
                (best, worse) = (said, 0);
        }
        return tried.First(t => LinearTraining.IsNoWorse(t.Said.Losses, best!.Value.Losses));
    }

    /// <returns>Probabilities of each clip by a map that has not learnt from its fold, and their losses at the best
    /// temperature.</returns>
    /// <param name="span">The clips.</param>
    /// <param name="strength">Of the penalty.</param>
    /// <param name="ends">Where the fits of each fold begin and, afterwards, ended; null = at 0.</param>
    public (float[][] Probabilities, double[] Losses) LeftOut(
        LinearSpan span,
        double strength,
        Dictionary<int, LinearSolution>? ends = null
    )
    {
        var said = new float[labels.Length][];
        foreach (
            IGrouping<int, int> fold in Enumerable.Range(0, labels.Length).GroupBy(n => foldOf[n]).OrderBy(g => g.Key)
        )
        {
            using var scope = NewDisposeScope();
            int[] others = [.. Enumerable.Range(0, labels.Length).Where(n => foldOf[n] != fold.Key)];
            LinearSolution found = Solve(span, others, strength, ends?.GetValueOrDefault(fold.Key));
            if (ends is not null)
                ends[fold.Key] = found.MoveToOuterScope();
            float[][] p = Say(
                span.Coordinates.index_select(0, tensor(fold.Select(n => (long)n).ToArray())),
                found.Weights
            );
            foreach ((int i, int n) in fold.Index())
                said[n] = p[i];
        }
        return (said, LossesOf(said));
    }

    /// <returns>Weights (F, K) of each part, the bias (K), and what the map says of the clips it learnt
    /// from.</returns>
    public (float[][] Weights, float[] Bias, float[][] Own) All(LinearSpan span, double strength, LinearPart[] parts)
    {
        using var scope = NewDisposeScope();
        Tensor found = Solve(span, [.. Enumerable.Range(0, labels.Length)], strength, null).Weights;
        long rank = span.Coordinates.shape[1];
        Tensor shares = span.Back.matmul(found.narrow(0, 0, rank)).to(ScalarType.Float32),
            chosen = tensor(span.Landmarks);
        float[][] own = Say(span.Coordinates, found);
        return (
            [
                .. parts.Select(p =>
                    p.TakenOf(Members)
                        .index_select(0, chosen)
                        .transpose(0, 1)
                        .matmul(shares)
                        .contiguous()
                        .data<float>()
                        .ToArray()
                ),
            ],
            found.select(0, rank).to(ScalarType.Float32).data<float>().ToArray(),
            own
        );
    }

    private LinearSolution Solve(LinearSpan span, int[] members, double strength, LinearSolution? from)
    {
        using var scope = NewDisposeScope();
        Tensor inputs = span.Coordinates.index_select(0, tensor(members.Select(n => (long)n).ToArray()));
        long[] truth = [.. members.Select(n => labels[n])];
        Tensor? whitening =
            from is not null ? from.Whitening?.alias()
            : span.Whitens ? WithinClass.Whitening(inputs, truth)
            : null;
        Tensor whitened = whitening is null ? inputs : inputs.matmul(whitening),
            found = LogisticRegression.Fit(whitened, truth, classes, strength, from?.Found, cancel);
        return new LinearSolution(found, whitening).MoveToOuterScope();
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
}

/// <summary>A map of clips' coordinates, and where its fit ended.</summary>
/// <param name="Found">(F + 1, K), of whitened coordinates.</param>
/// <param name="Whitening">(F, F) of the clips learnt from; null = none.</param>
internal sealed record LinearSolution(Tensor Found, Tensor? Whitening)
{
    /// <summary>(F + 1, K): of the coordinates as they are, then the bias.</summary>
    public Tensor Weights
    {
        get
        {
            long rank = Found.shape[0] - 1;
            return Whitening is null
                ? Found.alias()
                : cat([Whitening.matmul(Found.narrow(0, 0, rank)), Found.narrow(0, rank, 1)], 0);
        }
    }

    public LinearSolution MoveToOuterScope() =>
        new(Found.MoveToOuterDisposeScope(), Whitening?.MoveToOuterDisposeScope());
}

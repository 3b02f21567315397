using System.Diagnostics;
using Gesto.Encoders;
using Gesto.Files;
using Gesto.Radar;
using Gesto.Recordings;
using Gesto.Signs;
using Gesto.Training.Batches;
using Gesto.Training.Datasets;
using Gesto.Training.Features;
using Gesto.Training.Models;
using Gesto.Training.Runs;
using static TorchSharp.torch;

namespace Gesto.Training.Fitting;

/// <summary>Fits the `linear` recipe: regularised multinomial logistic regression on pooled clips.</summary>
/// <remarks> What is taken of a clip and how strong the penalty is, is chosen by cross-validation over groups (signers,
/// else sessions, else blocks of neighbouring takes): the least loss on the clips left out at the temperature that
/// suits it, since confidence is calibrated afterwards. What is said of the clips left out stays in the run: nothing
/// else has to be held out for calibration, so the final map learns from every sample.
/// <para>Weights lie in the span of the clips (Z Z' = K, the matrix of their products), so that 20,000 values of a clip
/// cost no more than as many as there are clips; where there are more than <see cref="MostLandmarks"/>, in the span of
/// so many of them, evenly spread (C. Williams, M. Seeger, "Using the Nyström method to speed up kernel machines", NIPS
/// 2000).</para>
/// <para>Values are standardised by all clips, those left out among them; what they are labelled is not looked
/// at.</para>
/// </remarks>
internal static class LinearTraining
{
    public const int Folds = 5;

    /// <summary>What stands still in a radar's maps is mostly the room and where somebody sits: a quarter as loud, it
    /// still tells classes apart where nothing else does, and seldom where a movement does. Chosen on KKT60's sittings
    /// (docs/LOG.md): forward 90 % where 1 gives 84.</summary>
    private const double Still = 0.25;

    private const int MostLandmarks = 2048;
    private const double FirstStrength = 1,
        StrengthStep = 10,
        LowestPower = 0.05,
        HighestPower = 20;

    /// <summary>1 to 10,000. From there on losses hang on where the minimiser began, and a weaker penalty was taken or
    /// not by that (docs/LOG.md).</summary>
    private const int Strengths = 5;

    private static readonly ClipPooling[] Poolings = Enum.GetValues<ClipPooling>();

    /// <summary>Where what is taken of a clip is compared.</summary>
    private const double UsualStrength = 100;

    /// <returns>Radar values a step, of all antennas.</returns>
    public static int RadarWidth(FeatureKey radar) =>
        radar.Shape is [_, int antennas, int rows, int columns]
            ? new RadarReduction(antennas, rows, columns, Logarithm: false).Width
            : radar.Shape[1];

    /// <returns>How well it does on the clips left out.</returns>
    public static EpochLine Run(
        RunDirectory run,
        FeatureSet features,
        TrainingData data,
        IProgress<WorkProgress>? progress,
        CancellationToken cancel
    )
    {
        if (EpochLog.Load(run.LogPath) is [.., var fitted])
            return fitted; // written last
        long begun = Stopwatch.GetTimestamp();
        using var noGradients = no_grad();
        using var scope = NewDisposeScope();
        Sample[] samples = [.. data.Train.Select(i => data.Samples[i])];
        var fit = new Fit([.. data.Train.Select(i => data.Labels[i])], FoldsOf(samples), data.LabelSet.Count, cancel);
        RadarReduction? reduction = run.Recipe.UsesRadar ? ReductionOf(features.Radar!, samples) : null;
        var parts = new List<Part>();
        if (run.Recipe.UsesRgb)
            parts.Add(
                Part.Of(
                    Pool("RGB", features.Rgb!, samples, steps => steps, features.Rgb!.Key.Shape[1], progress, cancel),
                    features.Rgb!.Key.Shape[1],
                    still: 1
                )
            );
        if (run.Recipe.UsesRadar)
        {
            int width = run.Facts.RadarWidth;
            parts.Add(
                Part.Of(
                    Pool(
                        "radar",
                        features.Radar!,
                        samples,
                        steps => reduction?.Apply(steps) ?? steps,
                        width,
                        progress,
                        cancel
                    ),
                    width,
                    reduction is null ? 1 : Still
                )
            );
        }
        int rounds = (run.Recipe.UsesRgb ? Poolings.Length : 0) + (parts.Count > 1 ? 3 : 1),
            done = 0;
        void Report() => progress?.Report(new WorkProgress("fit linear", done++, rounds, "rounds"));
        if (run.Recipe.UsesRgb)
            parts[0] = parts[0] with { Pooling = LeastPooling(parts[0], fit, Report) };
        var maps = new Dictionary<(bool, bool), LinearMap>();
        (float[][] Probabilities, double[] Losses) leftOut = ([], [0]);
        double trainLoss = 0,
            trainAccuracy = 0;
        bool both = parts.Count > 1;
        foreach (
            Part[] chosen in both
                ?
                [
                    [.. parts],
                    [parts[0]],
                    [parts[1]],
                ]
                : new Part[][] { [.. parts] }
        )
        {
            Report();
            using Span span = Span.Of(chosen);
            (double strength, (float[][], double[]) said) = fit.Choose(span);
            (float[][] weights, float[] bias, float[][] own) = fit.All(span, strength, chosen);
            (bool rgb, bool radar) uses =
                both && chosen.Length == 1
                    ? (chosen[0] == parts[0], chosen[0] == parts[1])
                    : (run.Recipe.UsesRgb, run.Recipe.UsesRadar);
            maps[uses] = new LinearMap(uses.rgb ? weights[0] : null, uses.radar ? weights[^1] : null, bias);
            if (chosen.Length < parts.Count)
                continue;
            leftOut = said;
            trainLoss = LogLinearPool.Loss(own, fit.Truth);
            trainAccuracy = Accuracy(own, fit.Truth);
        }
        Report();
        new LinearModel
        {
            Rgb = run.Recipe.UsesRgb ? parts[0].Input : null,
            Radar = run.Recipe.UsesRadar ? parts[^1].Input : null,
            Reduction = reduction,
            Maps = maps,
        }.Save(run.BestPath);
        NpyFile.Save(
            run.HeldOutPath,
            NpyArray.From([.. leftOut.Probabilities.SelectMany(p => p)], samples.Length, fit.Classes)
        );
        var line = new EpochLine(
            FusionTraining.Stage,
            1,
            trainLoss,
            trainAccuracy,
            leftOut.Losses.Average(),
            Accuracy(leftOut.Probabilities, fit.Truth),
            Stopwatch.GetElapsedTime(begun).TotalSeconds
        );
        EpochLog.Save(run.LogPath, [line]);
        return line;
    }

    /// <summary>The pooling of RGB that takes least of a clip and has no more loss than the best by more than the
    /// standard error of the difference: a handshape is in the mean of frames, and fewer values drift less. Of radar
    /// all is taken always: its course is the sign, and folds, which are of the same days, show no drift to choose by
    /// (docs/LOG.md).</summary>
    /// <remarks>The one-standard-error rule of L. Breiman et al., "Classification and Regression Trees",
    /// 1984.</remarks>
    private static ClipPooling LeastPooling(Part part, Fit fit, Action report)
    {
        var losses = new Dictionary<ClipPooling, double[]>();
        foreach (ClipPooling pooling in Poolings)
        {
            report();
            using Span span = Span.Of([part with { Pooling = pooling }]);
            losses[pooling] = fit.LeftOut(span, UsualStrength).Losses;
        }
        double[] best = losses.Values.MinBy(l => l.Average())!;
        return losses.First(l => IsNoWorse(l.Value, best)).Key;
    }

    /// <returns>True where the mean of <paramref name="a"/> is above that of <paramref name="b"/> by no more than the
    /// error of the difference.</returns>
    private static bool IsNoWorse(double[] a, double[] b)
    {
        double[] worse = [.. a.Zip(b, (x, y) => x - y)];
        double mean = worse.Average(),
            variance = worse.Sum(w => (w - mean) * (w - mean)) / Math.Max(1, worse.Length - 1);
        return mean <= Math.Sqrt(variance / worse.Length);
    }

    /// <returns>For each sample the fold it is left out in, 0…; a group is never parted.</returns>
    private static int[] FoldsOf(Sample[] samples)
    {
        Sample[] pool = [.. samples.Select(s => s with { Split = Split.Train })];
        FoldUnit by =
            Groups(s => s.Signer) > 1 ? FoldUnit.Signer
            : Groups(s => s.Session) > 1 ? FoldUnit.Session
            : FoldUnit.Sample;
        int groups = by switch
        {
            FoldUnit.Signer => Groups(s => s.Signer),
            FoldUnit.Session => Groups(s => s.Session),
            _ => samples.Length,
        };
        if (groups < 2)
            throw new InvalidDataException(
                $"{samples.Length} sample to learn from: a linear classifier needs two or more."
            );
        FoldDeal deal = FoldDeal.Deal(pool, Math.Min(Folds, groups), by, seed: 0);
        Dictionary<string, int> foldOf = Enumerable
            .Range(1, deal.Count)
            .SelectMany(f => deal.In(f).Select(s => (s.Key, f - 1)))
            .ToDictionary(p => p.Key, p => p.Item2);
        return [.. samples.Select(s => foldOf[s.Key])];

        int Groups(Func<Sample, string?> of) =>
            samples.Any(s => of(s) is null) ? 0 : samples.Select(of).Distinct().Count();
    }

    /// <summary>Of linear magnitudes the logarithm is taken, since strong echoes hide the rest.</summary>
    private static RadarReduction? ReductionOf(FeatureStore store, Sample[] samples)
    {
        if (store.Key.Shape is not [_, int antennas, int rows, int columns])
            return null;
        return new RadarReduction(
            antennas,
            rows,
            columns,
            StoredRadar.ScaleOf(store, [.. samples.Select(s => s.Key)]) == RadarScale.Linear
        );
    }

    private static float[][] Pool(
        string modality,
        FeatureStore store,
        Sample[] samples,
        Func<float[], float[]> stepsOf,
        int width,
        IProgress<WorkProgress>? progress,
        CancellationToken cancel
    )
    {
        var pooled = new float[samples.Length][];
        int frame = store.Key.Shape.Skip(1).Aggregate(1, (a, b) => a * b);
        for (int i = 0; i < samples.Length; i++)
        {
            cancel.ThrowIfCancellationRequested();
            progress?.Report(new WorkProgress($"pool {modality}", i, samples.Length, "samples"));
            float[] values = store.Load(samples[i].Key).ToSingles()[..(store.LengthOf(samples[i].Key) * frame)];
            pooled[i] = PooledClip.Of(stepsOf(values), width);
        }
        return pooled;
    }

    private static double Accuracy(float[][] probabilities, int[] truth) =>
        probabilities.Select((p, n) => Array.IndexOf(p, p.Max()) == truth[n] ? 1.0 : 0).Average();

    /// <summary>One modality's clips, standardised.</summary>
    /// <param name="Pooling">What is taken of them.</param>
    /// <param name="Whole">Standardised with all that can be taken.</param>
    /// <param name="Values">(N, all), float32.</param>
    private sealed record Part(ClipPooling Pooling, LinearInput Whole, Tensor Values)
    {
        private int Width => PooledClip.Width(Whole.Features, Pooling);

        public LinearInput Input => new(Pooling, Whole.Features, Whole.Mean[..Width], Whole.Scale[..Width]);

        /// <summary>(N, values taken).</summary>
        public Tensor Taken => Values.narrow(1, 0, Width);

        /// <summary>A value that varies a thousand times less than most is noise, and would be made as loud as
        /// they.</summary>
        private const double Least = 1e-3;

        /// <param name="pooled">(N, all), as <see cref="PooledClip.Of"/> gives it.</param>
        /// <param name="features">F.</param>
        /// <param name="still">How loud the mean over the clip is beside what moves.</param>
        public static Part Of(float[][] pooled, int features, double still)
        {
            int width = pooled[0].Length;
            var (mean, scale) = (new float[width], new float[width]);
            for (int i = 0; i < width; i++)
            {
                double average = pooled.Average(p => (double)p[i]);
                mean[i] = (float)average;
                scale[i] = (float)Math.Sqrt(pooled.Average(p => (p[i] - average) * (p[i] - average)));
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
            Tensor values = empty([pooled.Length, width], ScalarType.Float32);
            Span<float> to = System.Runtime.InteropServices.MemoryMarshal.Cast<byte, float>(values.bytes);
            for (int n = 0; n < pooled.Length; n++)
                whole.Standardise(pooled[n]).CopyTo(to.Slice(n * width, width));
            return new Part(ClipPooling.Parts, whole, values);
        }
    }

    /// <summary>Clips in coordinates of their own span: Z Z' = the products of clips.</summary>
    /// <param name="Coordinates">Z (N, r), float64.</param>
    /// <param name="Landmarks">Which clips span it.</param>
    /// <param name="Back">(landmarks, r): coordinates = products with the landmarks times this.</param>
    private sealed record Span(Tensor Coordinates, long[] Landmarks, Tensor Back) : IDisposable
    {
        private const double Least = 1e-9;

        public static Span Of(Part[] parts)
        {
            using var scope = NewDisposeScope();
            int samples = (int)parts[0].Values.shape[0],
                count = Math.Min(samples, MostLandmarks);
            long[] landmarks = [.. Enumerable.Range(0, count).Select(i => (long)i * samples / count)];
            Tensor chosen = tensor(landmarks),
                products = zeros([samples, count], ScalarType.Float64);
            foreach (Part part in parts)
                products += part
                    .Taken.matmul(part.Taken.index_select(0, chosen).transpose(0, 1))
                    .to(ScalarType.Float64);
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
            return new Span(products.matmul(back).MoveToOuterDisposeScope(), landmarks, back.MoveToOuterDisposeScope());
        }

        public void Dispose()
        {
            Coordinates.Dispose();
            Back.Dispose();
        }
    }

    /// <summary>The regression over all clips and over those of all folds but one.</summary>
    private sealed class Fit(long[] labels, int[] foldOf, int classes, CancellationToken cancel)
    {
        public int Classes => classes;

        public int[] Truth { get; } = [.. labels.Select(l => (int)l)];

        /// <summary>From the strongest penalty to the weakest, as long as less of it does better; then the strongest
        /// that does no worse than the best by more than the standard error of the difference.</summary>
        public (double Strength, (float[][], double[]) LeftOut) Choose(Span span)
        {
            var tried = new List<(double Strength, (float[][] Probabilities, double[] Losses) Said)>();
            (float[][] Probabilities, double[] Losses)? best = null;
            double strength = FirstStrength;
            using var scope = NewDisposeScope();
            var ends = new Dictionary<int, Tensor>(); // a weaker penalty's are near
            for (int i = 0, worse = 0; i < Strengths && worse < 2; i++, strength *= StrengthStep)
            {
                (float[][] Probabilities, double[] Losses) said = LeftOut(span, strength, ends);
                tried.Add((strength, said));
                if (best is { } b && said.Losses.Average() >= b.Losses.Average())
                    worse++;
                else
                    (best, worse) = (said, 0);
            }
            return tried.First(t => IsNoWorse(t.Said.Losses, best!.Value.Losses));
        }

        /// <returns>Probabilities of each clip by a map that has not learnt from its fold, and their losses at the best
        /// temperature.</returns>
        /// <param name="span">The clips.</param>
        /// <param name="strength">Of the penalty.</param>
        /// <param name="ends">Where the fits of each fold begin and, afterwards, ended; null = at 0.</param>
        public (float[][] Probabilities, double[] Losses) LeftOut(
            Span span,
            double strength,
            Dictionary<int, Tensor>? ends = null
        )
        {
            var said = new float[labels.Length][];
            foreach (
                IGrouping<int, int> fold in Enumerable
                    .Range(0, labels.Length)
                    .GroupBy(n => foldOf[n])
                    .OrderBy(g => g.Key)
            )
            {
                using var scope = NewDisposeScope();
                int[] others = [.. Enumerable.Range(0, labels.Length).Where(n => foldOf[n] != fold.Key)];
                Tensor found = Solve(span, others, strength, ends?.GetValueOrDefault(fold.Key));
                if (ends is not null)
                    ends[fold.Key] = found.alias().MoveToOuterDisposeScope();
                float[][] p = Say(span.Coordinates.index_select(0, tensor(fold.Select(n => (long)n).ToArray())), found);
                foreach ((int i, int n) in fold.Index())
                    said[n] = p[i];
            }
            return (said, LogLinearPool.CalibratedLosses(said, Truth, LowestPower, HighestPower));
        }

        /// <returns>Weights (F, K) of each part, the bias (K), and what the map says of the clips it learnt
        /// from.</returns>
        public (float[][] Weights, float[] Bias, float[][] Own) All(Span span, double strength, Part[] parts)
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
                        p.Taken.index_select(0, chosen)
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

        private Tensor Solve(Span span, int[] members, double strength, Tensor? from)
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
    }
}

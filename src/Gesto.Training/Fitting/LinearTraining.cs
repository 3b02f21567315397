using System.Diagnostics;
using Gesto.Encoders;
using Gesto.Files;
using Gesto.Landmarks;
using Gesto.Radar;
using Gesto.Recordings;
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
/// cost no more than as many as there are clips; where there are more than <see cref="LinearSpan.MostLandmarks"/>, in
/// the span of
/// so many of them, evenly spread (C. Williams, M. Seeger, "Using the Nyström method to speed up kernel machines", NIPS
/// 2000).</para>
/// <para>Of landmarks alone, what varies within a class becomes quiet first (<see cref="WithinClass"/>), by the clips
/// that a fit learns from.</para>
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

    private static readonly ClipPooling[] Poolings = Enum.GetValues<ClipPooling>();

    /// <summary>Modalities of which no more is taken than helps.</summary>
    private static readonly Modality[] Chosen = [Modality.Rgb, Modality.Landmarks];

    /// <summary>Accuracy by which a vote, or RGB beside landmarks, must be better where nothing held out is of another
    /// day or person.</summary>
    internal const double Doubt = 0.05;

    /// <summary>Where what is taken of a clip is compared.</summary>
    private const double UsualStrength = 100;

    /// <returns>Values a step: of radar maps, of all antennas.</returns>
    public static int Width(Modality modality, FeatureKey key) =>
        modality == Modality.Radar && key.Shape is [_, int antennas, int rows, int columns]
            ? new RadarReduction(antennas, rows, columns, Logarithm: false).Width
            : key.Shape[1];

    /// <returns>How well it does on the clips left out.</returns>
    public static EpochLine Run(
        RunDirectory run,
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
        (int[] folds, FoldUnit by) = FoldsOf(samples);
        int[] real = [.. Enumerable.Range(0, samples.Length)];
        long[] labels = [.. data.Train.Select(i => data.Labels[i])];
        bool mirrors =
            run.Recipe.Landmarks.Mirroring > 0
            && data.Streams[Modality.Landmarks]?.Store.Key.Shape is [_, LandmarkFeatures.Width];
        if (mirrors) // each has a left-handed twin, in the same fold
            (samples, folds, labels) = ([.. samples, .. samples], [.. folds, .. folds], [.. labels, .. labels]);
        var all = new LinearFit(labels, folds, data.LabelSet.Count, cancel);
        RadarReduction? reduction = data.Streams[Modality.Radar] is { } radar
            ? ReductionOf(radar.Store, samples)
            : null;
        PerModality<LinearPart> parts = data.Streams.Select(
            (modality, stream) =>
            {
                RadarReduction? reduces = modality == Modality.Radar ? reduction : null;
                int width = run.Facts.Streams[modality]!.Width;
                float[]?[] PoolOf(bool mirrored) =>
                    Pool(modality, stream.Store, samples[..real.Length], reduces, width, mirrored, progress, cancel);
                float[]?[] pooled = PoolOf(mirrored: false);
                if (mirrors)
                    pooled = [.. pooled, .. modality == Modality.Landmarks ? PoolOf(mirrored: true) : pooled];
                return pooled.All(p => p is null)
                    ? null
                    : LinearPart.Of(pooled, width, reduces is null ? 1 : Still) with
                    {
                        Whitens = modality == Modality.Landmarks,
                    };
            }
        );
        IReadOnlyList<ModalityMask> sets =
        [
            .. ModalityMask
                .Subsets([.. parts.Modalities], allOnly: false, antennas: 1)
                .Where(set => all.CanLearn(MembersOf(set))),
        ];
        if (sets.Count == 0)
            throw new InvalidDataException(
                $"{samples.Length} samples, and no modality is in two of their groups: nothing to cross-validate by."
            );
        Modality[] chooses = [.. Chosen.Where(m => parts[m] is not null)];
        int rounds = chooses.Length * Poolings.Length + sets.Count,
            done = 0;
        void Report() => progress?.Report(new WorkProgress("fit linear", done++, rounds, "rounds"));
        foreach (Modality modality in chooses)
            if (parts[modality] is { } part && all.CanLearn(MembersOf(ModalityMask.Of(modality))))
                parts = parts.With(
                    modality,
                    part with
                    {
                        Pooling = LeastPooling(part, all.Among(MembersOf(ModalityMask.Of(modality))), Report),
                    }
                );
        var maps = new List<LinearMap>();
        var leftOut = new float[samples.Length][];
        var learnt = new float[samples.Length][];
        foreach (ModalityMask set in sets)
        {
            Report();
            LinearFit fit = all.Among(MembersOf(set));
            SetMap found = Learn(fit, parts, [.. set.Used]);
            if (set.Uses(Modality.Rgb) && set.Uses(Modality.Landmarks))
            {
                SetMap without = Learn(fit, parts, [.. set.Used.Where(m => m != Modality.Rgb)]);
                if (!Adds(found, without, fit.Truth, by))
                    found = without with
                    {
                        Weights = without.Weights.With(Modality.Rgb, new float[found.Weights[Modality.Rgb]!.Length]),
                    };
            }
            maps.Add(new LinearMap(found.Weights, found.Bias));
            // What is said of a clip is said by the map for most of what it has: the first that it is a member of.
            foreach ((int i, int n) in fit.Members.Index())
            {
                leftOut[n] ??= found.LeftOut[i];
                learnt[n] ??= found.Own[i];
            }
        }
        Report();
        float[] unknown = [.. Enumerable.Repeat(1f / all.Classes, all.Classes)];
        for (int n = 0; n < samples.Length; n++)
            (leftOut[n], learnt[n]) = (leftOut[n] ?? unknown, learnt[n] ?? unknown);
        new LinearModel
        {
            Inputs = parts.Select((_, part) => part.Input),
            Reduction = reduction,
            Maps = maps,
        }.Save(run.BestPath);
        LinearFit given = all.Among(real);
        (leftOut, learnt) = (leftOut[..real.Length], learnt[..real.Length]);
        NpyFile.Save(run.HeldOutPath, NpyArray.From([.. leftOut.SelectMany(p => p)], real.Length, given.Classes));
        var line = new EpochLine(
            FusionTraining.Stage,
            1,
            LogLinearPool.Loss(learnt, given.Truth),
            Accuracy(learnt, given.Truth),
            given.LossesOf(leftOut).Average(),
            Accuracy(leftOut, given.Truth),
            Stopwatch.GetElapsedTime(begun).TotalSeconds
        );
        EpochLog.Save(run.LogPath, [line]);
        return line;

        int[] MembersOf(ModalityMask set) =>
            [
                .. Enumerable
                    .Range(0, samples.Length)
                    .Where(n => set.Used.All(m => data.Streams[m]!.Store.Contains(samples[n].Key))),
            ];
    }

    /// <summary>The map for one set of modalities.</summary>
    /// <param name="Weights">Of each modality.</param>
    /// <param name="Bias">(K).</param>
    /// <param name="LeftOut">What is said of each clip by a fit without its fold.</param>
    /// <param name="Losses">Of these, nats.</param>
    /// <param name="Own">What the map says of each clip.</param>
    private sealed record SetMap(
        PerModality<float[]> Weights,
        float[] Bias,
        float[][] LeftOut,
        double[] Losses,
        float[][] Own
    );

    private static SetMap Learn(LinearFit fit, PerModality<LinearPart> parts, Modality[] set)
    {
        LinearPart[] chosen = [.. set.Select(m => parts[m]!)];
        using LinearSpan span = LinearSpan.Of(chosen, fit.Members);
        (double strength, (float[][] leftOut, double[] losses)) = fit.Choose(span);
        (float[][] weights, float[] bias, float[][] own) = fit.All(span, strength, chosen);
        return new(PerModality.For(set, m => weights[Array.IndexOf(set, m)]), bias, leftOut, losses, own);
    }

    /// <summary>Pictures show who signs and the room beside what joints show already: they have a say beside landmarks
    /// only if clips of other signers or sessions are said better with them by more than the error of the difference;
    /// where neither are known, only if <see cref="Doubt"/> more clips are right, surely: neighbouring
    /// takes share the room.</summary>
    private static bool Adds(SetMap with, SetMap without, int[] truth, FoldUnit by) =>
        by == FoldUnit.Sample
            ? !IsNoWorse(Wrong(without.LeftOut, truth), [.. Wrong(with.LeftOut, truth).Select(w => w + Doubt)])
            : !IsNoWorse(without.Losses, with.Losses);

    private static double[] Wrong(float[][] said, int[] truth) =>
        [.. said.Select((p, n) => Array.IndexOf(p, p.Max()) == truth[n] ? 0.0 : 1)];

    /// <summary>The pooling of RGB or landmarks that takes least of a clip and has no more loss than the best by more
    /// than the standard error of the difference: a handshape is in the mean of frames, and fewer values drift less.
    /// Of radar all is taken always: its course is the sign, and folds, which are of the same days, show no drift to
    /// choose by (docs/LOG.md).</summary>
    /// <remarks>The one-standard-error rule of L. Breiman et al., "Classification and Regression Trees",
    /// 1984.</remarks>
    private static ClipPooling LeastPooling(LinearPart part, LinearFit fit, Action report)
    {
        var losses = new Dictionary<ClipPooling, double[]>();
        foreach (ClipPooling pooling in Poolings)
        {
            report();
            using LinearSpan span = LinearSpan.Of([part with { Pooling = pooling }], fit.Members);
            losses[pooling] = fit.LeftOut(span, UsualStrength).Losses;
        }
        double[] best = losses.Values.MinBy(l => l.Average())!;
        return losses.First(l => IsNoWorse(l.Value, best)).Key;
    }

    /// <returns>True where the mean of <paramref name="a"/> is above that of <paramref name="b"/> by no more than the
    /// error of the difference.</returns>
    internal static bool IsNoWorse(double[] a, double[] b)
    {
        double[] worse = [.. a.Zip(b, (x, y) => x - y)];
        double mean = worse.Average(),
            variance = worse.Sum(w => (w - mean) * (w - mean)) / Math.Max(1, worse.Length - 1);
        return mean <= Math.Sqrt(variance / worse.Length);
    }

    /// <returns>For each sample the fold it is left out in, 0…; a group is never parted.</returns>
    private static (int[] Folds, FoldUnit By) FoldsOf(Sample[] samples)
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
        return ([.. samples.Select(s => foldOf[s.Key])], by);

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
            StoredRadar.ScaleOf(store, [.. samples.Select(s => s.Key).Where(store.Contains)]) == RadarScale.Linear
        );
    }

    /// <returns>(N, all) of those that have the modality; null for the others.</returns>
    private static float[]?[] Pool(
        Modality modality,
        FeatureStore store,
        Sample[] samples,
        RadarReduction? reduction,
        int width,
        bool mirrored,
        IProgress<WorkProgress>? progress,
        CancellationToken cancel
    )
    {
        var pooled = new float[]?[samples.Length];
        int frame = store.Key.Shape.Skip(1).Aggregate(1, (a, b) => a * b);
        for (int i = 0; i < samples.Length; i++)
        {
            cancel.ThrowIfCancellationRequested();
            progress?.Report(new WorkProgress($"pool {modality.Title}", i, samples.Length, "samples"));
            if (!store.Contains(samples[i].Key))
                continue;
            float[] values = store.Load(samples[i].Key).ToSingles()[..(store.LengthOf(samples[i].Key) * frame)];
            if (mirrored)
                LandmarkFeatures.Mirror(values);
            pooled[i] = PooledClip.Of(reduction?.Apply(values) ?? values, width);
        }
        return pooled;
    }

    private static double Accuracy(float[][] probabilities, int[] truth) =>
        probabilities.Select((p, n) => Array.IndexOf(p, p.Max()) == truth[n] ? 1.0 : 0).Average();
}

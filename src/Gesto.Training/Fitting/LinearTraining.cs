using System.Diagnostics;
using Gesto.Encoders;
using Gesto.Files;
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
/// cost no more than as many as there are clips; where there are more than <see cref="ClipSpan.MostLandmarks"/>, in the span of
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
        var fit = new LinearFit(
            [.. data.Train.Select(i => data.Labels[i])],
            FoldsOf(samples),
            data.LabelSet.Count,
            cancel
        );
        RadarReduction? reduction = run.Recipe.UsesRadar ? ReductionOf(features.Radar!, samples) : null;
        var parts = new List<LinearPart>();
        if (run.Recipe.UsesRgb)
            parts.Add(
                LinearPart.Of(
                    Pool("RGB", features.Rgb!, samples, steps => steps, features.Rgb!.Key.Shape[1], progress, cancel),
                    features.Rgb!.Key.Shape[1],
                    still: 1
                )
            );
        if (run.Recipe.UsesRadar)
        {
            int width = run.Facts.RadarWidth;
            parts.Add(
                LinearPart.Of(
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
            LinearPart[] chosen in both
                ?
                [
                    [.. parts],
                    [parts[0]],
                    [parts[1]],
                ]
                : new LinearPart[][] { [.. parts] }
        )
        {
            Report();
            using ClipSpan span = ClipSpan.Of(chosen);
            (double strength, (float[][], double[]) predicted) = fit.Choose(span);
            (float[][] weights, float[] bias, float[][] own) = fit.All(span, strength, chosen);
            (bool rgb, bool radar) uses =
                both && chosen.Length == 1
                    ? (chosen[0] == parts[0], chosen[0] == parts[1])
                    : (run.Recipe.UsesRgb, run.Recipe.UsesRadar);
            maps[uses] = new LinearMap(uses.rgb ? weights[0] : null, uses.radar ? weights[^1] : null, bias);
            if (chosen.Length < parts.Count)
                continue;
            leftOut = predicted;
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
    private static ClipPooling LeastPooling(LinearPart part, LinearFit fit, Action report)
    {
        var losses = new Dictionary<ClipPooling, double[]>();
        foreach (ClipPooling pooling in Poolings)
        {
            report();
            using ClipSpan span = ClipSpan.Of([part with { Pooling = pooling }]);
            losses[pooling] = fit.LeftOut(span, UsualStrength).Losses;
        }
        double[] best = losses.Values.MinBy(l => l.Average())!;
        return losses.First(l => LinearFit.IsNoWorse(l.Value, best)).Key;
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
}

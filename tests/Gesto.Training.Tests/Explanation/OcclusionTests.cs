using Gesto.Recordings;
using Gesto.Signs;
using Gesto.Training.Explanation;
using Gesto.Training.Features;
using Gesto.Training.Recipes;
using Gesto.Training.Recognition;
using Gesto.Training.Runs;

namespace Gesto.Training.Tests.Explanation;

public class OcclusionTests
{
    private const int Rgb = 24,
        Radar = 12;

    [Theory]
    [InlineData(true, 0)]
    [InlineData(true, 9)]
    [InlineData(true, Rgb - 1)]
    [InlineData(false, 4)]
    [InlineData(false, Radar - 1)]
    public void The_one_step_that_decides_has_the_highest_importance_and_the_other_modality_none(bool inRgb, int step)
    {
        using var recogniser = new LooksAt(inRgb, step, canLeaveOut: true);
        (IReadOnlyList<ModalityEvidence> evidence, bool leftOut) = Occlusion.Measure(
            recogniser,
            Sample(inRgb, step),
            ModalityMask.All,
            label: 1,
            null,
            CancellationToken.None
        );
        Assert.True(leftOut);
        Assert.Equal(["RGB", "radar"], evidence.Select(e => e.Modality));
        ModalityEvidence seen = evidence[inRgb ? 0 : 1],
            ignored = evidence[inRgb ? 1 : 0];

        Assert.Equal(inRgb ? Rgb : Radar, seen.Importance.Count);
        Assert.Equal(step, Array.IndexOf([.. seen.Importance], seen.Importance.Max()));
        // Every window that hides it takes the whole evidence: log p falls by log(1 + e^0) − log(1 + e^−3) = 0.6931 −
        // 0.0486.
        Assert.Equal(Math.Log(2) - Math.Log(1 + Math.Exp(-3)), seen.Importance[step], 1e-4);
        Assert.InRange(
            step + 0.5,
            seen.Strongest!.From * seen.Importance.Count,
            seen.Strongest.To * seen.Importance.Count
        );
        for (int t = 0; t < seen.Importance.Count; t++)
            if (Math.Abs(t - step) >= seen.Window)
                Assert.Equal(0, seen.Importance[t], 1e-6); // no window holds both
        Assert.Equal(0.5, seen.ProbabilityWithout!.Value, 1e-6);

        Assert.All(ignored.Importance, v => Assert.Equal(0, v, 1e-6));
        Assert.Null(ignored.Strongest);
        Assert.Equal(0, ignored.Drop!.Value, 1e-6);
    }

    [Fact]
    public void Evidence_against_a_sign_is_below_zero()
    {
        using var recogniser = new LooksAt(rgb: true, step: 5, canLeaveOut: true);
        ModalityEvidence rgb = Occlusion
            .Measure(recogniser, Sample(inRgb: true, 5), ModalityMask.All, label: 0, null, CancellationToken.None)
            .Evidence[0];
        Assert.Equal(Math.Log(2) - Math.Log(1 + Math.Exp(3)), rgb.Importance[5], 1e-4);
        Assert.Null(rgb.Strongest);
    }

    [Fact]
    public void A_recogniser_that_was_not_taught_to_do_without_is_asked_about_a_modality_held_still()
    {
        using var recogniser = new LooksAt(rgb: false, step: 3, canLeaveOut: false);
        (IReadOnlyList<ModalityEvidence> evidence, bool leftOut) = Occlusion.Measure(
            recogniser,
            Sample(inRgb: false, 3),
            ModalityMask.All,
            label: 1,
            null,
            CancellationToken.None
        );
        Assert.False(leftOut);
        Assert.Equal(0.5, evidence[1].ProbabilityWithout!.Value, 1e-6); // held still at a step without evidence
        Assert.Equal(0, evidence[0].Drop!.Value, 1e-6);
    }

    [Fact]
    public void A_hidden_window_becomes_the_other_step_nearest_to_the_others_mean()
    {
        // The others' mean is (3, 30); the hidden step, were it counted, would draw it to (6, 60).
        Assert.Equal(
            [1, 10, 2, 20, 2, 20, 6, 60],
            Occlusion.Hide([1, 10, 2, 20, 999, 999, 6, 60], length: 4, first: 2, count: 1)
        );
        Assert.Equal([2, 20, 2, 20, 2, 20], Occlusion.Hide([1, 10, 2, 20, 6, 60], length: 3, first: 0, count: 3));
    }

    [Fact]
    public void A_clip_of_one_step_has_no_moments()
    {
        using var recogniser = new LooksAt(rgb: true, step: 0, canLeaveOut: true);
        ModalityEvidence rgb = Occlusion
            .Measure(
                recogniser,
                PerModality.Of(new RecordingSteps([3, 0], 1, [2]), null),
                ModalityMask.Of(Modality.Rgb),
                label: 1,
                null,
                CancellationToken.None
            )
            .Evidence.Single();
        Assert.Empty(rgb.Importance);
        Assert.Null(rgb.Drop);
    }

    /// <summary>All steps are (0, t), but the one that decides is (3, t).</summary>
    private static PerModality<RecordingSteps> Sample(bool inRgb, int step)
    {
        float[] rgb = [.. Enumerable.Range(0, 2 * Rgb).Select(i => i % 2 * (i / 2f))],
            radar = [.. Enumerable.Range(0, 2 * Radar).Select(i => i % 2 * (i / 2f))];
        (inRgb ? rgb : radar)[2 * step] = 3;
        return PerModality.Of(new RecordingSteps(rgb, Rgb, [2]), new RecordingSteps(radar, Radar, [1, 1, 2]));
    }

    /// <summary>Two signs; the logit of the second is the first value of one step of one modality, 0 without
    /// it.</summary>
    private sealed class LooksAt(bool rgb, int step, bool canLeaveOut) : ITrainedRecogniser
    {
        public Recipe Recipe { get; } = new() { Name = "looks-at" };

        public LabelSet Labels => Facts.LabelSet;

        public RunFacts Facts { get; } = TinyFacts.Of(2, 2, 1, 2);

        public long Parameters => 0;

        public Calibration Calibration { get; set; } = Calibration.None;

        public IReadOnlyDictionary<string, float[]> LeftOut() => new Dictionary<string, float[]>();

        public IReadOnlyList<ModalityMask> Masks =>
            ModalityMask.Subsets([Modality.Rgb, Modality.Radar], allOnly: !canLeaveOut, antennas: 1);

        public float[] Predict(PerModality<RecordingSteps> sample, ModalityMask? mask = null)
        {
            Modality seen = rgb ? Modality.Rgb : Modality.Radar;
            bool shown = mask?.Uses(seen) != false;
            double p = 1 / (1 + Math.Exp(shown ? -sample[seen]!.Values[2 * step] : 0));
            return [(float)(1 - p), (float)p];
        }

        public float[][][] PredictAll(
            FeatureSet features,
            IReadOnlyList<Sample> samples,
            IReadOnlyList<ModalityMask> masks,
            IProgress<WorkProgress>? progress = null,
            CancellationToken cancel = default
        ) => throw new NotSupportedException();

        public void Dispose() { }
    }
}

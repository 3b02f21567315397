using Gesto.Inference;
using Gesto.Recordings;

namespace Gesto.Training.Explanation;

/// <summary>Which moments and which modality a recogniser's probability of a sign rests on, found by hiding
/// them.</summary>
/// <remarks>Source: M. Zeiler, R. Fergus, "Visualizing and understanding convolutional networks", ECCV 2014, over time
/// instead of over the picture. Where we differ: what is hidden becomes the most ordinary of the sample's other steps,
/// the one nearest to their mean, not a grey patch: it tells nothing of what is hidden, and is a real step of that
/// signer, room and noise. (The mean itself is no radar frame: without noise, it moved log p ten times as far as
/// leaving the whole radar out.) It asks the recogniser and nothing else, so it works for runs and ensembles alike; it
/// says what this recogniser used, not what a sign is made of.</remarks>
internal static class Occlusion
{
    /// <summary>A window is this part of a modality's steps, rounded, and at least one step: about as long as one
    /// stroke of a hand.</summary>
    public const double WindowShare = 1 / 6.0;

    /// <summary>Nats: what moves a probability by less than a twentieth of itself is called nothing.</summary>
    public const double Least = 0.05;

    /// <param name="recogniser">A run or an ensemble.</param>
    /// <param name="sample">What it is asked about.</param>
    /// <param name="used">What of the sample may be used, as <see cref="VideoPrediction.Used"/>.</param>
    /// <param name="label">The sign, 0…K−1.</param>
    /// <param name="progress">Counts questions to the recogniser.</param>
    /// <param name="cancel">Noticed between two questions.</param>
    /// <returns>One entry for each modality used, in their order, and whether these were left out whole as the recogniser
    /// was taught (true), or held still at their most ordinary step because it was not (false).</returns>
    public static (IReadOnlyList<ModalityEvidence> Evidence, bool LeftOut) Measure(
        IRecogniser recogniser,
        PerModality<RecordingSteps> sample,
        ModalityMask used,
        int label,
        IProgress<WorkProgress>? progress,
        CancellationToken cancel
    )
    {
        used = used.Among(sample.Modalities);
        int asked = 0,
            windows = used.Used.Sum(m => Starts(sample[m]!.Length));
        bool several = used.Used.Count > 1;
        double whole = LogProbability(sample, used);
        bool leftOut = several && used.Used.All(m => recogniser.CanUse(used.Without(m)));
        return ([.. used.Used.Select(Of)], leftOut);

        ModalityEvidence Of(Modality modality)
        {
            (float[] steps, int length) = (sample[modality]!.Values, sample[modality]!.Length);
            int window = WindowOf(length);
            var drops = new double[Starts(length)];
            for (int start = 0; start < drops.Length; start++)
                drops[start] = whole - LogProbability(Hiding(start, window), used);
            double[] importance = PerStep(drops, window, length);
            if (!several)
                return new(modality.Title, window, importance, StrongestOf(importance), null, null);
            double alone = leftOut
                ? LogProbability(sample, used.Without(modality))
                : LogProbability(Hiding(0, length), used);
            return new(modality.Title, window, importance, StrongestOf(importance), Math.Exp(alone), whole - alone);

            PerModality<RecordingSteps> Hiding(int first, int count) =>
                sample.With(modality, sample[modality]! with { Values = Hide(steps, length, first, count) });
        }

        double LogProbability(PerModality<RecordingSteps> of, ModalityMask mask)
        {
            cancel.ThrowIfCancellationRequested();
            double answer = Math.Log(Math.Max(recogniser.Predict(of, mask)[label], float.Epsilon));
            progress?.Report(new("explain", ++asked, windows + 1 + (several ? used.Used.Count : 0), "questions"));
            return answer;
        }
    }

    /// <returns>Steps hidden at once, of a modality of <paramref name="length"/> ≥ 1.</returns>
    internal static int WindowOf(int length) =>
        Math.Max(1, (int)Math.Round(length * WindowShare, MidpointRounding.AwayFromZero));

    /// <returns>Windows that lie whole in the clip; none in a clip of one step, where nothing would be left to fill it
    /// from.</returns>
    private static int Starts(int length) => length == 1 ? 0 : length - WindowOf(length) + 1;

    /// <returns>A copy in which <paramref name="count"/> steps from <paramref name="first"/> on are the most ordinary
    /// of the others; where all are hidden, of all.</returns>
    internal static float[] Hide(float[] steps, int length, int first, int count)
    {
        int width = steps.Length / length;
        int[] others =
            count == length
                ? [.. Enumerable.Range(0, length)]
                : [.. Enumerable.Range(0, length).Where(t => t < first || t >= first + count)];
        var mean = new double[width];
        foreach (int t in others)
            for (int f = 0; f < width; f++)
                mean[f] += steps[t * width + f] / (double)others.Length;
        int ordinary = others.MinBy(t =>
        {
            double squares = 0;
            for (int f = 0; f < width; f++)
                squares += Math.Pow(steps[t * width + f] - mean[f], 2);
            return squares;
        });
        float[] hidden = [.. steps];
        for (int t = first; t < first + count; t++)
            steps.AsSpan(ordinary * width, width).CopyTo(hidden.AsSpan(t * width, width));
        return hidden;
    }

    /// <returns>(length): mean drop over the windows that hide a step; empty where there are no windows.</returns>
    private static double[] PerStep(double[] drops, int window, int length) =>
        drops.Length == 0
            ? []
            :
            [
                .. Enumerable
                    .Range(0, length)
                    .Select(t =>
                    {
                        int first = Math.Max(0, t - window + 1),
                            last = Math.Min(drops.Length - 1, t);
                        return drops[first..(last + 1)].Average();
                    }),
            ];

    private static Moment? StrongestOf(double[] importance)
    {
        if (importance.Length == 0 || importance.Max() < Least)
            return null;
        int peak = Array.IndexOf(importance, importance.Max()),
            first = peak,
            last = peak;
        while (first > 0 && importance[first - 1] > importance[peak] / 2)
            first--;
        while (last < importance.Length - 1 && importance[last + 1] > importance[peak] / 2)
            last++;
        return new((double)first / importance.Length, (last + 1.0) / importance.Length);
    }
}

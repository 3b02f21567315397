using Gesto.Recordings;
using Gesto.Signs;
using Gesto.Training.Features;
using Gesto.Training.Recognition;

namespace Gesto.Training.Scoring;

/// <summary>What recognisers say of labelled samples that none of them learnt from when it said so: what confidence and
/// votes are fitted on.</summary>
/// <param name="Samples">(N).</param>
/// <param name="Truth">(N) labels.</param>
/// <param name="Probabilities">(M,N,K), calibrated as each recogniser is.</param>
/// <param name="Words">Which samples, in words.</param>
/// <param name="OfOthers">They are of signers, sessions or a labelled val of their own; false where only of other
/// takes, perhaps of the same hour, which is not how a recogniser is used.</param>
internal sealed record HeldOutPredictions(
    Sample[] Samples,
    int[] Truth,
    float[][][] Probabilities,
    string Words,
    bool OfOthers
)
{
    /// <param name="recognisers">Of one label set. A network says it of what training held out; one that was
    /// cross-validated of what it learnt from too, by the part that had not.</param>
    /// <param name="features">Made as those trained on.</param>
    /// <param name="progress">Counts samples.</param>
    /// <param name="cancel">Noticed between batches.</param>
    /// <returns>Of the samples held out by all; none where there are none.</returns>
    public static HeldOutPredictions Of(
        IReadOnlyList<ITrainedRecogniser> recognisers,
        FeatureSet features,
        IProgress<WorkProgress>? progress,
        CancellationToken cancel
    )
    {
        IReadOnlyDictionary<string, float[]>[] leftOut = [.. recognisers.Select(r => r.LeftOut())];
        int[] networks =
        [
            .. Enumerable
                .Range(0, recognisers.Count)
                .Where(m => leftOut[m].Count == 0 || recognisers[m].Facts.IsRefitted),
        ];
        IEnumerable<string> keys =
            networks.Length > 0
                ? networks
                    .Select(m => leftOut[m].Count > 0 ? leftOut[m].Keys : recognisers[m].Facts.Validation)
                    .Aggregate((a, b) => a.Intersect(b))
                : leftOut.Select(l => l.Keys.AsEnumerable()).Aggregate((a, b) => a.Intersect(b));
        var held = keys.ToHashSet(StringComparer.Ordinal);
        LabelSet labels = recognisers[0].Labels;
        Sample[] samples =
        [
            .. features.Samples.Where(s =>
                held.Contains(s.Key)
                && s.ClassId is { } id
                && labels.Contains(id)
                && recognisers.All(r => r.CanRecognise(features, s))
            ),
        ];
        var probabilities = new float[recognisers.Count][][];
        for (int m = 0; m < probabilities.Length; m++)
        {
            Sample[] unseen = [.. samples.Where(s => !leftOut[m].ContainsKey(s.Key))];
            Dictionary<string, float[]> now = unseen
                .Zip(unseen.Length == 0 ? [] : recognisers[m].PredictAll(features, unseen, progress, cancel))
                .ToDictionary(p => p.First.Key, p => p.Second, StringComparer.Ordinal);
            double power = 1 / recognisers[m].Calibration.Temperature;
            probabilities[m] =
            [
                .. samples.Select(s =>
                    now.TryGetValue(s.Key, out float[]? p) ? p : Calibration.Sharpen(leftOut[m][s.Key], power)
                ),
            ];
        }
        return new(
            samples,
            [.. samples.Select(s => labels.LabelOf(s.ClassId!.Value))],
            probabilities,
            WordsOf(recognisers, networks),
            networks.All(m => recognisers[m].Facts.HeldOutBy is "val" or "signer" or "session")
        );
    }

    private static string WordsOf(IReadOnlyList<ITrainedRecogniser> recognisers, int[] networks) =>
        networks.Length == 0 ? "the samples learnt from, each by a fit that had not learnt from its fold"
        : recognisers[networks[0]].Facts.HeldOutBy == "val" ? "the labelled samples of val"
        : $"train samples held out by {recognisers[networks[0]].Facts.HeldOutBy}";
}

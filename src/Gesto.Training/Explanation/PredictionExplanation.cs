using System.Globalization;
using System.Text.Json;
using Gesto.Inference;
using Gesto.Recordings;
using Gesto.Signs;
using Gesto.Training.Export;

namespace Gesto.Training.Explanation;

/// <summary>A sign with its probability, for people and JSON.</summary>
public sealed record ProbableSign(int Id, string Name, double Probability);

/// <summary>Why a recogniser gave a recording its answer: its JSON has names in
/// snake_case.</summary>
public sealed record PredictionExplanation
{
    /// <summary>How many signs <see cref="Top"/> lists.</summary>
    public const int TopSigns = 5;

    /// <summary>A modality that costs this many times what the other costs carried the decision alone.</summary>
    private const double Dominance = 2;

    private static readonly JsonSerializerOptions Json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        WriteIndented = true,
    };

    /// <summary>The recording, as given.</summary>
    public required string Sample { get; init; }

    /// <summary>Name of the run's recipe or of the ensemble.</summary>
    public required string Recipe { get; init; }

    /// <summary>The sign that the evidence is for.</summary>
    public required ProbableSign Sign { get; init; }

    /// <summary>The most probable signs, the most probable first.</summary>
    public required IReadOnlyList<ProbableSign> Top { get; init; }

    /// <summary>Null where the recording is in no data set that tells.</summary>
    public required SignClass? Truth { get; init; }

    /// <summary>True where the recording's data set says that it comes from a simulator.</summary>
    public required bool Simulated { get; init; }

    /// <summary>What of the recording the answer rests on, in words.</summary>
    public required string Used { get; init; }

    public required IReadOnlyList<ModalityEvidence> Modalities { get; init; }

    /// <summary>How a modality was taken away whole: true = left out, as the recogniser was taught to do without; false
    /// = held still at its most ordinary step.</summary>
    public required bool LeftOut { get; init; }

    /// <summary>How the numbers were found, in words.</summary>
    public string Method =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"Occlusion: {string.Join(" or ", Modalities.Select(m => $"{m.Window} of {Math.Max(1, m.Importance.Count)} {m.Modality} steps"))} at a time become the most ordinary other step, the one nearest to their mean; a curve is the fall of log p({Sign.Name}) while a moment is hidden, in nats (0.69 halves the probability), mean over the windows that hide it."
        )
        + (
            Modalities.Count < 2 ? ""
            : LeftOut
                ? " \"Without\" leaves a modality out, as the recogniser was taught to do; to hide a moment may cost more, since it misleads where a missing modality only lacks."
            : " A modality held still shows its most ordinary step throughout, since the recogniser was not taught to do without it."
        );

    /// <summary>Which modality and which moments, in one or two sentences.</summary>
    public string Verdict => string.Join(' ', new[] { ModalityVerdict(), MomentVerdict() }.Where(s => s.Length > 0));

    /// <summary>Reads and explains one recording, and draws the picture.</summary>
    /// <param name="recogniser">A run, an ensemble or a bundle.</param>
    /// <param name="recording">Files; the data set around them may know the truth.</param>
    /// <param name="sign">Name or class id of the sign to explain; null = the most probable.</param>
    /// <param name="picture">The `.png` to write.</param>
    /// <param name="progress">Counts questions to the recogniser.</param>
    /// <param name="cancel">Noticed between two questions.</param>
    /// <exception cref="IOException">A file of the recording cannot be trusted, or the picture cannot be
    /// written.</exception>
    /// <exception cref="InvalidDataException">The recogniser knows no such sign, or the recording has no
    /// files.</exception>
    public static PredictionExplanation Draw(
        OpenRecogniser recogniser,
        Recording recording,
        string? sign,
        string picture,
        IProgress<WorkProgress>? progress,
        CancellationToken cancel
    )
    {
        RecordingFiles files = recording.Find(RecordingNeeds.Of(recogniser.Recogniser.Keys))
            ?? throw new InvalidDataException($"{recording.Name}: frames in memory have no place to be looked up in.");
        using VideoPredictor predictor = recogniser.NewPredictor();
        return Draw(recogniser.Recogniser, predictor, files, sign, picture, progress, cancel);
    }

    /// <summary>Reads and explains one recording, and draws the picture.</summary>
    /// <param name="recogniser">A run or an ensemble.</param>
    /// <param name="predictor">Reads recordings for it.</param>
    /// <param name="recording">Where its files are; the data set around it may know the truth.</param>
    /// <param name="sign">As in <see cref="Of"/>.</param>
    /// <param name="picture">The `.png` to write.</param>
    /// <param name="progress">Counts questions to the recogniser.</param>
    /// <param name="cancel">Noticed between two questions.</param>
    /// <exception cref="IOException">A file of the recording cannot be trusted.</exception>
    /// <exception cref="InvalidDataException">The recogniser knows no such sign.</exception>
    internal static PredictionExplanation Draw(
        IRecogniser recogniser,
        VideoPredictor predictor,
        RecordingFiles recording,
        string? sign,
        string picture,
        IProgress<WorkProgress>? progress,
        CancellationToken cancel
    )
    {
        ReadRecording read = predictor.Read(recording.Root, recording.Sample, cancel);
        PredictionExplanation explanation = Of(recogniser, read, recording, sign, progress, cancel);
        ExplanationPicture.Save(picture, explanation, read);
        return explanation;
    }

    /// <summary>Explains one recording.</summary>
    /// <param name="recogniser">A run or an ensemble.</param>
    /// <param name="read">The recording.</param>
    /// <param name="recording">Where it is from; the data set around it may know the truth.</param>
    /// <param name="sign">Name or class id of the sign to explain; null = the most probable.</param>
    /// <param name="progress">Counts questions to the recogniser.</param>
    /// <param name="cancel">Noticed between two questions.</param>
    /// <exception cref="InvalidDataException">The recogniser knows no such sign.</exception>
    internal static PredictionExplanation Of(
        IRecogniser recogniser,
        ReadRecording read,
        RecordingFiles recording,
        string? sign,
        IProgress<WorkProgress>? progress,
        CancellationToken cancel
    )
    {
        float[] probabilities = recogniser.Predict(read.Features, read.Used);
        int label = sign is null ? Array.IndexOf(probabilities, probabilities.Max()) : LabelOf(recogniser.Labels, sign);
        RecordingOrigin origin = RecordingOrigin.Of(recording);
        (IReadOnlyList<ModalityEvidence> evidence, bool leftOut) = Occlusion.Measure(
            recogniser,
            read.Features,
            read.Used,
            label,
            progress,
            cancel
        );
        return new()
        {
            Sample = recording.Name,
            Recipe = recogniser.Name,
            Sign = new(recogniser.Labels[label].Id, recogniser.Labels[label].Name, probabilities[label]),
            Top =
            [
                .. RankedSign
                    .Rank(probabilities, recogniser.Labels, TopSigns)
                    .Select(r => new ProbableSign(r.Sign.Id, r.Sign.Name, r.Probability)),
            ],
            Truth =
                origin.Truth is { } id && recogniser.Labels.Contains(id)
                    ? recogniser.Labels[recogniser.Labels.LabelOf(id)]
                    : null,
            Simulated = origin.Simulated,
            Used = read.Used.ToString(),
            Modalities = evidence,
            LeftOut = leftOut,
        };
    }

    public string ToJson() => JsonSerializer.Serialize(this, Json);

    private static int LabelOf(LabelSet labels, string sign)
    {
        for (int label = 0; label < labels.Count; label++)
            if (
                labels[label].Name.Equals(sign, StringComparison.OrdinalIgnoreCase)
                || labels[label].Id.ToString(CultureInfo.InvariantCulture) == sign
            )
                return label;
        throw new InvalidDataException(
            $"Sign '{sign}' is not among the {labels.Count} that this run tells apart, from {labels[0].Id} {labels[0].Name} to "
                + $"{labels[labels.Count - 1].Id} {labels[labels.Count - 1].Name}. Give a name or an id of the run's label set."
        );
    }

    private string ModalityVerdict()
    {
        if (Modalities.Count < 2)
            return $"{Sign.Name} has {Percent(Sign.Probability)} from {Modalities[0].Modality} alone.";
        ModalityEvidence more = Modalities.MaxBy(m => m.Drop)!,
            less = Modalities.MinBy(m => m.Drop)!;
        string who =
            more.Drop < Occlusion.Least ? "Either modality alone would do"
            : more.Drop >= Dominance * Math.Max(less.Drop!.Value, 0) ? $"{Capital(more.Modality)} carried it"
            : "Both modalities carried it";
        return $"{who}: {Sign.Name} has {Percent(Sign.Probability)}, {Percent(more.ProbabilityWithout!.Value)} {Taken(more)}, {Percent(less.ProbabilityWithout!.Value)} {Taken(less)}.";
    }

    private string Taken(ModalityEvidence m) => LeftOut ? $"without {m.Modality}" : $"with {m.Modality} held still";

    private string MomentVerdict()
    {
        double highest = Modalities.SelectMany(m => m.Importance).DefaultIfEmpty(0).Max();
        string[] moments =
        [
            .. Modalities
                .Where(m => m.Strongest is not null && m.Importance.Max() > highest / 4)
                .Select(m =>
                    string.Create(
                        CultureInfo.InvariantCulture,
                        $"{m.Modality} from {100 * m.Strongest!.From:0} to {100 * m.Strongest.To:0} %"
                    )
                ),
        ];
        return moments.Length == 0
            ? "No single moment mattered."
            : $"It rests most on {string.Join(" and ", moments)} of the clip.";
    }

    private static string Percent(double p) => string.Create(CultureInfo.InvariantCulture, $"{100 * p:0.0} %");

    private static string Capital(string word) => char.ToUpperInvariant(word[0]) + word[1..];
}

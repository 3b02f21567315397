using Gesto.Bundles;
using Gesto.Inference;
using Gesto.Recordings;
using Gesto.Signs;
using Microsoft.ML.OnnxRuntime;

namespace Gesto;

/// <summary>What a recogniser says of one recording.</summary>
/// <remarks>Immutable.</remarks>
public sealed class Prediction
{
    internal Prediction(
        string recording,
        IReadOnlyList<RankedSign> ranked,
        bool isUnknown,
        string used,
        bool complete,
        ClosePair? closePair
    ) =>
        (Recording, Ranked, IsUnknown, Used, IsComplete, ClosePair) = (
            recording,
            ranked,
            isUnknown,
            used,
            complete,
            closePair
        );

    /// <summary>Reads and recognises one recording.</summary>
    /// <param name="recogniser">Names the sign.</param>
    /// <param name="predictor">Of this recogniser: reads the recording.</param>
    /// <param name="recording">Files or frames.</param>
    /// <param name="cancel">Stops the decoder; noticed between files.</param>
    internal static Prediction Of(
        IRecogniser recogniser,
        VideoPredictor predictor,
        Recording recording,
        CancellationToken cancel
    )
    {
        ReadRecording read;
        try
        {
            read = recording.Find(RecordingNeeds.Of(recogniser.Keys)) is { } files
                ? predictor.Read(files.Root, files.Sample, cancel)
                : predictor.Read(recording.Name, recording.Rgb, recording.Radar, cancel);
        }
        catch (OnnxRuntimeException e) when (recogniser is BundledRecogniser)
        {
            throw new BundleException(
                $"'{recogniser.Name}': a network of the bundle that reads video fails on {recording.Name} ({e.Message}).",
                e
            );
        }
        float[] probabilities = recogniser.Predict(read.Features, read.Used);
        return new(
            recording.Name,
            RankedSign.Rank(probabilities, recogniser.Labels, recogniser.Labels.Count),
            recogniser.Calibration.IsUnknown(probabilities),
            read.Used.ToString(),
            read.Used.Equals(recogniser.Masks[0]),
            CostlyPairs.Close(probabilities, recogniser.Labels, recogniser.CostlyPairs)
        );
    }

    /// <summary>The recording's <see cref="Gesto.Recording.Name"/>.</summary>
    public string Recording { get; }

    /// <summary>All signs, the most probable first; equal ones by id.</summary>
    public IReadOnlyList<RankedSign> Ranked { get; }

    /// <summary>The most probable sign.</summary>
    public RankedSign Best => Ranked[0];

    /// <summary>True where <see cref="Best"/> is not sure enough to be an answer.</summary>
    public bool IsUnknown { get; }

    /// <summary>What of the recording it rests on, in words, e.g. "RGB and radar without antenna 2".</summary>
    public string Used { get; }

    /// <summary>False where the recording lacks something that the recogniser could have used.</summary>
    public bool IsComplete { get; }

    /// <summary>Set where <see cref="Best"/> is one of a pair that must not be confused, and the other is nearly as
    /// probable: ask again.</summary>
    public ClosePair? ClosePair { get; }
}

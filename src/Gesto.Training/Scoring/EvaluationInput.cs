using Gesto.Recordings;
using Gesto.Signs;
using Gesto.Training.Evaluation;
using Gesto.Training.Recognition;

namespace Gesto.Training.Scoring;

/// <summary>What it said from less than everything.</summary>
/// <param name="Used">What it used, in words.</param>
/// <param name="Probabilities">(N,K), as <see cref="EvaluationInput.Probabilities"/>.</param>
public sealed record MaskedPrediction(string Used, float[][] Probabilities);

/// <summary>What a recogniser said about labelled samples, and the facts that belong beside the score.</summary>
public sealed record EvaluationInput
{
    /// <summary>(N,K) probabilities, rows in the order of <see cref="Samples"/>, columns in that of <see
    /// cref="Labels"/>.</summary>
    public required float[][] Probabilities { get; init; }

    /// <summary>The same samples with modalities or antennas left out, where the recogniser was taught to do
    /// without.</summary>
    public IReadOnlyList<MaskedPrediction> Masked { get; init; } = [];

    /// <summary>(N,K) of a linear classifier on the same features (<see cref="LinearReference"/>); null where there is
    /// none.</summary>
    public float[][]? Linear { get; init; }

    /// <summary>Where its attention looked over all samples; null where it has none.</summary>
    public AttentionMap? Attention { get; init; }

    /// <summary>(N) truth as labels 0…K−1.</summary>
    public required int[] Truth { get; init; }

    /// <summary>(N) samples; their signers group the interval.</summary>
    public required IReadOnlyList<Sample> Samples { get; init; }

    public required LabelSet Labels { get; init; }

    /// <summary>Name of the recipe that trained the recogniser.</summary>
    public required string Recipe { get; init; }

    /// <summary>"train", "val" or "test", as the manifest writes it.</summary>
    public required string Split { get; init; }

    /// <summary>True where the recogniser was trained on some of these samples: such a score says nothing about new
    /// ones.</summary>
    public bool TrainedOnThese { get; init; }

    /// <summary>Samples of these that the recogniser learnt from with labels another one gave: the score is
    /// transductive.</summary>
    public int PseudoLabelled { get; init; }

    /// <summary>True where landmarks are among what the recogniser learnt from.</summary>
    public bool FromLandmarks { get; init; }

    /// <summary>True where the recordings come from a simulator.</summary>
    public bool Simulated { get; init; }

    /// <summary>Seed of the bootstrap.</summary>
    public int Seed { get; init; }

    /// <summary>Pairs to list by name whether confused or not.</summary>
    public IReadOnlyList<(string First, string Second)> WatchedPairs { get; init; } = [];

    /// <summary>What <see cref="Probabilities"/> were calibrated with; <see cref="Calibration.None"/> where they are
    /// raw.</summary>
    public Calibration Calibration { get; init; } = Calibration.None;

    /// <summary>As <see cref="ITrainedRecogniser.Parameters"/>.</summary>
    public long Parameters { get; init; }

    /// <summary>As <see cref="EvaluationResult.TrainingSeconds"/>.</summary>
    public double TrainingSeconds { get; init; }

    /// <summary>As <see cref="EvaluationResult.MillisecondsASample"/>.</summary>
    public double MillisecondsASample { get; init; }

    /// <summary>Facts of the run for the report, in order: seed, data fingerprint, machine, time …</summary>
    public IReadOnlyDictionary<string, string> Facts { get; init; } = new Dictionary<string, string>();
}

using Gesto.Encoders;
using Gesto.Recordings;
using Gesto.Signs;

namespace Gesto.Inference;

/// <summary>What names signs.</summary>
/// <remarks>Not thread-safe: one caller at a time.</remarks>
internal interface IRecogniser : IDisposable
{
    /// <summary>For messages, e.g. "late-fusion".</summary>
    string Name { get; }

    LabelSet Labels { get; }

    /// <summary>The modalities it takes, and how the steps of each are made.</summary>
    PerModality<FeatureKey> Keys { get; }

    /// <summary>Already applied to what is predicted.</summary>
    Calibration Calibration { get; }

    /// <summary>Signs that must not be confused.</summary>
    IReadOnlyList<(string First, string Second)> CostlyPairs { get; }

    /// <summary>What it was taught to recognise from: everything it uses first, then what it can do with less, most
    /// first.</summary>
    IReadOnlyList<ModalityMask> Masks { get; }

    /// <returns>Probabilities (K) in the order of <see cref="Labels"/>.</returns>
    /// <param name="sample">What there is of the sample.</param>
    /// <param name="mask">What of it may be used; null = all. The temperature was fitted with all.</param>
    /// <exception cref="InvalidDataException">The sample lacks a modality that is needed, or has another
    /// shape.</exception>
    float[] Predict(PerModality<RecordingSteps> sample, ModalityMask? mask = null);
}

using Gesto.Data;
using Gesto.Features;
using Gesto.Training;

namespace Gesto.Inference;

/// <summary>What names signs: one run, or several that vote.</summary>
/// <remarks>Not thread-safe: one caller at a time.</remarks>
public interface IRecogniser : IDisposable
{
    Recipe Recipe { get; }

    LabelSet Labels { get; }

    /// <summary>What it was trained on; features made otherwise are refused.</summary>
    RunFacts Facts { get; }

    /// <summary>Already applied to what is predicted.</summary>
    Calibration Calibration { get; }

    /// <returns>Probabilities (K) in the order of <see cref="Labels"/>.</returns>
    /// <exception cref="InvalidDataException">The sample lacks a modality that is needed, or has another shape.</exception>
    float[] Predict(SampleFeatures sample);

    /// <summary>Probabilities of many samples of a feature set, (K) each, in their order.</summary>
    /// <exception cref="InvalidDataException">The features were made differently from those trained on, or one is missing.</exception>
    float[][] PredictAll(
        FeatureSet features, IReadOnlyList<Sample> samples, IProgress<WorkProgress>? progress = null, CancellationToken cancel = default);

    /// <summary>Opens a run, or an ensemble where the folder has an `ensemble.json`.</summary>
    /// <param name="folder">Of 'gesto train' or 'gesto ensemble'.</param>
    /// <param name="threads">libtorch's threads, of the whole process.</param>
    /// <exception cref="InvalidDataException">Training has not finished, or a file is broken.</exception>
    public static IRecogniser Load(string folder, int threads) =>
        Ensemble.Exists(folder) ? Ensemble.Load(folder, threads) : Recogniser.Load(folder, threads);
}

using Gesto.Data;
using Gesto.Features;
using Gesto.Models;
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

    /// <summary>Numbers that training found; an RGB encoder that extraction ran is not among them.</summary>
    long Parameters { get; }

    /// <summary>Already applied to what is predicted; settable only to fit it anew on uncalibrated
    /// probabilities.</summary>
    Calibration Calibration { get; internal set; }

    /// <returns>By key, uncalibrated probabilities (K) of samples it learnt from, by parts of it that had not:
    /// out-of-fold predictions. Empty where it holds samples out instead (<see cref="RunFacts.Validation"/>).</returns>
    internal IReadOnlyDictionary<string, float[]> LeftOut();

    /// <summary>What it was taught to recognise from: everything it uses first, then what it can do with less, most
    /// first.</summary>
    IReadOnlyList<ModalityMask> Masks { get; }

    /// <returns>Probabilities (K) in the order of <see cref="Labels"/>.</returns>
    /// <param name="sample">What there is of the sample.</param>
    /// <param name="mask">What of it may be used; null = all. The temperature was fitted with all.</param>
    /// <exception cref="InvalidDataException">The sample lacks a modality that is needed, or has another
    /// shape.</exception>
    float[] Predict(SampleFeatures sample, ModalityMask? mask = null);

    /// <summary>Probabilities of many samples of a feature set, under each mask alike; the radar is encoded
    /// once.</summary>
    /// <param name="features">Features made as those trained on.</param>
    /// <param name="samples">Which of them.</param>
    /// <param name="masks">What may be used.</param>
    /// <param name="progress">Counts samples.</param>
    /// <param name="cancel">Noticed between batches.</param>
    /// <returns>(masks, N, K), samples in their order.</returns>
    /// <exception cref="InvalidDataException">The features were made differently from those trained on, or one is
    /// missing.</exception>
    float[][][] PredictAll(
        FeatureSet features,
        IReadOnlyList<Sample> samples,
        IReadOnlyList<ModalityMask> masks,
        IProgress<WorkProgress>? progress = null,
        CancellationToken cancel = default
    );

    /// <summary>Opens a run, or an ensemble where the folder has an `ensemble.json`.</summary>
    /// <param name="folder">Of 'gesto train' or 'gesto ensemble'.</param>
    /// <param name="threads">libtorch's threads, of the whole process.</param>
    /// <exception cref="InvalidDataException">Training has not finished, or a file is broken.</exception>
    public static IRecogniser Load(string folder, int threads) =>
        Ensemble.Exists(folder)
            ? Ensemble.Load(folder, threads)
            : LoadRun(folder, run => Recogniser.Load(run, threads));

    /// <inheritdoc cref="Recogniser.Begin(string, int)"/>
    internal static IRecogniser Begin(string folder, int threads) =>
        Ensemble.Exists(folder)
            ? Ensemble.Begin(folder, threads)
            : LoadRun(folder, run => Recogniser.Begin(run, threads));

    /// <summary>Opens a run, no ensemble.</summary>
    /// <param name="folder">Of 'gesto train'.</param>
    /// <param name="network">Opens those that are networks.</param>
    internal static IRecogniser LoadRun(string folder, Func<string, IRecogniser> network)
    {
        RunDirectory run = RunDirectory.Open(folder);
        return run.Recipe.Classifier == ClassifierKind.Linear ? LinearRecogniser.Load(run) : network(folder);
    }
}

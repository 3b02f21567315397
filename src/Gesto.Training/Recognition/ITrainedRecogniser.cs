using Gesto.Bundles;
using Gesto.Encoders;
using Gesto.Inference;
using Gesto.Recordings;
using Gesto.Signs;
using Gesto.Training.Features;
using Gesto.Training.Recipes;
using Gesto.Training.Runs;

namespace Gesto.Training.Recognition;

/// <summary>A run that names signs, or several that vote.</summary>
/// <remarks>Not thread-safe: one caller at a time.</remarks>
internal interface ITrainedRecogniser : IRecogniser
{
    Recipe Recipe { get; }

    /// <summary>What it was trained on; features made otherwise are refused.</summary>
    RunFacts Facts { get; }

    /// <summary>Numbers that training found; an RGB encoder that extraction ran is not among them.</summary>
    long Parameters { get; }

    /// <summary>As <see cref="IRecogniser.Calibration"/>; settable only to fit it anew on uncalibrated
    /// probabilities.</summary>
    new Calibration Calibration { get; internal set; }

    Calibration IRecogniser.Calibration => Calibration;

    string IRecogniser.Name => Recipe.Name;

    PerModality<FeatureKey> IRecogniser.Keys => Facts.Keys;

    IReadOnlyList<(string First, string Second)> IRecogniser.CostlyPairs => Recipe.SignPairs;

    /// <returns>By key, uncalibrated probabilities (K) of samples it learnt from, by parts of it that had not:
    /// out-of-fold predictions. Empty where it holds samples out instead (<see cref="RunFacts.Validation"/>).</returns>
    internal IReadOnlyDictionary<string, float[]> LeftOut();

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

    /// <summary>Opens a run, an ensemble where the folder has an `ensemble.json`, or a bundle.</summary>
    /// <param name="folder">A run, an ensemble, or a `.gesto` file.</param>
    /// <param name="threads">libtorch's threads of its predictions, ≥ 1; nothing else in the process changes. Of a
    /// bundle, samples predicted at a time.</param>
    /// <param name="samples">Those that may be asked about: a bundle names what it learnt from by hashes. Null where
    /// nobody asks what it learnt from.</param>
    /// <exception cref="IOException">A bundle is broken.</exception>
    /// <exception cref="InvalidDataException">Training has not finished, or a file is broken.</exception>
    public static ITrainedRecogniser Load(string folder, int threads, FeatureSet? samples = null) =>
        BundleFile.Is(folder) ? ExportedRecogniser.Load(folder, threads, samples)
        : Ensemble.Exists(folder) ? Ensemble.Load(folder, threads, samples)
        : LoadRun(folder, run => NetworkRecogniser.Load(run, threads));

    /// <summary>What a single run, or a bundle, was trained on; no network is opened. Errors as of <see
    /// cref="Load"/>.</summary>
    /// <param name="folder">A run, or a `.gesto` file.</param>
    /// <param name="keys">Samples that may be asked about.</param>
    public static RunFacts FactsOf(string folder, IEnumerable<string> keys) =>
        BundleFile.Is(folder) ? ExportedRecogniser.FactsOf(folder, keys) : RunDirectory.Open(folder).Facts;

    /// <inheritdoc cref="NetworkRecogniser.LoadInBackground(string, int)"/>
    public static ITrainedRecogniser LoadInBackground(string folder, int threads) =>
        Ensemble.Exists(folder)
            ? Ensemble.LoadInBackground(folder, threads)
            : LoadRun(folder, run => NetworkRecogniser.LoadInBackground(run, threads));

    /// <summary>Opens a run, no ensemble.</summary>
    /// <param name="folder">A run.</param>
    /// <param name="network">Opens those that are networks.</param>
    internal static ITrainedRecogniser LoadRun(string folder, Func<string, ITrainedRecogniser> network)
    {
        RunDirectory run = RunDirectory.Open(folder);
        return run.Recipe.Classifier == ClassifierKind.Linear ? LinearRecogniser.Load(run) : network(folder);
    }
}

using Gesto.Bundles;
using Gesto.Encoders;
using Gesto.Inference;
using Gesto.MediaPipe;
using Gesto.Recordings;
using Gesto.Training.Features;
using Gesto.Training.Recognition;
using Gesto.Training.Runs;
using Gesto.Training.Weights;

namespace Gesto.Training.Export;

/// <summary>A run, an ensemble or a bundle, open for recordings, with the RGB encoder that it learnt with.</summary>
/// <remarks>Not thread-safe where it is a run.</remarks>
public sealed class OpenRecogniser : IDisposable
{
    private readonly HolisticLandmarker? landmarker;
    private readonly int threads;
    private VideoPredictor? predictor;

    private OpenRecogniser(IRecogniser recogniser, IRgbEncoder? encoder, HolisticLandmarker? landmarker, int threads) =>
        (Recogniser, Encoder, this.landmarker, this.threads) = (recogniser, encoder, landmarker, threads);

    internal IRecogniser Recogniser { get; }

    /// <summary>Null where RGB is not used.</summary>
    internal IRgbEncoder? Encoder { get; }

    /// <summary>Opens both beside one another, since each takes about a second; a run's network is loaded meanwhile,
    /// and what is wrong with it is said by the first prediction.</summary>
    /// <param name="path">A run, an ensemble, or a `.gesto` file.</param>
    /// <param name="threads">For the RGB encoder and what finds landmarks, ≥ 1. The rest takes one: more threads of
    /// libtorch would spin where they wait, on cores that the encoder needs.</param>
    /// <exception cref="IOException">Nothing is there, or a file is broken.</exception>
    /// <exception cref="InvalidDataException">Training has not finished, or a file is broken.</exception>
    public static OpenRecogniser Open(string path, int threads)
    {
        if (BundleFile.Is(path))
        {
            using BundleFile bundle = BundleFile.Open(path);
            return new(
                new BundledRecogniser(bundle),
                Gesto.Recogniser.OpenEncoder(bundle, threads),
                BundledLandmarker.Open(bundle),
                threads
            );
        }
        Task<IRgbEncoder?> opening = Task.Run(() =>
            BundleWith(path, b => b.RgbEncoder is not null) is { } holds
                ? From(holds, bundle => Gesto.Recogniser.OpenEncoder(bundle, threads))
            : KeysOf(path)[Modality.Rgb] is { } key ? RgbEncoders.Open(key, path, WeightsCache.Default(), threads)
            : null
        );
        ITrainedRecogniser run = ITrainedRecogniser.LoadInBackground(path, threads: 1);
        try
        {
            HolisticLandmarker? landmarker = BundleWith(path, b => b.Landmarker is not null) is { } holds
                ? From(holds, BundledLandmarker.Open)
                : null;
            return new(run, opening.GetAwaiter().GetResult(), landmarker, threads);
        }
        catch
        {
            run.Dispose();
            throw;
        }
    }

    /// <summary>Looks whether the files of recordings are there, from small files of the run alone: better known before
    /// a network is loaded.</summary>
    /// <param name="path">As of <see cref="Open"/>.</param>
    /// <param name="recordings">What is to be recognised.</param>
    /// <returns>What each is called by its files, e.g. "SAMPLE_7".</returns>
    /// <exception cref="IOException">A recording is not there, the run is not, or a file of it is broken.</exception>
    /// <exception cref="InvalidDataException">It is not clear which file is what.</exception>
    public static IReadOnlyList<string> Find(string path, IReadOnlyList<Recording> recordings)
    {
        RecordingNeeds needs = NeedsOf(path);
        return [.. recordings.Select(r => r.Find(needs)?.Sample.Name ?? r.Name)];
    }

    /// <summary>Reads and recognises one recording.</summary>
    /// <param name="recording">Files or frames.</param>
    /// <param name="cancel">Stops the decoder; noticed between files.</param>
    /// <exception cref="IOException">A file is missing, lacks what the recogniser cannot do without, or cannot be
    /// trusted.</exception>
    /// <exception cref="InvalidDataException">A file, or frames in memory, of another kind or size than it learnt
    /// from.</exception>
    public Prediction Predict(Recording recording, CancellationToken cancel = default) =>
        Prediction.Of(Recogniser, Predictor, recording, cancel);

    /// <summary>Starts the decoder for the next recording, which is answered sooner then by the time that `ffmpeg`
    /// takes to start: for a program that waits for one. Does nothing before the first recording, whose kinds of files
    /// the next one is expected to have; others are recognised as well.</summary>
    /// <exception cref="Gesto.Video.FfmpegStartException">The program cannot be started any more.</exception>
    public void GetReady() => Predictor.GetReady();

    internal VideoPredictor Predictor => predictor ??= NewPredictor();

    /// <summary>Reads recordings as the recogniser learnt from them; the caller's to dispose.</summary>
    internal VideoPredictor NewPredictor() =>
        new(Recogniser, Encoder, key =>
            landmarker is null
                ? LandmarkWeights.OpenReader(key, threads)
                : VideoLandmarkReader.Of(key, landmarker, threads)
        );

    /// <summary>What it takes of a recording.</summary>
    internal static RecordingNeeds NeedsOf(string path)
    {
        if (BundleFile.Is(path))
        {
            using BundleFile bundle = BundleFile.Open(path);
            return RecordingNeeds.Of(bundle.Manifest.Keys);
        }
        return RecordingNeeds.Of(KeysOf(path));
    }

    public void Dispose()
    {
        predictor?.Dispose();
        Recogniser.Dispose();
        Encoder?.Dispose();
        landmarker?.Dispose();
    }

    private static PerModality<FeatureKey> KeysOf(string folder)
    {
        RunFacts[] facts = [.. MembersOf(folder).Select(m => ITrainedRecogniser.FactsOf(m, []))];
        return PerModality.For(Modality.All, m => facts.Select(f => f.Keys[m]).FirstOrDefault(k => k is not null));
    }

    private static IEnumerable<string> MembersOf(string folder) =>
        Ensemble.Exists(folder) ? EnsembleFile.Load(folder).Members.Select(m => Path.Combine(folder, m.Run)) : [folder];

    /// <returns>The first bundle among the members that has something; null where none has.</returns>
    private static string? BundleWith(string folder, Func<BundleManifest, bool> has) =>
        MembersOf(folder).Where(BundleFile.Is).FirstOrDefault(path => From(path, bundle => has(bundle.Manifest)));

    private static T From<T>(string path, Func<BundleFile, T> take)
    {
        using BundleFile bundle = BundleFile.Open(path);
        return take(bundle);
    }
}

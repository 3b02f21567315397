using Gesto.Bundles;
using Gesto.Encoders;
using Gesto.Inference;
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
    private OpenRecogniser(IRecogniser recogniser, IRgbEncoder? encoder) =>
        (Recogniser, Encoder) = (recogniser, encoder);

    public IRecogniser Recogniser { get; }

    /// <summary>Null where RGB is not used.</summary>
    public IRgbEncoder? Encoder { get; }

    /// <summary>Opens both beside one another, since each takes about a second; a run's network is loaded meanwhile,
    /// and what is wrong with it is said by the first prediction.</summary>
    /// <param name="path">A run, an ensemble, or a `.gesto` file.</param>
    /// <param name="threads">For the RGB encoder, ≥ 1. The rest takes one: more threads of libtorch would spin where
    /// they wait, on cores that the encoder needs.</param>
    /// <exception cref="IOException">Nothing is there, or a file is broken.</exception>
    /// <exception cref="InvalidDataException">Training has not finished, or a file is broken.</exception>
    public static OpenRecogniser Open(string path, int threads)
    {
        if (BundleFile.Is(path))
        {
            using BundleFile bundle = BundleFile.Open(path);
            return new(new BundledRecogniser(bundle), Gesto.Recogniser.OpenEncoder(bundle, threads));
        }
        Task<IRgbEncoder?> opening = Task.Run(() =>
            KeysOf(path)[Modality.Rgb] is { } key ? RgbEncoders.Open(key, path, WeightsCache.Default(), threads) : null
        );
        ITrainedRecogniser run = ITrainedRecogniser.LoadInBackground(path, threads: 1);
        try
        {
            return new(run, opening.GetAwaiter().GetResult());
        }
        catch
        {
            run.Dispose();
            throw;
        }
    }

    /// <summary>What it takes of a recording, from its small files alone: known before a network is loaded.</summary>
    /// <exception cref="IOException">Nothing is there, or a file is broken.</exception>
    public static RecordingNeeds NeedsOf(string path)
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
        Recogniser.Dispose();
        Encoder?.Dispose();
    }

    private static PerModality<FeatureKey> KeysOf(string folder)
    {
        RunFacts[] facts = Ensemble.Exists(folder)
            ? [.. EnsembleFile.Load(folder).Members.Select(m => RunDirectory.Open(Path.Combine(folder, m.Run)).Facts)]
            : [RunDirectory.Open(folder).Facts];
        return PerModality.For(Modality.All, m => facts.Select(f => f.Keys[m]).FirstOrDefault(k => k is not null));
    }
}

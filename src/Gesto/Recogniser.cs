using System.Runtime.CompilerServices;
using Gesto.Bundles;
using Gesto.Encoders;
using Gesto.Inference;
using Gesto.Recordings;
using Gesto.Signs;

namespace Gesto;

/// <summary>How a <see cref="Recogniser"/> works.</summary>
public sealed record RecogniserOptions
{
    /// <summary>Threads that encode the RGB frames of one recording, ≥ 1; the default is one a core that this process
    /// may use.</summary>
    public int Threads { get; init; } = Math.Max(1, Environment.ProcessorCount);
}

/// <summary>Names signs in recordings, from one `.gesto` file, on ONNX Runtime.</summary>
/// <remarks>Thread-safe: one instance serves all callers, and fits a singleton of dependency injection. Videos are
/// decoded by the `ffmpeg` program, which must be installed; radar arrays and frames in memory need nothing.</remarks>
public sealed class Recogniser : IDisposable
{
    private readonly BundledRecogniser networks;
    private readonly IRgbEncoder? encoder;

    private Recogniser(BundledRecogniser networks, IRgbEncoder? encoder) =>
        (this.networks, this.encoder) = (networks, encoder);

    /// <summary>Of the recipe it was trained by, e.g. "late-fusion".</summary>
    public string Name => networks.Name;

    /// <summary>The signs it knows, by id.</summary>
    public IReadOnlyList<SignClass> Signs => networks.Labels.Classes;

    /// <param name="path">A `.gesto` file.</param>
    /// <param name="options">Null = the defaults.</param>
    /// <exception cref="FileNotFoundException">No such file.</exception>
    /// <exception cref="BundleException">Not a bundle, a damaged one, or one of a later format.</exception>
    public static Recogniser Load(string path, RecogniserOptions? options = null)
    {
        options ??= new RecogniserOptions();
        ArgumentOutOfRangeException.ThrowIfLessThan(options.Threads, 1);
        using BundleFile bundle = BundleFile.Open(path);
        IRgbEncoder? encoder = OpenEncoder(bundle, options.Threads);
        try
        {
            var recogniser = new Recogniser(new BundledRecogniser(bundle), encoder);
            OnnxSession.Trim();
            return recogniser;
        }
        catch
        {
            encoder?.Dispose();
            throw;
        }
    }

    /// <summary>Reads and recognises one recording, on threads of the pool.</summary>
    /// <param name="recording">Files or frames.</param>
    /// <param name="cancel">Stops the decoder; noticed between files.</param>
    /// <exception cref="IOException">A file is missing, lacks what the recogniser cannot do without, or cannot be
    /// trusted.</exception>
    /// <exception cref="InvalidDataException">A file, or frames in memory, of another kind or size than it learnt
    /// from.</exception>
    public Task<Prediction> PredictAsync(Recording recording, CancellationToken cancel = default)
    {
        ArgumentNullException.ThrowIfNull(recording);
        return Task.Run(() => Predict(recording, cancel), cancel);
    }

    /// <summary>Recognises recordings one after another, as they come.</summary>
    /// <param name="recordings">Read one at a time.</param>
    /// <param name="cancel">As of <see cref="PredictAsync(Recording, CancellationToken)"/>.</param>
    /// <returns>A prediction for each, in their order.</returns>
    public async IAsyncEnumerable<Prediction> PredictAsync(
        IAsyncEnumerable<Recording> recordings,
        [EnumeratorCancellation] CancellationToken cancel = default
    )
    {
        ArgumentNullException.ThrowIfNull(recordings);
        await foreach (Recording recording in recordings.WithCancellation(cancel).ConfigureAwait(false))
            yield return await PredictAsync(recording, cancel).ConfigureAwait(false);
    }

    /// <summary>Recognises a batch of recordings.</summary>
    /// <returns>A prediction for each, in their order.</returns>
    public async Task<IReadOnlyList<Prediction>> PredictAsync(
        IEnumerable<Recording> recordings,
        CancellationToken cancel = default
    )
    {
        ArgumentNullException.ThrowIfNull(recordings);
        var predictions = new List<Prediction>();
        foreach (Recording recording in recordings)
            predictions.Add(await PredictAsync(recording, cancel).ConfigureAwait(false));
        return predictions;
    }

    public void Dispose()
    {
        networks.Dispose();
        encoder?.Dispose();
    }

    private Prediction Predict(Recording recording, CancellationToken cancel)
    {
        using var predictor = new VideoPredictor(networks, encoder);
        ReadRecording read = recording.Find(RecordingNeeds.Of(networks.Rgb, networks.Radar)) is { } files
            ? predictor.Read(files.Root, files.Sample, cancel)
            : predictor.Read(recording.Name, recording.Rgb, recording.Radar, cancel);
        float[] probabilities = networks.Predict(read.Features, read.Used);
        return new(
            recording.Name,
            RankedSign.Rank(probabilities, networks.Labels, networks.Labels.Count),
            networks.Calibration.IsUnknown(probabilities),
            read.Used.Words,
            read.Used.Words == networks.Masks[0].Words,
            CostlyPairs.Close(probabilities, networks.Labels, networks.CostlyPairs)
        );
    }

    /// <returns>The bundle's RGB encoder, for as many callers as threads; null where it takes no RGB.</returns>
    internal static IRgbEncoder? OpenEncoder(BundleFile bundle, int threads)
    {
        if (bundle.Manifest.Rgb is not { } key)
            return null;
        if (bundle.Manifest.RgbEncoder is not { } known)
            return new RgbPixels(key.Shape[^1]);
        if (PixelScaling.Named(known.Preprocessing) is not { } scaling)
            throw new BundleException(
                $"{bundle.Path}: pixels are scaled as '{known.Preprocessing}', which this Gesto does not know."
            );
        return new NetworkRgbEncoder(
            key.Encoder,
            key.Weights,
            scaling,
            known.Side,
            known.Shape,
            known.DType,
            bundle.Network(known.Entry, threads: 1),
            concurrency: threads
        );
    }
}

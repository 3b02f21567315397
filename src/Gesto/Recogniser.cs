using System.Runtime.CompilerServices;
using System.Text;
using Gesto.Bundles;
using Gesto.Encoders;
using Gesto.Inference;
using Gesto.MediaPipe;
using Gesto.Recordings;
using Gesto.Signs;
using Gesto.Video;
using Microsoft.ML.OnnxRuntime;

namespace Gesto;

/// <summary>How a <see cref="Recogniser"/> works.</summary>
/// <remarks>Immutable; thread-safe.</remarks>
public sealed record RecogniserOptions
{
    /// <summary>Threads that encode the RGB frames of one recording, ≥ 1; the default is one a core that this process
    /// may use.</summary>
    public int Threads { get; init; } = Math.Max(1, Environment.ProcessorCount);
}

/// <summary>Names signs in recordings, from one `.gesto` file, on ONNX Runtime.</summary>
/// <remarks>Thread-safe: one instance serves all callers, and fits a singleton of dependency injection
/// (<c>services.AddSingleton(_ => Recogniser.Load(path))</c>; the container disposes it). Videos are decoded by the
/// `ffmpeg` program, which must be installed; radar arrays and frames in memory need nothing.</remarks>
public sealed class Recogniser : IDisposable
{
    private readonly BundledRecogniser networks;
    private readonly IRgbEncoder? encoder;
    private readonly HolisticLandmarker? landmarker;
    private readonly Func<FeatureKey, IStepReader>? landmarks;
    private readonly object gate = new();
    private VideoPredictor? idle; // with the decoder that waits, where it was asked to get ready
    private int underWay;
    private bool disposed;

    private Recogniser(BundledRecogniser networks, IRgbEncoder? encoder, HolisticLandmarker? landmarker, int threads)
    {
        (this.networks, this.encoder, this.landmarker) = (networks, encoder, landmarker);
        landmarks = landmarker is null ? null : key => VideoLandmarkReader.Of(key, landmarker, threads);
    }

    /// <summary>What it is, learnt from and reached, and what it must not be used for: Markdown, as its exporter wrote
    /// it.</summary>
    public string ModelCard { get; private init; } = "";

    /// <summary>True where it learnt from a simulator's recordings; null where that is not known.</summary>
    public bool? Simulated { get; private init; }

    /// <summary>What it takes of a recording where all is there, in words, e.g. "RGB and radar".</summary>
    public string Takes => networks.Masks[0].ToString();

    /// <summary>Of the recipe it was trained by, e.g. "late-fusion".</summary>
    public string Name => networks.Name;

    /// <summary>The signs it knows, by id.</summary>
    public IReadOnlyList<SignClass> Signs => networks.Labels.Classes;

    /// <summary>Opens a bundle and reads it whole: the file may be removed afterwards.</summary>
    /// <param name="path">A `.gesto` file.</param>
    /// <param name="options">Null = the defaults.</param>
    /// <returns>Ready for recordings; the caller disposes it.</returns>
    /// <exception cref="FileNotFoundException">No such file.</exception>
    /// <exception cref="ArgumentOutOfRangeException">Threads below 1.</exception>
    /// <exception cref="BundleException">Not a bundle, a damaged one, or one of a later format.</exception>
    public static Recogniser Load(string path, RecogniserOptions? options = null)
    {
        options ??= new RecogniserOptions();
        ArgumentOutOfRangeException.ThrowIfLessThan(options.Threads, 1);
        Task.Run(() => OnnxSession.Version); // loads the library; where it cannot be loaded the first network says so
        // The encoder is most of what there is to open: it has a thread of its own from the start.
        Task<UnpackedNetwork?> unpacking = Task.Run(() => BundleFile.TryUnpack(path, BundleFile.RgbEncoderEntry));
        Task<IRgbEncoder?>? opening = null;
        BundledRecogniser? networks = null;
        HolisticLandmarker? landmarker = null;
        try
        {
            using BundleFile bundle = BundleFile.Open(path);
            opening = Task.Run(() => OpenEncoder(bundle, options.Threads, unpacking.Result));
            string card = Encoding.UTF8.GetString(bundle.Read("MODEL_CARD.md"));
            networks = new BundledRecogniser(bundle);
            landmarker = BundledLandmarker.Open(bundle);
            var recogniser = new Recogniser(networks, opening.GetAwaiter().GetResult(), landmarker, options.Threads)
            {
                ModelCard = card,
                Simulated = bundle.Manifest.Simulated,
            };
            OnnxSession.Trim();
            return recogniser;
        }
        catch
        {
            networks?.Dispose();
            landmarker?.Dispose();
            opening?.ContinueWith(t => t.IsCompletedSuccessfully ? t.Result : null).Result?.Dispose();
            throw;
        }
        finally
        {
            unpacking.Result?.Dispose();
        }
    }

    /// <summary>Reads and recognises one recording, on threads of the pool.</summary>
    /// <param name="recording">Files or frames.</param>
    /// <param name="cancel">Stops the decoder; noticed between files.</param>
    /// <returns>Every sign with its probability, calibrated where training could.</returns>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    /// <exception cref="FfmpegStartException">A video, and no `ffmpeg` to decode it.</exception>
    /// <exception cref="IOException">A file is missing, lacks what the recogniser cannot do without, or cannot be
    /// trusted.</exception>
    /// <exception cref="InvalidDataException">A file, or frames in memory, of another kind or size than it learnt
    /// from.</exception>
    /// <exception cref="BundleException">A network fails on what goes into it: it is not one that Gesto
    /// exported.</exception>
    /// <exception cref="ObjectDisposedException">It was disposed of before it began.</exception>
    public Task<Prediction> PredictAsync(Recording recording, CancellationToken cancel = default)
    {
        ArgumentNullException.ThrowIfNull(recording);
        return Task.Run(() => Predict(recording, cancel), cancel);
    }

    /// <summary>Recognises recordings one after another, as they come. Errors as of <see cref="PredictAsync(Recording,
    /// CancellationToken)"/>; the first ends the stream.</summary>
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

    /// <summary>Recognises a batch of recordings, one after another: each takes all threads. Errors as of <see
    /// cref="PredictAsync(Recording, CancellationToken)"/>; the first ends the batch.</summary>
    /// <param name="recordings">Files or frames.</param>
    /// <param name="cancel">As of <see cref="PredictAsync(Recording, CancellationToken)"/>.</param>
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

    /// <summary>Starts the decoder for the next recording, which is answered sooner then by the time that `ffmpeg`
    /// takes to start: for a program that waits for a signer. Does nothing before the first recording, whose kinds of
    /// files the next one is expected to have; others are recognised as well. Thread-safe; one decoder waits at
    /// most.</summary>
    /// <exception cref="FfmpegStartException">The program cannot be started any more.</exception>
    /// <exception cref="ObjectDisposedException">It was disposed of.</exception>
    public void GetReady() =>
        While(() =>
        {
            if (Interlocked.Exchange(ref idle, null) is not { } predictor)
                return false; // nothing was recognised yet, or all is at work
            try
            {
                predictor.GetReady();
                return true;
            }
            finally
            {
                Keep(predictor);
            }
        });

    /// <summary>A decoder waits for the next recording.</summary>
    internal bool IsReady => Volatile.Read(ref idle)?.IsReady == true;

    /// <summary>At least one recording is being recognised.</summary>
    internal bool IsUnderWay
    {
        get
        {
            lock (gate)
                return underWay > 0;
        }
    }

    /// <summary>Refuses further recordings. Those under way are answered; the last of them frees the
    /// networks.</summary>
    public void Dispose()
    {
        lock (gate)
        {
            if (disposed)
                return;
            disposed = true;
            if (underWay > 0)
                return;
        }
        Free();
    }

    private void Free()
    {
        idle?.Dispose();
        networks.Dispose();
        encoder?.Dispose();
        landmarker?.Dispose();
    }

    private Prediction Predict(Recording recording, CancellationToken cancel) =>
        While(() =>
        {
            VideoPredictor predictor = Interlocked.Exchange(ref idle, null) ?? new(networks, encoder, landmarks);
            try
            {
                return Prediction.Of(networks, predictor, recording, cancel);
            }
            finally
            {
                Keep(predictor);
            }
        });

    /// <summary>One predictor is kept for the next recording; those of calls side by side are not.</summary>
    private void Keep(VideoPredictor predictor)
    {
        if (Interlocked.CompareExchange(ref idle, predictor, null) is not null)
            predictor.Dispose();
    }

    /// <summary>Does what needs the networks; they are not freed before it is done.</summary>
    private T While<T>(Func<T> work)
    {
        lock (gate)
        {
            ObjectDisposedException.ThrowIf(disposed, this);
            underWay++;
        }
        try
        {
            return work();
        }
        finally
        {
            bool last;
            lock (gate)
                last = --underWay == 0 && disposed;
            if (last)
                Free();
        }
    }

    /// <returns>The bundle's RGB encoder, for as many callers as threads; null where it takes no RGB.</returns>
    /// <param name="bundle">Has it; not read here, so that another thread may.</param>
    /// <param name="threads">Callers at a time, ≥ 1.</param>
    /// <param name="unpacked">What is out of the bundle already; null = nothing.</param>
    internal static IRgbEncoder? OpenEncoder(BundleFile bundle, int threads, UnpackedNetwork? unpacked = null)
    {
        if (bundle.Manifest.Keys[Modality.Rgb] is not { } key)
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
            unpacked is not null && bundle.Holds(known.Entry, unpacked)
                ? unpacked.Open(threads: 1, known.Ports(HandCropReader.FinderOf(key) is not null))
                : OpenAgain(bundle, known, HandCropReader.FinderOf(key) is not null),
            concurrency: threads
        );
    }

    private static InferenceSession OpenAgain(BundleFile bundle, BundledRgbEncoder known, bool anySide)
    {
        using BundleFile own = bundle.Again();
        return own.Network(known.Entry, threads: 1, known.Ports(anySide));
    }
}

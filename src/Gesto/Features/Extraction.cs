using System.Text.Json;
using Gesto.Data;
using Gesto.Radar;
using Gesto.Video;

namespace Gesto.Features;

/// <summary>Videos → features: DATASET → FEATURES. It may be killed at any moment; the next run with the same settings goes
/// on with the next missing array, and the bytes in the end are those of an uninterrupted run.</summary>
/// <remarks>A sample must have every modality that the data set has; one that lacks a file is a bad sample, never "done".
/// Samples are decoded ahead by <see cref="ExtractionOptions.DecodeThreads"/> tasks while one thread encodes.</remarks>
public sealed class Extraction
{
    private const string LockFile = ".extract.lock";
    private readonly Dataset dataset;
    private readonly string folder;
    private readonly IRgbEncoder? encoder;
    private readonly ExtractionOptions options;
    private readonly SampleReader reader;
    private readonly int antennas;
    private FeatureStore? rgb;
    private FeatureStore? radar;

    private Extraction(Dataset dataset, string folder, IRgbEncoder? encoder, ExtractionOptions options)
    {
        (this.dataset, this.folder, this.encoder, this.options) = (dataset, folder, encoder, options);
        reader = new SampleReader(dataset.Root, FormatOf(options), options.Limits);
        antennas = dataset.Samples.Max(AntennasOf);
    }

    /// <param name="dataset">The recordings.</param>
    /// <param name="folder">FEATURES, made or gone on with.</param>
    /// <param name="encoder">Makes the RGB features; may be null where no sample has RGB. Stays the caller's.</param>
    /// <param name="options">Settings; those that change the features are in the stores' keys.</param>
    /// <param name="progress">Counts samples.</param>
    /// <param name="cancel">Stops soon; what is finished stays.</param>
    /// <exception cref="InvalidDataException">A bad sample under <see cref="ExtractionPolicy.Fail"/>; no readable sample at all;
    /// or the folder holds features made differently or from other recordings.</exception>
    /// <exception cref="IOException">The disk is full, or another extraction is writing there.</exception>
    public static ExtractionResult Run(
        Dataset dataset, string folder, IRgbEncoder? encoder, ExtractionOptions options,
        IProgress<WorkProgress>? progress, CancellationToken cancel)
    {
        Directory.CreateDirectory(folder);
        using FileStream running = Lock(folder);
        foreach (string torn in Directory.EnumerateFiles(folder, "*" + AtomicFile.TemporaryEnding, SearchOption.AllDirectories)) File.Delete(torn);
        var extraction = new Extraction(dataset, folder, encoder, options);
        try
        {
            extraction.OpenStores(cancel);
            return extraction.Extract(progress, cancel);
        }
        finally
        {
            extraction.rgb?.Dispose();
            extraction.radar?.Dispose();
        }
    }

    private static RadarFormat FormatOf(ExtractionOptions options) => options.Source is null
        ? options.Radar
        : options.Radar with { Size = (RadarSourceEncoder.InputSize, RadarSourceEncoder.InputSize) };

    private static FileStream Lock(string folder)
    {
        try
        {
            return new FileStream(Path.Combine(folder, LockFile), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, 1, FileOptions.DeleteOnClose);
        }
        catch (IOException e) when (File.Exists(Path.Combine(folder, LockFile)))
        {
            throw new IOException($"{folder}: another extraction is writing here. Wait for it, or choose another folder.", e);
        }
    }

    /// <summary>A bad header is that sample's own problem, met again when its turn comes.</summary>
    private int AntennasOf(Sample sample)
    {
        try
        {
            return reader.AntennasOf(sample);
        }
        catch (Exception e) when (IsAboutSample(e))
        {
            return 0;
        }
    }

    private void OpenStores(CancellationToken cancel)
    {
        if (dataset.Samples.Any(s => s.HasRgb))
        {
            ArgumentNullException.ThrowIfNull(encoder);
            rgb = FeatureStore.OpenOrCreate(Path.Combine(folder, FeatureSet.RgbFolder), new FeatureKey
            {
                Modality = "rgb",
                Encoder = encoder.Name,
                Weights = encoder.WeightsHash,
                Preprocessing = encoder.Preprocessing,
                Sampling = FrameSampling.Name,
                DType = "<f4",
                Shape = [FrameSampling.Length, encoder.Width],
            });
        }
        if (dataset.Samples.Any(s => s.HasRadar))
            radar = FeatureStore.OpenOrCreate(Path.Combine(folder, FeatureSet.RadarFolder), RadarKey(cancel));
        RecordingFingerprints.CheckAndWrite(folder, dataset, s => (rgb?.Contains(s.Key) ?? false) || (radar?.Contains(s.Key) ?? false));
        ManifestFile.Write(Path.Combine(folder, ManifestFile.FileName), dataset.Samples);
        // Beside the labels, the word that the recordings are simulated: evaluations of these features must say so.
        foreach (string name in new[] { LabelKeyFile.FileName, FeatureSet.SimulatedFile })
        {
            string from = Path.Combine(dataset.Root, name);
            if (File.Exists(from)) AtomicFile.Write(Path.Combine(folder, name), to => to.Write(File.ReadAllBytes(from)));
        }
    }

    private FeatureKey RadarKey(CancellationToken cancel)
    {
        var key = new FeatureKey
        {
            Modality = "radar",
            Encoder = "radar-frames",
            Weights = "",
            Preprocessing = "",
            Sampling = FrameSampling.Name,
            DType = "|u1",
            Shape = [],
        };
        if (options.Source is { } source)
            return key with
            {
                Encoder = source.Name,
                Weights = source.WeightsHash,
                Preprocessing = $"{FormatOf(options)}, divided by 255",
                DType = "<f4",
                Shape = [FrameSampling.Length, antennas * source.WidthPerAntenna],
            };
        // Whether frames are grey levels or numbers, and their own size, only a recording can tell: the first good one.
        RadarClip clip = dataset.Samples.Where(s => s.HasRadar).Select(s => TryReadRadar(s, cancel)).FirstOrDefault(c => c is not null)
            ?? throw new InvalidDataException($"{dataset.Root}: no sample's radar can be read. 'gesto check {dataset.Root}' lists what is wrong.");
        RadarFormat stored = clip.DType == "|u1" ? options.Radar with { Size = (clip.Rows, clip.Columns) } : options.Radar;
        return key with
        {
            Preprocessing = stored.ToString(),
            DType = clip.DType,
            Shape = [FrameSampling.Length, clip.Antennas, clip.Rows, clip.Columns],
        };
    }

    private RadarClip? TryReadRadar(Sample sample, CancellationToken cancel)
    {
        try
        {
            return reader.ReadRadar(sample, antennas, cancel);
        }
        catch (Exception e) when (IsAboutSample(e))
        {
            if (options.Policy == ExtractionPolicy.Fail) throw BadSample(sample, e);
            return null;
        }
    }

    private ExtractionResult Extract(IProgress<WorkProgress>? progress, CancellationToken cancel)
    {
        Sample[] pending = [.. dataset.Samples.Where(s => NeedsRgb(s) || NeedsRadar(s))];
        var skipped = new List<SkippedSample>();
        int before = dataset.Samples.Count - pending.Length, done = 0;
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        var ahead = new Queue<(Sample Sample, Task<Decoded> Task)>();
        try
        {
            for (int next = 0; done < pending.Length;)
            {
                cancel.ThrowIfCancellationRequested();
                progress?.Report(new WorkProgress("extract", before + done, dataset.Samples.Count, "samples"));
                for (; next < pending.Length && ahead.Count <= options.DecodeThreads; next++)
                {
                    Sample sample = pending[next];
                    ahead.Enqueue((sample, Task.Factory.StartNew(
                        () => Decode(sample, stop.Token), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default)));
                }
                (Sample current, Task<Decoded> task) = ahead.Dequeue();
                try
                {
                    Add(current, task.GetAwaiter().GetResult());
                }
                catch (BadSampleException e) when (options.Policy == ExtractionPolicy.Skip)
                {
                    skipped.Add(new SkippedSample(current.Key, e.InnerException!.Message));
                }
                catch (BadSampleException e)
                {
                    throw BadSample(current, e.InnerException!);
                }
                done++;
            }
        }
        finally
        {
            // Leave no decoder running behind a failure or a cancellation.
            stop.Cancel();
            foreach ((_, Task<Decoded> task) in ahead) ((IAsyncResult)task).AsyncWaitHandle.WaitOne();
        }
        return Complete(before, pending.Length, skipped, progress);
    }

    private ExtractionResult Complete(int before, int pending, List<SkippedSample> skipped, IProgress<WorkProgress>? progress)
    {
        if (skipped.Count == dataset.Samples.Count)
            throw new InvalidDataException($"{dataset.Root}: not one sample can be read. The first: {skipped[0].Message}");
        rgb?.Complete();
        radar?.Complete();
        string list = Path.Combine(folder, FeatureSet.SkippedFile);
        if (skipped.Count > 0) AtomicFile.WriteText(list, JsonSerializer.Serialize(skipped, FeatureSet.Json) + "\n");
        else File.Delete(list);
        progress?.Report(new WorkProgress("extract", dataset.Samples.Count, dataset.Samples.Count, "samples"));
        return new ExtractionResult(pending - skipped.Count, before, skipped);
    }

    private bool NeedsRgb(Sample sample) => rgb is not null && !rgb.Contains(sample.Key);

    private bool NeedsRadar(Sample sample) => radar is not null && !radar.Contains(sample.Key);

    /// <summary>Runs on a thread of its own. Both modalities are read before either is stored: a half-good sample stores nothing.</summary>
    private Decoded Decode(Sample sample, CancellationToken cancel)
    {
        try
        {
            Clip? clip = NeedsRgb(sample) ? reader.ReadRgb(sample, encoder!.InputSize, cancel) : null;
            RadarClip? maps = NeedsRadar(sample) ? reader.ReadRadar(sample, antennas, cancel) : null;
            if (maps is not null) RequireStorable(sample, maps);
            return new Decoded(clip, maps);
        }
        catch (Exception e) when (IsAboutSample(e))
        {
            throw new BadSampleException(e);
        }
    }

    private void RequireStorable(Sample sample, RadarClip maps)
    {
        FeatureKey key = radar!.Key;
        if (options.Source is not null && maps.DType != "|u1")
            throw new InvalidDataException($"{sample.Key}: the source project's encoder takes radar video; these maps are .npy. Extract with '--radar frames'.");
        if (options.Source is null && (maps.DType != key.DType || maps.Rows != key.Shape[2] || maps.Columns != key.Shape[3]))
            throw new InvalidDataException(
                $"{sample.Key}: radar maps {maps.DType} of {maps.Rows} x {maps.Columns}, the others are {key.DType} of {key.Shape[2]} x {key.Shape[3]}. " +
                "Give them one size with --radar-size.");
    }

    private void Add(Sample sample, Decoded decoded)
    {
        if (decoded.Rgb is { } clip)
        {
            var features = new float[FrameSampling.Length * encoder!.Width];
            encoder.Encode(clip.Frames, clip.Length, features.AsSpan(0, clip.Length * encoder.Width));
            rgb!.Add(sample.Key, NpyArray.From(features, FrameSampling.Length, encoder.Width), clip.Length);
        }
        if (decoded.Radar is not { } maps) return;
        if (options.Source is { } source)
        {
            int width = maps.Antennas * source.WidthPerAntenna;
            var features = new float[FrameSampling.Length * width];
            source.Encode(maps.Bytes, maps.Length, maps.Antennas, features.AsSpan(0, maps.Length * width));
            radar!.Add(sample.Key, NpyArray.From(features, FrameSampling.Length, width), maps.Length);
            return;
        }
        byte[] padded = maps.Bytes;
        Array.Resize(ref padded, maps.Bytes.Length / maps.Length * FrameSampling.Length);
        radar!.Add(sample.Key, new NpyArray(maps.DType, radar.Key.Shape, padded), maps.Length);
    }

    private static bool IsAboutSample(Exception e) =>
        e is InvalidDataException or IOException or UnauthorizedAccessException && e is not FfmpegMissingException;

    private static InvalidDataException BadSample(Sample sample, Exception e) =>
        new($"Sample '{sample.Key}' cannot be used. {e.Message} To leave such samples out, add '--policy skip'.", e);

    private sealed record Decoded(Clip? Rgb, RadarClip? Radar);

    /// <summary>Carries a sample's own problem out of its task, apart from failures of the machine.</summary>
#pragma warning disable CA1032, CA1064 // Never leaves this class.
    private sealed class BadSampleException(Exception inner) : Exception(null, inner);
#pragma warning restore CA1032, CA1064
}

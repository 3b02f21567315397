using System.Text.Json;
using Gesto.Encoders;
using Gesto.Files;
using Gesto.Radar;
using Gesto.Recordings;
using Gesto.Training.Datasets;
using Gesto.Video;

namespace Gesto.Training.Features;

/// <summary>Videos → features: DATASET → FEATURES. It may be killed at any moment; the next run with the same settings
/// goes on with the next missing array, and the bytes in the end are those of an uninterrupted run.</summary>
/// <remarks>A sample must have every modality that the data set has; one that lacks a file is a bad sample, never
/// "done". Decoding, encoding and writing overlap (<see cref="StagedWork"/>); the bytes do not depend on the
/// order.</remarks>
public sealed class Extraction
{
    private const string LockFile = ".extract.lock";

    /// <summary>Samples that share a decoder process: starting one costs as much as half of the decoding.</summary>
    private const int Together = 8;

    private readonly Dataset dataset;
    private readonly string folder;
    private readonly IRgbEncoder? encoder;
    private readonly ExtractionOptions options;
    private readonly SampleReader reader;
    private readonly int antennas;
    private readonly Sample[] samples;
    private FeatureStore? rgb,
        radar;

    // What a shard need not do again, because it was merged before.
    private FeatureStore? mergedRgb,
        mergedRadar;

    private Extraction(Dataset dataset, string folder, IRgbEncoder? encoder, ExtractionOptions options)
    {
        // The key and every reading know the axes, whoever said them.
        options = options with { Radar = options.Radar with { Axes = options.Radar.Axes ?? dataset.RadarAxes } };
        (this.dataset, this.encoder, this.options) = (dataset, encoder, options);
        this.folder = options.Shard?.PathIn(folder) ?? folder;
        samples = options.Shard is { } shard
            ? [.. dataset.Samples.Where((_, i) => shard.Has(i))]
            : [.. dataset.Samples];
        reader = new SampleReader(
            dataset.RecordingsRoot,
            FormatOf(options),
            options.Limits,
            options.RgbSampling,
            options.RadarSampling
        )
        {
            RgbFit = options.RgbFit,
        };
        antennas = dataset.Samples.Max(AntennasOf);
    }

    /// <param name="dataset">The recordings.</param>
    /// <param name="folder">FEATURES, made or gone on with.</param>
    /// <param name="encoder">Makes the RGB features; may be null where no sample has RGB. Stays the caller's.</param>
    /// <param name="options">Settings; those that change the features are in the stores' keys.</param>
    /// <param name="progress">Counts samples.</param>
    /// <param name="cancel">Stops soon; what is finished stays.</param>
    /// <exception cref="InvalidDataException">A bad sample under <see cref="ExtractionPolicy.Fail"/>; no readable
    /// sample at all; or the folder holds features made differently or from other recordings.</exception>
    /// <exception cref="IOException">The disk is full, or another extraction is writing there.</exception>
    public static ExtractionResult Run(
        Dataset dataset,
        string folder,
        IRgbEncoder? encoder,
        ExtractionOptions options,
        IProgress<WorkProgress>? progress,
        CancellationToken cancel
    )
    {
        var extraction = new Extraction(dataset, folder, encoder, options);
        using FileStream running = Lock(extraction.folder);
        DeleteTorn(extraction.folder);
        try
        {
            extraction.OpenStores(cancel);
            if (options.Shard is not null)
                extraction.OpenMerged(folder);
            return extraction.Extract(progress, cancel);
        }
        finally
        {
            extraction.rgb?.Dispose();
            extraction.radar?.Dispose();
        }
    }

    private static RadarFormat FormatOf(ExtractionOptions options) =>
        options.Source is null
            ? options.Radar
            : options.Radar with
            {
                Size = (RadarSourceEncoder.InputSize, RadarSourceEncoder.InputSize),
            };

    /// <summary>Removes what a kill left half written, but nothing of shards that may be at work in the same
    /// folder.</summary>
    internal static void DeleteTorn(string folder)
    {
        const string Torn = "*" + AtomicFile.TemporaryEnding;
        foreach (string file in Directory.EnumerateFiles(folder, Torn))
            File.Delete(file);
        foreach (string store in (string[])[FeatureSet.RgbFolder, FeatureSet.RadarFolder])
        {
            string path = Path.Combine(folder, store);
            if (!Directory.Exists(path))
                continue;
            foreach (string file in Directory.EnumerateFiles(path, Torn, SearchOption.AllDirectories))
                File.Delete(file);
        }
    }

    /// <summary>Keeps a second process out of a folder of features; dispose to let it in.</summary>
    internal static FileStream Lock(string folder) =>
        FolderLock.Take(folder, LockFile, "another extraction is writing here");

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
            rgb = FeatureStore.OpenOrCreate(
                Path.Combine(folder, FeatureSet.RgbFolder),
                new FeatureKey
                {
                    Modality = "rgb",
                    Encoder = encoder.Name,
                    Weights = encoder.WeightsHash,
                    Preprocessing = FrameFits.InKey(encoder.Preprocessing, options.RgbFit),
                    Sampling = options.RgbSampling.Name,
                    DType = options.Float16 && encoder.DType == "<f4" ? "<f2" : encoder.DType,
                    Shape = [options.RgbSampling.Length, .. encoder.Shape],
                }
            );
        }
        if (dataset.Samples.Any(s => s.HasRadar))
            radar = FeatureStore.OpenOrCreate(Path.Combine(folder, FeatureSet.RadarFolder), RadarKey(cancel));
        RecordingFingerprints.CheckAndWrite(folder, dataset, samples, s =>
            (rgb?.Contains(s.Key) ?? false) || (radar?.Contains(s.Key) ?? false)
        );
        ManifestFile.Write(Path.Combine(folder, ManifestFile.FileName), dataset.Samples);
        // Beside the labels, the word that the recordings are simulated: evaluations of these features must say so.
        foreach (string name in new[] { LabelKeyFile.FileName, Dataset.SimulatedFile })
        {
            string from = Path.Combine(dataset.Root, name);
            if (File.Exists(from))
                AtomicFile.Write(Path.Combine(folder, name), to => to.Write(File.ReadAllBytes(from)));
        }
    }

    private void OpenMerged(string features)
    {
        FeatureStore? Merged(FeatureStore? own, string name)
        {
            string path = Path.Combine(features, name);
            return own is not null && FeatureStore.Exists(path) ? FeatureStore.OpenOrCreate(path, own.Key) : null;
        }
        mergedRgb = Merged(rgb, FeatureSet.RgbFolder);
        mergedRadar = Merged(radar, FeatureSet.RadarFolder);
    }

    private FeatureKey RadarKey(CancellationToken cancel)
    {
        var key = new FeatureKey
        {
            Modality = "radar",
            Encoder = "radar-frames",
            Weights = "",
            Preprocessing = "",
            Sampling = options.RadarSampling.Name,
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
                Shape = [options.RadarSampling.Length, antennas * source.WidthPerAntenna],
            };
        // Video is grey and resized; of arrays, only a recording can tell type and size: the first good one.
        if (
            dataset
                .Samples.Where(s => s.HasRadar)
                .All(s => s.Radar.All(f => f is null || !RadarArray.Is(dataset.PathOf(f))))
        )
        {
            RadarFormat video = options.Radar with { Size = options.Radar.VideoSize, Axes = null };
            return key with
            {
                Preprocessing = video.ToString(),
                Shape = [options.RadarSampling.Length, antennas, video.VideoSize.Rows, video.VideoSize.Columns],
            };
        }
        RadarClip clip = dataset
            .Samples.Where(s => s.HasRadar)
            .Select(s => TryReadRadar(s, cancel))
            .FirstOrDefault(c => c is not null)
            ?? throw new InvalidDataException(
                $"{dataset.Root}: no sample's radar can be read. A check of the data set lists what is wrong."
            ).Suggest(NextStep.CheckRecordings, dataset.Root);
        RadarFormat stored =
            clip.DType == "|u1"
                ? options.Radar with
                {
                    Size = (clip.Rows, clip.Columns),
                    Axes = null,
                }
                : options.Radar with
                {
                    Kind = clip.Kind,
                    Axes = clip.Kind is null ? options.Radar.Axes : null,
                };
        return key with
        {
            Preprocessing = stored.ToString(),
            DType = clip.DType,
            Shape = [options.RadarSampling.Length, clip.Antennas, clip.Rows, clip.Columns],
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
            if (options.Policy == ExtractionPolicy.Fail)
                throw BadSample(sample, e);
            return null;
        }
    }

    private ExtractionResult Extract(IProgress<WorkProgress>? progress, CancellationToken cancel)
    {
        (int Index, Sample Sample)[] pending = [.. samples.Index().Where(s => NeedsRgb(s.Item) || NeedsRadar(s.Item))];
        var skipped = new SortedDictionary<int, SkippedSample>();
        int before = samples.Length - pending.Length,
            done = 0;
        Report();
        int start = 0;
        StagedWork.Run<(int, Sample)[], Decoded, Encoded>(
            [.. GroupSizes(pending.Length, options.DecodeThreads).Select(size => pending[start..(start += size)])],
            options.DecodeThreads,
            DecodeAll,
            encoder?.Concurrency ?? 1,
            Encode,
            made =>
            {
                foreach (Encoded sample in made.Group?.Passed(made) ?? [made])
                    Store(sample);
            },
            cancel
        );
        return Complete(before, pending.Length, [.. skipped.Values]);

        void Store(Encoded made)
        {
            if (made.Skipped is { } reason)
                skipped.Add(made.Index, new SkippedSample(made.Sample.Key, WithoutRoot(reason)));
            if (made.Rgb is { } features)
                rgb!.Add(made.Sample.Key, features.Array, features.Length);
            if (made.Radar is { } maps)
                radar!.Add(made.Sample.Key, maps.Array, maps.Length);
            done++;
            Report();
        }

        void Report() => progress?.Report(new WorkProgress("extract", before + done, samples.Length, "samples"));
    }

    /// <summary>Files as the manifest names them: the list is kept, and the data set may lie elsewhere
    /// tomorrow.</summary>
    private string WithoutRoot(string message) =>
        message.Replace(
            Path.TrimEndingDirectorySeparator(dataset.Root) + Path.DirectorySeparatorChar,
            "",
            StringComparison.Ordinal
        );

    /// <summary>How many samples share a decoder: few at last, so that the decoders end together.</summary>
    internal static IEnumerable<int> GroupSizes(int samples, int decoders)
    {
        for (int left = samples, size; left > 0; left -= size)
            yield return size = Math.Min(Together, (left + 2 * decoders - 1) / (2 * decoders));
    }

    private ExtractionResult Complete(int before, int pending, SkippedSample[] skipped)
    {
        if (skipped.Length == samples.Length && options.Shard is null)
            throw new InvalidDataException(
                $"{dataset.Root}: not one sample can be read. The first: {skipped[0].Message}"
            );
        rgb?.Complete();
        radar?.Complete();
        string list = Path.Combine(folder, FeatureSet.SkippedFile);
        if (skipped.Length > 0)
            AtomicFile.WriteText(list, JsonSerializer.Serialize(skipped, FeatureSet.Json) + "\n");
        else
            File.Delete(list);
        return new ExtractionResult(pending - skipped.Length, before, skipped);
    }

    private bool NeedsRgb(Sample sample) =>
        rgb is not null && !rgb.Contains(sample.Key) && mergedRgb?.Contains(sample.Key) != true;

    private bool NeedsRadar(Sample sample) =>
        radar is not null && !radar.Contains(sample.Key) && mergedRadar?.Contains(sample.Key) != true;

    /// <summary>Reads several samples in one decoder where nothing at all is wrong with them, else one by
    /// one.</summary>
    private void DecodeAll((int Index, Sample Sample)[] samples, Action<Decoded> give, CancellationToken cancel)
    {
        if (samples.Length > 1 && TryDecodeTogether(samples, give, cancel))
            return;
        foreach ((int index, Sample sample) in samples)
            give(Decode(index, sample, cancel));
    }

    /// <summary>Hands each sample on as soon as it is there, since frames take megabytes; its features wait for the
    /// decoder's last word.</summary>
    private bool TryDecodeTogether((int Index, Sample Sample)[] samples, Action<Decoded> give, CancellationToken cancel)
    {
        var group = new DecoderGroup();
        Decoded? last = null; // kept back until the word is there, so that at least one sample brings it
        bool flawless;
        try
        {
            flawless = reader.TryReadTogether(
                [
                    .. samples.Select(s =>
                        (s.Sample, NeedsRgb(s.Sample) ? encoder!.InputSize : (int?)null, NeedsRadar(s.Sample))
                    ),
                ],
                antennas,
                (i, clip, maps) =>
                {
                    if (maps is not null)
                        RequireStorable(samples[i].Sample, maps);
                    if (last is not null)
                        give(last);
                    last = new Decoded(samples[i].Index, samples[i].Sample, clip, maps, null, group);
                },
                cancel
            );
        }
        catch (Exception e) when (IsAboutSample(e))
        {
            flawless = false; // one by one, the sample that it is about gets named
        }
        group.Verdict = flawless ? Verdict.Flawless : Verdict.Flawed;
        if (flawless)
            give(last!);
        return flawless;
    }

    /// <summary>Both modalities are read before either is stored: a half-good sample stores nothing.</summary>
    private Decoded Decode(int index, Sample sample, CancellationToken cancel)
    {
        try
        {
            (Clip? clip, RadarClip? maps) = reader.Read(
                sample,
                NeedsRgb(sample) ? encoder!.InputSize : null,
                NeedsRadar(sample),
                antennas,
                cancel
            );
            if (maps is not null)
                RequireStorable(sample, maps);
            return new Decoded(index, sample, clip, maps, null);
        }
        catch (Exception e) when (IsAboutSample(e))
        {
            return options.Policy == ExtractionPolicy.Skip
                ? new Decoded(index, sample, null, null, e.Message)
                : throw BadSample(sample, e);
        }
    }

    private void RequireStorable(Sample sample, RadarClip maps)
    {
        FeatureKey key = radar!.Key;
        if (options.Source is not null && maps.DType != "|u1")
            throw new InvalidDataException(
                $"{sample.Key}: the source project's encoder takes radar video; these maps are .npy. Extract radar frames."
            ).Suggest(NextStep.ExtractRadar, "frames");
        if (options.Source is null && maps.Kind != RadarFormat.Parse(key.Preprocessing).Kind)
            throw new InvalidDataException(
                $"{sample.Key}: radar of {maps.Kind ?? "bare arrays or video"}, the others are of {RadarFormat.Parse(key.Preprocessing).Kind ?? "bare arrays or video"}."
            );
        if (
            options.Source is null
            && (maps.DType != key.DType || maps.Rows != key.Shape[2] || maps.Columns != key.Shape[3])
        )
            throw new InvalidDataException(
                $"{sample.Key}: radar maps {maps.DType} of {maps.Rows} x {maps.Columns}, the others are {key.DType} of {key.Shape[2]} x {key.Shape[3]}. "
                    + "Give them one size."
            ).Suggest(NextStep.ExtractRadarAtOneSize);
    }

    private Encoded Encode(Decoded decoded) =>
        new(
            decoded.Index,
            decoded.Sample,
            EncodeRgb(decoded.Rgb),
            EncodeRadar(decoded.Radar),
            decoded.Skipped,
            decoded.Group
        );

    private (NpyArray Array, int Length)? EncodeRgb(Clip? clip)
    {
        if (clip is null)
            return null;
        var features = new float[options.RgbSampling.Length * encoder!.Width];
        encoder.Encode(clip.Frames, clip.Length, features.AsSpan(0, clip.Length * encoder.Width));
        return (NpyArray.From(rgb!.Key.DType, features, rgb.Key.Shape), clip.Length);
    }

    private (NpyArray Array, int Length)? EncodeRadar(RadarClip? maps)
    {
        if (maps is null)
            return null;
        if (options.Source is { } source)
        {
            int width = maps.Antennas * source.WidthPerAntenna;
            var features = new float[options.RadarSampling.Length * width];
            source.Encode(maps.Bytes, maps.Length, maps.Antennas, features.AsSpan(0, maps.Length * width));
            return (NpyArray.From(features, options.RadarSampling.Length, width), maps.Length);
        }
        byte[] padded = maps.Bytes;
        Array.Resize(ref padded, maps.Bytes.Length / maps.Length * options.RadarSampling.Length);
        return (new NpyArray(maps.DType, radar!.Key.Shape, padded), maps.Length);
    }

    private static bool IsAboutSample(Exception e) =>
        e is InvalidDataException or IOException or UnauthorizedAccessException && e is not FfmpegStartException;

    private static InvalidDataException BadSample(Sample sample, Exception e) =>
        new InvalidDataException(
            $"Sample '{sample.Key}' cannot be used. {e.Message} Such samples can be left out.",
            e
        ).Suggest(NextStep.ExtractReadable);

    /// <param name="Index">The sample's place among those of this run.</param>
    /// <param name="Sample">The sample.</param>
    /// <param name="Rgb">Null where already stored.</param>
    /// <param name="Radar">Null where already stored.</param>
    /// <param name="Skipped">Why the sample is left out; null for a good one.</param>
    /// <param name="Group">Those whose decoder has still to say whether they are flawless; null where that is
    /// known.</param>
    private sealed record Decoded(
        int Index,
        Sample Sample,
        Clip? Rgb,
        RadarClip? Radar,
        string? Skipped,
        DecoderGroup? Group = null
    );

    private sealed record Encoded(
        int Index,
        Sample Sample,
        (NpyArray Array, int Length)? Rgb,
        (NpyArray Array, int Length)? Radar,
        string? Skipped,
        DecoderGroup? Group
    );

    private enum Verdict
    {
        Awaited,
        Flawless,
        Flawed,
    }

    /// <summary>Samples of one decoder: none is stored before all are known to be flawless.</summary>
    private sealed class DecoderGroup
    {
        private readonly List<Encoded> held = [];
        private volatile Verdict verdict;

        /// <summary>Set once, by the thread that decodes, before the last sample is handed on.</summary>
        public Verdict Verdict
        {
            set => verdict = value;
        }

        /// <param name="sample">The one encoded now; called by the writer only.</param>
        /// <returns>Those that may be stored now.</returns>
        public Encoded[] Passed(Encoded sample)
        {
            held.Add(sample);
            if (verdict == Verdict.Awaited)
                return [];
            Encoded[] passed = verdict == Verdict.Flawless ? [.. held] : [];
            held.Clear();
            return passed;
        }
    }
}

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
/// <remarks>A sample is stored with the modalities that it has files of; one whose files cannot all be read, an
/// antenna of
/// its radar missing among them, is a bad sample, never "done". Decoding, encoding and writing overlap (<see
/// cref="StagedWork"/>); the bytes do not depend on the order.</remarks>
public sealed partial class Extraction : IDisposable
{
    private const string LockFile = ".extract.lock";

    /// <summary>Samples that share a decoder process: starting one costs as much as half of the decoding.</summary>
    private const int Together = 8;

    private readonly Dataset dataset,
        recorded;
    private readonly string folder;
    private readonly IRgbEncoder? encoder;
    private readonly ExtractionOptions options;
    private readonly SampleReader reader;
    private readonly int antennas;
    private readonly Sample[] samples;
    private readonly PerModality<IStepReader> others;
    private readonly ExtractionStores stores;

    private Extraction(Dataset dataset, string folder, IRgbEncoder? encoder, ExtractionOptions options)
    {
        // The key and every reading know the axes, whoever said them.
        options = options with { Radar = options.Radar with { Axes = options.Radar.Axes ?? dataset.RadarAxes } };
        (recorded, options) = (dataset, VideoStreams.Settled(dataset, options));
        dataset = VideoStreams.Of(dataset, options);
        (this.dataset, this.encoder, this.options) = (dataset, encoder, options);
        this.folder = options.Shard?.PathIn(folder) ?? folder;
        samples = options.Shard is { } shard
            ? [.. dataset.Samples.Where((_, i) => shard.Has(i))]
            : [.. dataset.Samples];
        reader = new SampleReader(
            dataset.RecordingsRoot,
            ExtractionStores.FormatOf(options),
            options.Limits,
            options.RgbSampling,
            options.RadarSampling
        )
        {
            RgbFit = options.RgbFit,
        };
        antennas = dataset.Samples.Max(AntennasOf);
        others = PerModality.For(Modality.All.Where(m => dataset.Samples.Any(s => s.Has(m))), ReaderOf);
        stores = new ExtractionStores(dataset, encoder, options, reader, antennas, others);
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
    internal static ExtractionResult Run(
        Dataset dataset,
        string folder,
        IRgbEncoder? encoder,
        ExtractionOptions options,
        IProgress<WorkProgress>? progress,
        CancellationToken cancel
    )
    {
        using FileStream running = Lock(options.Shard?.PathIn(folder) ?? folder);
        using var extraction = new Extraction(dataset, folder, encoder, options);
        DeleteTorn(extraction.folder);
        extraction.stores.Open(extraction.folder, cancel);
        extraction.WriteFacts();
        if (options.Shard is not null)
            extraction.stores.OpenMerged(folder);
        return extraction.Extract(progress, cancel);
    }

    void IDisposable.Dispose()
    {
        stores.Dispose();
        foreach (IStepReader other in others.Values.Append(options.VideoLandmarks).OfType<IStepReader>().Distinct())
            other.Dispose();
    }

    /// <returns>What makes a modality's steps by itself; null of those whose files share a decoder.</returns>
    private IStepReader? ReaderOf(Modality modality) =>
        modality == Modality.Landmarks && options.LandmarksOfVideos ? options.VideoLandmarks
        : modality == Modality.Rgb && options.HandCrops != HandCrops.None
            ? new HandCropReader(
                encoder!,
                (VideoLandmarkReader)options.VideoLandmarks!,
                options.HandCrops == HandCrops.Beside,
                options.RgbFit,
                threads: 1
            )
        : modality.Open?.Invoke(null);

    /// <summary>Removes what a kill left half written, but nothing of shards that may be at work in the same
    /// folder.</summary>
    internal static void DeleteTorn(string folder)
    {
        const string Torn = "*" + AtomicFile.TemporaryEnding;
        foreach (string file in Directory.EnumerateFiles(folder, Torn))
            File.Delete(file);
        foreach (Modality modality in Modality.All)
        {
            string path = Path.Combine(folder, modality.Name);
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

    /// <summary>What lies beside the stores.</summary>
    private void WriteFacts()
    {
        // As recorded, whatever is made of it: landmarks may be added to features later.
        HashSet<string> own = [.. samples.Select(s => s.Key)];
        RecordingFingerprints.CheckAndWrite(folder, recorded, recorded.Samples.Where(s => own.Contains(s.Key)), s =>
            stores.All.Values.Any(store => store.Contains(s.Key))
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

    private ExtractionResult Extract(IProgress<WorkProgress>? progress, CancellationToken cancel)
    {
        (int Index, Sample Sample)[] pending = [.. samples.Index().Where(s => IsPending(s.Item))];
        var skipped = new SortedDictionary<int, SkippedSample>();
        int before = samples.Length - pending.Length,
            done = 0;
        Report();
        int start = 0;
        StagedWork.Run<(int, Sample)[], DecodedSample, EncodedSample>(
            [.. GroupSizes(pending.Length, options.DecodeThreads).Select(size => pending[start..(start += size)])],
            options.DecodeThreads,
            DecodeAll,
            encoder?.Concurrency ?? 1,
            Encode,
            made =>
            {
                foreach (EncodedSample sample in made.Group?.Passed(made) ?? [made])
                    Store(sample);
            },
            cancel
        );
        return Complete(before, pending.Length, [.. skipped.Values]);

        void Store(EncodedSample made)
        {
            if (made.Skipped is { } reason)
                skipped.Add(made.Index, new SkippedSample(made.Sample.Key, WithoutRoot(reason)));
            foreach ((Modality modality, PaddedSteps steps) in made.Arrays)
                stores[modality]!.Add(made.Sample.Key, steps.Array, steps.Length);
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
        stores.Complete();
        string list = Path.Combine(folder, FeatureSet.SkippedFile);
        if (skipped.Length > 0)
            AtomicFile.WriteText(list, JsonSerializer.Serialize(skipped, FeatureSet.Json) + "\n");
        else
            File.Delete(list);
        return new ExtractionResult(
            pending - skipped.Length,
            before,
            skipped,
            [
                .. stores
                    .All.Modalities.Select(m => (m.Title, samples.Count(s => !s.Has(m))))
                    .Where(lacking => lacking.Item2 > 0),
            ]
        );
    }

    /// <summary>A sample without any file is read too: that is how it gets named.</summary>
    private bool IsPending(Sample sample) =>
        sample.Files.Count == 0 || sample.Files.Modalities.Any(m => stores.Needs(sample, m));

    /// <summary>Reads several samples in one decoder where nothing at all is wrong with them, else one by
    /// one.</summary>
    private void DecodeAll((int Index, Sample Sample)[] samples, Action<DecodedSample> give, CancellationToken cancel)
    {
        if (samples.Length > 1 && TryDecodeTogether(samples, give, cancel))
            return;
        foreach ((int index, Sample sample) in samples)
            give(Decode(index, sample, cancel));
    }

    /// <summary>Hands each sample on as soon as it is there, since frames take megabytes; its features wait for the
    /// decoder's last word.</summary>
    private bool TryDecodeTogether(
        (int Index, Sample Sample)[] samples,
        Action<DecodedSample> give,
        CancellationToken cancel
    )
    {
        var group = new DecoderGroup();
        LandmarkWatch?[] watches = [.. samples.Select(s => Watch(s.Sample))];
        DecodedSample? last = null; // kept back until the word is there, so that at least one sample brings it
        bool flawless;
        try
        {
            flawless = reader.TryReadTogether(
                [.. samples.Select((s, i) => Asked(s.Sample, watches[i]))],
                antennas,
                (i, clip, maps) =>
                {
                    Sample sample = samples[i].Sample;
                    if (maps is not null)
                        RequireStorable(sample, maps);
                    if (last is not null)
                        give(last);
                    last = new(
                        samples[i].Index,
                        sample,
                        clip,
                        maps,
                        ReadOthers(sample, watches[i], cancel),
                        Group: group
                    );
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

    /// <summary>All modalities are read before any is stored: a half-good sample stores nothing.</summary>
    private DecodedSample Decode(int index, Sample sample, CancellationToken cancel)
    {
        try
        {
            if (sample.Files.Count == 0)
                throw new FileNotFoundException(
                    $"{Path.Combine(dataset.RecordingsRoot, sample.Key)}: no file of any modality."
                );
            LandmarkWatch? watch = Watch(sample);
            (Clip? clip, RadarClip? maps) = reader.Read(Asked(sample, watch), antennas, cancel);
            if (maps is not null)
                RequireStorable(sample, maps);
            return new(index, sample, clip, maps, ReadOthers(sample, watch, cancel));
        }
        catch (Exception e) when (IsAboutSample(e))
        {
            return options.Policy == ExtractionPolicy.Skip
                ? new(index, sample, null, null, PerModality<RecordingSteps>.None, e.Message)
                : throw BadSample(sample, e);
        }
    }

    /// <returns>Side of the frames; null where the sample's RGB is not to be read.</returns>
    private int? RgbSize(Sample sample) =>
        others[Modality.Rgb] is null && stores.Needs(sample, Modality.Rgb) ? encoder!.InputSize : null;

    /// <returns>What finds a sample's landmarks while its video is decoded; null where none are to be found, or by who
    /// reads the hands.</returns>
    private LandmarkWatch? Watch(Sample sample) =>
        others[Modality.Rgb] is null
        && others[Modality.Landmarks] is VideoLandmarkReader landmarks
        && stores.Needs(sample, Modality.Landmarks)
            ? landmarks.Watch(dataset.PathOf(sample.Files[Modality.Landmarks]![0]!))
            : null;

    private SampleReader.Asked Asked(Sample sample, LandmarkWatch? watch)
    {
        (int? size, bool radar) = (RgbSize(sample), stores.Needs(sample, Modality.Radar));
        if (watch is null)
            return new(sample, size, radar);
        // The video is its RGB for the reader, also where landmarks alone are taken of it.
        var files = sample.Files.With(Modality.Rgb, sample.Files[Modality.Landmarks]);
        return new(sample with { Files = files }, size, radar, watch.See);
    }

    private PerModality<RecordingSteps> ReadOthers(Sample sample, LandmarkWatch? watch, CancellationToken cancel)
    {
        HandCropReader.Hands? hands =
            others[Modality.Rgb] is HandCropReader cropper && stores.Needs(sample, Modality.Rgb)
                ? cropper.Read(dataset.PathOf(sample.Rgb!), cancel)
                : null;
        return others.Select(
            (modality, reader) =>
            {
                if (!stores.Needs(sample, modality))
                    return null;
                RecordingSteps steps =
                    hands is not null && modality == Modality.Rgb ? hands.Rgb
                    : hands is not null && reader is VideoLandmarkReader ? hands.Landmarks
                    : watch is not null && modality == Modality.Landmarks ? watch.Steps()
                    : reader.Read([.. sample.Files[modality]!.Select(PathOf)], cancel);
                int[] shape = stores[modality]!.Key.Shape;
                return steps.Length >= 1 && steps.Length <= shape[0] && steps.Shape.SequenceEqual(shape[1..])
                    ? steps
                    : throw new InvalidDataException(
                        $"{sample.Key}: {steps.Length} {modality.Title} steps of ({string.Join(',', steps.Shape)}), expected 1 to {shape[0]} of ({string.Join(',', shape[1..])})."
                    );
            }
        );

        string? PathOf(string? file) => file is null ? null : dataset.PathOf(file);
    }

    private void RequireStorable(Sample sample, RadarClip maps)
    {
        FeatureKey key = stores[Modality.Radar]!.Key;
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

    internal static bool IsAboutSample(Exception e) =>
        e is InvalidDataException or IOException or UnauthorizedAccessException && e is not FfmpegStartException;

    internal static InvalidDataException BadSample(Sample sample, Exception e) =>
        new InvalidDataException(
            $"Sample '{sample.Key}' cannot be used. {e.Message} Such samples can be left out.",
            e
        ).Suggest(NextStep.ExtractReadable);
}

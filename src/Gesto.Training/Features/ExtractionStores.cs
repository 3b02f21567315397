using Gesto.Encoders;
using Gesto.Files;
using Gesto.Radar;
using Gesto.Recordings;
using Gesto.Training.Datasets;
using Gesto.Video;

namespace Gesto.Training.Features;

/// <summary>The stores that an extraction fills: one for each modality that the data set has.</summary>
/// <param name="dataset">The recordings.</param>
/// <param name="encoder">Of RGB; null where no sample has RGB.</param>
/// <param name="options">Settings.</param>
/// <param name="reader">Reads RGB and radar.</param>
/// <param name="antennas">A, of the data set.</param>
/// <param name="others">Make the steps of the further modalities.</param>
internal sealed class ExtractionStores(
    Dataset dataset,
    IRgbEncoder? encoder,
    ExtractionOptions options,
    SampleReader reader,
    int antennas,
    PerModality<IStepReader> others
) : IDisposable
{
    /// <summary>What a shard need not do again, because it was merged before.</summary>
    private PerModality<FeatureStore> merged = PerModality<FeatureStore>.None;

    public PerModality<FeatureStore> All { get; private set; } = PerModality<FeatureStore>.None;

    public FeatureStore? this[Modality modality] => All[modality];

    /// <summary>Radar maps as they are stored; with <see cref="ExtractionOptions.Source"/>, as its encoder takes
    /// them.</summary>
    public static RadarFormat FormatOf(ExtractionOptions options) =>
        options.Source is null
            ? options.Radar
            : options.Radar with
            {
                Size = (RadarSourceEncoder.InputSize, RadarSourceEncoder.InputSize),
            };

    /// <param name="folder">FEATURES, or a shard's.</param>
    /// <param name="cancel">Stops a decoder.</param>
    public void Open(string folder, CancellationToken cancel)
    {
        foreach (Modality modality in Modality.All.Where(m => dataset.Samples.Any(s => s.Has(m))))
            All = All.With(
                modality,
                FeatureStore.OpenOrCreate(Path.Combine(folder, modality.Name), KeyOf(modality, cancel))
            );
    }

    /// <summary>Looks at what was merged before into FEATURES.</summary>
    public void OpenMerged(string features) =>
        merged = All.Select(
            (modality, own) =>
                Path.Combine(features, modality.Name) is var path && FeatureStore.Exists(path)
                    ? FeatureStore.OpenOrCreate(path, own.Key)
                    : null
        );

    /// <returns>True where the sample has the modality and its array is not there.</returns>
    public bool Needs(Sample sample, Modality modality) =>
        sample.Has(modality)
        && All[modality]?.Contains(sample.Key) == false
        && merged[modality]?.Contains(sample.Key) != true;

    public void Complete()
    {
        foreach (FeatureStore store in All.Values)
            store.Complete();
    }

    public void Dispose()
    {
        foreach (FeatureStore store in All.Values)
            store.Dispose();
    }

    private FeatureKey KeyOf(Modality modality, CancellationToken cancel)
    {
        if (modality == Modality.Radar)
            return RadarKey(cancel);
        if (others[modality] is { } reader)
            return modality == Modality.Rgb && options.Float16 ? reader.Key with { DType = "<f2" } : reader.Key;
        ArgumentNullException.ThrowIfNull(encoder);
        return new FeatureKey
        {
            Modality = modality.Name,
            Encoder = encoder.Name,
            Weights = encoder.WeightsHash,
            Preprocessing = FrameFits.InKey(encoder.Preprocessing, options.RgbFit),
            Sampling = options.RgbSampling.Name,
            DType = options.Float16 && encoder.DType == "<f4" ? "<f2" : encoder.DType,
            Shape = [options.RgbSampling.Length, .. encoder.Shape],
        };
    }

    private FeatureKey RadarKey(CancellationToken cancel)
    {
        var key = new FeatureKey
        {
            Modality = Modality.Radar.Name,
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
                .Samples.Where(s => s.Has(Modality.Radar))
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
            .Samples.Where(s => s.Has(Modality.Radar))
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
        catch (Exception e) when (Extraction.IsAboutSample(e))
        {
            if (options.Policy == ExtractionPolicy.Fail)
                throw Extraction.BadSample(sample, e);
            return null;
        }
    }
}

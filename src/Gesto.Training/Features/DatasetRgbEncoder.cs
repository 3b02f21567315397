using Gesto.Encoders;
using Gesto.Recordings;
using Gesto.Training.Datasets;
using Gesto.Training.Models;
using Gesto.Training.Weights;

namespace Gesto.Training.Features;

/// <summary>Opens the RGB encoder that a data set is to be extracted with.</summary>
internal static class DatasetRgbEncoder
{
    /// <summary>Threads that prepare and send frames to a GPU: one works while another's are computed.</summary>
    private const int GpuCallers = 4;

    /// <param name="dataset">To be extracted; INT8 ranges and the small encoder are found on it.</param>
    /// <param name="storeFolder">FEATURES/rgb: keeps what was found.</param>
    /// <param name="extraction">Which encoder, and how frames are cut.</param>
    /// <param name="progress">Of a download, or of the small encoder's training.</param>
    /// <param name="cancel">Stops both.</param>
    /// <returns>As many callers as threads; null where no sample has RGB.</returns>
    /// <exception cref="WeightsUnavailableException">ResNet50's weights cannot be had.</exception>
    public static IRgbEncoder? Open(
        Dataset dataset,
        string storeFolder,
        ExtractionOptions extraction,
        IProgress<WorkProgress>? progress,
        CancellationToken cancel
    )
    {
        RgbOptions options = extraction.Rgb;
        if (!dataset.Samples.Any(s => s.Has(Modality.Rgb)))
            return null;
        if (options.Encoding == RgbEncoding.Frames)
            return new RgbPixels(options.Side);
        if (options.Encoding == RgbEncoding.Small)
            return OpenSmall(dataset, storeFolder, extraction, progress, cancel);
        var cache = WeightsCache.Default();
        bool maps = options.Encoding == RgbEncoding.Maps,
            processor = options.Device == ComputeDevice.Cpu,
            plain = processor && !maps && !options.InEightBits,
            crops = extraction.HandCrops != HandCrops.None;
        if (
            plain
            && options.Weights == ImageNetWeights.Auto
            && ResNet50Encoders.TryOpenKept(cache, threads: 1, options.Threads, crops) is { } kept
        )
            return kept;
        string path = ImageNetWeights.Fetch(options.Weights, cache, options.Notes, progress, cancel);
        if (plain && ResNet50Weights.Identify(path) is { } known)
            return ResNet50Encoders.Open(
                cache,
                path,
                known.Variant,
                known.Hash,
                threads: 1,
                concurrency: options.Threads,
                anySide: crops
            );
        ResNet50Weights loaded = ResNet50Weights.Load(path);
        ResNet50Output output = maps ? ResNet50Output.Maps : ResNet50Output.Features;
        if (!processor)
            return new ResNet50GpuEncoder(
                loaded,
                options.Device,
                concurrency: Math.Min(options.Threads, GpuCallers),
                output
            );
        Int8Ranges? ranges = options.InEightBits
            ? Int8Calibration.LoadOrFind(dataset, loaded, storeFolder, extraction.RgbFit, options.Threads, cancel)
            : null;
        return ResNet50Encoders.Build(
            loaded,
            threads: 1,
            concurrency: options.Threads,
            ranges: ranges,
            output: output,
            anySide: plain && crops
        );
    }

    private static SmallRgbEncoder OpenSmall(
        Dataset dataset,
        string storeFolder,
        ExtractionOptions extraction,
        IProgress<WorkProgress>? progress,
        CancellationToken cancel
    )
    {
        string own = Path.Combine(storeFolder, SmallRgbEncoder.FileName);
        if (File.Exists(own))
            return SmallRgbEncoder.Load(own);
        var reader = new SampleReader(dataset.RecordingsRoot, extraction.Radar, extraction.Limits);
        LabelledClip[] clips =
        [
            .. dataset
                .Samples.Where(s => s is { Split: Split.Train, ClassId: not null } && s.Has(Modality.Rgb))
                .Select(s =>
                {
                    var clip = reader.ReadRgb(s, SmallRgbEncoder.Side, cancel);
                    return new LabelledClip(clip.Frames, clip.Length, dataset.Labels.LabelOf(s.ClassId!.Value));
                }),
        ];
        SmallRgbEncoder encoder = SmallRgbEncoder.Train(
            clips,
            dataset.Labels.Count,
            new SmallRgbTraining { Seed = extraction.Rgb.Seed, Threads = extraction.Rgb.Threads },
            progress,
            cancel
        );
        Directory.CreateDirectory(storeFolder);
        encoder.Save(own);
        return encoder;
    }
}

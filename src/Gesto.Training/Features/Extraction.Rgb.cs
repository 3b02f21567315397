using Gesto.Encoders;
using Gesto.Recordings;
using Gesto.Training.Datasets;
using Gesto.Training.Weights;

namespace Gesto.Training.Features;

public sealed partial class Extraction
{
    /// <param name="dataset">The recordings.</param>
    /// <param name="folder">FEATURES, made or gone on with.</param>
    /// <param name="options">Settings; those that change the features are in the stores' keys.</param>
    /// <param name="progress">Counts samples; before, what the encoder needs.</param>
    /// <param name="cancel">Stops soon; what is finished stays.</param>
    /// <exception cref="WeightsUnavailableException">ResNet50's weights cannot be had.</exception>
    /// <exception cref="FileNotFoundException">MediaPipe's networks are not in the cache.</exception>
    /// <exception cref="InvalidDataException">A bad sample under <see cref="ExtractionPolicy.Fail"/>; no readable
    /// sample at all; or the folder holds features made differently or from other recordings.</exception>
    /// <exception cref="IOException">The disk is full, or another extraction is writing there.</exception>
    public static ExtractionResult Run(
        Dataset dataset,
        string folder,
        ExtractionOptions options,
        IProgress<WorkProgress>? progress,
        CancellationToken cancel
    )
    {
        options = VideoStreams.Settled(dataset, options);
        if (options.LandmarksOfVideos || options.HandCrops != HandCrops.None)
            options = options with
            {
                VideoLandmarks = LandmarkWeights.OpenReader(
                    options.RgbSampling,
                    options.Limits,
                    tracking: options.LandmarkTracking
                ),
            };
        using IRgbEncoder? encoder = DatasetRgbEncoder.Open(
            VideoStreams.Of(dataset, options),
            Path.Combine(folder, Modality.Rgb.Name),
            options,
            progress,
            cancel
        );
        return Run(dataset, folder, encoder, options, progress, cancel);
    }
}

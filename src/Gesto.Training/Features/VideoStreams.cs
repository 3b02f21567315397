using Gesto.Recordings;
using Gesto.Training.Datasets;

namespace Gesto.Training.Features;

/// <summary>What is made of a data set's RGB videos.</summary>
internal static class VideoStreams
{
    /// <returns>The options, without finding landmarks in videos where each of these has a file of them: those files
    /// are taken.</returns>
    /// <exception cref="InvalidDataException">Some videos have such a file and others do not, or there is neither a
    /// video nor a file; or there is no RGB to have hand crops of.</exception>
    public static ExtractionOptions Settled(Dataset dataset, ExtractionOptions options)
    {
        if (
            options.HandCrops != HandCrops.None
            && (options.WithoutRgb || !dataset.Samples.Any(s => s.Has(Modality.Rgb)))
        )
            throw new InvalidDataException(
                $"{dataset.Root}: no RGB video is to be stored, so there are no hands to cut out."
            );
        if (!options.LandmarksOfVideos)
            return options;
        int own = dataset.Samples.Count(s => s.Has(Modality.Landmarks)),
            without = dataset.Samples.Count(s => s.Has(Modality.Rgb) && !s.Has(Modality.Landmarks));
        if (own > 0 && without > 0)
            throw new InvalidDataException(
                $"{dataset.Root}: {own} samples have landmarks of their own and {without} only videos to find them in, and features of two kinds are never mixed. "
                    + "Take the landmarks out of the manifest, or write them for all."
            );
        if (own + without == 0)
            throw new InvalidDataException($"{dataset.Root}: no sample has an RGB video to find landmarks in.");
        return options with { LandmarksOfVideos = own == 0 };
    }

    /// <param name="dataset">As recorded.</param>
    /// <param name="options">Settled: whether landmarks are found in its videos, and whether RGB itself is
    /// stored.</param>
    /// <returns>The data set with samples of the modalities that are to be stored: the file of landmarks that are
    /// found in a video is the video.</returns>
    public static Dataset Of(Dataset dataset, ExtractionOptions options)
    {
        if (options is { LandmarksOfVideos: false, WithoutRgb: false })
            return dataset;
        return dataset.With([
            .. dataset.Samples.Select(s =>
                s with
                {
                    Files = s
                        .Files.With(
                            Modality.Landmarks,
                            options.LandmarksOfVideos ? s.Files[Modality.Rgb] : s.Files[Modality.Landmarks]
                        )
                        .With(Modality.Rgb, options.WithoutRgb ? null : s.Files[Modality.Rgb]),
                }
            ),
        ]);
    }
}

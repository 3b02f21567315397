using Gesto.Recordings;
using Gesto.Training.Datasets;

namespace Gesto.Training.Features;

/// <summary>What is made of a data set's RGB videos.</summary>
internal static class VideoStreams
{
    /// <param name="dataset">As recorded.</param>
    /// <param name="options">Whether landmarks are found in its videos, and whether RGB itself is stored.</param>
    /// <returns>The data set with samples of the modalities that are to be stored: the file of landmarks that are
    /// found in a video is the video.</returns>
    /// <exception cref="InvalidDataException">It has landmarks already, or no videos to find some in.</exception>
    public static Dataset Of(Dataset dataset, ExtractionOptions options)
    {
        if (options is { LandmarksOfVideos: false, WithoutRgb: false })
            return dataset;
        if (options.LandmarksOfVideos && dataset.Samples.Count(s => s.Has(Modality.Landmarks)) is > 0 and int own)
            throw new InvalidDataException(
                $"{dataset.Root}: {own} samples have landmarks of their own, and features of two kinds are never mixed. Extract those, or take them out of the manifest."
            );
        if (options.LandmarksOfVideos && !dataset.Samples.Any(s => s.Has(Modality.Rgb)))
            throw new InvalidDataException($"{dataset.Root}: no sample has an RGB video to find landmarks in.");
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

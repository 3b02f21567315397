using Gesto.Encoders;
using Gesto.Landmarks;
using Gesto.Video;

namespace Gesto.Recordings;

/// <summary>Steps of the landmarks modality: <see cref="LandmarkFeatures"/> of at most 30 frames, gaps filled from all
/// frames before any is left out. Thread-safe.</summary>
internal sealed class LandmarkReader : IStepReader
{
    private static readonly FrameSampling Sampling = FrameSampling.Default;

    public FeatureKey Key { get; } =
        new()
        {
            Modality = "landmarks",
            Encoder = "landmarks",
            Weights = "",
            Preprocessing = LandmarkFeatures.Name,
            Sampling = Sampling.Name,
            DType = "<f4",
            Shape = [Sampling.Length, LandmarkFeatures.Width],
        };

    public RecordingSteps Read(IReadOnlyList<string?> files, CancellationToken cancel)
    {
        cancel.ThrowIfCancellationRequested();
        LandmarkClip clip = LandmarkFile.Load(files[0]!);
        float[] all = LandmarkFeatures.Of(clip);
        int[] chosen = Sampling.Indices(clip.Length);
        const int Width = LandmarkFeatures.Width;
        var steps = new float[chosen.Length * Width];
        foreach ((int to, int from) in chosen.Index())
            all.AsSpan(from * Width, Width).CopyTo(steps.AsSpan(to * Width));
        return new(steps, chosen.Length, [Width]);
    }

    public void Dispose() { }
}

using Gesto.Encoders;
using Gesto.MediaPipe;
using Gesto.Recordings;
using Gesto.Training.Datasets;
using Gesto.Training.Export;
using Gesto.Training.Features;
using Gesto.Training.Recipes;
using Gesto.Training.Tests.Weights;
using Gesto.Training.Weights;
using Gesto.Video;

namespace Gesto.Training.Tests.Export;

/// <summary>A run that learnt from frames, hand crops and landmarks, with ResNet50 of made-up weights and the stand-ins
/// of <see cref="LandmarkRun"/> for MediaPipe's networks.</summary>
public sealed class HandCropRun : IDisposable
{
    private static readonly FrameSampling Few = new(3);

    private readonly TinyRun tiny = new();

    public HandCropRun()
    {
        ResNet50Weights weights = FormulaResNet50.Weights(ResNet50Variant.V15);
        Cache.Add(weights);
        using var encoder = ResNet50Encoders.Build(weights, threads: 1, concurrency: 2, anySide: true);
        Extract(Features, encoder, new() { HandCrops = HandCrops.Beside, LandmarksOfVideos = true });
        Recipe recipe = RecipeFile.Load("linear", ["modalities=[\"rgb\",\"landmarks\"]"]);
        Trained.Run(FeatureSet.Open(Features), recipe, Run);
    }

    internal WeightsCache Cache => new(tiny.PathOf("cache"));

    public string Data => tiny.Data;

    public string Features => tiny.PathOf("hand-features");

    public string Run => tiny.PathOf("hand-run");

    public string PathOf(string name) => tiny.PathOf(name);

    public void Dispose() => tiny.Dispose();

    public string Export(string name)
    {
        RunExport.Save(Run, PathOf(name), Cache, LandmarkRun.StandIn);
        return PathOf(name);
    }

    /// <summary>Three frames of each recording.</summary>
    internal ExtractionResult Extract(string folder, IRgbEncoder? encoder, ExtractionOptions options) =>
        Extraction.Run(
            Dataset.Open(Data),
            folder,
            encoder,
            options with
            {
                RgbSampling = Few,
                VideoLandmarks = OpenFinder(),
                Radar = new() { Size = (16, 16) },
            },
            null,
            CancellationToken.None
        );

    internal static VideoLandmarkReader OpenFinder() =>
        new(
            new HolisticLandmarker(model => OnnxSession.Open(LandmarkRun.StandIn(model), threads: 1)),
            LandmarkWeights.Hash,
            Few,
            VideoLimits.Default
        );
}

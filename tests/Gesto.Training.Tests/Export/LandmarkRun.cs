using System.Globalization;
using Gesto.Encoders;
using Gesto.MediaPipe;
using Gesto.Recordings;
using Gesto.Training.Datasets;
using Gesto.Training.Export;
using Gesto.Training.Features;
using Gesto.Training.Graphs;
using Gesto.Training.Recipes;
using Gesto.Training.Tests.Models;
using Gesto.Training.Weights;
using Gesto.Video;
using Onnx;

namespace Gesto.Training.Tests.Export;

/// <summary>A run that learnt from landmarks of videos, found by stand-ins for MediaPipe's networks: of the same inputs
/// and outputs, they say of any picture that somebody is there, whose joints lie by how bright it is.</summary>
public sealed class LandmarkRun : IDisposable
{
    private readonly TinyRun tiny = new();

    public LandmarkRun()
    {
        using (VideoLandmarkReader reader = OpenReader())
            Extraction.Run(
                Dataset.Open(Data),
                Features,
                encoder: null,
                new ExtractionOptions
                {
                    LandmarksOfVideos = true,
                    WithoutRgb = true,
                    VideoLandmarks = reader,
                    Radar = new() { Size = (16, 16) },
                },
                null,
                CancellationToken.None
            );
        Recipe recipe = RecipeFile.Load(
            "landmarks",
            ["training.epochs=2", "training.leastSteps=0", "training.refit=false", "model.hidden=8", "model.layers=1"]
        );
        Trained.Run(FeatureSet.Open(Features), recipe, Run);
    }

    public string Data => tiny.Data;

    public string Features => tiny.PathOf("landmark-features");

    public string Run => tiny.PathOf("landmark-run");

    public string PathOf(string name) => tiny.PathOf(name);

    /// <summary>A folder with one recording.</summary>
    public string Sample => Directory.GetDirectories(Path.Combine(Data, "test"))[0];

    public void Dispose() => tiny.Dispose();

    public string Export(string name)
    {
        RunExport.Save(Run, PathOf(name), WeightsCache.Default(), StandIn);
        return PathOf(name);
    }

    /// <summary>As if its networks were MediaPipe's.</summary>
    internal static VideoLandmarkReader OpenReader(bool tracking = false) =>
        new(
            new HolisticLandmarker(model => OnnxSession.Open(StandIn(model), threads: 1)),
            LandmarkWeights.Hash,
            new ExtractionOptions().RgbSampling,
            VideoLimits.Default,
            threads: 2,
            tracking
        );

    /// <summary>All frames of a video.</summary>
    internal static RgbFrames Decoded(string video)
    {
        var pixels = new List<byte>();
        (int width, int height) = (0, 0);
        int count = VideoFile.Decode(
            VideoFile.Probe(video, VideoLimits.Default, default),
            colour: true,
            (_, w, h, frame) =>
            {
                (width, height) = (w, h);
                pixels.AddRange(frame[..(w * h * 3)]);
            },
            VideoLimits.Default,
            default
        );
        return new(pixels.ToArray(), count, width, height);
    }

    internal static byte[] StandIn(LandmarkModel model)
    {
        var graph = new OnnxGraph(model.Name);
        string side = model.Side.ToString(CultureInfo.InvariantCulture);
        string picture = graph.Input(LandmarkModel.Picture, TensorProto.Types.DataType.Float, "1", "3", side, side);
        // A sum over our memory ends in digits that depend on where it begins; ONNX Runtime aligns its own.
        string bright = graph.Mean(graph.Op("Abs", [picture]), keep: false, 2, 3); // (1, 3)
        bright = graph.Mean(bright, keep: true, 1); // (1, 1)
        uint seed = 1;
        foreach ((string name, int length) in model.Outputs.OfType<(string, int)>())
        {
            float[] still = new float[length],
                moving = new float[length];
            switch (name)
            {
                case "scores":
                    Array.Fill(still, -9);
                    still[length / 3] = 4;
                    break;
                case "boxes": // about the middle of the picture, the second point above the first
                    for (int at = 0; at < length; at += length % 12 == 0 && model.Side == 224 ? 12 : 18)
                        (still[at + 2], still[at + 3], still[at + 7]) = (60, 60, -60);
                    break;
                case "heatmaps":
                    Array.Fill(still, -9);
                    break;
                case "presence":
                    still[0] = 1;
                    break;
                case "points":
                    (still[0], still[1], still[2], still[3]) = (128, 128, 128, 30);
                    break;
                default:
                    float scale = name == "world" ? 0.1f : model.Side / 4f;
                    float middle = name == "world" ? 0 : model.Side / 2f;
                    still = [.. FormulaTensors.Values(seed++, length).Select(v => middle + scale * v)];
                    moving = [.. FormulaTensors.Values(seed++, length).Select(v => scale * v)];
                    break;
            }
            string value = graph.Add(
                graph.Values(still, 1, length),
                graph.Mul(bright, graph.Values(moving, 1, length))
            );
            graph.Output(value, name, "1", length.ToString(CultureInfo.InvariantCulture));
        }
        return graph.ToModel();
    }
}

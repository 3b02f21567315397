using System.Text.Json.Nodes;
using Gesto.Bundles;
using Gesto.Recordings;
using Gesto.Training.Explanation;
using Gesto.Training.Export;
using Gesto.Training.Features;
using Gesto.Training.Recipes;
using Gesto.Training.Recognition;
using Gesto.Training.Weights;

namespace Gesto.Training.Tests.Export;

/// <summary>Bundles of runs that learnt from hand crops.</summary>
[Collection(AloneWithLibtorch.Name)]
public class HandCropBundleTests(HandCropRun run) : IClassFixture<HandCropRun>
{
    [Fact]
    public async Task A_folder_with_a_video_is_recognised_as_the_run_recognises_its_features()
    {
        string bundle = run.Export("whole.gesto");
        FeatureSet features = FeatureSet.Open(run.Features);
        Sample[] samples = [.. features.Samples.Where(s => s.Split == Split.Test)];
        using ITrainedRecogniser trained = ITrainedRecogniser.Load(run.Run, threads: 1);
        float[][] expected = trained.PredictAll(features, samples, [ModalityMask.All])[0];
        using Recogniser recogniser = Recogniser.Load(bundle, new RecogniserOptions { Threads = 2 });
        using OpenRecogniser opened = OpenRecogniser.Open(bundle, threads: 1);
        foreach ((Sample sample, float[] said) in samples.Zip(expected))
        {
            Recording recording = Recording.FromFolder(Path.Combine(run.Data, sample.Key));
            string video = Directory.GetFiles(Path.Combine(run.Data, sample.Key), "*_RGB.mkv")[0];
            Prediction[] found =
            [
                await recogniser.PredictAsync(recording),
                await recogniser.PredictAsync(Recording.FromFrames("memory", LandmarkRun.Decoded(video))),
                opened.Predict(recording),
            ];
            foreach (Prediction prediction in found)
                for (int label = 0; label < said.Length; label++)
                    Assert.Equal(
                        said[label],
                        prediction.Ranked.Single(r => r.Id == trained.Labels[label].Id).Probability,
                        1e-4f
                    );
        }
        Assert.True(expected.Select(said => said[0]).Distinct().Count() > 1); // it does look
        string picture = run.PathOf("why.png");
        PredictionExplanation explanation = PredictionExplanation.Draw(
            opened,
            Recording.FromFolder(Path.Combine(run.Data, samples[0].Key)),
            sign: null,
            picture,
            null,
            CancellationToken.None
        );
        Assert.Equal(["RGB", "landmarks"], explanation.Modalities.Select(m => m.Modality));
        Assert.True(File.Exists(picture));
    }

    [Fact]
    public void A_run_of_rgb_alone_takes_the_networks_that_find_hands_along_and_says_whose_they_are()
    {
        string alone = run.PathOf("alone"),
            bundle = run.PathOf("alone.gesto");
        Trained.Run(FeatureSet.Open(run.Features), RecipeFile.Load("linear", ["modalities=[\"rgb\"]"]), alone);
        var missing = Assert.Throws<FileNotFoundException>(() => RunExport.Save(alone, bundle, run.Cache));
        Assert.Contains("MediaPipe's networks", missing.Message, StringComparison.Ordinal);
        RunExport.Save(alone, bundle, run.Cache, LandmarkRun.StandIn);
        using BundleFile file = BundleFile.Open(bundle);
        Assert.Equal(5, file.Entries.Count(e => e.Name.StartsWith("landmarks-", StringComparison.Ordinal)));
        Assert.Contains("MediaPipe", System.Text.Encoding.UTF8.GetString(file.Read("LICENSES.txt")));
        using Recogniser recogniser = Recogniser.Load(bundle);
        Assert.Equal("RGB", recogniser.Takes);
    }

    [Theory]
    [InlineData("no landmarker", "landmarker to go with hand crops")]
    [InlineData("frames alone", "rgb_encoder to go with rgb")] // the key says so, not the classifier
    [InlineData("another width", "rgb_encoder to go with rgb")]
    [InlineData("one side", "input 'frames'")]
    public void What_is_not_as_it_should_be_is_refused(string attack, string named)
    {
        string good = run.PathOf("good.gesto"),
            path = run.PathOf($"{attack}.gesto");
        if (!File.Exists(good))
            run.Export("good.gesto");
        HostileBundleTests.Change(good, path, (manifest, entries) =>
        {
            JsonNode rgb = manifest["keys"]!["rgb"]!;
            switch (attack)
            {
                case "no landmarker":
                    manifest["landmarker"] = null;
                    manifest["keys"]!.AsObject().Remove("landmarks");
                    manifest["members"]![0]!["streams"]!.AsObject().Remove("landmarks");
                    break;
                case "frames alone":
                    rgb["preprocessing"] = ((string)rgb["preprocessing"]!).Split("; and hands")[0];
                    break;
                case "another width":
                    rgb["shape"] = new JsonArray(3, 4096);
                    break;
                default:
                    entries["rgb-encoder.onnx"] = ResNet50Graph.Build(ResNet50Weights.Load(run.Cache.FindLatest()!));
                    break;
            }
        });
        BundleException refused = Assert.Throws<BundleException>(() => Recogniser.Load(path).Dispose());
        Assert.Contains(named, refused.Message, StringComparison.Ordinal);
        Assert.Throws<BundleException>(() => OpenRecogniser.Open(path, threads: 1).Dispose());
    }
}

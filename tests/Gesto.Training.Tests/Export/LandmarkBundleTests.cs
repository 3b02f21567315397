using System.Text;
using System.Text.Json.Nodes;
using Gesto.Bundles;
using Gesto.MediaPipe;
using Gesto.Recordings;
using Gesto.Training.Evaluation;
using Gesto.Training.Explanation;
using Gesto.Training.Export;
using Gesto.Training.Features;
using Gesto.Training.Recognition;
using Gesto.Training.Weights;
using Google.Protobuf;
using Onnx;

namespace Gesto.Training.Tests.Export;

/// <summary>Bundles of runs that learnt from landmarks found in videos.</summary>
[Collection(AloneWithLibtorch.Name)]
public class LandmarkBundleTests(LandmarkRun run) : IClassFixture<LandmarkRun>
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
            Prediction[] found = [await recogniser.PredictAsync(recording), opened.Predict(recording)];
            foreach (Prediction prediction in found)
            {
                Assert.True(prediction.IsComplete);
                for (int label = 0; label < said.Length; label++)
                    Assert.Equal(
                        said[label],
                        prediction.Ranked.Single(r => r.Id == trained.Labels[label].Id).Probability,
                        1e-4f
                    );
            }
        }
        Assert.True(expected.Select(said => said[0]).Distinct().Count() > 1); // it does look
        RunEvaluation.Evaluate(
            new EvaluationOptions
            {
                Run = bundle,
                Features = run.Features,
                Threads = 1,
            }
        );
        string picture = run.PathOf("why.png");
        PredictionExplanation explanation = PredictionExplanation.Draw(
            opened,
            Recording.FromFolder(run.Sample),
            sign: null,
            picture,
            null,
            CancellationToken.None
        );
        Assert.Equal(["landmarks"], explanation.Modalities.Select(m => m.Modality));
        Assert.True(File.Exists(picture));
    }

    [Fact]
    public async Task Frames_in_memory_and_callers_side_by_side_get_what_the_file_gets()
    {
        using Recogniser recogniser = Recogniser.Load(run.Export("memory.gesto"));
        string video = Directory.GetFiles(run.Sample, "*_RGB.mkv")[0];
        RgbFrames frames = LandmarkRun.Decoded(video);
        Task<Prediction>[] all =
        [
            .. Enumerable.Range(0, 4).Select(_ => recogniser.PredictAsync(Recording.FromFolder(run.Sample))),
            recogniser.PredictAsync(Recording.FromFile(video)),
            recogniser.PredictAsync(Recording.FromFrames("memory", frames)),
        ];
        Prediction[] found = await Task.WhenAll(all);
        Assert.All(found, p =>
            Assert.Equal(
                found[0].Ranked.Select(r => (r.Id, r.Probability)),
                p.Ranked.Select(r => (r.Id, r.Probability))
            )
        );
        var missing = await Assert.ThrowsAnyAsync<Exception>(() =>
            recogniser.PredictAsync(
                Recording.FromFrames("radar", null, new RadarFrames(new float[3 * 16 * 16], 1, 3, 16, 16))
            )
        );
        Assert.IsType<InvalidDataException>(missing);
    }

    [Fact]
    public void Followed_from_frame_to_frame_a_video_gives_the_same_steps_again_and_says_so()
    {
        string video = Directory.GetFiles(run.Sample, "*_RGB.mkv")[0];
        RgbFrames frames = LandmarkRun.Decoded(video);
        using VideoLandmarkReader each = LandmarkRun.OpenReader(),
            following = LandmarkRun.OpenReader(tracking: true);
        Assert.NotNull(each.Key.DifferenceTo(following.Key));
        Assert.Equal(
            (false, true),
            (VideoLandmarkReader.IsTracking(each.Key), VideoLandmarkReader.IsTracking(following.Key))
        );
        float[] expected = following.Read([video], default).Values;
        Assert.Equal(expected, following.Read([video], default).Values); // nothing is kept of the last video
        Assert.Equal(expected, following.Read("memory", frames, default).Values);
        Assert.NotEqual(expected, each.Read([video], default).Values);
    }

    [Fact]
    public void It_says_whose_networks_are_in_it_and_by_what_terms()
    {
        using BundleFile bundle = BundleFile.Open(run.Export("terms.gesto"));
        JsonNode manifest = JsonNode.Parse(bundle.Read(BundleFile.ManifestEntry))!;
        Assert.Equal("mediapipe-holistic", (string?)manifest["landmarker"]!["name"]);
        string[] entries = [.. manifest["landmarker"]!["networks"]!.AsObject().Select(n => (string)n.Value!).Order()];
        Assert.Equal(5, entries.Length);
        Assert.Equal(
            entries,
            bundle.Entries.Select(e => e.Name).Where(n => n.StartsWith("landmarks-", StringComparison.Ordinal)).Order()
        );
        string licences = Encoding.UTF8.GetString(bundle.Read("LICENSES.txt")),
            card = Encoding.UTF8.GetString(bundle.Read("MODEL_CARD.md"));
        Assert.All(entries, e => Assert.Contains(e, licences, StringComparison.Ordinal));
        Assert.Contains("MediaPipe", licences, StringComparison.Ordinal);
        Assert.Contains("TERMS AND CONDITIONS FOR USE", licences, StringComparison.Ordinal); // the text itself
        Assert.Contains("MediaPipe's networks (Google, Apache License 2.0)", card, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_ensemble_of_bundles_takes_their_networks_along()
    {
        string one = run.Export("one.gesto"),
            ensemble = run.PathOf("ensemble");
        EnsembleFit.Fit([one, run.Run], ensemble, FeatureSet.Open(run.Features), equal: true, threads: 1);
        RunExport.Save(ensemble, run.PathOf("both.gesto"), new WeightsCache(run.PathOf("empty")));
        using Recogniser recogniser = Recogniser.Load(run.PathOf("both.gesto"));
        using OpenRecogniser opened = OpenRecogniser.Open(ensemble, threads: 1);
        Recording sample = Recording.FromFolder(run.Sample);
        Assert.Equal(
            opened.Predict(sample).Best.Probability,
            (await recogniser.PredictAsync(sample)).Best.Probability,
            1e-4
        );
    }

    [Fact]
    public void Without_the_networks_in_the_cache_it_says_how_to_get_them()
    {
        string path = run.PathOf("nothing.gesto");
        var missing = Assert.Throws<FileNotFoundException>(() =>
            RunExport.Save(run.Run, path, new WeightsCache(run.PathOf("empty")))
        );
        Assert.Contains("MediaPipe's networks", missing.Message, StringComparison.Ordinal);
        Assert.False(File.Exists(path));
    }

    /// <summary>Hashes are right; a network, or what is said of it, is not.</summary>
    [Theory]
    [InlineData("gone", "no entry 'landmarks-hand_recrop.onnx'")]
    [InlineData("another's", "landmarks-hand_landmark_full.onnx")]
    [InlineData("smaller", "input 'picture'")]
    [InlineData("more", "outputs 'points', 'picture'")]
    [InlineData("loop", "operator 'Loop'")]
    [InlineData("unnamed", "landmarker")]
    [InlineData("null", "landmarker")]
    [InlineData("renamed", "landmarker")]
    [InlineData("sampling", "landmarker")]
    public void What_is_not_as_it_should_be_is_refused(string attack, string named)
    {
        string path = Changed(attack, (manifest, entries) =>
        {
            JsonObject networks = manifest["landmarker"]!["networks"]!.AsObject();
            const string Recrop = "landmarks-hand_recrop.onnx";
            switch (attack)
            {
                case "gone":
                    entries.Remove(Recrop);
                    break;
                case "another's":
                    entries["landmarks-hand_landmark_full.onnx"] = entries[Recrop];
                    break;
                case "smaller":
                    entries[Recrop] = Edit(entries[Recrop], model =>
                        model.Graph.Input[0].Type.TensorType.Shape.Dim[2].DimValue = 3
                    );
                    break;
                case "more":
                    entries[Recrop] = Edit(entries[Recrop], model => model.Graph.Output.Add(model.Graph.Input[0]));
                    break;
                case "loop":
                    entries[Recrop] = Edit(entries[Recrop], model => model.Graph.Node[0].OpType = "Loop");
                    break;
                case "unnamed":
                    networks.Remove("hand_recrop");
                    break;
                case "null":
                    networks["hand_recrop"] = null;
                    break;
                case "renamed":
                    manifest["landmarker"]!["name"] = "others";
                    break;
                default:
                    manifest["keys"]!["landmarks"]!["sampling"] = "linspace-31";
                    break;
            }
        });
        var refused = Assert.Throws<BundleException>(() => Recogniser.Load(path).Dispose());
        Assert.Contains(named, refused.Message, StringComparison.Ordinal);
        Assert.Throws<BundleException>(() => OpenRecogniser.Open(path, threads: 1).Dispose());
    }

    /// <summary>Places that are far away or no numbers at all, of every network: no crash, and no answer of
    /// them.</summary>
    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    [InlineData(1e30f)]
    [InlineData(-3e38f)]
    public async Task Places_that_are_none_end_in_an_answer_or_an_error(float value)
    {
        foreach (LandmarkModel model in LandmarkModel.All)
        foreach ((string output, _) in model.Outputs.OfType<(string, int)>())
        {
            string entry = BundledLandmarker.EntryOf(model);
            string path = Changed("places", (_, entries) => entries[entry] = Edit(entries[entry], network =>
                {
                    NodeProto last = network.Graph.Node.Single(n => n.Output[0] == output);
                    network.Graph.Initializer.Add(
                        new TensorProto
                        {
                            Name = "far",
                            DataType = (int)TensorProto.Types.DataType.Float,
                            RawData = ByteString.CopyFrom(BitConverter.GetBytes(value)),
                        }
                    );
                    (last.OpType, string from) = ("Add", last.Input[0]);
                    last.Input.Clear();
                    last.Input.AddRange([from, "far"]);
                }));
            using Recogniser recogniser = Recogniser.Load(path);
            try
            {
                Prediction found = await recogniser.PredictAsync(Recording.FromFolder(run.Sample));
                Assert.All(found.Ranked, r => Assert.True(double.IsFinite(r.Probability), $"{entry} {output}"));
            }
            catch (InvalidDataException e)
            {
                Assert.Contains("no numbers", e.Message, StringComparison.Ordinal);
            }
        }
    }

    [Fact]
    public async Task A_network_that_puts_out_more_than_it_says_is_the_bundles_fault()
    {
        string path = Changed("more", (_, entries) =>
        {
            string entry = BundledLandmarker.EntryOf(LandmarkModel.HandRecrop);
            entries[entry] = Edit(entries[entry], model =>
            {
                NodeProto last = model.Graph.Node.Single(n => n.Output[0] == "points");
                (last.OpType, string from) = ("Concat", last.Input[0]);
                last.Input.Add(from);
                last.Attribute.Add(Training.Graphs.OnnxGraph.Integer("axis", 0));
                model.Graph.Output[0].Type.TensorType.Shape.Dim[0].DimParam = "N";
            });
        });
        BundleException refused = await Assert.ThrowsAsync<BundleException>(async () =>
        {
            using Recogniser recogniser = Recogniser.Load(path);
            await recogniser.PredictAsync(Recording.FromFolder(run.Sample));
        });
        Assert.Contains("hand_recrop", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void MediaPipes_own_networks_pass_as_a_bundles()
    {
        WeightsCache cache = WeightsCache.Default();
        if (!LandmarkWeights.AreIn(cache))
            Assert.Skip("MediaPipe's networks are not in the cache; fetch them with 'gesto weights --landmarks'.");
        string path = run.PathOf("mediapipe.gesto");
        RunExport.Save(run.Run, path, cache);
        using Recogniser recogniser = Recogniser.Load(path);
        Assert.True(new FileInfo(path).Length < 45_000_000);
        Assert.Equal("landmarks", recogniser.Takes);
    }

    private string Changed(string name, Action<JsonObject, Dictionary<string, byte[]>> change)
    {
        string good = run.PathOf("good.gesto"),
            path = run.PathOf($"{name}.gesto");
        if (!File.Exists(good))
            run.Export("good.gesto");
        HostileBundleTests.Change(good, path, change);
        return path;
    }

    private static byte[] Edit(byte[] network, Action<ModelProto> change)
    {
        ModelProto model = ModelProto.Parser.ParseFrom(network);
        change(model);
        return model.ToByteArray();
    }
}

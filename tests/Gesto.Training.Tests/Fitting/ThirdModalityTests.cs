using Gesto.Bundles;
using Gesto.Encoders;
using Gesto.Files;
using Gesto.Inference;
using Gesto.Recordings;
using Gesto.Training.Checking;
using Gesto.Training.Datasets;
using Gesto.Training.Evaluation;
using Gesto.Training.Explanation;
using Gesto.Training.Export;
using Gesto.Training.Features;
using Gesto.Training.Recipes;
using Gesto.Training.Scoring;
using Gesto.Training.Weights;

namespace Gesto.Training.Tests.Fitting;

/// <summary>Registers a modality for the whole process, so nothing else may run meanwhile.</summary>
[CollectionDefinition(nameof(ThirdModalityTests), DisableParallelization = true)]
public class ThirdModalityRoom;

/// <summary>A made-up stream, a data glove's bends, goes from its files to a prediction of a bundle, and no other file
/// of Gesto knows of it.</summary>
[Collection(nameof(ThirdModalityTests))]
public class ThirdModalityTests
{
    private const int Sensors = 4,
        Longest = 6;

    private static Modality Glove { get; } =
        new()
        {
            Name = "glove",
            Title = "glove",
            Columns = ["glove"],
            Suffixes =
            [
                ["GLOVE"],
            ],
            Open = _ => new GloveReader(),
        };

    [Fact]
    public void A_made_up_stream_needs_a_folder_and_a_registration_and_nothing_else()
    {
        using IDisposable registered = Modality.Register(Glove);
        using var folder = new Folder();
        WriteRecordings(folder["data"]);
        Dataset dataset = Dataset.Open(folder["data"]);
        Assert.All(dataset.Samples, s => Assert.True(s.Has(Glove)));
        IReadOnlyList<Problem> problems = DatasetDoctor.Examine(dataset, new DoctorOptions(), null, default);
        Assert.DoesNotContain(problems, p => p.Kind is ProblemKind.Undecodable or ProblemKind.MissingModality);

        Extraction.Run(dataset, folder["features"], encoder: null, new ExtractionOptions(), null, default);
        FeatureSet features = FeatureSet.Open(folder["features"]);
        Assert.Equal(["radar", "glove"], features.Stores.Modalities.Select(m => m.Name));
        Assert.Equal(dataset.Samples.Count, features.Samples.Count);
        Assert.Equal(
            ManifestFile.Read(Path.Combine(folder["features"], ManifestFile.FileName)).Select(s => s.Files[Glove]![0]),
            dataset.Samples.Select(s => s.Files[Glove]![0])
        );

        string both = "modalities=[\"radar\",\"glove\"]";
        Train(features, folder["linear"], RecipeFile.Load("linear", [both]));
        string[] networks = ["late-fusion", "attention"];
        foreach (string network in networks)
            Train(
                features,
                folder[network],
                RecipeFile.Load(
                    network,
                    [
                        both,
                        "model.modalityDropout=0.5",
                        "radar.epochs=3",
                        "radar.hidden=8",
                        "model.hidden=16",
                        "training.epochs=25",
                    ]
                )
            );
        foreach (string run in networks.Append("linear"))
        {
            EvaluationResult result = Evaluate(folder[run]);
            Assert.True(result.Top1 > 0.8, $"{run}: {result.Top1}");
            Assert.Contains(
                "glove",
                result.Facts.Keys.Single(k => k.StartsWith("glove", StringComparison.Ordinal)),
                StringComparison.Ordinal
            );
            CompareWithBundle(folder[run], folder[$"{run}.gesto"], dataset);
            EvaluationResult exported = Evaluate(folder[$"{run}.gesto"]);
            Assert.Equal(result.Top1, exported.Top1);
            Assert.Equal(result.Masks.Select(m => (m.Group, m.Top1)), exported.Masks.Select(m => (m.Group, m.Top1)));
        }

        EvaluationResult Evaluate(string run) =>
            RunEvaluation.Evaluate(
                new EvaluationOptions
                {
                    Run = run,
                    Features = folder["features"],
                    Threads = 1,
                }
            );
    }

    [Fact]
    public void A_bundle_of_an_unknown_stream_is_refused_by_its_name()
    {
        using var folder = new Folder();
        using (Modality.Register(Glove))
        {
            WriteRecordings(folder["data"]);
            Extraction.Run(
                Dataset.Open(folder["data"]),
                folder["features"],
                null,
                new ExtractionOptions(),
                null,
                default
            );
            Train(
                FeatureSet.Open(folder["features"]),
                folder["run"],
                RecipeFile.Load("linear", ["modalities=[\"glove\"]"])
            );
            RunExport.Save(folder["run"], folder["x.gesto"], WeightsCache.Default());
            using Recogniser known = Recogniser.Load(folder["x.gesto"]);
        }
        BundleException refused = Assert.Throws<BundleException>(() => Recogniser.Load(folder["x.gesto"]));
        Assert.Contains("'glove' is not known", refused.Message, StringComparison.Ordinal);
        Assert.Throws<InvalidDataException>(() => RecipeFile.Load("linear", ["modalities=[\"glove\"]"]));
    }

    [Fact]
    public void A_stream_that_takes_anothers_name_or_column_is_refused()
    {
        using IDisposable registered = Modality.Register(Glove);
        foreach (
            Modality taken in new[]
            {
                Named("glove", "other", "OTHER"),
                Named("other", "rdm2", "OTHER"),
                Named("other", "other", "RGB"),
            }
        )
            Assert.Throws<ArgumentException>(() => Modality.Register(taken));
        Assert.Equal(["rgb", "radar", "landmarks", "glove"], Modality.All.Select(m => m.Name));

        static Modality Named(string name, string column, string suffix) =>
            new()
            {
                Name = name,
                Title = name,
                Columns = [column],
                Suffixes =
                [
                    [suffix],
                ],
                Open = _ => new GloveReader(),
            };
    }

    private static void Train(FeatureSet features, string run, Recipe recipe) => Trained.Run(features, recipe, run);

    /// <summary>The bundle says what the run says, of files, with the stream and without it; and it explains.</summary>
    private static void CompareWithBundle(string run, string bundle, Dataset dataset)
    {
        RunExport.Save(run, bundle, WeightsCache.Default());
        using OpenRecogniser of = OpenRecogniser.Open(run, threads: 1),
            exported = OpenRecogniser.Open(bundle, threads: 1);
        Assert.Equal(
            ["radar and glove", "radar", "glove"],
            of.Recogniser.Masks.Where(m => m.HiddenAntennas.Count == 0).Select(m => m.ToString())
        );
        Assert.Equal(of.Recogniser.Masks, exported.Recogniser.Masks);
        using VideoPredictor own = new(of.Recogniser, null),
            other = new(exported.Recogniser, null);
        Sample sample = dataset.Samples.First(s => s.Split == Split.Test);
        foreach (Modality? without in new[] { null, Modality.Radar, Glove })
        {
            Sample left = without is null ? sample : sample with { Files = sample.Files.With(without, null) };
            VideoPrediction expected = own.Predict(dataset.Root, left, default),
                found = other.Predict(dataset.Root, left, default);
            Assert.Equal(expected.Used, found.Used);
            for (int k = 0; k < expected.Probabilities.Length; k++)
                Assert.Equal(expected.Probabilities[k], found.Probabilities[k], 1e-5f);
        }
        RecordingFiles files = RecordingFiles.At(
            Path.Combine(dataset.Root, sample.Key),
            RecordingNeeds.Of(of.Recogniser.Keys)
        );
        PredictionExplanation explanation = PredictionExplanation.Of(
            exported.Recogniser,
            other.Read(files.Root, files.Sample, default),
            files,
            sign: null,
            null,
            default
        );
        Assert.Equal(["radar", "glove"], explanation.Modalities.Select(m => m.Modality));
        Assert.True(explanation.LeftOut);
    }

    /// <summary>Two signs: fingers that bend or straighten, before a radar that sees noise.</summary>
    private static void WriteRecordings(string folder)
    {
        var random = new Random(7);
        foreach ((string part, int takes) in new[] { ("train", 12), ("test", 4) })
            for (int sign = 1; sign <= 2; sign++)
            for (int take = 0; take < takes; take++)
            {
                int number = 1000 * sign + 100 * (part == "test" ? 1 : 0) + take;
                string name = $"SAMPLE_{number}",
                    sample = Path.Combine(folder, part, part == "train" ? $"{sign}_SIGN{sign}/{name}" : name);
                Directory.CreateDirectory(sample);
                int steps = random.Next(3, Longest + 1);
                var bends = new float[steps * Sensors];
                for (int i = 0; i < bends.Length; i++)
                    bends[i] = (float)random.NextDouble() + (sign == 1 ? 1 : -1) * (i / Sensors);
                NpyFile.Save(Path.Combine(sample, $"{name}_GLOVE.npy"), NpyArray.From(bends, steps, Sensors));
                var maps = new float[5 * 8 * 8];
                for (int i = 0; i < maps.Length; i++)
                    maps[i] = (float)random.NextDouble() + 1;
                for (int antenna = 1; antenna <= 2; antenna++)
                    NpyFile.Save(Path.Combine(sample, $"{name}_RDM{antenna}.npy"), NpyArray.From(maps, 5, 8, 8));
                if (part == "test")
                    File.AppendAllText(
                        Path.Combine(folder, "key.csv"),
                        (File.Exists(Path.Combine(folder, "key.csv")) ? "" : "sample,label,name\n")
                            + $"test/{name},{sign},SIGN{sign}\n"
                    );
            }
    }

    private sealed class GloveReader : IStepReader
    {
        public FeatureKey Key { get; } =
            new()
            {
                Modality = "glove",
                Encoder = "bends",
                Weights = "",
                Preprocessing = "as they are",
                Sampling = $"first-{Longest}",
                DType = "<f4",
                Shape = [Longest, Sensors],
            };

        public RecordingSteps Read(IReadOnlyList<string?> files, CancellationToken cancel)
        {
            NpyArray array = NpyFile.Load(files[0]!);
            int steps = Math.Min(Longest, array.Shape[0]);
            return new(array.ToSingles()[..(steps * Sensors)], steps, [Sensors]);
        }

        public void Dispose() { }
    }
}

using Gesto.Files;
using Gesto.Recordings;
using Gesto.Training.Checking;
using Gesto.Training.Datasets;
using Gesto.Training.Evaluation;
using Gesto.Training.Export;
using Gesto.Training.Features;
using Gesto.Training.Recipes;
using Gesto.Training.Scoring;
using Gesto.Training.Weights;

namespace Gesto.Training.Tests.Datasets;

/// <summary>Folders of landmarks as a tutorial's many copies write them, from the folder to a prediction.</summary>
public sealed class LandmarkDatasetTests : IDisposable
{
    private readonly Folder folder = new();

    public void Dispose() => folder.Dispose();

    /// <summary>A sign is how far the fingers are bent; everything else is as it comes.</summary>
    private void WriteTakes(string sign, int takes, double bend, int frames = 4, int leftHanded = int.MaxValue)
    {
        var random = new Random(sign.Length);
        for (int take = 0; take < takes; take++)
        for (int t = 0; t < frames; t++)
        {
            var frame = new float[1662];
            if (leftHanded < takes) // without a body nobody could say whose hand it is
                foreach ((int shoulder, float x) in new[] { (11, 0.5f), (12, -0.5f) })
                    (frame[4 * shoulder], frame[4 * shoulder + 1]) = (x + take, take);
            for (int joint = 0; joint < 21; joint++)
            {
                int finger = (joint + 3) / 4,
                    along = joint == 0 ? 0 : (joint - 1) % 4 + 1;
                double bent = along < 2 ? along : 1 + (along - 1) * bend;
                double[] at = [0.1 * finger, 0.2 * bent, 0];
                if (take >= leftHanded)
                    at[0] = -at[0];
                int first = take >= leftHanded ? 1662 - 126 : 1662 - 63;
                for (int axis = 0; axis < 3; axis++)
                    frame[first + 3 * joint + axis] = (float)(at[axis] + take + 0.01 * random.NextDouble());
            }
            string path = folder[$"data/{sign}/{take}/{t}.npy"];
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            NpyFile.Save(path, NpyArray.From(frame, 1662));
        }
    }

    [Fact]
    public void The_last_fifth_of_each_signs_takes_is_test_and_takes_are_ordered_by_number()
    {
        WriteTakes("ciao", 11, 0);
        WriteTakes("si", 3, 1);
        WriteTakes("uno", 1, 1);
        Dataset dataset = Dataset.Open(folder["data"]);
        Assert.Equal("folders of landmarks, SIGN/TAKE/FRAME.npy", dataset.Layout);
        Assert.Equal(
            ["ciao/9", "ciao/10", "si/2"],
            dataset.Samples.Where(s => s.Split == Split.Test).Select(s => s.Key)
        );
        Assert.Equal(
            [(1, "ciao"), (2, "si"), (3, "uno")],
            dataset.Samples.Select(s => (s.ClassId!.Value, s.ClassName!)).Distinct()
        );
        Assert.All(dataset.Samples, s => Assert.Equal([s.Key], s.Files[Modality.Landmarks]!));
    }

    [Fact]
    public void Folders_of_other_things_are_another_layout()
    {
        Directory.CreateDirectory(folder["data/train/1_CIAO"]);
        NpyFile.Save(folder["data/train/1_CIAO/0.npy"], NpyArray.From(new float[60], 5, 12));
        Assert.Null(LandmarkLayout.TryRead(folder["data"]));
    }

    [Fact]
    public void The_doctor_says_what_it_found_and_finds_damaged_and_equal_takes()
    {
        WriteTakes("ciao", 4, 0);
        WriteTakes("si", 4, 1);
        DoctorReport healthy = DatasetDoctor.Report(
            Dataset.Open(folder["data"]),
            new() { FewestTrainSamples = 1 },
            null,
            default
        );
        Assert.Empty(healthy.Problems);
        Assert.Equal(
            "8 recordings: landmarks, body in 0 % of frames, signing hand in 100 %, other hand in 0 %",
            healthy.Landmarks!.ToString()
        );
        File.Delete(folder["data/si/1/2.npy"]);
        for (int t = 0; t < 4; t++)
            NpyFile.Save(folder[$"data/si/2/{t}.npy"], NpyArray.From(new float[1662], 1662)); // nobody there
        for (int t = 0; t < 4; t++)
            File.Copy(folder[$"data/ciao/0/{t}.npy"], folder[$"data/ciao/3/{t}.npy"], overwrite: true);
        DoctorReport report = DatasetDoctor.Report(
            Dataset.Open(folder["data"]),
            new() { FewestTrainSamples = 1 },
            null,
            default
        );
        Assert.Equal(
            [("si/1", ProblemKind.Undecodable), ("si/2", ProblemKind.Empty), ("ciao/3", ProblemKind.Duplicate)],
            report.Problems.Select(p => (p.Sample, p.Kind))
        );
        Assert.Contains("3.npy comes after 1.npy", report.Problems[0].Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Takes_that_are_the_same_recording_in_train_and_test_are_refused()
    {
        WriteTakes("ciao", 5, 0);
        WriteTakes("si", 5, 1);
        for (int t = 0; t < 4; t++)
            File.Copy(folder[$"data/ciao/0/{t}.npy"], folder[$"data/ciao/4/{t}.npy"], overwrite: true);
        FeatureSet features = Extract();
        InvalidDataException e = Assert.Throws<InvalidDataException>(() =>
            Train(features, "run", RecipeFile.Load("linear"))
        );
        Assert.Contains("are the same recording", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Landmarks_alone_are_extracted_learnt_exported_and_recognised_under_any_name()
    {
        WriteTakes("ciao", 10, 0);
        WriteTakes("si", 10, 1);
        FeatureSet features = Extract();
        Assert.Equal(["landmarks"], features.Stores.Modalities.Select(m => m.Name));
        Train(features, "linear", RecipeFile.Load("linear")); // takes landmarks unasked
        Train(
            features,
            "late-fusion",
            RecipeFile.Load("late-fusion", ["modalities=[\"landmarks\"]", "training.epochs=15", "model.hidden=16"])
        );
        foreach (string run in new[] { "linear", "late-fusion" })
        {
            EvaluationResult result = RunEvaluation.Evaluate(
                new()
                {
                    Run = folder[run],
                    Features = folder["features"],
                    Split = Split.Test,
                    Threads = 1,
                }
            );
            Assert.Equal(1, result.Top1);
            Assert.Equal(4, result.Samples);
        }
        RunExport.Save(folder["linear"], folder["x.gesto"], WeightsCache.Default());
        using Recogniser recogniser = Recogniser.Load(folder["x.gesto"]);
        NpyFile.Save(
            folder["other.npy"],
            NpyArray.From(
                [.. Enumerable.Range(0, 4).SelectMany(t => NpyFile.Load(folder[$"data/si/9/{t}.npy"]).ToSingles())],
                4,
                1662
            )
        );
        foreach (
            (Recording recording, string sign) in new[]
            {
                (Recording.FromFolder(folder["data/si/9"]), "si"),
                (Recording.FromFile(folder["other.npy"]), "si"),
                (Recording.FromFolder(folder["data/ciao/9"]), "ciao"),
            }
        )
            Assert.Equal(
                sign,
                (await recogniser.PredictAsync(recording, TestContext.Current.CancellationToken)).Best.Sign.Name
            );
    }

    [Theory]
    [InlineData("linear", false)]
    [InlineData("linear", true)]
    [InlineData("landmarks", false)]
    public void Left_handed_signers_are_known_by_what_right_handed_ones_taught(string recipe, bool mirroring)
    {
        foreach ((string sign, double bend) in new[] { ("ciao", 0), ("si", 0.5), ("uno", 1) })
            WriteTakes(sign, 15, bend, leftHanded: 12); // the last fifth is test
        FeatureSet features = Extract();
        Train(
            features,
            "run",
            RecipeFile.Load(recipe, ["model.hidden=16", $"landmarks.mirroring={(mirroring ? "0.5" : "0")}"])
        );
        EvaluationResult result = RunEvaluation.Evaluate(
            new()
            {
                Run = folder["run"],
                Features = folder["features"],
                Threads = 1,
            }
        );
        Assert.Equal(9, result.Samples);
        Assert.Equal(1, result.Top1);
    }

    [Fact]
    public void A_manifest_names_them_in_a_column_that_is_written_only_where_there_are_any()
    {
        WriteTakes("ciao", 2, 0);
        string manifest = folder.Write(
            "data/manifest.csv",
            "sample,label,name,split,landmarks\na,1,ciao,train,ciao/0\nb,1,ciao,test,ciao/1\n"
        );
        Dataset dataset = Dataset.Open(folder["data"]);
        Assert.Equal(["ciao/0", "ciao/1"], dataset.Samples.Select(s => s.Files[Modality.Landmarks]![0]));
        ManifestFile.Write(manifest, dataset.Samples);
        Assert.Contains(",landmarks\n", File.ReadAllText(manifest), StringComparison.Ordinal);
        ManifestFile.Write(
            manifest,
            dataset.Samples.Select(s => s with { Files = s.Files.With(Modality.Landmarks, null) })
        );
        Assert.DoesNotContain("landmarks", File.ReadAllText(manifest), StringComparison.Ordinal);
    }

    private FeatureSet Extract()
    {
        Extraction.Run(Dataset.Open(folder["data"]), folder["features"], null, new ExtractionOptions(), null, default);
        return FeatureSet.Open(folder["features"]);
    }

    private void Train(FeatureSet features, string run, Recipe recipe) => Trained.Run(features, recipe, folder[run]);
}

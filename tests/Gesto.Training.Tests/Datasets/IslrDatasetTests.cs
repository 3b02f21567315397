using Gesto.Inference;
using Gesto.Recordings;
using Gesto.Training.Checking;
using Gesto.Training.Datasets;
using Gesto.Training.Evaluation;
using Gesto.Training.Explanation;
using Gesto.Training.Export;
using Gesto.Training.Features;
using Gesto.Training.Fitting;
using Gesto.Training.Recipes;
using Gesto.Training.Recognition;
using Gesto.Training.Weights;
using SkiaSharp;

namespace Gesto.Training.Tests.Datasets;

/// <summary>A data set in the Google ISLR challenge's layout, from the folder to a prediction. The files are
/// planted.</summary>
public sealed class IslrDatasetTests : IDisposable
{
    private readonly Folder folder = new();

    public void Dispose() => folder.Dispose();

    private static string FileOf(int signer, int sequence) => $"train_landmark_files/{signer}/{sequence}.parquet";

    /// <summary>A sign is how far the right hand's fingers are bent; where the hand is, is the take's own.</summary>
    private void Write(string sign, int signer, int sequence, double bend)
    {
        var random = new Random(sequence);
        double away = random.NextDouble();
        IslrFile.Write(folder[$"data/{FileOf(signer, sequence)}"], IslrFile.Rows(4, (t, type, joint) =>
            {
                if (type != "right_hand")
                    return type == "pose" ? (0.1 * joint + away, 0.05 * joint, 0) : null;
                int finger = (joint + 3) / 4,
                    along = joint == 0 ? 0 : (joint - 1) % 4 + 1;
                double bent = along < 2 ? along : 1 + (along - 1) * bend;
                return (0.1 * finger + away, 0.2 * bent + 0.01 * random.NextDouble(), 0);
            }));
        rows.Add($"{FileOf(signer, sequence)},{signer},{sequence},{sign}");
    }

    private readonly List<string> rows = ["path,participant_id,sequence_id,sign"];

    private Dataset Open()
    {
        folder.Write("data/train.csv", string.Join("\n", rows) + "\n");
        return Dataset.Open(folder["data"]);
    }

    private Dataset Planted(int signers = 5, int takes = 2)
    {
        for (int signer = 0; signer < signers; signer++)
        for (int take = 0; take < takes; take++)
        {
            Write("si", 100 + signer, 10 * signer + take, 1);
            Write("ciao", 100 + signer, 500 + 10 * signer + take, 0);
        }
        return Open();
    }

    [Fact]
    public void Participants_are_signers_and_the_last_fifth_of_them_is_test()
    {
        Dataset dataset = Planted();
        Assert.Equal("Google ISLR, train.csv and parquet files of landmarks", dataset.Layout);
        Assert.Equal(20, dataset.Samples.Count);
        Sample first = dataset.Samples[0];
        Assert.Equal("train_landmark_files/100/0", first.Key);
        Assert.Equal(("100", "si", 2, Split.Train), (first.Signer, first.ClassName, first.ClassId, first.Split));
        Assert.Equal([FileOf(100, 0)], first.Files[Modality.Landmarks]!);
        Assert.All(dataset.Samples, s => Assert.Equal(s.Signer == "104" ? Split.Test : Split.Train, s.Split));
        folder.Write("data/sign_to_prediction_index_map.json", """{"si": 0, "tu": 1, "ciao": 7}""");
        Assert.Equal(
            [(0, "si"), (7, "ciao")],
            Dataset.Open(folder["data"]).Samples.Select(s => (s.ClassId!.Value, s.ClassName!)).Distinct()
        );
    }

    [Fact]
    public void Train_keeps_every_sign_and_of_one_participant_the_last_takes_are_test()
    {
        Planted(signers: 3);
        Write("tu", 102, 900, 0.5); // signed by the last one alone
        Assert.Equal(["101"], Open().Samples.Where(s => s.Split == Split.Test).Select(s => s.Signer!).Distinct());
        rows.RemoveAll(r =>
            !r.StartsWith("path", StringComparison.Ordinal) && !r.Contains("/100/", StringComparison.Ordinal)
        );
        Assert.Equal(
            [FileOf(100, 1), FileOf(100, 501)],
            Open().Samples.Where(s => s.Split == Split.Test).Select(s => s.Files[Modality.Landmarks]![0])
        );
    }

    [Fact]
    public void A_train_csv_of_something_else_is_another_layout()
    {
        folder.Write("data/train.csv", "path,label\na.png,1\n");
        Assert.Null(IslrLayout.TryRead(folder["data"]));
    }

    [Theory]
    [InlineData("path,participant_id,sign", "../x.parquet,1,ciao", "column 'path': found '../x.parquet'")]
    [InlineData("path,participant_id,sign", "x.csv,1,ciao", "expected a .parquet file")]
    [InlineData("path,participant_id,sign", "x.parquet,,ciao", "column 'participant_id': found ''")]
    [InlineData("path,participant_id,sign", "x.parquet,1,", "column 'sign': found ''")]
    [InlineData("path,participant_id,sign", "x.parquet,1,si\nx.parquet,1,si", "line 2 has it already")]
    [InlineData(
        "path,participant_id,sign",
        "x.parquet,1,no",
        "expected a sign that sign_to_prediction_index_map.json has"
    )]
    [InlineData("path,participant_id,sign", "", "a header and no sequences")]
    [InlineData("path,participant,sign", "x.parquet,1,si", "no column 'participant_id'")]
    public void A_damaged_train_csv_is_refused_with_its_place(string header, string lines, string said)
    {
        Directory.CreateDirectory(folder["data/train_landmark_files"]);
        folder.Write("data/sign_to_prediction_index_map.json", """{"si": 0, "ciao": 1}""");
        folder.Write("data/train.csv", $"{header}\n{lines}\n");
        InvalidDataException e = Assert.Throws<InvalidDataException>(() => Dataset.Open(folder["data"]));
        Assert.Contains("train.csv", e.Message, StringComparison.Ordinal);
        Assert.Contains(said, e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"si": 0, "ciao": 0}""", "found id 0 for si and ciao")]
    [InlineData("""{"si": -1, "ciao": 0}""", "found id -1 for si")]
    [InlineData("""["si"]""", "not a map of signs to their ids")]
    public void A_damaged_map_of_ids_is_refused(string map, string said)
    {
        Planted(signers: 2, takes: 1);
        folder.Write("data/sign_to_prediction_index_map.json", map);
        InvalidDataException e = Assert.Throws<InvalidDataException>(() => Dataset.Open(folder["data"]));
        Assert.Contains(said, e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_doctor_reads_every_file_and_names_those_that_are_damaged_or_missing()
    {
        Dataset dataset = Planted(signers: 3);
        DoctorReport healthy = DatasetDoctor.Report(dataset, new() { FewestTrainSamples = 1 }, null, default);
        Assert.Empty(healthy.Problems);
        Assert.Equal(
            "12 recordings: landmarks, body in 100 % of frames, signing hand in 100 %, other hand in 0 %",
            healthy.Landmarks!.ToString()
        );
        File.Delete(folder[$"data/{FileOf(100, 0)}"]);
        File.WriteAllBytes(
            folder[$"data/{FileOf(101, 10)}"],
            File.ReadAllBytes(folder[$"data/{FileOf(101, 10)}"])[..^100]
        );
        DoctorReport report = DatasetDoctor.Report(dataset, new() { FewestTrainSamples = 1 }, null, default);
        Assert.Equal(
            [
                ("train_landmark_files/100/0", ProblemKind.MissingModality),
                ("train_landmark_files/101/10", ProblemKind.Undecodable),
            ],
            report.Problems.Select(p => (p.Sample, p.Kind))
        );
        Assert.Contains("named in train.csv, not on disk", report.Problems[0].Message, StringComparison.Ordinal);
        Assert.Contains("expected a whole Parquet file", report.Problems[1].Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task It_is_extracted_learnt_cross_validated_by_participant_and_its_files_recognised()
    {
        Dataset dataset = Planted(signers: 5, takes: 3);
        // No video is there to find landmarks in, and no network is needed.
        var options = new ExtractionOptions { LandmarksOfVideos = true };
        Extraction.Run(dataset, folder["features"], options, null, default);
        FeatureSet features = FeatureSet.Open(folder["features"]);
        Assert.Equal(["landmarks"], features.Stores.Modalities.Select(m => m.Name));
        Trained.Run(features, RecipeFile.Load("linear"), folder["run"]);
        Assert.Equal(
            1,
            RunEvaluation
                .Evaluate(
                    new()
                    {
                        Run = folder["run"],
                        Features = folder["features"],
                        Threads = 1,
                    }
                )
                .Top1
        );
        var validation = new CrossValidation(
            new TrainingOptions
            {
                Features = features,
                Recipe = RecipeFile.Load("linear"),
                Out = folder["kfold"],
                Threads = 1,
            },
            null,
            FoldUnit.Signer
        );
        Assert.Equal(["100", "101", "102", "103"], Enumerable.Range(1, 4).SelectMany(validation.Deal.GroupsIn));
        for (int fold = 1; fold <= 4; fold++)
            validation.RunFold(fold, TimeProvider.System, null, default);
        Assert.False(validation.RunFold(1, TimeProvider.System, null, default)); // done before
        Assert.Equal(1, validation.Pool(1, TimeProvider.System).Folds.Top1);
        Explain();
        RunExport.Save(folder["run"], folder["x.gesto"], WeightsCache.Default());
        using Recogniser recogniser = Recogniser.Load(folder["x.gesto"]);
        File.Copy(folder[$"data/{FileOf(104, 40)}"], folder["mine.parquet"]);
        Assert.Equal(
            "si",
            (
                await recogniser.PredictAsync(
                    Recording.FromFile(folder["mine.parquet"]),
                    TestContext.Current.CancellationToken
                )
            )
                .Best
                .Sign
                .Name
        );
    }

    /// <summary>The picture shows the right hand in its colour, and no left one, which is never found.</summary>
    private void Explain()
    {
        using ITrainedRecogniser run = ITrainedRecogniser.Load(folder["run"], threads: 1);
        using var predictor = new VideoPredictor(run, encoder: null);
        PredictionExplanation explanation = PredictionExplanation.Draw(
            run,
            predictor,
            RecordingFiles.At(folder[$"data/{FileOf(104, 40)}"], RecordingNeeds.Of(run.Facts.Keys)),
            sign: null,
            folder["why.png"],
            null,
            CancellationToken.None
        );
        Assert.Equal("si", explanation.Truth!.Name); // train.csv above it tells
        using SKBitmap picture = SKBitmap.Decode(folder["why.png"]);
        int Pixels(SKColor colour) => picture.Pixels.Count(p => p == colour);
        Assert.InRange(Pixels(new(0xd9, 0x61, 0x0b)), 100, 100_000);
        Assert.Equal(0, Pixels(new(0x1f, 0x6f, 0xb5)));
    }

    [Fact]
    public void A_manifest_names_parquet_files_in_its_column_of_landmarks()
    {
        Planted(signers: 2, takes: 1);
        folder.Write(
            "data/manifest.csv",
            $"sample,label,name,split,landmarks\na,1,ciao,train,{FileOf(100, 0)}\nb,1,ciao,test,{FileOf(101, 10)}\n"
        );
        Dataset dataset = Dataset.Open(folder["data"]);
        Assert.Equal("manifest.csv", dataset.Layout);
        Extraction.Run(dataset, folder["features"], null, new ExtractionOptions(), null, default);
        Assert.Equal(4, FeatureSet.Open(folder["features"]).Stores[Modality.Landmarks]!.LengthOf("a"));
    }
}

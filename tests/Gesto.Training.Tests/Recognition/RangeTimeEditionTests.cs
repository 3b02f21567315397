using Gesto.Files;
using Gesto.Inference;
using Gesto.Radar;
using Gesto.Recordings;
using Gesto.Training.Checking;
using Gesto.Training.Datasets;
using Gesto.Training.Evaluation;
using Gesto.Training.Features;
using Gesto.Training.Fitting;
using Gesto.Training.Recipes;
using Gesto.Training.Recognition;
using Gesto.Training.Simulation;
using Gesto.Video;

namespace Gesto.Training.Tests.Recognition;

/// <summary>The 2026 edition of the challenge: three signs of four signers as range-time maps.</summary>
public sealed class SimulatedEdition2026 : IDisposable
{
    private readonly Folder folder = new();

    public SimulatedEdition2026() => DatasetWriter.Write(Data, Options, null, default);

    public static SimulationOptions Options { get; } =
        SimulationOptions.Challenge2026 with
        {
            Classes = 3,
            Signers = 4,
            Takes = 1,
            Seed = 8,
            Threads = 1,
        };

    public string Data => folder["data"];

    public void Dispose() => folder.Dispose();
}

public sealed class RangeTimeEditionTests(SimulatedEdition2026 edition)
    : IClassFixture<SimulatedEdition2026>,
        IDisposable
{
    private readonly Folder folder = new();

    public void Dispose() => folder.Dispose();

    private static FeatureSet Extract(string data, string features, RadarFormat? radar = null)
    {
        Extraction.Run(
            Dataset.Open(data),
            features,
            null,
            new ExtractionOptions { Radar = radar ?? RadarFormat.Default },
            null,
            default
        );
        return FeatureSet.Open(features);
    }

    [Theory]
    [InlineData(1, "rtm")]
    [InlineData(1, "radar-only")]
    [InlineData(2, "radar-only")]
    public void Simulated_checked_extracted_and_trained_it_ends_in_a_submission_of_val_and_test(
        int columns,
        string recipeName
    )
    {
        Dataset dataset = Dataset.Open(edition.Data);
        Assert.Empty(DatasetDoctor.Examine(dataset, new DoctorOptions { FewestTrainSamples = 2 }, null, default));
        FeatureSet features = Extract(
            edition.Data,
            folder["features"],
            columns == 1 ? null : new RadarFormat { Size = (256, columns) }
        );
        Assert.Equal([30, 3, 256, columns], features.Radar!.Key.Shape);
        Recipe recipe = RecipeFile.Load(
            recipeName,
            ["training.epochs=2", "radar.epochs=1", "model.hidden=8", "model.layers=1", "radar.hidden=8"]
        );
        TrainingResult result = TrainingRun.Start(
            new TrainingOptions
            {
                Features = features,
                Recipe = recipe,
                Out = folder["run"],
                Threads = 1,
            }
        );
        Assert.Equal(3, result.Epochs);

        IReadOnlyList<SubmissionRow> rows = RunSubmission.FromFeatures(
            folder["run"],
            folder["features"],
            folder["submission.csv"],
            threads: 1,
            null,
            default
        );
        Sample[] asked = [.. dataset.Samples.Where(s => s.Split != Split.Train).OrderBy(s => s.Number)];
        Assert.Equal(6, asked.Length); // 3 signs × (1 signer of val + 1 of test)
        Assert.Equal(asked.Select(s => s.Number!.Value), rows.Select(r => r.Id));
        string[] lines = File.ReadAllLines(folder["submission.csv"]);
        Assert.Equal(["id,Pred", .. rows.Select(r => $"{r.Id},{r.ClassId}")], lines);
        // Each row is the most probable sign of that sample's own files, by its class id.
        using NetworkRecogniser recogniser = NetworkRecogniser.Load(folder["run"], threads: 1);
        using var predictor = new VideoPredictor(recogniser, null);
        foreach ((Sample sample, SubmissionRow row) in asked.Zip(rows))
        {
            float[] direct = predictor.Predict(edition.Data, sample, default).Probabilities;
            Assert.Equal(recogniser.Labels[Array.IndexOf(direct, direct.Max())].Id, row.ClassId);
        }
    }

    [Fact]
    public void Maps_are_stored_as_frames_with_one_Doppler_bin_in_dB_at_their_true_length()
    {
        FeatureSet features = Extract(edition.Data, folder["features"]);
        Assert.Equal(("<f4", "own size"), (features.Radar!.Key.DType, features.Radar.Key.Preprocessing));
        Assert.Equal([30, 3, 256, 1], features.Radar.Key.Shape);
        Assert.Null(features.Rgb);
        foreach (Sample sample in Dataset.Open(edition.Data).Samples)
        {
            NpyArray[] maps = [.. sample.Radar.Select(file => NpyFile.Load(Path.Combine(edition.Data, file!)))];
            int[] wanted = FrameSampling.Default.Indices(maps[0].Shape[0]);
            Assert.Equal(wanted.Length, features.Radar.LengthOf(sample.Key));
            float[] stored = features.Radar.Load(sample.Key).ToSingles();
            for (int t = 0; t < wanted.Length; t++)
            for (int antenna = 0; antenna < 3; antenna++)
                Assert.True(
                    maps[antenna]
                        .ToSingles()
                        .AsSpan(wanted[t] * 256, 256)
                        .SequenceEqual(stored.AsSpan((t * 3 + antenna) * 256, 256))
                );
            Assert.All(stored[(wanted.Length * 3 * 256)..], v => Assert.Equal(0, v));
        }
    }

    [Fact]
    public void The_same_seed_gives_the_same_bytes_with_any_number_of_threads_and_another_seed_others()
    {
        Dictionary<string, byte[]> Files(string root) =>
            Directory
                .EnumerateFiles(root, "*.npy", SearchOption.AllDirectories)
                .ToDictionary(f => Path.GetRelativePath(root, f), File.ReadAllBytes);
        DatasetWriter.Write(folder["again"], SimulatedEdition2026.Options with { Threads = 2 }, null, default);
        Dictionary<string, byte[]> first = Files(edition.Data),
            again = Files(folder["again"]);
        Assert.Equal(3 * 4 * 3, first.Count);
        Assert.Equal(first, again);
        DatasetWriter.Write(
            folder["other"],
            SimulatedEdition2026.Options with
            {
                Classes = 2,
                Signers = 2,
                Seed = 9,
            },
            null,
            default
        );
        Assert.DoesNotContain(Files(folder["other"]).Values, o => first.Values.Any(f => f.AsSpan().SequenceEqual(o)));
        Assert.Empty(Directory.EnumerateFiles(edition.Data, "*_RGB*", SearchOption.AllDirectories));
    }

    [Fact]
    public void The_signer_shows_at_arms_length_and_what_moves_is_the_signer()
    {
        // A body 0.3 to 1.3 m away, bins of 2.1 cm: the bins that change most over time must lie there.
        Sample sample = Dataset.Open(edition.Data).Samples[0];
        NpyArray map = NpyFile.Load(Path.Combine(edition.Data, sample.Radar[0]!));
        float[] values = map.ToSingles();
        double[] power = [.. values.Select(db => Math.Pow(10, db / 10))];
        double[] spread =
        [
            .. Enumerable
                .Range(0, 256)
                .Select(bin =>
                {
                    double[] over = [.. Enumerable.Range(0, map.Shape[0]).Select(t => power[t * 256 + bin])];
                    double mean = over.Average();
                    return over.Sum(p => (p - mean) * (p - mean));
                }),
        ];
        FmcwWaveform waveform = FmcwWaveform.OfSize(256, 64);
        Assert.InRange(Array.IndexOf(spread, spread.Max()) * waveform.RangeResolutionMetres, 0.2, 1.4);
        Assert.InRange(values.Min(), -200, -60);
        Assert.InRange(values.Max(), -50, 0);
    }

    [Fact]
    public void Bad_maps_stop_the_extraction_by_the_samples_name_and_the_cause()
    {
        foreach (string file in Directory.GetFiles(edition.Data, "*", SearchOption.AllDirectories))
        {
            string to = Path.Combine(folder["data"], Path.GetRelativePath(edition.Data, file));
            Directory.CreateDirectory(Path.GetDirectoryName(to)!);
            File.Copy(file, to);
        }
        Sample sample = Dataset.Open(folder["data"]).Samples[0];
        string second = Path.Combine(folder["data"], sample.Radar[1]!);
        byte[] whole = File.ReadAllBytes(second);
        NpyArray map = NpyFile.Load(second);
        int frames = map.Shape[0];

        NpyFile.Save(second, NpyArray.From(map.ToSingles().AsSpan(0, (frames - 5) * 256), frames - 5, 256));
        Stops($"{frames} frames, another antenna of this sample has {frames - 5}");
        NpyFile.Save(second, NpyArray.From(map.ToSingles(), frames * 2, 128));
        Stops("maps of 128 x 1");
        NpyFile.Save(second, NpyArray.From(map.ToSingles(), frames, 1, 256));
        Stops("expected a range-time map (T, R)");
        float[] poisoned = map.ToSingles();
        poisoned[256] = float.NaN;
        NpyFile.Save(second, NpyArray.From(poisoned, frames, 256));
        Stops("found NaN at [1, 0]");
        File.WriteAllBytes(second, whole[..^100]);
        Stops("The file is cut");
        File.Delete(second);
        Stops("RTM2.npy");

        void Stops(string cause)
        {
            string message = Assert
                .Throws<InvalidDataException>(() => Extract(folder["data"], folder["features"]))
                .Message;
            Assert.Contains($"Sample '{sample.Key}' cannot be used.", message, StringComparison.Ordinal);
            Assert.Contains(cause, message, StringComparison.Ordinal);
        }
    }
}

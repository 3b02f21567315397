using System.Diagnostics;
using System.Text;
using System.Text.Json;
using Gesto.Recordings;
using Gesto.Signs;
using Gesto.Training.Datasets;
using Gesto.Training.Features;
using Gesto.Training.Fitting;
using Gesto.Training.Recipes;
using Gesto.Training.Recognition;
using Gesto.Training.Runs;
using Gesto.Training.Scoring;
using Gesto.Training.Tests.Features;
using Gesto.Training.Weights;

namespace Gesto.Training.Tests;

/// <summary>A thousand seeded mutations of a good file of each format go through its reader, and what was read is used:
/// either that works, or the file is refused by an exception that the docs name. Nothing else, no waiting, no memory
/// that the file does not hold.</summary>
public sealed class FuzzTests : IDisposable
{
    private const int Rounds = 1000;
    private const string Checkpoint = "last.safetensors";

    /// <summary>What hand-edited and torn files have in the place of a value, and what parsers have stumbled
    /// over.</summary>
    private static readonly byte[][] Tokens =
    [
        .. new[]
        {
            "null",
            "-1",
            "0",
            "31",
            "1.5",
            "2147483647",
            "2147483648",
            "9223372036854775808",
            "1e999",
            "-1e308",
            "1e-320",
            "NaN",
            "true",
            "[]",
            "{}",
            "[null]",
            "{\"a\":null}",
            "\"\"",
            "\"../../x\"",
            "\"/etc/passwd\"",
            "\"\\u0000\"",
            "\"\\ud800\"",
            "\"a\\\\b\"",
            "[[[[",
            "}}}}",
            ",",
            ":",
            "\"",
            "\n",
            "\r\n",
            "\0",
            "\ufeff",
            "//",
            "\ud7ff",
        }.Select(Encoding.UTF8.GetBytes),
    ];

    private static readonly Dictionary<string, Action<string>> Readers = new()
    {
        [FeatureStore.LengthsFile] = folder =>
        {
            FeatureStore store = FeatureStore.Open(folder);
            foreach (string sample in store.Samples)
                Assert.InRange(store.LengthOf(sample), 1, 30);
            Assert.All(store.Samples, sample =>
                Assert.StartsWith(folder, Path.GetFullPath(store.PathOf(sample)), StringComparison.Ordinal)
            );
        },
        ["run.json"] = folder =>
        {
            RunFacts facts = RunDirectory.Open(folder).Facts;
            Assert.Equal(64, facts.LabelSet.Fingerprint.Length);
            Assert.Null(facts.Rgb!.DifferenceTo(facts.Rgb!));
        },
        ["recipe.json"] = folder =>
            RecipeFile.Parse(RecipeFile.Format(RecipeFile.Load(Path.Combine(folder, "recipe.json"))), "again"),
        // a number that JSON does not have would fail here
        [EnsembleFile.FileName] = folder => JsonSerializer.Serialize(EnsembleFile.Load(folder)),
        [Calibration.FileName] = folder =>
        {
            Calibration read = Calibration.Load(folder);
            Assert.All(Calibration.Sharpen([.1f, .9f], 1 / read.Temperature), p => Assert.InRange(p, 0, 1));
            JsonSerializer.Serialize(read);
        },
        ["log.jsonl"] = folder =>
        {
            string path = Path.Combine(folder, "log.jsonl");
            EpochLog.Save(path, EpochLog.Load(path));
        },
        [ManifestFile.FileName] = folder =>
        {
            IReadOnlyList<Sample> samples = ManifestFile.Read(Path.Combine(folder, ManifestFile.FileName));
            if (samples.Any(s => s is { Split: Split.Train, ClassId: not null }))
                _ = Dataset.ClassesOf(samples, folder).Fingerprint;
        },
        [IslrLayout.FileName] = folder => Assert.NotNull(IslrLayout.TryRead(folder)),
        [LabelKeyFile.FileName] = folder => LabelKeyFile.Read(Path.Combine(folder, LabelKeyFile.FileName)),
        ["predictions-test.csv"] = folder =>
            Assert.All(PredictionFile.Load(folder, "test"), p => Assert.InRange(p.Probability, 0, 1)),
        [FeatureSet.SkippedFile] = folder => FeatureSet.ReadSkipped(folder),
        [RecordingFingerprints.FileName] = folder => RecordingFingerprints.Alike(folder).ToList(),
        [PseudoLabels.FileName] = folder => JsonSerializer.Serialize(PseudoLabels.Load(folder)),
        ["weights.safetensors"] = folder =>
            Assert.All(Safetensors.Load(Path.Combine(folder, "weights.safetensors")).Tensors.Values, t =>
                t.ToSingles()
            ),
        [Checkpoint] = folder =>
        {
            using TorchSharp.Modules.Linear model = TorchSharp.torch.nn.Linear(2, 2);
            using var adam = new Adam(model.named_parameters(), 1e-3);
            Gesto.Training.Fitting.Checkpoint.LoadLast(Path.Combine(folder, Checkpoint), model, adam, null);
        },
        ["state.pth"] = folder =>
            Assert.All(PthReader.Load(Path.Combine(folder, "state.pth")).Values, t => t.ToSingles()),
        ["model.json"] = folder => Assert.All(TfjsReader.Load(folder).Values, t => t.ToSingles()),
    };

    private readonly Folder folder = new();

    public FuzzTests()
    {
        folder.Write(FeatureStore.KeyFile, JsonSerializer.Serialize(FeatureStoreTests.Key));
        folder.Write(FeatureStore.LengthsFile, """{"train/1_A/SAMPLE_1": 30, "train/1_A/SAMPLE_2": 7}""");
        folder.Write(
            "journal.jsonl",
            "{\"Sample\":\"train/1_A/SAMPLE_3\",\"Length\":12}\n{\"Sample\":\"val/SAMPLE_4\",\"Length\":1}\n"
        );
        RunFacts facts = TinyFacts.Of(
            rgbWidth: 5,
            radarWidth: 6,
            antennas: 2,
            classes: 3,
            rgbShape: [6, 5],
            radarShape: [6, 6]
        ) with
        {
            Threads = 1,
            Train = ["train/1_A/SAMPLE_1", "test/SAMPLE_2"],
            PseudoLabels = new("runs/a", 0.7, new Dictionary<string, int> { ["test/SAMPLE_2"] = 1 }),
        };
        string run = folder["run"];
        RunDirectory.StartOrResume(run, RecipeFile.Load("late-fusion"), facts, resume: false);
        foreach (string name in new[] { "run.json", "recipe.json" })
            File.Copy(Path.Combine(run, name), folder[name]);
        new EnsembleFile
        {
            Members = [new("../a", 0.25), new("../b", 0.75)],
            FittedOn = "val",
            Samples = 9,
            MemberLoss = [1, 2],
            Loss = 0.5,
        }.Save(folder.Path);
        new Calibration
        {
            Temperature = 1.7,
            TemperatureLow = 1.2,
            TemperatureHigh = 2,
            UnknownBelow = 0.3,
            Samples = 9,
            FittedOn = "val",
            EceBefore = 0.1,
        }.Save(folder.Path);
        EpochLine[] log =
        [
            new("radar-encoder", 1, 2.5, 0.3, 2.7, 0.25, 1.5),
            new("fusion", 1, 1.5, 0.4, null, null, 2),
        ];
        EpochLog.Save(folder["log.jsonl"], log);
        Sample[] samples =
        [
            new()
            {
                Key = "train/1_A/SAMPLE_1",
                Split = Split.Train,
                ClassId = 1,
                ClassName = "A",
                Signer = "S\"1\"",
                Rgb = "train/1_A/SAMPLE_1/a.mkv",
            },
            new()
            {
                Key = "test/SAMPLE_2",
                Split = Split.Test,
                ClassId = 2,
                ClassName = "B, C",
                Session = "S1-2",
                Radar = ["a.npy", null, null],
            },
        ];
        ManifestFile.Write(folder[ManifestFile.FileName], samples);
        LabelKeyFile.Write(folder[LabelKeyFile.FileName], samples);
        Directory.CreateDirectory(folder["train_landmark_files"]);
        folder.Write(
            IslrLayout.FileName,
            "path,participant_id,sequence_id,sign\ntrain_landmark_files/1/2.parquet,1,2,A\n"
                + "train_landmark_files/3/4.parquet,3,4,A\ntrain_landmark_files/3/5.parquet,3,5,\"B, C\"\n"
        );
        folder.Write(IslrLayout.MapFile, """{"A": 0, "B, C": 1}""");
        folder.Write(
            "predictions-test.csv",
            "sample,signer,label,predicted,probability\ntest/a,S1,1,2,0.5\ntest/b,,3,3,1\n"
        );
        folder.Write(FeatureSet.SkippedFile, """[{"sample": "train/1_A/SAMPLE_9", "message": "a: cut"}]""");
        folder.Write(RecordingFingerprints.FileName, """{"train/1_A/SAMPLE_1": "0f", "test/SAMPLE_2": "0f"}""");
        facts.PseudoLabels!.Save(folder.Path);
        NamedTensor[] tensors = [NamedTensor.From("a", [1, 2, 3, 4], 2, 2), new("b", "I64", [1], new byte[8])];
        Safetensors.Save(folder["weights.safetensors"], tensors, new Dictionary<string, string> { ["variant"] = "v1" });
        using TorchSharp.Modules.Linear model = TorchSharp.torch.nn.Linear(2, 2);
        using var adam = new Adam(model.named_parameters(), 1e-3);
        Gesto.Training.Fitting.Checkpoint.SaveLast(folder[Checkpoint], model, adam, null, log[..1]);
        File.Copy(Path.Combine(AppContext.BaseDirectory, "Golden", "tiny.pth"), folder["state.pth"]);
        folder.Write(
            "model.json",
            """{"weightsManifest": [{"paths": ["a.bin"], "weights": [{"name": "k", "shape": [1, 2], "dtype": "float32"}]}]}"""
        );
        File.WriteAllBytes(folder["a.bin"], new byte[8]);
    }

    public void Dispose() => folder.Dispose();

    /// <summary>Files and their readers; several formats of a feature store have one reader.</summary>
    public static TheoryData<string, string> Formats =>
        [
            .. Readers.Keys.Select(name => (name, name)),
            (FeatureStore.KeyFile, FeatureStore.LengthsFile),
            (IslrLayout.MapFile, IslrLayout.FileName),
            ("journal.jsonl", FeatureStore.LengthsFile),
        ];

    [Theory]
    [MemberData(nameof(Formats))]
    public void A_mutated_file_is_read_or_refused_and_nothing_else(string file, string reader)
    {
        byte[] whole = File.ReadAllBytes(folder[file]);
        Readers[reader](folder.Path); // unharmed it is read
        int refused = 0;
        for (int round = 0; round < Rounds; round++)
        {
            byte[] bytes = Mutate(whole, new Random(round));
            File.WriteAllBytes(folder[file], bytes);
            long before = GC.GetAllocatedBytesForCurrentThread(),
                begun = Stopwatch.GetTimestamp();
            try
            {
                Readers[reader](folder.Path);
            }
            catch (Exception e) when (e is InvalidDataException or IOException)
            {
                refused++;
            }
            catch (Exception e)
            {
                Assert.Fail($"Round {round} of {file}: {e}\n{Encoding.Latin1.GetString(bytes)}");
            }
            Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 2L * bytes.Length + 200_000_000);
            Assert.InRange(Stopwatch.GetElapsedTime(begun).TotalSeconds, 0, 10);
        }
        Assert.InRange(refused, Rounds / 10, Rounds); // the mutations do harm
    }

    /// <summary>One to four changes: bytes, cuts, repeated stretches, and whole values replaced.</summary>
    private static byte[] Mutate(byte[] whole, Random random)
    {
        List<byte> bytes = [.. whole];
        for (int change = random.Next(1, 5); change > 0 && bytes.Count > 0; change--)
        {
            int at = random.Next(bytes.Count),
                length = Math.Min(random.Next(1, 40), bytes.Count - at);
            byte[] token = Tokens[random.Next(Tokens.Length)];
            switch (random.Next(6))
            {
                case 0:
                    bytes[at] = (byte)random.Next(256);
                    break;
                case 1:
                    bytes.RemoveRange(at, length);
                    break;
                case 2:
                    bytes.InsertRange(at, bytes.GetRange(random.Next(bytes.Count - length + 1), length));
                    break;
                case 3:
                    bytes.InsertRange(at, token);
                    break;
                case 4:
                    bytes.RemoveRange(at, bytes.Count - at);
                    break;
                default:
                    ReplaceValue(bytes, at, token);
                    break;
            }
        }
        return [.. bytes];
    }

    /// <summary>The value, or field, that <paramref name="at"/> lies in.</summary>
    private static void ReplaceValue(List<byte> bytes, int at, byte[] token)
    {
        static bool Ends(byte b) =>
            b is (byte)',' or (byte)':' or (byte)'\n' or (byte)'{' or (byte)'}' or (byte)'[' or (byte)']';
        int begin = at,
            end = at;
        while (begin > 0 && !Ends(bytes[begin - 1]))
            begin--;
        while (end < bytes.Count && !Ends(bytes[end]))
            end++;
        bytes.RemoveRange(begin, end - begin);
        bytes.InsertRange(begin, token);
    }
}

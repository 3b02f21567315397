using System.Globalization;
using System.Text.Json;
using Gesto.Recordings;
using Gesto.Training.Datasets;

namespace Gesto.Cli.Tests;

/// <summary>Every verb, run as a program: what it writes where, and how it ends.</summary>
[Collection(WithProgramData.Name)]
public sealed class ProgramTests(ProgramData made)
{
    private Sample[] Samples => [.. Dataset.Open(made["data"]).Samples];

    [Fact]
    public void Simulate_says_that_it_simulates_and_refuses_to_replace_another_simulation()
    {
        Assert.Equal(12, Samples.Length); // 3 signs x 4 signers
        made.Run("simulate", "data", "--classes", "4", "--signers", "4").Refused("data");
        made.Run("simulate", "wrong", "--size", "64").Refused("--size '64' is not a size; write it as 320x240.");
        Assert.False(Directory.Exists(made["wrong"]));
    }

    [Fact]
    public void Check_ends_with_0_where_all_is_well_and_with_1_and_the_problems_where_not()
    {
        ProgramResult healthy = made.Run("check", "data", "--min-samples", "1");
        Assert.Empty(healthy.Done());
        Assert.Contains("12 samples, no problem found", healthy.Error, StringComparison.Ordinal);

        made.Write(
            "own/manifest.csv",
            $"sample,split,label,rgb,mood\na,train,0,{Samples[0].Rgb},good\nb,train,1,gone.mkv,bad\n"
        );
        ProgramResult sick = made.Run("check", "own", "--root", "data", "--min-samples", "1", "--json");
        Assert.Equal(1, sick.Exit);
        Assert.Contains("passed over column(s) mood", sick.Error, StringComparison.Ordinal);
        using JsonDocument json = JsonDocument.Parse(sick.Output);
        JsonElement problem = Assert.Single(json.RootElement.GetProperty("problems").EnumerateArray());
        Assert.Equal(
            ("b", "missing-modality"),
            (problem.GetProperty("sample").GetString(), problem.GetProperty("kind").GetString())
        );
    }

    [Fact]
    public void Weights_that_are_not_there_or_no_weights_are_refused_with_their_file()
    {
        made.Run("weights", "--source", "nowhere.pth").Refused("nowhere.pth");
        made.Write("noise.pth", "these are not the weights that you are looking for");
        made.Run("weights", "--source", "noise.pth").Refused("noise.pth");
        made.Write("noise.safetensors", "nor these, whatever their ending says of them");
        made.Run("weights", "--source", "noise.safetensors").Refused("noise.safetensors");
        Assert.Empty(Directory.Exists(made["cache"]) ? Directory.GetFiles(made["cache"]) : []);
    }

    [Fact]
    public void Extract_again_does_nothing_twice_and_shards_merge_to_the_whole()
    {
        ProgramResult again = made.Run(["extract", "data", "features", .. ProgramData.Small]);
        again.Done();
        Assert.Contains("0 samples extracted, 12 were done before", again.Error, StringComparison.Ordinal);

        made.Run(["extract", "data", "parts", "--shard", "1/2", .. ProgramData.Small]).Done();
        made.Run("merge", "parts").Refused("parts");
        made.Run(["extract", "data", "parts", "--shard", "2/2", .. ProgramData.Small]).Done();
        made.Run("merge", "parts").Done();
        foreach (string store in new[] { "rgb", "radar" })
        {
            string[] whole = Arrays($"features/{store}");
            Assert.Equal(12, whole.Length);
            Assert.Equal(whole, Arrays($"parts/{store}"));
        }

        string[] Arrays(string store) =>
            [
                .. Directory
                    .EnumerateFiles(made[store], "*.npy", SearchOption.AllDirectories)
                    .Select(f =>
                        $"{Path.GetRelativePath(made[store], f)} {Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(File.ReadAllBytes(f)))}"
                    )
                    .Order(),
            ];
    }

    [Fact]
    public void Train_refuses_what_it_cannot_learn_from_and_a_run_that_is_there()
    {
        made.Run("train", "data/test", "--run", "none").Refused("data/test: no features here");
        made.Run(["train", "features", "--run", "both", "--recipe", "end-to-end", .. ProgramData.Quick])
            .Refused("Try: gesto train FEATURES --run ");
        made.Run("train", "features", "--run", "none", "--set", "training.epoch=1")
            .Refused("did you mean 'training.epochs'?");
        made.Run("train", "features").Refused("--run");
        Assert.False(Directory.Exists(made["none"]));
    }

    [Fact]
    public void Evaluate_writes_its_JSON_alone_to_standard_output()
    {
        using JsonDocument json = JsonDocument.Parse(
            made.Run("evaluate", "vote", "features", "--threads", "1", "--json", "--dataset", "data").Done()
        );
        Assert.Equal(3, json.RootElement.GetProperty("samples").GetInt32()); // one test signer
        Assert.True(json.RootElement.GetProperty("simulated").GetBoolean());
        Assert.True(File.Exists(made["vote/report-test.html"]));
        made.Run("evaluate", "nowhere", "features").Refused("nowhere");
        made.Run("evaluate", "both", "features", "--root", "data").Refused("--root goes with --dataset");
    }

    [Fact]
    public void Compare_gives_a_verdict_and_an_ensemble_of_what_is_no_run_is_refused()
    {
        Assert.Contains(
            "radar",
            made.Run("compare", "both", "radar", "--features", "features", "--split", "test", "--threads", "1").Done(),
            StringComparison.Ordinal
        );
        made.Run("ensemble", "both", "nowhere", "--run", "other", "--features", "features").Refused("nowhere");
        made.Run("ensemble", "both", "--run", "other", "--features", "features").Refused("RUN"); // one cannot vote
    }

    [Fact]
    public void Submit_writes_the_same_file_from_features_and_from_recordings()
    {
        made.Run("submit", "both", "features", "--threads", "1", "--out", "features.csv").Done();
        made.Run("submit", "both", "data", "--threads", "1", "--out", "recordings.csv").Done();
        string[] lines = File.ReadAllLines(made["features.csv"]);
        Assert.Equal(lines, File.ReadAllLines(made["recordings.csv"]));
        Assert.Equal("id,Pred", lines[0]);
        Assert.Equal(
            Samples.Where(s => s.Split != Split.Train).Select(s => $"{s.Number}").Order(StringComparer.Ordinal),
            lines.Skip(1).Select(l => l.Split(',')[0]).Order(StringComparer.Ordinal)
        );
        made.Run("submit", "both", "features", "--root", "data").Refused("features, which need no --root");
    }

    [Fact]
    public void Kfold_and_sweep_train_a_run_for_each_part()
    {
        string[] quick = ["--recipe", "radar-only", .. ProgramData.Quick];
        using JsonDocument json = JsonDocument.Parse(
            made.Run(["kfold", "features", "--folds", "3", "--run", "folds", "--json", .. quick]).Done()
        );
        Assert.Equal(3, Directory.GetDirectories(made["folds"], "fold-*").Length);
        made.Run(["sweep", "features", "--run", "cells", "--set", "training.seed=1,2", .. quick]).Done();
        // header and two cells
        Assert.Equal(3, File.ReadAllLines(Directory.GetFiles(made["cells"], "*.csv").Single()).Length);
        made.Run(["kfold", "features", "--folds", "90", "--run", "many", .. quick]).Refused("fold");
    }

    [Fact]
    public void Slurm_writes_scripts_and_sends_none()
    {
        ProgramResult written = made.Run("slurm", "extract", "data", "elsewhere", "--shards", "2");
        Assert.Empty(written.Done());
        Assert.Contains("Written, not sent", written.Error, StringComparison.Ordinal);
        Assert.Contains(
            "--array=1-2",
            File.ReadAllText(made["elsewhere/slurm/extract.sbatch"]),
            StringComparison.Ordinal
        );
        made.Run("slurm", "extract", "nowhere", "elsewhere").Refused("nowhere: no such folder");
    }

    [Fact]
    public void What_a_user_may_mistype_is_answered_with_1_and_the_help_that_helps()
    {
        made.Run("pedict", "both").Refused("pedict");
        made.Run("demo", "--speed", "9").Refused("--speed");
        Assert.Contains("See 'gesto demo --help'.", made.Run("demo", "--speed", "9").Error, StringComparison.Ordinal);
        made.Run("predict", "both", "data", "--top", "0").Refused("--top must be 1 or more.");
        Assert.Contains("Usage:", made.Run().Done(), StringComparison.Ordinal);
    }

    [Fact]
    public void An_extraction_that_is_interrupted_keeps_what_is_finished_and_ends_with_130()
    {
        Sample one = Samples[0];
        IEnumerable<string> lines = Enumerable
            .Range(0, 4000)
            .Select(i =>
                string.Create(CultureInfo.InvariantCulture, $"s{i},train,{one.Rgb},{string.Join(',', one.Radar)}")
            );
        made.Write("long/manifest.csv", "sample,split,rgb,rdm1,rdm2,rdm3\n" + string.Join('\n', lines) + "\n");
        Interrupted(
            GestoProgram.Interrupt(
                made.Folder,
                () => Done() > 0,
                ["extract", "long", "long-features", "--root", "data", "--threads", "1", .. ProgramData.Small]
            )
        );
        Assert.InRange(Done(), 1, 3999);

        int Done() =>
            Directory.Exists(made["long-features/rgb"])
                ? Directory.EnumerateFiles(made["long-features/rgb"], "*.npy", SearchOption.AllDirectories).Count()
                : 0;
    }

    [Fact]
    public void A_training_that_is_interrupted_can_be_resumed_and_ends_with_130()
    {
        string log = made["endless/log.jsonl"];
        Interrupted(
            GestoProgram.Interrupt(
                made.Folder,
                () => File.Exists(made["endless/last.safetensors"]),
                [
                    "train",
                    "features",
                    "--recipe",
                    "radar-only",
                    "--run",
                    "endless",
                    .. ProgramData.Quick,
                    .. ProgramData.Settings("training.epochs=100000", "training.patience=100000"),
                ]
            )
        );
        string[] before = Epochs();
        Assert.NotEmpty(before);
        long size = new FileInfo(log).Length;
        Interrupted(
            GestoProgram.Interrupt(
                made.Folder,
                () => new FileInfo(log).Length > size,
                "train",
                "features",
                "--run",
                "endless",
                "--resume"
            )
        );
        string[] after = Epochs();
        Assert.True(after.Length > before.Length);
        Assert.Equal(before, after.Take(before.Length));

        // Without the time they took: an epoch that was logged but not saved is done again, to the same numbers.
        string[] Epochs() =>
            [.. File.ReadAllLines(log).Select(line => line[..line.IndexOf("\"seconds\"", StringComparison.Ordinal)])];
    }

    [Fact]
    public void A_demo_that_is_interrupted_ends_with_130() =>
        Interrupted(
            GestoProgram.Interrupt(
                made.Folder,
                () => Directory.Exists(made["demo/data"]),
                "demo",
                "--out",
                "demo",
                "--threads",
                "1"
            )
        );

    private static void Interrupted(ProgramResult result)
    {
        Assert.True(result.Exit == 130, $"exit code {result.Exit}\n{result.Error}");
        Assert.Contains(
            "gesto: cancelled; what was finished is kept, the same command goes on from there.",
            result.Error,
            StringComparison.Ordinal
        );
    }

    /// <summary>No command line is known that ends with 2, or it would be mended: what decides is asked instead of the
    /// program.</summary>
    [Fact]
    public void A_bug_of_ours_is_told_from_the_user_s_input_and_from_an_interruption()
    {
        Assert.Equal((2, true), Explain(new InvalidOperationException("odd")));
        Assert.Equal((2, true), Explain(new AggregateException(new ArgumentException("odd"))));
        Assert.Equal((1, false), Explain(new InvalidDataException("odd")));
        Assert.Equal((1, false), Explain(new AggregateException(new FileNotFoundException("odd"))));
        Assert.Equal((1, false), Explain(new UnauthorizedAccessException("odd")));
        Assert.Equal((130, false), Explain(new TaskCanceledException("odd")));

        static (int Exit, bool AsksForReport) Explain(Exception e)
        {
            var error = new StringWriter();
            int exit = ExitCode.Explain(e, error);
            Assert.Equal(exit != 130, error.ToString().Contains("odd", StringComparison.Ordinal));
            return (exit, error.ToString().Contains("please report it", StringComparison.Ordinal));
        }
    }
}

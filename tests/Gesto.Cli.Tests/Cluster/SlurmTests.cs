using Gesto.Recordings;
using Gesto.Training.Datasets;
using Gesto.Training.Evaluation;
using Gesto.Training.Features;
using Gesto.Training.Fitting;
using Gesto.Training.Recipes;
using Gesto.Training.Scoring;

namespace Gesto.Cli.Tests.Cluster;

/// <summary>Gesto's scripts on a real Slurm.</summary>
[Collection(Alone.Name)]
public sealed class SlurmTests(SlurmCluster cluster) : IClassFixture<SlurmCluster>, IDisposable
{
    private static readonly string[] Small = ["--cpus", "1", "--memory", "500M", "--time", "10", "--submit"];
    private readonly Folder folder = new();

    public void Dispose() => folder.Dispose();

    /// <summary>32 samples of three radar videos each; four videos serve all.</summary>
    private string Recorded()
    {
        string root = folder["re cordings"]; // paths with spaces must survive the script
        for (int i = 0; i < 4; i++)
            SmallDataset.WriteSample(root, $"source/{i}", i, frames: 40);
        ManifestFile.Write(
            Path.Combine(root, ManifestFile.FileName),
            Enumerable
                .Range(0, 32)
                .Select(i => new Sample
                {
                    Key = $"train/{i % 2}_SIGN{i % 2}/SAMPLE_{i}",
                    Split = Split.Train,
                    ClassId = i % 2,
                    ClassName = $"SIGN{i % 2}",
                    Radar = [.. Enumerable.Range(1, 3).Select(a => SmallDataset.Radar($"source/{i % 4}", a))],
                })
        );
        return root;
    }

    [Fact]
    public void Four_shards_one_killed_and_one_requeued_midway_merge_to_the_bytes_of_one_piece()
    {
        cluster.Require();
        string root = Recorded(),
            parts = folder["parts"];
        cluster.Gesto("extract", root, folder["whole"], "--radar-size", "16x16");
        string[] jobs = cluster
            .Gesto(["slurm", "extract", root, parts, "--radar-size", "16x16", "--shards", "4", .. Small])
            .Split('\n');

        bool killed = false,
            requeued = false;
        cluster.Await("shards 2 and 3 to be midway", () =>
        {
            if (!killed && Done(2) >= 2)
            {
                cluster.Kill("--shard 2/4 --threads 1");
                killed = true;
            }
            if (!requeued && Done(3) >= 2)
            {
                Assert.Equal((0, "", ""), cluster.Run("scontrol", "requeue", $"{jobs[0]}_3"));
                requeued = true;
            }
            return killed && requeued;
        });
        cluster.AwaitEmptyQueue();

        Assert.Contains("attempt 1 was ended by signal 9", Log("extract-2"), StringComparison.Ordinal);
        Assert.Matches(" [2-7] were done before", Log("extract-2")); // of 8
        Assert.Matches(" [2-7] were done before", Log("extract-3"));
        Assert.Contains(
            "4 shards merged, 32 samples, each once, 0 skipped",
            Log("extract-last"),
            StringComparison.Ordinal
        );
        Directory.Delete(Path.Combine(parts, "slurm"), recursive: true);
        Assert.Equal(Folder.Bytes(folder["whole"]), Folder.Bytes(parts));

        int Done(int shard)
        {
            string journal = Path.Combine(new Shard(shard, 4).PathIn(parts), "radar", "journal.jsonl");
            return File.Exists(journal) ? File.ReadLines(journal).Count() : 0;
        }

        string Log(string name) => File.ReadAllText(Path.Combine(parts, "slurm", name + ".log"));
    }

    [Fact]
    public void A_task_that_fails_for_a_reason_fails_once_and_nothing_is_merged()
    {
        cluster.Require();
        string root = Recorded(),
            parts = folder["parts"];
        File.Delete(Path.Combine(root, SmallDataset.Radar("source/1", 2)));
        cluster.Gesto(["slurm", "extract", root, parts, "--radar-size", "16x16", "--shards", "2", .. Small]);
        cluster.AwaitEmptyQueue();
        string log = File.ReadAllText(Path.Combine(parts, "slurm", "extract-2.log"));
        Assert.Equal(2, log.Split("1_RDM2.mp4").Length); // once
        Assert.DoesNotContain("attempt", log, StringComparison.Ordinal);
        Assert.False(File.Exists(Path.Combine(parts, ManifestFile.FileName)));
        Assert.False(File.Exists(Path.Combine(parts, "slurm", "extract-last.log")));
    }

    [Fact]
    public void A_fold_a_task_ends_in_the_bytes_of_all_folds_on_one_machine()
    {
        cluster.Require();
        FeatureSet features = PlantedFeatures.Write(folder["features"], rgb: false, signers: 3);
        string[] settings =
        [
            "radar.epochs=1",
            "radar.hidden=4",
            "model.hidden=4",
            "model.layers=1",
            "training.epochs=2",
            "training.warmUp=0",
        ];
        cluster.Gesto([
            "slurm",
            "kfold",
            features.Folder,
            "--recipe",
            "radar-only",
            "--folds",
            "all",
            "--run",
            folder["tasks"],
            .. settings.SelectMany(s => new[] { "--set", s }),
            .. Small,
        ]);
        var here = new CrossValidation(
            new TrainingOptions
            {
                Features = features,
                Recipe = RecipeFile.Load("radar-only", settings),
                Out = folder["here"],
                Threads = 1,
            },
            null,
            FoldUnit.Signer
        );
        for (int fold = 1; fold <= 3; fold++)
            here.RunFold(fold, TimeProvider.System, null, CancellationToken.None);
        here.Pool(BootstrapInterval.DefaultSeed, TimeProvider.System);
        cluster.AwaitEmptyQueue();
        foreach (
            string file in new[]
            {
                "kfold.json",
                "predictions-fold.csv",
                "predictions-fold.npy",
                "fold-3/best.safetensors",
            }
        )
            Assert.True(
                File.ReadAllBytes(folder["here/" + file])
                    .AsSpan()
                    .SequenceEqual(File.ReadAllBytes(folder["tasks/" + file])),
                file
            );
        Assert.Contains(
            "3 folds by signer",
            File.ReadAllText(folder["tasks/slurm/kfold-last.log"]),
            StringComparison.Ordinal
        );
    }
}

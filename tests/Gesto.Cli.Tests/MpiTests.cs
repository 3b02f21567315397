using System.Diagnostics;
using Gesto.Training.Features;
using Gesto.Training.Fitting;
using Gesto.Training.Recipes;
using Gesto.Training.Runs;
using Gesto.Training.Weights;

namespace Gesto.Cli.Tests;

/// <summary>The built program under a real mpirun. Together under 30 s.</summary>
[Collection(Alone.Name)]
public sealed class MpiTests : IDisposable
{
    private static readonly string[] Small =
    [
        "model.hidden=8",
        "model.layers=1",
        "training.batch=7",
        "training.epochs=5",
        "training.schedule=cosine",
        "training.gradientClip=1",
    ];

    // No mask, no noise: nothing depends on which samples share a part.
    private static readonly string[] Exact =
    [
        .. Small,
        "model.dropout=0",
        "model.inputDropout=0",
        "training.mixup=0",
        "training.tempoSpread=0",
        "training.frameDropout=0",
    ];

    private readonly Folder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Two_ranks_learn_as_one_process_does_without_random_masks()
    {
        RequireMpi();
        FeatureSet features = PlantedFeatures.Write(folder["features"], radar: false, takes: 9);
        (int exit, string error) = Run(Start("two", "rgb-only", Exact));
        Assert.True(exit == 0, error);
        TrainingRun.Start(
            new TrainingOptions
            {
                Features = features,
                Recipe = RecipeFile.Load("rgb-only", Exact),
                Out = folder["one"],
                Threads = 1,
            }
        );
        AssertSameCurve("one", "two", 5);
        Assert.Equal(
            (2, 1),
            (RunDirectory.Open(folder["two"]).Facts.Ranks, RunDirectory.Open(folder["one"]).Facts.Ranks)
        );
        // the ranks share the cores
        Assert.Equal(Math.Max(1, Environment.ProcessorCount / 2), RunDirectory.Open(folder["two"]).Facts.Threads);
    }

    [Fact]
    public void With_dropout_mixup_and_augmentation_two_ranks_learn_as_one_process_that_makes_as_many_parts()
    {
        RequireMpi();
        FeatureSet features = PlantedFeatures.Write(folder["features"], radar: false, takes: 9);
        string[] parts = [.. Small, "training.accumulation=2", "training.averaging=0.9"];
        (int exit, string error) = Run(Start("two", "rgb-only", parts));
        Assert.True(exit == 0, error);
        TrainingRun.Start(
            new TrainingOptions
            {
                Features = features,
                Recipe = RecipeFile.Load("rgb-only", parts),
                Out = folder["one"],
                Threads = 1,
            }
        );
        AssertSameCurve("one", "two", 5);
    }

    [Fact]
    public async Task A_killed_rank_ends_the_job_with_a_word_and_one_process_goes_on_from_a_whole_checkpoint()
    {
        RequireMpi();
        FeatureSet features = PlantedFeatures.Write(folder["features"], rgb: false);
        string[] settings =
        [
            "radar.epochs=2",
            "radar.hidden=8",
            "radar.batch=4",
            "model.hidden=8",
            "training.batch=4",
            "training.epochs=5000",
            "training.patience=5000",
        ];
        using Process job = Start("run", "radar-only", settings);
        Task<string> error = job.StandardError.ReadToEndAsync();
        string last = folder["run/last.safetensors"];
        Assert.True(
            SpinWait.SpinUntil(() => File.Exists(last) || job.HasExited, TimeSpan.FromSeconds(60)) && !job.HasExited,
            "no epoch was finished"
        );
        Process.Start("kill", ["-9", Rank(1)])!.WaitForExit();
        Assert.True(job.WaitForExit(TimeSpan.FromSeconds(30)), "the job waits for the killed rank");
        Assert.NotEqual(0, job.ExitCode);
        string said = await error;
        Assert.Contains("signal 9", said, StringComparison.Ordinal); // mpirun's own word: which rank
        Assert.Contains("--resume goes on from there", said, StringComparison.Ordinal);

        int done = EpochLog.Load(folder["run/log.jsonl"]).Count(l => l.Stage == FusionTraining.Stage);
        Assert.Equal("gesto-last", Safetensors.Load(last).Metadata["format"]);
        // mpirun does not wait for it
        Assert.True(SpinWait.SpinUntil(IsLetGo, TimeSpan.FromSeconds(30)), "the other rank outlives the job");
        using var cancel = new CancellationTokenSource();
        long first = -1;
        var progress = new Interrupter(p =>
        {
            if (p.Stage != "train fusion")
                return;
            if (first < 0)
                first = p.Done;
            if (p.Done == first + 2)
                cancel.Cancel();
        });
        Assert.ThrowsAny<OperationCanceledException>(() =>
            TrainingRun.Start(
                new TrainingOptions
                {
                    Features = features,
                    Out = folder["run"],
                    Resume = true,
                },
                progress,
                cancel.Token
            )
        );
        Assert.InRange(first, Math.Max(done, 1), done + 1); // the log is written after the checkpoint
        Assert.Equal(first + 2, EpochLog.Load(folder["run/log.jsonl"]).Count(l => l.Stage == FusionTraining.Stage));
    }

    private bool IsLetGo()
    {
        try
        {
            RunDirectory.Lock(folder["run"]).Dispose();
            return true;
        }
        catch (IOException)
        {
            return false;
        }
    }

    [Fact]
    public void An_error_of_the_ranks_ends_the_job_with_its_message_and_exit_code()
    {
        RequireMpi();
        PlantedFeatures.Write(folder["features"], radar: false);
        (int exit, string error) = Run(Start("run", "radar-only", []));
        Assert.Equal(1, exit);
        Assert.Contains("Recipe 'radar-only' needs radar features", error, StringComparison.Ordinal);
    }

    private static void RequireMpi()
    {
        if (!OperatingSystem.IsLinux())
            Assert.Skip("Open MPI is tried on Linux only.");
        string paths = Environment.GetEnvironmentVariable("PATH") ?? "";
        if (!paths.Split(':').Any(p => File.Exists(Path.Combine(p, "mpirun"))))
            Assert.Skip("'mpirun' is not installed (apt install openmpi-bin).");
    }

    private Process Start(string run, string recipe, string[] settings) =>
        Process.Start(
            new ProcessStartInfo(
                "mpirun",
                [
                    "-n",
                    "2",
                    "--allow-run-as-root",
                    "--oversubscribe",
                    "--bind-to",
                    "none",
                    "--tag-output",
                    "dotnet",
                    GestoProgram.Path,
                    "train",
                    folder["features"],
                    "--recipe",
                    recipe,
                    "--run",
                    folder[run],
                    .. settings.SelectMany(s => new[] { "--set", s }),
                ]
            )
            {
                RedirectStandardError = true,
                RedirectStandardOutput = true,
            }
        )!; // little: terminal codes

    private static (int Exit, string Error) Run(Process job)
    {
        using (job)
        {
            string error = job.StandardError.ReadToEnd();
            job.WaitForExit();
            return (job.ExitCode, error);
        }
    }

    /// <returns>The process id of a rank of the job in this test's folder.</returns>
    private string Rank(int rank) =>
        Directory
            .EnumerateDirectories("/proc")
            .Select(p => Path.GetFileName(p)!)
            .First(id =>
                int.TryParse(id, out _)
                && Read(id, "cmdline").Contains(folder["run"], StringComparison.Ordinal)
                && Read(id, "environ").Split('\0').Contains($"OMPI_COMM_WORLD_RANK={rank}")
            );

    private static string Read(string process, string name)
    {
        try
        {
            return File.ReadAllText($"/proc/{process}/{name}");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return ""; // ended meanwhile, or another user's
        }
    }

    /// <summary>1e-4 is the promise; sums in another order differ by some 1e-6 here.</summary>
    private void AssertSameCurve(string one, string two, int epochs)
    {
        IReadOnlyList<EpochLine> a = EpochLog.Load(folder[one + "/log.jsonl"]),
            b = EpochLog.Load(folder[two + "/log.jsonl"]);
        Assert.Equal((epochs, epochs), (a.Count, b.Count));
        Assert.True(a[0].TrainLoss - a[^1].TrainLoss > 0.01, "it learns");
        foreach ((EpochLine x, EpochLine y) in a.Zip(b))
        {
            Assert.Equal(x.TrainLoss, y.TrainLoss, 1e-4);
            Assert.Equal(x.ValidationLoss!.Value, y.ValidationLoss!.Value, 1e-4);
        }
    }
}

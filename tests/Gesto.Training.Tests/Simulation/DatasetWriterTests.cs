using System.Security.Cryptography;
using Gesto.Files;
using Gesto.Radar;
using Gesto.Signs;
using Gesto.Training.Simulation;

namespace Gesto.Training.Tests.Simulation;

public sealed class DatasetWriterTests : IDisposable
{
    private static readonly SimulationOptions Small = new()
    {
        Classes = 2,
        Signers = 2,
        Takes = 1,
        Seed = 11,
        Width = 96,
        Height = 72,
        Threads = 1,
    };

    private readonly Folder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void The_same_seed_gives_the_same_bytes_with_any_number_of_threads_and_another_seed_others()
    {
        RequireFfmpeg();
        Dictionary<string, string> one = Simulate("one", Small),
            two = Simulate("two", Small with { Threads = 2 });
        Assert.Equal(one, two);
        Dictionary<string, string> other = Simulate("other", Small with { Seed = 12 });
        Assert.Empty(one.Values.Intersect(other.Values));
    }

    [Fact]
    public void The_manifest_names_exactly_the_files_that_exist_and_the_key_the_labels_it_hides()
    {
        RequireFfmpeg();
        Simulate("set", Small);
        string root = folder["set"];
        string[][] rows = [.. File.ReadLines(Path.Combine(root, "manifest.csv")).Select(l => l.Split(','))];
        Assert.Equal("sample,label,name,signer,session,split,rgb,rdm1,rdm2,rdm3", string.Join(',', rows[0]));
        string[] named = [.. rows[1..].SelectMany(r => r[6..10]).Order(StringComparer.Ordinal)];
        string[] found =
        [
            .. Directory
                .EnumerateFiles(root, "SAMPLE_*", SearchOption.AllDirectories)
                .Select(f => Path.GetRelativePath(root, f).Replace('\\', '/'))
                .Order(StringComparer.Ordinal),
        ];
        Assert.Equal(found, named);
        Assert.Equal(2 * 2 * 4, named.Length);
        string[][] train = [.. rows.Where(r => r[5] == "train")],
            test = [.. rows.Where(r => r[5] == "test")];
        Assert.All(train, r => Assert.StartsWith($"train/{r[1]}_{r[2]}/SAMPLE_", r[0], StringComparison.Ordinal));
        Assert.All(test, r => Assert.Equal(("", ""), (r[1], r[2])));
        Assert.Empty(train.Select(r => r[3]).Intersect(test.Select(r => r[3])));
        Assert.Empty(train.Select(r => r[4]).Intersect(test.Select(r => r[4])));
        string[][] key = [.. File.ReadLines(Path.Combine(root, "key.csv")).Skip(1).Select(l => l.Split(','))];
        Assert.Equal(test.Select(r => r[0]).Order(), key.Select(r => r[0]).Order());
        Assert.Equal(
            train.Select(r => (r[1], r[2])).Distinct().Order(),
            key.Select(r => (r[1], r[2])).Distinct().Order()
        );
        Assert.Contains(
            "not sign language",
            File.ReadAllText(Path.Combine(root, "SIMULATED.md")),
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void An_interrupted_simulation_is_finished_by_the_same_call_to_the_same_bytes()
    {
        RequireFfmpeg();
        Dictionary<string, string> whole = Simulate("whole", Small);
        string root = folder["cut"];
        using var stop = new CancellationTokenSource();
        var third = new CallAt(2, stop.Cancel);
        Assert.ThrowsAny<OperationCanceledException>(() => DatasetWriter.Write(root, Small, third, stop.Token));
        Directory.CreateDirectory(Path.Combine(root, "test", ".SAMPLE_1.tmp")); // as a killed process leaves it
        File.WriteAllText(Path.Combine(root, "test", ".SAMPLE_1.tmp", "half.raw"), "half");
        Assert.False(File.Exists(Path.Combine(root, "manifest.csv")));
        Dictionary<string, string> resumed = Simulate("cut", Small);
        foreach ((string path, string hash) in whole)
            Assert.Equal(hash, resumed[path]);
    }

    [Fact]
    public void A_folder_with_other_things_or_other_options_is_refused_and_left_alone()
    {
        string mine = folder["thesis.txt"];
        File.WriteAllText(mine, "do not delete");
        Assert.Throws<IOException>(() =>
            DatasetWriter.Write(folder.Path, Small with { Replace = true }, null, default)
        );
        Assert.True(File.Exists(mine));
        string root = folder["other"];
        Directory.CreateDirectory(root);
        File.WriteAllText(Path.Combine(root, "simulation.json"), "{}");
        var error = Assert.Throws<InvalidDataException>(() => DatasetWriter.Write(root, Small, null, default));
        Assert.Equal(NextStep.Replace, Suggestion.Of(error)[0].Step);
    }

    [Fact]
    public void Twelve_classes_include_NO_and_SI_and_a_few_letters_under_their_true_ids()
    {
        IReadOnlyList<SignClass> chosen = SimulationPlan.Choose(LabelSet.Lis126, 12);
        Assert.Equal(12, chosen.Count);
        Assert.Contains(new SignClass(70, "NO"), chosen);
        Assert.Contains(new SignClass(101, "SI"), chosen);
        Assert.InRange(chosen.Count(c => c.IsLetter), 2, 4);
        Assert.Equal(chosen, chosen.Intersect(LabelSet.Lis126.Classes));
        for (int count = 2; count <= 126; count++)
            Assert.Equal(count, SimulationPlan.Choose(LabelSet.Lis126, count).Distinct().Count());
    }

    [Fact]
    public void Sample_numbers_are_unique_and_say_nothing_about_the_class()
    {
        IReadOnlyList<PlannedSample> samples = SimulationPlan.Make(Small with { Classes = 60 });
        Assert.Equal(Enumerable.Range(1, samples.Count), samples.Select(s => s.Number).Order());
        // Rank correlation of number and class id: under shuffling its deviation is 1/sqrt(n − 1); four of them
        // allowed.
        double n = samples.Count;
        int[] rank = [.. samples.Select(s => s.Script.Class.Id)];
        double meanId = rank.Average(),
            meanNumber = (n + 1) / 2;
        double covariance = samples.Sum(s => (s.Script.Class.Id - meanId) * (s.Number - meanNumber));
        double scale = Math.Sqrt(
            rank.Sum(r => (r - meanId) * (r - meanId))
                * samples.Sum(s => (s.Number - meanNumber) * (s.Number - meanNumber))
        );
        Assert.True(Math.Abs(covariance / scale) < 4 / Math.Sqrt(n - 1), $"correlation {covariance / scale}");
    }

    [Theory]
    [InlineData("CASA")]
    [InlineData("MOLTO")]
    [InlineData("AMBULANZA")]
    public void A_moving_hand_lights_the_same_instants_in_both_modalities(string name)
    {
        const double AxisHz = 13;
        var options = Small with { FrameRateHz = 39, Width = 160, Height = 120 };
        Signer signer = Signer.Create(seed: 2, number: 1);
        var performance = new Performance(
            SignCatalogue.Lis126.Single(s => s.Class.Name == name),
            signer,
            take: 1,
            seed: 2
        );
        FmcwWaveform waveform = FmcwWaveform.OfSize(64, 128);
        byte[] grey = new RadarRecorder(waveform).Record(performance, signer, noiseSeed: 1)[0];
        byte[] film = new SampleRecorder(options).Film(performance, signer, noiseSeed: 1);

        int frames = grey.Length / (64 * 128),
            size = options.Width * options.Height * 3;
        var radar = new double[frames];
        var camera = new double[frames];
        for (int t = 0; t < frames; t++)
        {
            for (int row = 0; row < 64; row++)
            for (int column = 0; column < 128; column++)
                if (Math.Abs(column - 64) > 3)
                    radar[t] += Math.Max(0, grey[(t * 64 + row) * 128 + column] - 70);
            // The radar frame lasts 40 ms from its start: the RGB frames at its start and 26 ms later.
            int start = (int)Math.Round(t / AxisHz * options.FrameRateHz);
            if ((start + 2) * size > film.Length)
                break;
            for (int i = 0; i < size; i++)
                camera[t] += Math.Max(0, Math.Abs(film[(start + 1) * size + i] - film[start * size + i]) - 12);
        }
        double aligned = Correlation(radar, camera, 0);
        Assert.True(aligned > 0.6, $"correlation {aligned:0.00}");
        foreach (int shift in (int[])[-4, 4]) // 0.3 s early or late must fit worse
            Assert.True(aligned > Correlation(radar, camera, shift), $"shift {shift} fits as well");
    }

    private static double Correlation(double[] first, double[] second, int shift)
    {
        (double a, double b)[] pairs =
        [
            .. Enumerable
                .Range(0, first.Length)
                .Where(i => i + shift >= 0 && i + shift < second.Length)
                .Select(i => (first[i], second[i + shift])),
        ];
        double meanA = pairs.Average(p => p.a),
            meanB = pairs.Average(p => p.b);
        return pairs.Sum(p => (p.a - meanA) * (p.b - meanB))
            / Math.Sqrt(pairs.Sum(p => Math.Pow(p.a - meanA, 2)) * pairs.Sum(p => Math.Pow(p.b - meanB, 2)));
    }

    private static void RequireFfmpeg()
    {
        string paths = Environment.GetEnvironmentVariable("PATH") ?? "";
        if (
            !paths
                .Split(Path.PathSeparator)
                .Any(p => File.Exists(Path.Combine(p, "ffmpeg")) || File.Exists(Path.Combine(p, "ffmpeg.exe")))
        )
            Assert.Skip("the ffmpeg program is not installed");
    }

    private Dictionary<string, string> Simulate(string name, SimulationOptions options)
    {
        string root = folder[name];
        DatasetWriter.Write(root, options, null, default);
        return Directory
            .EnumerateFiles(root, "SAMPLE_*", SearchOption.AllDirectories)
            .Concat([Path.Combine(root, "manifest.csv"), Path.Combine(root, "key.csv")])
            .ToDictionary(
                f => Path.GetRelativePath(root, f),
                f => Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(f)))
            );
    }

    private sealed class CallAt(int done, Action action) : IProgress<WorkProgress>
    {
        public void Report(WorkProgress value)
        {
            if (value.Done == done)
                action();
        }
    }
}

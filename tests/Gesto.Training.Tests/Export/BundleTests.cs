using System.Diagnostics;
using System.IO.Compression;
using System.Text;
using Gesto.Bundles;
using Gesto.Recordings;
using Gesto.Training.Export;
using Gesto.Training.Recognition;
using Gesto.Training.Weights;

namespace Gesto.Training.Tests.Export;

/// <summary>A run in one file: what it says, and what becomes of one that is damaged.</summary>
[Collection(AloneWithLibtorch.Name)]
public class BundleTests(SmallRun tiny) : IClassFixture<SmallRun>
{
    private string Export(Folder folder, string name = "tiny.gesto")
    {
        RunExport.Save(tiny.Run, folder[name], WeightsCache.Default());
        return folder[name];
    }

    private Recording Sample() => Recording.FromFolder(Directory.GetDirectories(Path.Combine(tiny.Data, "test"))[0]);

    [Fact]
    public async Task A_bundle_answers_as_the_run_it_was_made_of()
    {
        using var folder = new Folder();
        using Recogniser recogniser = Recogniser.Load(Export(folder));
        using OpenRecogniser run = OpenRecogniser.Open(tiny.Run, threads: 1);
        using var predictor = new Gesto.Inference.VideoPredictor(run.Recogniser, run.Encoder);
        foreach (string sample in Directory.GetDirectories(Path.Combine(tiny.Data, "test")))
        {
            RecordingFiles files = RecordingFiles.At(sample, OpenRecogniser.NeedsOf(tiny.Run));
            float[] expected = predictor.Predict(files.Root, files.Sample, default).Probabilities;
            Prediction found = await recogniser.PredictAsync(Recording.FromFolder(sample), default);
            for (int label = 0; label < expected.Length; label++)
                Assert.Equal(
                    expected[label],
                    found.Ranked.Single(r => r.Id == run.Recogniser.Labels[label].Id).Probability,
                    1e-4f
                );
            Assert.Equal(found.Ranked.Max(r => r.Probability), found.Best.Probability);
            Assert.True(found.IsComplete);
            Assert.Equal(run.Recogniser.Calibration.IsUnknown(expected), found.IsUnknown);
        }
    }

    [Fact]
    public async Task Eight_callers_of_one_recogniser_get_what_one_gets()
    {
        using var folder = new Folder();
        using Recogniser recogniser = Recogniser.Load(Export(folder), new RecogniserOptions { Threads = 2 });
        float[] alone = Probabilities(await recogniser.PredictAsync(Sample()));
        Prediction[] together = await Task.WhenAll(
            Enumerable.Range(0, 8).Select(_ => Task.Run(() => recogniser.PredictAsync(Sample())))
        );
        Assert.All(together, p => Assert.Equal(alone, Probabilities(p)));
    }

    [Fact]
    public async Task A_decoder_started_beforehand_changes_nothing_but_the_time_and_is_ended_with_the_recogniser()
    {
        using var folder = new Folder();
        Recogniser recogniser = Recogniser.Load(Export(folder));
        recogniser.GetReady();
        Assert.False(recogniser.IsReady); // knows no recording yet
        float[] expected = Probabilities(await recogniser.PredictAsync(Sample()));
        Prediction[] together = await Task.WhenAll(
            Enumerable
                .Range(0, 8)
                .Select(_ =>
                    Task.Run(async () =>
                    {
                        recogniser.GetReady();
                        Prediction prediction = await recogniser.PredictAsync(Sample());
                        recogniser.GetReady();
                        return prediction;
                    })
                )
        );
        Assert.All(together, p => Assert.Equal(expected, Probabilities(p)));
        recogniser.GetReady();
        Assert.Equal(!OperatingSystem.IsWindows(), recogniser.IsReady);
        recogniser.Dispose();
        Assert.False(recogniser.IsReady);
        Assert.Throws<ObjectDisposedException>(recogniser.GetReady);
    }

    [Fact]
    public async Task Frames_in_memory_are_recognised_as_the_files_they_come_from()
    {
        using var folder = new Folder();
        using Recogniser recogniser = Recogniser.Load(Export(folder));
        string sample = Directory.GetDirectories(Path.Combine(tiny.Data, "test"))[0];
        RecordingFiles files = RecordingFiles.At(sample, OpenRecogniser.NeedsOf(tiny.Run));
        using OpenRecogniser run = OpenRecogniser.Open(tiny.Run, threads: 1);
        using var predictor = new Gesto.Inference.VideoPredictor(run.Recogniser, run.Encoder);
        Gesto.Inference.ReadRecording read = predictor.Read(files.Root, files.Sample, default);
        RecordingSteps radar = read.Features[Modality.Radar]!;
        Prediction expected = await recogniser.PredictAsync(Recording.FromFolder(sample)),
            found =
                await recogniser.PredictAsync(
                    Recording.FromFrames(
                        "memory",
                        new RgbFrames(
                            read.Frames!.Frames.AsMemory(0, read.Frames.Length * read.FrameSize * read.FrameSize * 3),
                            read.Frames.Length,
                            read.FrameSize,
                            read.FrameSize
                        ),
                        new RadarFrames(radar.Values, radar.Length, radar.Shape[0], radar.Shape[1], radar.Shape[2])
                    )
                );
        Assert.Equal(Probabilities(expected), Probabilities(found));
        Assert.Equal("memory", found.Recording);
    }

    [Fact]
    public async Task A_stream_of_recordings_is_answered_in_its_order_and_can_be_cancelled()
    {
        using var folder = new Folder();
        using Recogniser recogniser = Recogniser.Load(Export(folder));
        string[] samples = Directory.GetDirectories(Path.Combine(tiny.Data, "test"));
        var names = new List<string>();
        await foreach (Prediction p in recogniser.PredictAsync(Each(samples)))
            names.Add(p.Recording);
        Assert.Equal(samples, names);
        using var cancel = new CancellationTokenSource();
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => recogniser.PredictAsync(Sample(), cancel.Token));

        static async IAsyncEnumerable<Recording> Each(IEnumerable<string> paths)
        {
            foreach (string path in paths)
            {
                await Task.Yield();
                yield return Recording.FromFolder(path);
            }
        }
    }

    [Fact]
    public async Task Disposed_of_while_it_recognises_it_answers_what_is_under_way_and_refuses_what_comes_after()
    {
        using var folder = new Folder();
        Recogniser recogniser = Recogniser.Load(Export(folder));
        float[] expected = Probabilities(await recogniser.PredictAsync(Sample()));
        Task<Prediction>[] underWay = [.. Enumerable.Range(0, 4).Select(_ => recogniser.PredictAsync(Sample()))];
        Task<Prediction[]> all = Task.WhenAll(underWay);
        while (!recogniser.IsUnderWay && !all.IsCompleted)
            await Task.Yield();
        recogniser.Dispose();
        recogniser.Dispose();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => recogniser.PredictAsync(Sample()));
        await all.ContinueWith(_ => { }, TaskScheduler.Default);
        Assert.Contains(underWay, t => t.IsCompletedSuccessfully);
        foreach (Task<Prediction> each in underWay)
            if (each.IsCompletedSuccessfully)
                Assert.Equal(expected, Probabilities(await each));
            else
                Assert.IsType<ObjectDisposedException>(each.Exception!.InnerException);
    }

    [Fact]
    public void The_same_run_gives_the_same_bytes()
    {
        using var folder = new Folder();
        Assert.Equal(File.ReadAllBytes(Export(folder, "a.gesto")), File.ReadAllBytes(Export(folder, "b.gesto")));
    }

    [Fact]
    public void It_says_what_it_is()
    {
        using var folder = new Folder();
        string path = Export(folder);
        string text = BundleInfo.Describe(path);
        Assert.Contains("Learnt from simulated recordings", text, StringComparison.Ordinal);
        Assert.Contains("classifier.onnx", text, StringComparison.Ordinal);
        var manifest = BundleInfo.Read(path);
        Assert.True(manifest["simulated"]!.GetValue<bool>());
        using ITrainedRecogniser run = ITrainedRecogniser.Load(tiny.Run, threads: 1);
        Assert.Equal(run.Facts.DataFingerprint, manifest["trained_on"]!.GetValue<string>());
    }

    [Fact]
    public void One_flipped_byte_of_an_entry_is_refused_by_the_entrys_name()
    {
        using var folder = new Folder();
        string path = Export(folder);
        byte[] whole = File.ReadAllBytes(path);
        foreach ((string name, int at) in PlacesIn(path, whole))
        {
            byte[] damaged = [.. whole];
            damaged[at] ^= 0x10;
            File.WriteAllBytes(folder["damaged.gesto"], damaged);
            BundleException e = Assert.Throws<BundleException>(() => BundleInfo.Read(folder["damaged.gesto"]));
            Assert.Contains(name, e.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_thousand_damaged_bundles_are_refused_or_right()
    {
        using var folder = new Folder();
        byte[] whole = File.ReadAllBytes(Export(folder));
        float[] right;
        using (Recogniser undamaged = Recogniser.Load(folder["tiny.gesto"]))
            right = Probabilities(await undamaged.PredictAsync(Sample()));
        string text = BundleInfo.Describe(folder["tiny.gesto"]),
            path = folder["damaged.gesto"];
        var random = new Random(7);
        int refused = 0;
        TimeSpan longest = default;
        using var watch = new PeakMemory();
        for (int i = 0; i < 1000; i++)
        {
            byte[] damaged = [.. whole];
            switch (i % 4)
            {
                case 0:
                    damaged[random.Next(damaged.Length)] ^= (byte)(1 << random.Next(8));
                    break;
                case 1: // the list of entries is at the end
                    damaged[damaged.Length - 1 - random.Next(Math.Min(1200, damaged.Length))] ^= (byte)(
                        1 << random.Next(8)
                    );
                    break;
                case 2:
                    damaged = damaged[..random.Next(damaged.Length)];
                    break;
                default:
                    random.NextBytes(damaged.AsSpan(random.Next(damaged.Length - 64), 64));
                    break;
            }
            File.WriteAllBytes(path, damaged);
            long begun = Stopwatch.GetTimestamp();
            try
            {
                Assert.Equal(text, BundleInfo.Describe(path));
                using Recogniser recogniser = Recogniser.Load(path);
                Assert.Equal(right, Probabilities(await recogniser.PredictAsync(Sample())));
            }
            catch (BundleException e)
            {
                Assert.Contains("damaged.gesto", e.Message, StringComparison.Ordinal);
                refused++;
            }
            TimeSpan taken = Stopwatch.GetElapsedTime(begun);
            longest = taken > longest ? taken : longest;
        }
        long most = watch.Growth();
        TestContext.Current.TestOutputHelper!.WriteLine(
            $"{refused} refused, {1000 - refused} right; longest {longest.TotalMilliseconds:0} ms; {most >> 20} MB more at most"
        );
        Assert.True(refused > 900, $"{refused} of 1,000 were refused");
        Assert.True(longest < TimeSpan.FromSeconds(3), $"{longest}");
        Assert.True(most < 500L << 20, $"{most:N0} bytes");
    }

    [Theory]
    [InlineData("../evil")]
    [InlineData("/etc/evil")]
    [InlineData("a//b")]
    [InlineData("con\u0007")]
    public void An_entry_that_leads_elsewhere_is_refused(string name)
    {
        using var folder = new Folder();
        Write(folder["a.gesto"], (name, [1]));
        Assert.Throws<BundleException>(() => BundleFile.Open(folder["a.gesto"]));
    }

    [Theory]
    [InlineData("bundle.json")]
    [InlineData("classifier.onnx")]
    public void An_entry_that_would_fill_the_memory_is_refused_before_it_is_unpacked(string name)
    {
        using var folder = new Folder();
        Write(folder["bomb.gesto"], (name, new byte[64 << 20]));
        Assert.True(new FileInfo(folder["bomb.gesto"]).Length < 1 << 20);
        BundleException e = Assert.Throws<BundleException>(() => BundleFile.Open(folder["bomb.gesto"]));
        Assert.Contains("unpack", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_bundle_of_a_later_format_names_both_formats()
    {
        using var folder = new Folder();
        string path = Export(folder);
        using BundleFile bundle = BundleFile.Open(path);
        BundleWriter.Write(
            folder["later.gesto"],
            bundle.Manifest with
            {
                Format = 99,
            },
            new Dictionary<string, byte[]> { ["classifier.onnx"] = bundle.Read("classifier.onnx") }
        );
        string message = Assert.Throws<BundleException>(() => BundleFile.Open(folder["later.gesto"])).Message;
        Assert.Contains("99", message, StringComparison.Ordinal);
        Assert.Contains($"reads {BundleManifest.CurrentFormat}", message, StringComparison.Ordinal);
    }

    private static void Write(string path, params (string Name, byte[] Bytes)[] entries)
    {
        using FileStream stream = File.Create(path);
        using var archive = new ZipArchive(stream, ZipArchiveMode.Create);
        foreach ((string name, byte[] bytes) in entries)
        {
            using Stream entry = archive.CreateEntry(name).Open();
            entry.Write(bytes);
        }
    }

    /// <returns>For each entry a place inside its bytes, which follow its name in the file.</returns>
    private static IEnumerable<(string Name, int At)> PlacesIn(string path, byte[] whole)
    {
        using ZipArchive archive = ZipFile.OpenRead(path);
        foreach (ZipArchiveEntry entry in archive.Entries.Where(e => e.FullName != BundleFile.HashesEntry))
        {
            byte[] name = Encoding.UTF8.GetBytes(entry.FullName);
            int at = whole.AsSpan().IndexOf(name);
            // The first is in the list of hashes or in the entry's own header: hashes are packed, so it is the header.
            yield return (entry.FullName, at + name.Length + (int)Math.Min(40, entry.CompressedLength / 2));
        }
    }

    private static float[] Probabilities(Prediction prediction) =>
        [.. prediction.Ranked.OrderBy(r => r.Id).Select(r => r.Probability)];
}

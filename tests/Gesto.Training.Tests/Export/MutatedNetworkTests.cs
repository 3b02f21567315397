using System.Diagnostics;
using Gesto.Bundles;
using Gesto.MediaPipe;
using Gesto.Recordings;
using Gesto.Training.Export;
using Gesto.Training.Weights;
using Google.Protobuf;
using Onnx;

namespace Gesto.Training.Tests.Export;

/// <summary>Bundles whose networks or manifest have changed bytes, and the hashes of what they hold now: no hash
/// refuses them.</summary>
[Collection(AloneWithLibtorch.Name)]
public class MutatedNetworkTests(SmallRun tiny, LandmarkRun landmarks)
    : IClassFixture<SmallRun>,
        IClassFixture<LandmarkRun>
{
    [Fact]
    public async Task A_thousand_changed_inside_are_refused_or_answer_in_time_and_memory()
    {
        using var folder = new Folder();
        RunExport.Save(tiny.Run, folder["good.gesto"], WeightsCache.Default());
        string[] mutated = ["classifier.onnx", "radar-encoder.onnx", "rgb-encoder.onnx", BundleFile.ManifestEntry];
        await Mutate(folder, 1000, leastRefused: 800, mutated);
    }

    [Fact]
    public async Task Five_hundred_whose_landmark_networks_are_changed_too()
    {
        using var folder = new Folder();
        File.Copy(landmarks.Export("mutated.gesto"), folder["good.gesto"]);
        // The stand-ins are small: more of their bytes are names and numbers that mean nothing.
        string[] mutated = [.. LandmarkModel.All.Select(BundledLandmarker.EntryOf), BundleFile.ManifestEntry];
        await Mutate(folder, 500, leastRefused: 250, mutated);
    }

    /// <summary>Bytes of weights are left as they are: other weights are another recogniser.</summary>
    private static async Task Mutate(Folder folder, int count, int leastRefused, string[] mutated)
    {
        var entries = new Dictionary<string, byte[]>(StringComparer.Ordinal);
        using (BundleFile good = BundleFile.Open(folder["good.gesto"]))
            foreach ((string name, _, _) in good.Entries)
                entries[name] = good.Read(name);
        Dictionary<string, int[]> places = mutated.ToDictionary(name => name, name => PlacesIn(name, entries[name]));
        var random = new Random(11);
        int refused = 0,
            failed = 0;
        (TimeSpan Time, string What) longest = default;
        using var watch = new PeakMemory();
        for (int i = 0; i < count; i++)
        {
            string name = mutated[i % mutated.Length];
            byte[] bytes = [.. entries[name]];
            for (int n = random.Next(1, 4); n > 0; n--)
            {
                int at = places[name][random.Next(places[name].Length)];
                bytes[at] = random.Next(2) == 0 ? (byte)(bytes[at] ^ 1 << random.Next(8)) : (byte)random.Next(256);
            }
            BundleWriter.Write(folder["mutated.gesto"], new Dictionary<string, byte[]>(entries) { [name] = bytes });
            long begun = Stopwatch.GetTimestamp();
            string what = name;
            try
            {
                using Recogniser recogniser = Recogniser.Load(folder["mutated.gesto"]);
                try
                {
                    Prediction prediction = await recogniser.PredictAsync(Frames());
                    Assert.Equal(4, prediction.Ranked.Count);
                }
                catch (Exception e) when (e is BundleException or InvalidDataException)
                {
                    what += " " + e.Message;
                    failed++;
                }
            }
            catch (BundleException e)
            {
                what += " " + e.Message;
                refused++;
            }
            TimeSpan taken = Stopwatch.GetElapsedTime(begun);
            longest = taken > longest.Time ? (taken, what) : longest;
        }
        long most = watch.Growth();
        TestContext.Current.TestOutputHelper!.WriteLine(
            $"{refused} of {count} refused, {failed} failed on a recording; longest {longest.Time.TotalMilliseconds:0} ms ({longest.What}); {most >> 20} MB more at most"
        );
        Assert.True(refused > leastRefused, $"{refused} of {count} were refused");
        Assert.True(longest.Time < TimeSpan.FromSeconds(3), $"{longest}");
        Assert.True(most < 500L << 20, $"{most:N0} bytes");
    }

    private static Recording Frames() =>
        Recording.FromFrames(
            "memory",
            new RgbFrames(new byte[2 * 64 * 64 * 3], 2, 64, 64),
            new RadarFrames(new float[2 * 3 * 16 * 16], 2, 3, 16, 16)
        );

    /// <returns>All places but those of weights.</returns>
    private static int[] PlacesIn(string name, byte[] bytes)
    {
        var weights = new bool[bytes.Length];
        if (name != BundleFile.ManifestEntry)
            foreach (ByteString raw in ModelProto.Parser.ParseFrom(bytes).Graph.Initializer.Select(t => t.RawData))
                if (raw.Length > 64)
                    weights.AsSpan(bytes.AsSpan().IndexOf(raw.Span), raw.Length).Fill(true);
        return [.. Enumerable.Range(0, bytes.Length).Where(i => !weights[i])];
    }
}

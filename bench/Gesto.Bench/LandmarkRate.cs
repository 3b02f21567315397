using System.Collections.Concurrent;
using System.Diagnostics;
using Gesto.MediaPipe;
using Gesto.Training.Weights;
using Gesto.Video;

namespace Gesto.Bench;

/// <summary>Landmarks and ResNet50 frame by frame in turn, a caller a core, on frames that are already in
/// memory.</summary>
internal static class LandmarkRate
{
    public static object Measure(int seconds, string[] videos)
    {
        RgbFrame[] frames = [.. videos.SelectMany(Load)];
        using HolisticLandmarker landmarker = LandmarkWeights.Open(WeightsCache.Default());
        using var encoder = ResNet50Encoders.Build(
            ResNet50Weights.Load(
                WeightsCache.Default().FindLatest()
                    ?? throw new FileNotFoundException("No weights: run 'gesto weights'.")
            ),
            threads: 1,
            batch: 1,
            concurrency: Environment.ProcessorCount
        );
        byte[] picture = new byte[encoder.InputSize * encoder.InputSize * 3];
        new Random(1).NextBytes(picture);
        var landmarks = new ConcurrentBag<double>();
        var features = new ConcurrentBag<double>();
        int next = 0,
            hands = 0;
        var watch = new Stopwatch();
        using var start = new Barrier(Environment.ProcessorCount, _ => watch.Restart());
        Thread[] callers =
        [
            .. Enumerable
                .Range(0, Environment.ProcessorCount)
                .Select(_ => new Thread(() =>
                {
                    var encoded = new float[encoder.Width];
                    landmarker.Find(frames[0]); // the first calls lay memory out
                    encoder.Encode(picture, 1, encoded);
                    start.SignalAndWait();
                    while (watch.Elapsed.TotalSeconds < seconds)
                    {
                        RgbFrame frame = frames[Interlocked.Increment(ref next) % frames.Length];
                        long begun = Stopwatch.GetTimestamp();
                        HolisticResult found = landmarker.FindSigning(frame);
                        landmarks.Add(Stopwatch.GetElapsedTime(begun).TotalMilliseconds);
                        begun = Stopwatch.GetTimestamp();
                        encoder.Encode(picture, 1, encoded);
                        features.Add(Stopwatch.GetElapsedTime(begun).TotalMilliseconds);
                        Interlocked.Add(ref hands, (found.Left is null ? 0 : 1) + (found.Right is null ? 0 : 1));
                    }
                })),
        ];
        foreach (Thread caller in callers)
            caller.Start();
        foreach (Thread caller in callers)
            caller.Join();
        double ours = Median([.. landmarks]),
            resnet = Median([.. features]);
        return new
        {
            callers = Environment.ProcessorCount,
            frames = next,
            hands_a_frame = Math.Round(hands / (double)next, 2),
            landmark_ms = Math.Round(ours, 1),
            resnet50_ms = Math.Round(resnet, 1),
            landmark_time_over_resnet50 = Math.Round(ours / resnet, 3),
            landmark_ms_mean = Math.Round(landmarks.Average(), 1),
            resnet50_ms_mean = Math.Round(features.Average(), 1),
            landmark_ms_at_best = Math.Round(landmarks.Min(), 1),
            resnet50_ms_at_best = Math.Round(features.Min(), 1),
            landmark_frames_per_second = Math.Round(1000 * Environment.ProcessorCount / ours, 2),
            memory_mb = Environment.WorkingSet >> 20,
            milliseconds_on_one_thread = LandmarkModel.All.ToDictionary(m => m.Name, m => Alone(m, frames[0])),
        };
    }

    /// <returns>Of a call of one network, and how much of that is cutting its picture out.</returns>
    private static object Alone(LandmarkModel model, RgbFrame frame)
    {
        using var network = new LandmarkNetwork(
            model,
            Encoders.OnnxSession.Open(LandmarkWeights.ToOnnx(model, WeightsCache.Default()), threads: 1)
        );
        var planes = new float[3 * model.Side * model.Side];
        Region region = Region.Around(frame) with { Rotation = 0.3f };
        return new
        {
            call = Milliseconds(() => network.Run(frame, region, _ => 0)),
            cutting = Milliseconds(() => RegionSampler.Sample(frame, region, model, planes)),
        };
    }

    private static double Milliseconds(Action work)
    {
        var times = new List<double>();
        for (int i = 0; i < 30; i++)
        {
            long begun = Stopwatch.GetTimestamp();
            work();
            times.Add(Stopwatch.GetElapsedTime(begun).TotalMilliseconds);
        }
        return Math.Round(Median(times), 2);
    }

    private static double Median(List<double> values)
    {
        double[] sorted = [.. values.Order()];
        return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }

    private static List<RgbFrame> Load(string path)
    {
        var frames = new List<RgbFrame>();
        VideoFile.Decode(
            VideoFile.Probe(path, VideoLimits.Default, default),
            colour: true,
            (_, width, height, pixels) => frames.Add(new RgbFrame(pixels.ToArray(), width, height)),
            VideoLimits.Default,
            default
        );
        return frames;
    }
}

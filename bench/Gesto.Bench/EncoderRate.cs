using System.Diagnostics;
using Gesto.Radar;
using Gesto.Recordings;
using Gesto.Training.Datasets;
using Gesto.Training.Weights;

namespace Gesto.Bench;

/// <summary>ResNet50 as extraction runs it, a caller a core, on frames that are already in memory.</summary>
internal static class EncoderRate
{
    public static object Measure(string datasetFolder, int seconds, string? rangesPath)
    {
        ResNet50Weights weights = ResNet50Weights.Load(
            WeightsCache.Default().FindLatest() ?? throw new FileNotFoundException("No weights: run 'gesto weights'.")
        );
        Int8Ranges? ranges = rangesPath is null ? null : Int8Ranges.Load(rangesPath, weights);
        Dataset dataset = Dataset.Open(datasetFolder);
        Sample sample = dataset.Samples.First(s => s.Has(Modality.Rgb));
        using var encoder = ResNet50Encoders.Build(
            weights,
            threads: 1,
            concurrency: Environment.ProcessorCount,
            ranges: ranges
        );
        Video.Clip clip = new SampleReader(dataset.RecordingsRoot, RadarFormat.Default).ReadRgb(
            sample,
            encoder.InputSize,
            CancellationToken.None
        );
        long frames = 0;
        var watch = new Stopwatch();
        using var start = new Barrier(encoder.Concurrency, _ => watch.Restart());
        Thread[] callers =
        [
            .. Enumerable
                .Range(0, encoder.Concurrency)
                .Select(_ => new Thread(() =>
                {
                    var features = new float[clip.Length * encoder.Width];
                    encoder.Encode(clip.Frames, clip.Length, features); // the first call lays memory out
                    start.SignalAndWait();
                    while (watch.Elapsed.TotalSeconds < seconds)
                    {
                        encoder.Encode(clip.Frames, clip.Length, features);
                        Interlocked.Add(ref frames, clip.Length);
                    }
                })),
        ];
        foreach (Thread caller in callers)
            caller.Start();
        foreach (Thread caller in callers)
            caller.Join();
        return new { encoder = encoder.Name, frames_per_second = Math.Round(frames / watch.Elapsed.TotalSeconds, 2) };
    }
}

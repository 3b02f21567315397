using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Gesto.Bundles;
using Gesto.Encoders;
using Gesto.Inference;
using Gesto.Radar;
using Gesto.Recordings;
using Gesto.Training.Features;
using Gesto.Training.Recognition;
using Gesto.Training.Weights;

namespace Gesto.Bench;

/// <summary>Recognising one recording of four videos in a process that is ready, and in turn the RGB encoder on its
/// frames.</summary>
internal static class PredictionLatency
{
    /// <summary>A person does not sign twice in this time; the waiting decoder is there long before.</summary>
    private static readonly TimeSpan DecoderStart = TimeSpan.FromSeconds(0.3);

    /// <param name="run">A finished run.</param>
    /// <param name="folder">One recording.</param>
    /// <param name="times">Predictions timed of each kind.</param>
    public static object OfRun(string run, string folder, int times)
    {
        int threads = Environment.ProcessorCount;
        using ITrainedRecogniser recogniser = ITrainedRecogniser.Load(run, threads: 1); // as `gesto predict` does
        Sample sample = SampleOf(folder, recogniser.Facts.Keys);
        using IRgbEncoder encoder = RgbEncoders.Open(recogniser.Facts.Rgb!, run, WeightsCache.Default(), threads);
        using var predictor = new VideoPredictor(recogniser, encoder);
        return Measure(
            () => predictor.Predict(folder, sample, CancellationToken.None),
            predictor.GetReady,
            encoder,
            ClipOf(folder, sample, encoder),
            times
        );
    }

    /// <summary>Besides, in processes of their own: from their start to their end with one answer, and the most memory
    /// of <paramref name="times"/> answers.</summary>
    /// <param name="bundle">An exported run.</param>
    /// <param name="folder">One recording.</param>
    /// <param name="times">Predictions timed of each kind.</param>
    public static object OfBundle(string bundle, string folder, int times)
    {
        using Recogniser recogniser = Recogniser.Load(bundle);
        using BundleFile file = BundleFile.Open(bundle);
        using IRgbEncoder encoder = Recogniser.OpenEncoder(file, Environment.ProcessorCount)!;
        var recording = Recording.FromFolder(folder);
        Timings warm = Measure(
            () => recogniser.PredictAsync(recording).GetAwaiter().GetResult(),
            recogniser.GetReady,
            encoder,
            ClipOf(folder, SampleOf(folder, file.Manifest.Keys), encoder),
            times
        );
        List<double> cold = [];
        for (int i = -1; i < times; i++)
            Time(() => Child(bundle, folder, times: 1), i < 0 ? null : cold); // the first fills the page cache
        return new
        {
            warm.frames,
            warm.warm_seconds,
            warm.unprepared_seconds,
            warm.encoder_seconds,
            cold_seconds = cold,
            peak_megabytes = Child(bundle, folder, Math.Max(times, 10)),
        };
    }

    /// <summary>What a process of its own does: answers, and tells its largest resident set.</summary>
    public static object Answer(string bundle, string folder, int times)
    {
        using Recogniser recogniser = Recogniser.Load(bundle);
        for (int i = 0; i < times; i++)
            recogniser.PredictAsync(Recording.FromFolder(folder)).GetAwaiter().GetResult();
        string peak = File.ReadLines("/proc/self/status").First(l => l.StartsWith("VmHWM", StringComparison.Ordinal));
        return double.Parse(peak.Split(' ', StringSplitOptions.RemoveEmptyEntries)[^2], CultureInfo.InvariantCulture)
            * 1024
            / 1e6;
    }

#pragma warning disable IDE1006 // as the JSON has them
    private sealed record Timings(
        int frames,
        List<double> warm_seconds,
        List<double> unprepared_seconds,
        List<double> encoder_seconds
    );
#pragma warning restore IDE1006

    private static Timings Measure(Action predict, Action getReady, IRgbEncoder encoder, Video.Clip clip, int times)
    {
        List<double> ready = [],
            unprepared = [],
            alone = [];
        for (int i = -2; i < times; i++)
        {
            bool counts = i >= 0; // the first ones compile and lay memory out
            getReady();
            Thread.Sleep(DecoderStart);
            Time(predict, counts ? ready : null);
            Time(() => EncodeAll(encoder, clip), counts ? alone : null);
            Time(predict, counts ? unprepared : null);
        }
        return new(clip.Length, ready, unprepared, alone);
    }

    private static double Child(string bundle, string folder, int times)
    {
        using Process child = Process.Start(
            new ProcessStartInfo(Environment.ProcessPath!)
            {
                RedirectStandardOutput = true,
                ArgumentList =
                {
                    typeof(PredictionLatency).Assembly.Location,
                    "answer",
                    bundle,
                    folder,
                    times.ToString(CultureInfo.InvariantCulture),
                },
            }
        )!;
        string said = child.StandardOutput.ReadToEnd();
        child.WaitForExit();
        return child.ExitCode == 0
            ? JsonSerializer.Deserialize<double>(said)
            : throw new InvalidOperationException($"answer: exit code {child.ExitCode}");
    }

    private static Sample SampleOf(string folder, PerModality<FeatureKey> keys) =>
        RecordingFiles.At(folder, RecordingNeeds.Of(keys)).Sample;

    private static Video.Clip ClipOf(string folder, Sample sample, IRgbEncoder encoder) =>
        new SampleReader(folder, RadarFormat.Default).ReadRgb(sample, encoder.InputSize, CancellationToken.None);

    private static void EncodeAll(IRgbEncoder encoder, Video.Clip clip)
    {
        using var encoding = new EncodingAhead(encoder);
        encoding.Finish(clip);
    }

    private static void Time(Action work, List<double>? seconds)
    {
        long begin = Stopwatch.GetTimestamp();
        work();
        seconds?.Add(Stopwatch.GetElapsedTime(begin).TotalSeconds);
    }
}

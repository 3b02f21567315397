using System.Diagnostics;
using System.IO.Compression;
using Gesto.Bundles;
using Gesto.Inference;
using Gesto.Recordings;
using Gesto.Training.Export;
using Gesto.Training.Features;
using Gesto.Training.Recognition;
using Gesto.Training.Weights;

namespace Gesto.Bench;

/// <summary>A run beside the bundle that it is exported to.</summary>
internal static class BundleTable
{
    /// <summary>Below this a float32 probability says little of its logit.</summary>
    private const float Least = 1e-4f;

    private const string RgbEncoder = "rgb-encoder.onnx";

    /// <param name="run">A finished run or ensemble.</param>
    /// <param name="features">Made as those trained on.</param>
    /// <param name="bundle">Where to export to.</param>
    /// <param name="recordings">Folder that the features' manifest is relative to; recordings of it are recognised from
    /// their files.</param>
    /// <param name="times">Warm predictions timed.</param>
    public static object Measure(string run, string features, string bundle, string recordings, int times)
    {
        RunExport.Save(run, bundle, WeightsCache.Default());
        (long all, long encoder) = Sizes(bundle);
        FeatureSet set = FeatureSet.Open(features);
        Sample[] samples = [.. set.Samples.Where(s => s.Split == Split.Test)];
        using ITrainedRecogniser trained = ITrainedRecogniser.Load(run, threads: 1);
        using BundleFile file = BundleFile.Open(bundle);
        using var exported = new BundledRecogniser(file);
        double probability = 0,
            logit = 0;
        List<double> ready = [];
        foreach (Sample sample in samples)
        {
            PerModality<RecordingSteps> steps = StoredSample.Load(trained.Facts, set, sample.Key);
            foreach (ModalityMask mask in trained.Masks)
            {
                float[] expected = trained.Predict(steps, mask);
                long begin = Stopwatch.GetTimestamp();
                float[] found = exported.Predict(steps, mask);
                if (mask.Equals(trained.Masks[0]))
                    ready.Add(Stopwatch.GetElapsedTime(begin).TotalMilliseconds);
                int best = Array.IndexOf(expected, expected.Max());
                for (int k = 0; k < expected.Length; k++)
                {
                    probability = Math.Max(probability, Math.Abs(expected[k] - found[k]));
                    if (expected[k] >= Least)
                        logit = Math.Max(logit, Math.Abs(Logit(expected, k, best) - Logit(found, k, best)));
                }
            }
        }
        return new
        {
            name = trained.Recipe.Name,
            megabytes = all / 1e6,
            without_rgb_encoder = (all - encoder) / 1e6,
            masks = trained.Masks.Count,
            samples = samples.Length,
            largest_logit_difference = logit * trained.Calibration.Temperature,
            largest_probability_difference = probability,
            features_ms = Median(ready),
            recording_ms = Median(FromFiles(bundle, recordings, samples, times)),
        };
    }

    private static double Logit(float[] probabilities, int sign, int best) =>
        Math.Log(probabilities[sign]) - Math.Log(probabilities[best]);

    private static (long All, long RgbEncoder) Sizes(string bundle)
    {
        using ZipArchive zip = ZipFile.OpenRead(bundle);
        return (
            new FileInfo(bundle).Length,
            zip.Entries.Where(e => e.FullName == RgbEncoder).Sum(e => e.CompressedLength)
        );
    }

    private static List<double> FromFiles(string bundle, string recordings, Sample[] samples, int times)
    {
        using Recogniser recogniser = Recogniser.Load(bundle);
        List<double> warm = [];
        for (int i = -2; i < times; i++)
        {
            Sample sample = samples[Math.Max(0, i) % samples.Length];
            var recording = Recording.FromFiles(
                // Landmarks that are found in a video: their file is the video.
                (sample.Rgb ?? sample.Files[Modality.Landmarks]?[0])
                    is { } rgb
                    ? Path.Combine(recordings, rgb)
                    : null,
                [.. sample.Radar.OfType<string>().Select(f => Path.Combine(recordings, f))]
            );
            long begin = Stopwatch.GetTimestamp();
            recogniser.PredictAsync(recording).GetAwaiter().GetResult();
            if (i >= 0) // the first ones compile and lay memory out
                warm.Add(Stopwatch.GetElapsedTime(begin).TotalMilliseconds);
        }
        return warm;
    }

    private static double Median(List<double> values) => values.Order().ElementAt(values.Count / 2);
}

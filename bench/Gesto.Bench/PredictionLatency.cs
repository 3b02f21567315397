using System.Diagnostics;
using Gesto.Data;
using Gesto.Features;
using Gesto.Inference;
using Gesto.Radar;
using Gesto.Weights;

namespace Gesto.Bench;

/// <summary>Recognising one recording of four videos in a process that is ready, and in turn the RGB encoder on its frames.</summary>
internal static class PredictionLatency
{
    public static object Measure(string run, string folder, int times)
    {
        int threads = Environment.ProcessorCount;
        Sample sample = SampleReader.FromFolder(folder);
        using IRecogniser recogniser = IRecogniser.Load(run, threads: 1); // as `gesto predict` does
        using IRgbEncoder encoder = RgbEncoders.Open(recogniser.Facts.Rgb!, run, WeightsCache.Default(), threads);
        var predictor = new VideoPredictor(recogniser, encoder);
        Video.Clip clip = new SampleReader(folder, RadarFormat.Default).ReadRgb(sample, encoder.InputSize, CancellationToken.None);
        var features = new float[clip.Length * encoder.Width];
        var whole = new List<double>();
        var alone = new List<double>();
        for (int i = -2; i < times; i++)
        {
            long begin = Stopwatch.GetTimestamp();
            predictor.Predict(folder, sample, CancellationToken.None);
            long middle = Stopwatch.GetTimestamp();
            encoder.Encode(clip.Frames, clip.Length, features);
            if (i < 0) continue; // the first ones compile and lay memory out
            whole.Add(Stopwatch.GetElapsedTime(begin, middle).TotalSeconds);
            alone.Add(Stopwatch.GetElapsedTime(middle).TotalSeconds);
        }
        return new { frames = clip.Length, warm_seconds = whole, encoder_seconds = alone };
    }
}

using System.Diagnostics;
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

    public static object Measure(string run, string folder, int times)
    {
        int threads = Environment.ProcessorCount;
        using ITrainedRecogniser recogniser = ITrainedRecogniser.Load(run, threads: 1); // as `gesto predict` does
        Sample sample = RecordingFiles.At(folder, RecordingNeeds.Of(recogniser.Facts.Keys)).Sample;
        using IRgbEncoder encoder = RgbEncoders.Open(recogniser.Facts.Rgb!, run, WeightsCache.Default(), threads);
        using var predictor = new VideoPredictor(recogniser, encoder);
        Video.Clip clip = new SampleReader(folder, RadarFormat.Default).ReadRgb(
            sample,
            encoder.InputSize,
            CancellationToken.None
        );
        List<double> ready = [],
            unprepared = [],
            alone = [];
        for (int i = -2; i < times; i++)
        {
            bool counts = i >= 0; // the first ones compile and lay memory out
            predictor.GetReady();
            Thread.Sleep(DecoderStart);
            Time(() => predictor.Predict(folder, sample, CancellationToken.None), counts ? ready : null);
            Time(() => EncodeAll(encoder, clip), counts ? alone : null);
            Time(() => predictor.Predict(folder, sample, CancellationToken.None), counts ? unprepared : null);
        }
        return new
        {
            frames = clip.Length,
            warm_seconds = ready,
            unprepared_seconds = unprepared,
            encoder_seconds = alone,
        };
    }

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

using Gesto.Encoders;
using Gesto.Files;
using Gesto.Radar;
using Gesto.Recordings;
using Gesto.Training.Datasets;
using Gesto.Training.Weights;
using Gesto.Video;
using Microsoft.ML.OnnxRuntime;

namespace Gesto.Training.Features;

/// <summary>Finds the ranges of an INT8 ResNet50: the smallest and largest value of each activation over frames of the
/// data set itself.</summary>
public static class Int8Calibration
{
    /// <summary>One from the middle of each of as many recordings. More frames find rarer extremes, which coarsen every
    /// step.</summary>
    private const int Recordings = 24;

    /// <summary>The ranges kept in an RGB store's folder; found and written there where there are none yet. Processes
    /// that extract shards of one data set wait for the one that finds them, and use the same.</summary>
    /// <param name="dataset">Its labelled training recordings are looked at, or all where there are none.</param>
    /// <param name="weights">Float32 weights.</param>
    /// <param name="storeFolder">FEATURES/rgb.</param>
    /// <param name="fit">As the frames to be encoded.</param>
    /// <param name="threads">Threads of the network.</param>
    /// <param name="cancel">Stops between two frames.</param>
    /// <exception cref="InvalidDataException">No recording can be read, or the ranges there belong to other
    /// weights.</exception>
    public static Int8Ranges LoadOrFind(
        Dataset dataset,
        ResNet50Weights weights,
        string storeFolder,
        FrameFit fit,
        int threads,
        CancellationToken cancel
    )
    {
        string path = Int8Ranges.PathIn(storeFolder);
        Directory.CreateDirectory(storeFolder);
        while (!File.Exists(path))
        {
            using FileStream? mine = TryLock(storeFolder);
            if (mine is null)
                cancel.WaitHandle.WaitOne(TimeSpan.FromSeconds(1));
            else if (!File.Exists(path))
                Find(weights, MiddleFrames(dataset, fit, cancel), threads, cancel).Save(path);
            cancel.ThrowIfCancellationRequested();
        }
        return Int8Ranges.Load(path, weights);
    }

    /// <param name="weights">Float32 weights.</param>
    /// <param name="frames">Frames of (224, 224, 3), RGB order, 0…255; at least one.</param>
    /// <param name="threads">Threads of the network.</param>
    /// <param name="cancel">Stops between two frames.</param>
    public static Int8Ranges Find(
        ResNet50Weights weights,
        IReadOnlyList<byte[]> frames,
        int threads,
        CancellationToken cancel
    )
    {
        ArgumentOutOfRangeException.ThrowIfZero(frames.Count, nameof(frames));
        string[] observed = [.. Int8Graph.Quantised(weights.Variant).Where(n => n != ResNet50Network.Frames)];
        using InferenceSession session = OnnxSession.Open(ResNet50Graph.Build(weights, observed), threads);
        using var options = new RunOptions();
        var scaling = PixelScaling.For(weights.Variant);
        var pixels = new float[3 * ResNet50Network.Side * ResNet50Network.Side];
        var seen = new Dictionary<string, (float Low, float High)>();
        using OrtValue input = OnnxSession.Wrap(pixels, 1, 3, ResNet50Network.Side, ResNet50Network.Side);
        foreach (byte[] frame in frames)
        {
            cancel.ThrowIfCancellationRequested();
            scaling.Apply(frame, pixels, pixels.Length / 3);
            Widen(ResNet50Network.Frames, pixels);
            using IDisposableReadOnlyCollection<OrtValue> outputs = session.Run(
                options,
                [ResNet50Network.Frames],
                [input],
                observed
            );
            foreach ((int i, OrtValue output) in outputs.Index())
                Widen(observed[i], output.GetTensorDataAsSpan<float>());
        }
        return Int8Ranges.From(weights, frames.Count, seen);

        void Widen(string node, ReadOnlySpan<float> values)
        {
            (float low, float high) = seen.GetValueOrDefault(node);
            foreach (float value in values)
                (low, high) = (Math.Min(low, value), Math.Max(high, value));
            seen[node] = (low, high);
        }
    }

    private static FileStream? TryLock(string folder)
    {
        try
        {
            return Extraction.Lock(folder);
        }
        catch (IOException)
        {
            return null;
        }
    }

    private static List<byte[]> MiddleFrames(Dataset dataset, FrameFit fit, CancellationToken cancel)
    {
        Sample[] samples = [.. dataset.Samples.Where(s => s.Split == Split.Train && s.Has(Modality.Rgb))];
        if (samples.Length == 0)
            samples = [.. dataset.Samples.Where(s => s.Has(Modality.Rgb))];
        var reader = new SampleReader(dataset.RecordingsRoot, RadarFormat.Default) { RgbFit = fit };
        var frames = new List<byte[]>();
        const int Bytes = ResNet50Network.Side * ResNet50Network.Side * 3;
        for (int i = 0; i < Math.Min(Recordings, samples.Length); i++)
        {
            try
            {
                Clip clip = reader.ReadRgb(
                    samples[(int)((long)i * samples.Length / Math.Min(Recordings, samples.Length))],
                    ResNet50Network.Side,
                    cancel
                );
                frames.Add(clip.Frames.AsSpan(clip.Length / 2 * Bytes, Bytes).ToArray());
            }
            catch (Exception e) when (e is VideoException or FileNotFoundException)
            {
                // Extraction names it, or leaves it out, when its turn comes.
            }
        }
        return frames.Count > 0
            ? frames
            : throw new InvalidDataException(
                $"{dataset.Root}: no RGB video can be read. A check of the data set lists what is wrong."
            ).Suggest(NextStep.CheckRecordings, dataset.Root);
    }
}

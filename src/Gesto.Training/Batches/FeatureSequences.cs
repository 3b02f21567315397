using System.Runtime.InteropServices;
using Gesto.Training.Features;
using Gesto.Training.Models;
using static TorchSharp.torch;

namespace Gesto.Training.Batches;

/// <summary>One modality's feature sequences of many samples, F values a step, float32: in memory, or on disk and read
/// whenever they are shown. One caller at a time.</summary>
internal sealed class FeatureSequences(int width, bool centre = false) : IStepSource
{
    private readonly List<(float[]? Values, FeatureStore? Store, string Key, int Length)> samples = [];
    private float[] buffer = [];
    private Half[] halves = [];
    private int longest;

    /// <summary>F.</summary>
    public int Width => width;

    public int Count => samples.Count;

    /// <summary>Where batches are put.</summary>
    public Device Device { get; init; } = CPU;

    /// <summary>What is done to a sample's shown steps (T, F) while learning; null = nothing.</summary>
    public Action<Span<float>, Random>? Change { get; init; }

    /// <summary>Set beforehand: at least this, so that what one sample is shown does not depend on the
    /// others.</summary>
    public int Longest
    {
        get => longest;
        init => longest = value;
    }

    public int LengthOf(int sample) => samples[sample].Length;

    /// <param name="steps">Real steps only, (T, F) row-major; none = the sample has not got the modality.</param>
    public void Add(float[] steps)
    {
        if (steps.Length % width != 0)
            throw new ArgumentException($"{steps.Length} values do not make steps of {width}.", nameof(steps));
        if (centre)
            RemoveMean(steps = [.. steps]);
        samples.Add((steps, null, "", steps.Length / width));
        longest = Math.Max(longest, steps.Length / width);
    }

    /// <summary>Leaves a sample's steps on disk.</summary>
    /// <param name="store">Of (T, F) float32 or float16.</param>
    /// <param name="key">The sample's.</param>
    public void Add(FeatureStore store, string key)
    {
        samples.Add((null, store, key, store.LengthOf(key)));
        longest = Math.Max(longest, store.LengthOf(key));
    }

    public ModalitySteps Batch(ReadOnlySpan<int> chosen, int[][] steps, Random? random = null, Mixing? mixing = null)
    {
        int padTo = Math.Max(1, steps.Max(s => s.Length));
        // Straight into the tensor: a batch is 16 MB, too much to make twice a step.
        Tensor padded = empty([chosen.Length, padTo, width], ScalarType.Float32);
        Span<float> to = MemoryMarshal.Cast<byte, float>(padded.bytes);
        for (int i = 0; i < chosen.Length; i++)
        {
            ReadOnlySpan<float> values = steps[i].Length > 0 ? Values(chosen[i]) : [];
            Span<float> rows = to.Slice(i * padTo * width, padTo * width);
            for (int t = 0; t < steps[i].Length; t++)
                values.Slice(steps[i][t] * width, width).CopyTo(rows[(t * width)..]);
            if (random is not null)
                Change?.Invoke(rows[..(steps[i].Length * width)], random);
            rows[(steps[i].Length * width)..].Clear();
        }
        return new ModalitySteps(padded.MovedTo(Device), [.. steps.Select(s => s.Length)]);
    }

    /// <summary>Mean and standard deviation of each feature over all steps of some samples; a feature that never
    /// changes gets deviation 1, so that it stays finite.</summary>
    public FeatureStatistics Statistics(IEnumerable<int> chosen)
    {
        var sum = new double[width];
        var squares = new double[width];
        long steps = 0;
        foreach (int sample in chosen)
        {
            ReadOnlySpan<float> values = Values(sample);
            for (int i = 0; i < values.Length; i += width, steps++)
            for (int f = 0; f < width; f++)
            {
                double v = values[i + f];
                sum[f] += v;
                squares[f] += v * v;
            }
        }
        var mean = new float[width];
        var deviation = new float[width];
        for (int f = 0; f < width; f++)
        {
            double average = sum[f] / steps;
            double variance = Math.Max(0, squares[f] / steps - average * average);
            mean[f] = (float)average;
            deviation[f] = variance > 1e-12 ? (float)Math.Sqrt(variance) : 1;
        }
        return new(mean, deviation);
    }

    /// <returns>(T, F), valid until the next call.</returns>
    private ReadOnlySpan<float> Values(int sample)
    {
        (float[]? values, FeatureStore? store, string key, int length) = samples[sample];
        if (values is not null)
            return values;
        if (buffer.Length < length * width)
            buffer = new float[length * width];
        Span<float> read = buffer.AsSpan(0, length * width);
        if (store!.Key.DType == "<f2")
        {
            if (halves.Length < read.Length)
                halves = new Half[read.Length];
            Span<Half> stored = halves.AsSpan(0, read.Length);
            store.ReadRows(key, MemoryMarshal.AsBytes(stored));
            for (int i = 0; i < read.Length; i++)
                read[i] = (float)stored[i];
        }
        else
        {
            store.ReadRows(key, MemoryMarshal.AsBytes(read));
        }
        if (centre)
            RemoveMean(read);
        return read;
    }

    /// <summary>Subtracts from (T, F) each feature's mean over the T real steps.</summary>
    private void RemoveMean(Span<float> steps)
    {
        var sum = new double[width];
        int count = steps.Length / width;
        for (int t = 0; t < count; t++)
        for (int f = 0; f < width; f++)
            sum[f] += steps[t * width + f];
        for (int t = 0; t < count; t++)
        for (int f = 0; f < width; f++)
            steps[t * width + f] = (float)(steps[t * width + f] - sum[f] / count);
    }
}

using Gesto.Models;
using static TorchSharp.torch;

namespace Gesto.Training;

/// <summary>One modality's feature sequences of many samples, F values a step, float32, resident.</summary>
internal sealed class FeatureSequences(int width, bool centre = false) : IStepSource
{
    private readonly List<float[]> samples = [];

    /// <summary>F.</summary>
    public int Width => width;

    public int Count => samples.Count;

    public int Longest { get; private set; }

    public int LengthOf(int sample) => samples[sample].Length / width;

    /// <param name="steps">Real steps only, (T, F) row-major; none = the sample has not got the modality.</param>
    public void Add(float[] steps)
    {
        if (steps.Length % width != 0)
            throw new ArgumentException($"{steps.Length} values do not make steps of {width}.", nameof(steps));
        samples.Add(centre ? WithoutMean(steps) : steps);
        Longest = Math.Max(Longest, steps.Length / width);
    }

    public ModalitySteps Batch(ReadOnlySpan<int> chosen, int[][] steps, Random? random = null)
    {
        int longest = Math.Max(1, steps.Max(s => s.Length));
        var padded = new float[chosen.Length * longest * width];
        for (int i = 0; i < chosen.Length; i++)
            for (int t = 0; t < steps[i].Length; t++)
                samples[chosen[i]].AsSpan(steps[i][t] * width, width).CopyTo(padded.AsSpan((i * longest + t) * width, width));
        return new ModalitySteps(tensor(padded, [chosen.Length, longest, width]), [.. steps.Select(s => s.Length)]);
    }

    /// <summary>Mean and standard deviation of each feature over all steps of some samples; a feature that never changes
    /// gets deviation 1, so that it stays finite.</summary>
    public (float[] Mean, float[] Deviation) Statistics(IEnumerable<int> chosen)
    {
        var sum = new double[width];
        var squares = new double[width];
        long steps = 0;
        foreach (int sample in chosen)
        {
            float[] values = samples[sample];
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
        return (mean, deviation);
    }

    /// <returns>(T, F) minus each feature's mean over the T real steps.</returns>
    private float[] WithoutMean(float[] steps)
    {
        var sum = new double[width];
        for (int i = 0; i < steps.Length; i++) sum[i % width] += steps[i];
        int count = steps.Length / width;
        var moving = new float[steps.Length];
        for (int i = 0; i < steps.Length; i++) moving[i] = (float)(steps[i] - sum[i % width] / count);
        return moving;
    }
}

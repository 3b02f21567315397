using Gesto.Video;
using static TorchSharp.torch;

namespace Gesto.Training;

/// <summary>Samples of different length as one block of rows, features or frames, resident in memory. Padding is made per
/// batch, no longer than its longest sample.</summary>
internal static class Sequences
{
    /// <summary>Rows of several samples one after another → (B, T, F), T the longest length, zero after each sample's end.
    /// Gradients flow back to <paramref name="rows"/>.</summary>
    /// <param name="rows">(ΣL, F).</param>
    /// <param name="lengths">Rows of each sample, in order.</param>
    public static Tensor Pad(Tensor rows, ReadOnlySpan<int> lengths)
    {
        using var scope = NewDisposeScope();
        int longest = 0;
        foreach (int n in lengths) longest = Math.Max(longest, n);
        var places = new long[rows.shape[0]];
        for (int sample = 0, row = 0; sample < lengths.Length; sample++)
            for (int step = 0; step < lengths[sample]; step++) places[row++] = (long)sample * longest + step;
        return zeros((long)lengths.Length * longest, rows.shape[1])
            .index_copy(0, tensor(places), rows)
            .view(lengths.Length, longest, rows.shape[1])
            .MoveToOuterDisposeScope();
    }

    /// <summary>Which of a sample's steps are shown while learning, in order: the whole at another tempo, some left out.</summary>
    /// <param name="length">Real steps.</param>
    /// <param name="tempoSpread">Faster or slower by up to this fraction, 0…1 exclusive.</param>
    /// <param name="frameDropout">Probability that a step is left out; at least one stays.</param>
    /// <param name="random">Source of both.</param>
    public static int[] DrawSteps(int length, double tempoSpread, double frameDropout, Random random)
    {
        double tempo = 1 + tempoSpread * (2 * random.NextDouble() - 1);
        int count = Math.Clamp((int)Math.Round(length / tempo), 1, FrameSampling.Length);
        var steps = new List<int>(count);
        for (int i = 0; i < count; i++)
        {
            int step = count == 1 ? length / 2 : (int)Math.Round((double)i * (length - 1) / (count - 1));
            if (random.NextDouble() >= frameDropout) steps.Add(step);
        }
        if (steps.Count == 0) steps.Add(length / 2);
        return [.. steps];
    }

    /// <summary>Subtracts each feature's mean over its sample. Gradients flow back to <paramref name="rows"/>.</summary>
    /// <param name="rows">(ΣL, F).</param>
    /// <param name="lengths">Rows of each sample, in order.</param>
    public static Tensor Centre(Tensor rows, ReadOnlySpan<int> lengths)
    {
        using var scope = NewDisposeScope();
        var centred = new List<Tensor>(lengths.Length);
        long start = 0;
        foreach (int length in lengths)
        {
            Tensor sample = rows.narrow(0, start, length);
            centred.Add(sample.sub(sample.mean([0], keepdim: true)));
            start += length;
        }
        return cat(centred, 0).MoveToOuterDisposeScope();
    }

    /// <returns>Lengths as PyTorch's packing wants them: int64 on the CPU.</returns>
    public static Tensor LengthTensor(ReadOnlySpan<int> lengths)
    {
        var wide = new long[lengths.Length];
        for (int i = 0; i < wide.Length; i++) wide[i] = lengths[i];
        return tensor(wide);
    }
}

/// <summary>Feature sequences of many samples, F values a step, float32.</summary>
internal sealed class FeatureSequences(int width)
{
    private readonly List<float[]> samples = [];

    /// <summary>F.</summary>
    public int Width => width;

    public int Count => samples.Count;

    public int LengthOf(int sample) => samples[sample].Length / width;

    /// <param name="steps">Real steps only, (T, F) row-major.</param>
    public void Add(float[] steps)
    {
        if (steps.Length == 0 || steps.Length % width != 0)
            throw new ArgumentException($"{steps.Length} values do not make steps of {width}.", nameof(steps));
        samples.Add(steps);
    }

    /// <summary>Features (B, T, F) and lengths (B) of some samples, every step as it is.</summary>
    public (Tensor Features, Tensor Lengths) Batch(ReadOnlySpan<int> chosen) =>
        Batch(chosen, sample => [.. Enumerable.Range(0, LengthOf(sample))]);

    /// <param name="chosen">Samples.</param>
    /// <param name="stepsOf">Which steps of a sample to show, in order.</param>
    public (Tensor Features, Tensor Lengths) Batch(ReadOnlySpan<int> chosen, Func<int, int[]> stepsOf)
    {
        var steps = new int[chosen.Length][];
        for (int i = 0; i < chosen.Length; i++) steps[i] = stepsOf(chosen[i]);
        int longest = steps.Max(s => s.Length);
        var padded = new float[chosen.Length * longest * width];
        for (int i = 0; i < chosen.Length; i++)
            for (int t = 0; t < steps[i].Length; t++)
                samples[chosen[i]].AsSpan(steps[i][t] * width, width).CopyTo(padded.AsSpan((i * longest + t) * width, width));
        using Tensor flat = tensor(padded);
        return (flat.view(chosen.Length, longest, width).clone(), Sequences.LengthTensor([.. steps.Select(s => s.Length)]));
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
    public static float[] WithoutMean(float[] steps, int width)
    {
        var sum = new double[width];
        for (int i = 0; i < steps.Length; i++) sum[i % width] += steps[i];
        int count = steps.Length / width;
        var moving = new float[steps.Length];
        for (int i = 0; i < steps.Length; i++) moving[i] = (float)(steps[i] - sum[i % width] / count);
        return moving;
    }

    /// <summary>One sample's steps [RGB|radar], the radar brought to the RGB time axis.</summary>
    /// <param name="rgb">(Trgb, rgbWidth), or null without RGB.</param>
    /// <param name="rgbWidth">RGB features a step.</param>
    /// <param name="radar">(Trad, radarWidth), or null without radar.</param>
    /// <param name="radarWidth">Radar features a step.</param>
    /// <param name="recipe">How radar steps are chosen, and which features lose their mean over the sample.</param>
    public static float[] Join(float[]? rgb, int rgbWidth, float[]? radar, int radarWidth, Recipe recipe)
    {
        if (rgb is not null && recipe.Rgb.RemoveStatic) rgb = WithoutMean(rgb, rgbWidth);
        if (radar is not null && recipe.Radar.CentreFeatures) radar = WithoutMean(radar, radarWidth);
        if (rgb is null) return radar ?? throw new ArgumentException("A sample needs RGB or radar features.");
        if (radar is null) return rgb;
        int length = rgb.Length / rgbWidth;
        int[] steps = StepAlignment.RadarSteps(length, radar.Length / radarWidth, recipe.Alignment);
        var joined = new float[length * (rgbWidth + radarWidth)];
        for (int i = 0; i < length; i++)
        {
            Span<float> step = joined.AsSpan(i * (rgbWidth + radarWidth), rgbWidth + radarWidth);
            rgb.AsSpan(i * rgbWidth, rgbWidth).CopyTo(step);
            if (steps[i] >= 0) radar.AsSpan(steps[i] * radarWidth, radarWidth).CopyTo(step[rgbWidth..]);
        }
        return joined;
    }
}

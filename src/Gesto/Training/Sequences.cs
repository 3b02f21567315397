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

    /// <summary>Features (B, T, F) and lengths (B) of some samples.</summary>
    public (Tensor Features, Tensor Lengths) Batch(ReadOnlySpan<int> chosen)
    {
        var lengths = new int[chosen.Length];
        for (int i = 0; i < chosen.Length; i++) lengths[i] = LengthOf(chosen[i]);
        int longest = lengths.Max();
        var padded = new float[chosen.Length * longest * width];
        for (int i = 0; i < chosen.Length; i++) samples[chosen[i]].CopyTo(padded, i * longest * width);
        using Tensor flat = tensor(padded);
        return (flat.view(chosen.Length, longest, width).clone(), Sequences.LengthTensor(lengths));
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

    /// <summary>One sample's steps [RGB|radar], the radar brought to the RGB time axis.</summary>
    /// <param name="rgb">(Trgb, rgbWidth), or null without RGB.</param>
    /// <param name="rgbWidth">RGB features a step.</param>
    /// <param name="radar">(Trad, radarWidth), or null without radar.</param>
    /// <param name="radarWidth">Radar features a step.</param>
    /// <param name="mode">How radar steps are chosen.</param>
    public static float[] Join(float[]? rgb, int rgbWidth, float[]? radar, int radarWidth, AlignmentMode mode)
    {
        if (rgb is null) return radar ?? throw new ArgumentException("A sample needs RGB or radar features.");
        if (radar is null) return rgb;
        int length = rgb.Length / rgbWidth;
        int[] steps = StepAlignment.RadarSteps(length, radar.Length / radarWidth, mode);
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

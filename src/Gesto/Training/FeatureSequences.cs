using Gesto.Models;
using static TorchSharp.torch;

namespace Gesto.Training;

/// <summary>One modality's feature sequences of many samples, F values a step, float32, resident.</summary>
internal sealed class FeatureSequences(int width)
{
    private readonly List<float[]> samples = [];

    /// <summary>F.</summary>
    public int Width => width;

    public int Count => samples.Count;

    /// <returns>Real steps, 0 where the sample has not got the modality.</returns>
    public int LengthOf(int sample) => samples[sample].Length / width;

    /// <param name="steps">Real steps only, (T, F) row-major; none = the sample has not got the modality.</param>
    public void Add(float[] steps)
    {
        if (steps.Length % width != 0)
            throw new ArgumentException($"{steps.Length} values do not make steps of {width}.", nameof(steps));
        samples.Add(steps);
    }

    /// <summary>Some samples, every step as it is.</summary>
    public ModalitySteps Batch(ReadOnlySpan<int> chosen) =>
        Batch(chosen, Array.ConvertAll(chosen.ToArray(), sample => Enumerable.Range(0, LengthOf(sample)).ToArray()));

    /// <param name="chosen">Samples.</param>
    /// <param name="steps">Which steps of each to show, in order.</param>
    public ModalitySteps Batch(ReadOnlySpan<int> chosen, int[][] steps)
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
    public static float[] WithoutMean(float[] steps, int width)
    {
        var sum = new double[width];
        for (int i = 0; i < steps.Length; i++) sum[i % width] += steps[i];
        int count = steps.Length / width;
        var moving = new float[steps.Length];
        for (int i = 0; i < steps.Length; i++) moving[i] = (float)(steps[i] - sum[i % width] / count);
        return moving;
    }
}

/// <summary>Both modalities' sequences of the same samples.</summary>
/// <param name="Rgb">Null = the recipe uses no RGB.</param>
/// <param name="Radar">Null = the recipe uses no radar.</param>
internal sealed record SampleSequences(FeatureSequences? Rgb, FeatureSequences? Radar)
{
    public static SampleSequences For(Recipe recipe, int rgbWidth, int radarWidth) => new(
        recipe.UsesRgb ? new FeatureSequences(rgbWidth) : null, recipe.UsesRadar ? new FeatureSequences(radarWidth) : null);

    /// <summary>Takes one sample's features, real steps only, and what the recipe takes out of them.</summary>
    public void Add(float[]? rgb, float[]? radar, Recipe recipe)
    {
        Rgb?.Add(recipe.Rgb.RemoveStatic ? FeatureSequences.WithoutMean(rgb ?? [], Rgb.Width) : rgb ?? []);
        Radar?.Add(recipe.Radar.CentreFeatures ? FeatureSequences.WithoutMean(radar ?? [], Radar.Width) : radar ?? []);
    }

    /// <param name="chosen">Samples.</param>
    /// <param name="training">What to change while learning.</param>
    /// <param name="random">Source of the changes; null = show every step as it is.</param>
    public (ModalitySteps? Rgb, ModalitySteps? Radar) Batch(ReadOnlySpan<int> chosen, TrainingRecipe training, Random? random)
    {
        if (random is null) return (Rgb?.Batch(chosen), Radar?.Batch(chosen));
        var rgb = new int[chosen.Length][];
        var radar = new int[chosen.Length][];
        for (int i = 0; i < chosen.Length; i++)
        {
            double tempo = Sequences.DrawTempo(training.TempoSpread, random);
            rgb[i] = Draw(Rgb, chosen[i]);
            radar[i] = Draw(Radar, chosen[i]);

            int[] Draw(FeatureSequences? of, int sample) => of is null || of.LengthOf(sample) == 0
                ? []
                : Sequences.DrawSteps(of.LengthOf(sample), tempo, training.FrameDropout, training.TimeMasking, random);
        }
        return (Rgb?.Batch(chosen, rgb), Radar?.Batch(chosen, radar));
    }
}

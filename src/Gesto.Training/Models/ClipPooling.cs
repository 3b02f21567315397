namespace Gesto.Training.Models;

/// <summary>What a linear classifier sees of a clip; each holds those before it.</summary>
public enum ClipPooling
{
    /// <summary>Each feature's mean over the clip: what is held.</summary>
    Mean,

    /// <summary>And its standard deviation: what moves, whenever it does.</summary>
    Spread,

    /// <summary>And how far the mean of each of <see cref="PooledClip.Parts"/> equal parts lies from the whole clip's:
    /// what moves when.</summary>
    Parts,
}

/// <summary>One modality's steps (T, F) as one vector: mean (F), spread (F), parts (P · F), one after another, so that
/// each
/// <see cref="ClipPooling"/> is a prefix.</summary>
internal static class PooledClip
{
    /// <summary>P. Fewer blur a movement, more fit the tempo of whoever made it.</summary>
    public const int Parts = 5;

    /// <returns>Values of a clip pooled so.</returns>
    /// <param name="features">F.</param>
    /// <param name="pooling">How.</param>
    public static int Width(int features, ClipPooling pooling) =>
        pooling switch
        {
            ClipPooling.Mean => features,
            ClipPooling.Spread => 2 * features,
            _ => (2 + Parts) * features,
        };

    /// <param name="steps">(T, F), real steps only, T ≥ 1.</param>
    /// <param name="features">F.</param>
    /// <returns>((2 + P) · F).</returns>
    public static float[] Of(ReadOnlySpan<float> steps, int features)
    {
        int length = steps.Length / features;
        if (length < 1 || length * features != steps.Length)
            throw new ArgumentException(
                $"{steps.Length} values are not one or more steps of {features}.",
                nameof(steps)
            );
        var pooled = new float[Width(features, ClipPooling.Parts)];
        var mean = new double[features];
        var square = new double[features];
        var parts = new double[Parts * features];
        for (int t = 0; t < length; t++)
        {
            ReadOnlySpan<float> step = steps.Slice(t * features, features);
            for (int f = 0; f < features; f++)
                mean[f] += step[f] / (double)length;
            for (int part = 0; part < Parts; part++)
            {
                double share = ClipParts.Share(t, length, part, Parts);
                if (share == 0)
                    continue;
                for (int f = 0; f < features; f++)
                    parts[part * features + f] += share * step[f];
            }
        }
        for (int t = 0; t < length; t++)
        for (int f = 0; f < features; f++)
        {
            double off = steps[t * features + f] - mean[f];
            square[f] += off * off / length;
        }
        for (int f = 0; f < features; f++)
        {
            pooled[f] = (float)mean[f];
            pooled[features + f] = (float)Math.Sqrt(square[f]);
            for (int part = 0; part < Parts; part++)
                pooled[(2 + part) * features + f] = (float)(parts[part * features + f] - mean[f]);
        }
        return pooled;
    }
}

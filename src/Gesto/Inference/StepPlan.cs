namespace Gesto.Inference;

/// <summary>Which steps of a recording a model is shown, and in which order.</summary>
internal static class StepPlan
{
    /// <summary>All of a sample at another tempo, in <paramref name="steps"/> steps where it has more.</summary>
    /// <param name="length">Real steps, ≥ 1.</param>
    /// <param name="longest">No more are shown.</param>
    /// <param name="tempo">2 shows half as many steps; 1 shows each once.</param>
    /// <param name="steps">0 = as many as there are.</param>
    /// <param name="random">As of <see cref="Spread"/>.</param>
    public static int[] Evenly(int length, int longest, double tempo, int steps, Random? random) =>
        steps > 0 && length > steps ? Spread(length, steps, tempo, random) : AtTempo(length, longest, tempo);

    /// <summary>A long sample in a few steps, spread evenly.</summary>
    /// <param name="length">Real steps, at least <paramref name="count"/>.</param>
    /// <param name="count">Steps shown.</param>
    /// <param name="tempo">They are spread over this part of the sample: below 1 over a piece of it, above 1 beyond its
    /// ends, the first or last step repeated.</param>
    /// <param name="random">Draws where the piece lies, and each step from its share; null = the middle of
    /// both.</param>
    public static int[] Spread(int length, int count, double tempo, Random? random)
    {
        double span = length * tempo,
            slack = length - span;
        double start = slack / 2 + (random is null ? 0 : Math.Abs(slack) * (random.NextDouble() - 0.5));
        var steps = new int[count];
        for (int i = 0; i < count; i++)
            steps[i] = Math.Clamp(
                (int)Math.Floor(start + (i + (random?.NextDouble() ?? 0.5)) * span / count),
                0,
                length - 1
            );
        return steps;
    }

    /// <summary>All of a sample at another tempo: steps repeated or left out, evenly.</summary>
    /// <param name="length">Real steps, ≥ 1.</param>
    /// <param name="longest">No more are shown.</param>
    /// <param name="tempo">2 shows half as many steps; 1 shows each once.</param>
    private static int[] AtTempo(int length, int longest, double tempo)
    {
        int count = Math.Clamp((int)Math.Round(length / tempo), 1, Math.Max(longest, 1));
        var steps = new int[count];
        for (int i = 0; i < count; i++)
            steps[i] = count == 1 ? length / 2 : (int)Math.Round((double)i * (length - 1) / (count - 1));
        return steps;
    }
}

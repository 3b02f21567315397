using Gesto.Training.Models;
using Gesto.Training.Recipes;
using static TorchSharp.torch;

namespace Gesto.Training.Batches;

/// <summary>Samples of different length as one block of rows, features or frames, resident in memory. Padding is made
/// per batch, no longer than its longest sample.</summary>
internal static class Sequences
{
    /// <summary>Rows of several samples one after another → (B, T, F), T the longest length, zero after each sample's
    /// end. Gradients flow back to <paramref name="rows"/>.</summary>
    /// <param name="rows">(ΣL, F).</param>
    /// <param name="lengths">Rows of each sample, in order.</param>
    public static Tensor Pad(Tensor rows, ReadOnlySpan<int> lengths)
    {
        using var scope = NewDisposeScope();
        int longest = 1;
        foreach (int n in lengths)
            longest = Math.Max(longest, n);
        return zeros([(long)lengths.Length * longest, rows.shape[1]], device: rows.device)
            .index_copy(0, tensor(ModalitySteps.RealRows(lengths, longest), device: rows.device), rows)
            .view(lengths.Length, longest, rows.shape[1])
            .MoveToOuterDisposeScope();
    }

    /// <summary>How fast a sample is shown while learning: 1 ± spread.</summary>
    public static double DrawTempo(double spread, Random random) => 1 + spread * (2 * random.NextDouble() - 1);

    /// <summary>By which part of its length a sample is moved in time while learning: up to ± spread.</summary>
    public static double DrawMove(double spread, Random random) =>
        spread > 0 ? spread * (2 * random.NextDouble() - 1) : 0;

    /// <summary>Which of a sample's steps are shown while learning, in order: the whole at another tempo, some left
    /// out.</summary>
    /// <param name="length">Real steps.</param>
    /// <param name="longest">No more are shown: what the model has seen of any sample.</param>
    /// <param name="tempo">2 shows half as many steps; both modalities of a sample share one.</param>
    /// <param name="frameDropout">Probability that a step is left out; at least one stays.</param>
    /// <param name="timeMasking">One stretch of up to this part of the steps is left out.</param>
    /// <param name="move">Moved later by this part of its length, earlier where negative: what leaves is not shown, the
    /// step at the other end is repeated instead.</param>
    /// <param name="random">Source of what is left out.</param>
    /// <param name="steps">As <see cref="ModelRecipe.Steps"/>.</param>
    public static int[] DrawSteps(
        int length,
        int longest,
        double tempo,
        double frameDropout,
        double timeMasking,
        double move,
        Random random,
        int steps = 0
    )
    {
        int later = (int)Math.Round(move * length);
        int[] whole =
        [
            .. Evenly(length, longest, tempo, steps, random).Select(step => Math.Clamp(step - later, 0, length - 1)),
        ];
        int masked = (int)(timeMasking * random.NextDouble() * whole.Length),
            start = random.Next(whole.Length - masked + 1);
        var drawn = new List<int>(whole.Length);
        for (int i = 0; i < whole.Length; i++)
        {
            bool shown = random.NextDouble() >= frameDropout;
            if (shown && (i < start || i >= start + masked))
                drawn.Add(whole[i]);
        }
        if (drawn.Count == 0)
            drawn.Add(length / 2);
        return [.. drawn];
    }

    /// <summary>All of a sample at another tempo, in <paramref name="steps"/> steps where it has more.</summary>
    /// <param name="length">Real steps, ≥ 1.</param>
    /// <param name="longest">No more are shown.</param>
    /// <param name="tempo">2 shows half as many steps; 1 shows each once.</param>
    /// <param name="steps">As <see cref="ModelRecipe.Steps"/>.</param>
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

    /// <summary>Subtracts each feature's mean over its sample. Gradients flow back to <paramref
    /// name="rows"/>.</summary>
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
}

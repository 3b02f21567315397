using Gesto.Inference;
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
            .. StepPlan
                .Evenly(length, longest, tempo, steps, random)
                .Select(step => Math.Clamp(step - later, 0, length - 1)),
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

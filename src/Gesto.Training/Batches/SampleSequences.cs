using Gesto.Inference;
using Gesto.Training.Models;
using Gesto.Training.Recipes;

namespace Gesto.Training.Batches;

/// <summary>Both modalities of the same samples.</summary>
/// <param name="Rgb">Null = the recipe uses no RGB.</param>
/// <param name="Radar">Null = the recipe uses no radar.</param>
/// <param name="Steps">As <see cref="ModelRecipe.Steps"/>.</param>
internal sealed record SampleSequences(IStepSource? Rgb, IStepSource? Radar, int Steps)
{
    /// <param name="chosen">Samples.</param>
    /// <param name="training">What to change while learning.</param>
    /// <param name="random">Source of the changes; null = show the whole sample at one tempo.</param>
    /// <param name="tempo">That tempo; 1 = as it is.</param>
    /// <param name="mixing">How radar frames are mixed; null = not.</param>
    public (ModalitySteps? Rgb, ModalitySteps? Radar) Batch(
        ReadOnlySpan<int> chosen,
        TrainingRecipe training,
        Random? random,
        double tempo = 1,
        Mixing? mixing = null
    )
    {
        var rgb = new int[chosen.Length][];
        var radar = new int[chosen.Length][];
        for (int i = 0; i < chosen.Length; i++)
        {
            double shown = random is null ? tempo : Sequences.DrawTempo(training.TempoSpread, random);
            double move = random is null ? 0 : Sequences.DrawMove(training.TimeShift, random);
            rgb[i] = Draw(Rgb, chosen[i]);
            radar[i] = Draw(Radar, chosen[i]);

            int[] Draw(IStepSource? of, int sample) =>
                of is null || of.LengthOf(sample) == 0 ? []
                : random is null ? StepPlan.Evenly(of.LengthOf(sample), of.Longest, shown, Steps, null)
                : Sequences.DrawSteps(
                    of.LengthOf(sample),
                    of.Longest,
                    shown,
                    training.FrameDropout,
                    training.TimeMasking,
                    move,
                    random,
                    Steps
                );
        }
        return (Rgb?.Batch(chosen, rgb, random), Radar?.Batch(chosen, radar, random, mixing));
    }
}

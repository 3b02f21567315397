using Gesto.Inference;
using Gesto.Recordings;
using Gesto.Training.Models;
using Gesto.Training.Recipes;

namespace Gesto.Training.Batches;

/// <summary>All modalities of the same samples.</summary>
/// <param name="Streams">Those that the recipe uses.</param>
/// <param name="Steps">As <see cref="ModelRecipe.Steps"/>.</param>
internal sealed record SampleSequences(PerModality<IStepSource> Streams, int Steps)
{
    /// <param name="chosen">Samples.</param>
    /// <param name="training">What to change while learning.</param>
    /// <param name="random">Source of the changes; null = show the whole sample at one tempo.</param>
    /// <param name="tempo">That tempo; 1 = as it is.</param>
    /// <param name="mixing">How radar frames are mixed; null = not.</param>
    public PerModality<ModalitySteps> Batch(
        int[] chosen,
        TrainingRecipe training,
        Random? random,
        double tempo = 1,
        Mixing? mixing = null
    )
    {
        PerModality<int[][]> steps = Streams.Select((_, _) => new int[chosen.Length][]);
        for (int i = 0; i < chosen.Length; i++)
        {
            double shown = random is null ? tempo : Sequences.DrawTempo(training.TempoSpread, random);
            double move = random is null ? 0 : Sequences.DrawMove(training.TimeShift, random);
            foreach ((Modality modality, IStepSource of) in Streams)
            {
                int length = of.LengthOf(chosen[i]);
                steps[modality]![i] =
                    length == 0 ? []
                    : random is null ? StepPlan.Evenly(length, of.Longest, shown, Steps, null)
                    : Sequences.DrawSteps(
                        length,
                        of.Longest,
                        shown,
                        training.FrameDropout,
                        training.TimeMasking,
                        move,
                        random,
                        Steps
                    );
            }
        }
        return Streams.Select(
            (modality, of) => of.Batch(chosen, steps[modality]!, random, modality == Modality.Radar ? mixing : null)
        );
    }
}

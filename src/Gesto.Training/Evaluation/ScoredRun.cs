using Gesto.Recordings;
using Gesto.Training.Fitting;
using Gesto.Training.Recipes;
using Gesto.Training.Recognition;
using Gesto.Training.Runs;

namespace Gesto.Training.Evaluation;

/// <summary>A run trained, calibrated and scored in one go: a fold of a cross-validation, a cell of a sweep.</summary>
internal static class ScoredRun
{
    /// <returns>True where <see cref="Train"/> has come to its end.</returns>
    public static bool IsDone(string run, Split? split) =>
        File.Exists(RunEvaluation.ResultPath(run, RunEvaluation.NameOf(split)));

    /// <summary>Goes on where an earlier start stopped.</summary>
    /// <param name="options">What to train; <see cref="RunTraining.Train"/> says on which thread to call.</param>
    /// <param name="split">What to score on, as <see cref="EvaluationOptions.Split"/>.</param>
    /// <param name="clock">For the report's date.</param>
    /// <param name="progress">Told about every stage.</param>
    /// <param name="cancel">Leaves the last whole checkpoint behind.</param>
    /// <returns>False where it was done before.</returns>
    /// <exception cref="InvalidDataException">A run of other settings or data is there.</exception>
    public static bool Train(
        TrainingOptions options,
        Split? split,
        TimeProvider clock,
        IProgress<WorkProgress>? progress,
        CancellationToken cancel
    )
    {
        (string run, Recipe recipe) = (options.Out, options.Recipe!);
        if (IsDone(run, split))
        {
            // As training writes it: of the modalities that there are.
            IReadOnlyList<Modality> there = [.. options.Features.Stores.Modalities];
            if (recipe.Members.Count > 0)
                EnsembleTraining.CheckSame(run, RecipeFile.Among(recipe, there), []);
            else
                RunDirectory.Open(run).CheckSame(recipe.Among(there));
            return false;
        }
        RunTraining.Train(options with { Resume = true }, progress, cancel);
        RunEvaluation.EvaluateAndSave(
            new EvaluationOptions
            {
                Run = run,
                Features = options.Features.Folder,
                Split = split,
                Threads = FactsOf(run).Threads,
                Clock = clock,
            },
            progress,
            cancel
        );
        return true;
    }

    /// <returns>The epoch whose weights a finished run kept; of several that vote, the first one's.</returns>
    public static EpochLine Kept(string run) =>
        Trainer.Best(EpochLog.Load(RunDirectory.Open(First(run)).LogPath).Where(l => l.Stage == FusionTraining.Stage))!;

    /// <returns>Facts of a finished run; of several that vote, the first one's, which learnt from the same
    /// data.</returns>
    public static RunFacts FactsOf(string run) => RunDirectory.Open(First(run)).Facts;

    private static string First(string run) =>
        Ensemble.Exists(run) ? Path.Combine(run, EnsembleFile.Load(run).Members[0].Run) : run;
}

using Gesto.Files;
using Gesto.Recordings;
using Gesto.Training.Fitting;
using Gesto.Training.Recognition;
using Gesto.Training.Runs;

namespace Gesto.Training.Evaluation;

/// <summary>The same network without the samples held out, beside a run that learnt from them too (<see
/// cref="Recipes.TrainingRecipe.Refit"/>): what it says of them is what confidence and votes are fitted on. It is a run
/// of its own in RUN/held-out.</summary>
internal static class HeldOutTwin
{
    /// <summary>Trains it and keeps what it says; does nothing for other runs, and where that is there.</summary>
    /// <param name="options">Those of the run, which is trained.</param>
    /// <param name="progress">Told about every stage.</param>
    /// <param name="cancel">Leaves the last whole checkpoint behind.</param>
    public static void Train(TrainingOptions options, IProgress<WorkProgress>? progress, CancellationToken cancel)
    {
        RunDirectory run = RunDirectory.Open(options.Out);
        if (!run.Facts.IsRefitted || File.Exists(run.HeldOutPath))
            return;
        TrainingRun.Start(
            options with
            {
                Recipe = run.Recipe with { Training = run.Recipe.Training with { Refit = false } },
                Out = run.TwinFolder,
                Resume = true,
            },
            progress,
            cancel
        );
        if (options.Ranks is { Rank: > 0 })
            return;
        using ITrainedRecogniser twin = ITrainedRecogniser.Load(run.TwinFolder, run.Facts.Threads);
        Dictionary<string, Sample> samples = options.Features.Samples.ToDictionary(s => s.Key, StringComparer.Ordinal);
        float[][] said = twin.PredictAll(
            options.Features,
            [.. twin.Facts.Validation.Select(key => samples[key])],
            progress,
            cancel
        );
        NpyFile.Save(run.HeldOutPath, NpyArray.From([.. said.SelectMany(p => p)], said.Length, twin.Labels.Count));
    }
}

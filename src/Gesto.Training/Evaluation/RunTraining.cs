using Gesto.Signs;
using Gesto.Training.Fitting;
using Gesto.Training.Recipes;
using Gesto.Training.Recognition;
using Gesto.Training.Runs;
using Gesto.Training.Scoring;

namespace Gesto.Training.Evaluation;

/// <summary>A finished training, calibrated and ready to be evaluated or exported.</summary>
/// <param name="Folder">The run's or the ensemble's directory.</param>
/// <param name="Runs">Each run that was trained, and what it is worth; one, or the members.</param>
/// <param name="Calibration">What was learnt of its confidence; null where nothing was held out to learn it
/// from.</param>
/// <param name="Ensemble">Who votes, and why; null of one run.</param>
/// <param name="LeftOutFold">True where the run left out a fold, to be scored on that.</param>
public sealed record TrainedRun(
    string Folder,
    IReadOnlyList<(string Folder, TrainingResult Result)> Runs,
    Calibration? Calibration,
    EnsembleFile? Ensemble,
    bool LeftOutFold
);

/// <summary>Features in, a calibrated recogniser out.</summary>
public static class RunTraining
{
    /// <returns>True where a training has begun, of one run or of members.</returns>
    public static bool Exists(string folder) => RunDirectory.Exists(folder) || EnsembleTraining.Exists(folder);

    /// <summary>Trains a run, or all members of a recipe that has some, and lets those vote; fits temperature and
    /// threshold on what was held out; fits the linear classifier that stands beside every run; writes all of it into
    /// <see cref="TrainingOptions.Out"/>. Killed or cancelled at any moment, it goes on with <see
    /// cref="TrainingOptions.Resume"/> and ends with the same bytes.</summary>
    /// <remarks>On Linux call it on the process's first thread: others train at a third of the speed, since glibc gives
    /// each of them fresh pages for every large tensor. libtorch's thread count is put back at the end.</remarks>
    /// <param name="options">What to train.</param>
    /// <param name="progress">Told about every stage.</param>
    /// <param name="cancel">Leaves the last whole checkpoint behind.</param>
    /// <exception cref="IOException">Something else is in the folder, or a training that is not to be gone on
    /// with.</exception>
    /// <exception cref="InvalidDataException">A setting is wrong, the features lack what the recipe needs, or the
    /// training there is of another recipe or data.</exception>
    public static TrainedRun Train(
        TrainingOptions options,
        IProgress<WorkProgress>? progress = null,
        CancellationToken cancel = default
    )
    {
        string folder = options.Out;
        bool members = EnsembleTraining.Exists(folder),
            resumes = options.Resume && Exists(folder);
        options =
            options.Recipe is { } given ? options with { Recipe = RecipeFile.With(given, options.AllSettings) }
            : resumes && options.AllSettings.Count == 0 ? options // its own
            : options with
            {
                Recipe = DefaultRecipe.For(options.Features, options.AllSettings), // each member has them
                Settings = [],
                Seed = null,
            };
        if (options.Recipe?.Members.Count > 0 || (resumes && members))
            return EnsembleTraining.Train(options, progress, cancel);
        TrainingResult result = TrainingRun.Start(options, progress, cancel);
        HeldOutTwin.Train(options, progress, cancel);
        if (options.Ranks is { Rank: > 0 })
            return new TrainedRun(folder, [(folder, result)], null, null, LeftOutFold: false);
        options.Trained?.Invoke(folder, result);
        RunDirectory run = RunDirectory.Open(folder);
        Calibration? calibration = CalibrationFit.OfRun(
            folder,
            options.Features,
            run.Facts.Threads,
            progress: progress,
            cancel: cancel
        );
        LinearReference.Fit(folder, run.Recipe, options.Features, run.Facts.Threads, progress, cancel);
        return new TrainedRun(folder, [(folder, result)], calibration, null, run.Facts.Fold.Count > 0);
    }
}

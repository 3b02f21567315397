using Gesto.Recordings;
using Gesto.Training.Features;
using Gesto.Training.Fitting;
using Gesto.Training.Recipes;
using Gesto.Training.Recognition;
using Gesto.Training.Runs;

namespace Gesto.Training.Evaluation;

/// <summary>The linear classifier on the same features that stands beside every run: a network that loses to it has not
/// been worth its training. It is a run of its own in RUN/linear, or a member of RUN.</summary>
internal static class LinearReference
{
    private const string Folder = "linear";

    /// <summary>Fits it on what a run learnt from and held out; does nothing where it is there, where the run is linear
    /// itself, and where an encoder learns from frames, of which there are no features.</summary>
    /// <param name="run">A finished run, or several that vote.</param>
    /// <param name="recipe">Its recipe.</param>
    /// <param name="features">What it was trained on.</param>
    /// <param name="threads">As <see cref="TrainingOptions.Threads"/>.</param>
    /// <param name="progress">Told about every stage.</param>
    /// <param name="cancel">Nothing is kept then.</param>
    public static void Fit(
        string run,
        Recipe recipe,
        FeatureSet features,
        int? threads,
        IProgress<WorkProgress>? progress,
        CancellationToken cancel
    )
    {
        IReadOnlyList<Recipe> members = RecipeFile.LoadMembers(recipe, []);
        bool frames =
            features.Rgb is { Key.IsFrames: true }
            && (members.Count == 0 ? recipe.Uses(Modality.Rgb) : members.Any(m => m.Uses(Modality.Rgb)));
        if (frames || Of(run) is not null)
            return;
        Recipe linear = RecipeFile.Load("linear");
        linear = linear with
        {
            Modalities =
                members.Count == 0
                    ? recipe.Modalities
                    : [.. Modality.All.Where(m => members.Any(member => member.Uses(m))).Select(m => m.Name)],
            Training = linear.Training with
            {
                Fold = recipe.Training.Fold,
                FoldBy = recipe.Training.FoldBy,
                FoldSeed = recipe.Training.FoldSeed,
            },
        };
        TrainingRun.Start(
            new TrainingOptions
            {
                Features = features,
                Recipe = linear,
                Out = Path.Combine(run, Folder),
                Resume = true,
                Threads = threads,
            },
            progress,
            cancel
        );
    }

    /// <returns>Its run; null where there is none.</returns>
    internal static string? Of(string run)
    {
        IEnumerable<string> candidates = Ensemble.Exists(run)
            ? EnsembleFile.Load(run).Members.Select(m => Path.Combine(run, m.Run))
            : [run];
        return candidates
            .Append(Path.Combine(run, Folder))
            .FirstOrDefault(folder =>
                RunDirectory.Exists(folder)
                && RunDirectory.Open(folder) is { Recipe.Classifier: ClassifierKind.Linear } found
                && File.Exists(found.BestPath)
            );
    }

    /// <summary>What it says of samples of the features that a run is evaluated on.</summary>
    /// <returns>(N,K); null where there is none, or the samples lack what it needs.</returns>
    internal static float[][]? Predict(
        string run,
        FeatureSet features,
        IReadOnlyList<Sample> samples,
        int threads,
        CancellationToken cancel
    )
    {
        if (Of(run) is not { } folder)
            return null;
        using ITrainedRecogniser linear = ITrainedRecogniser.Load(folder, threads);
        return samples.All(s => linear.CanRecognise(features, s))
            ? linear.PredictAll(features, samples, progress: null, cancel)
            : null;
    }
}

using Gesto.Training.Recognition;
using Gesto.Training.Runs;
using Gesto.Training.Scoring;

namespace Gesto.Training.Evaluation;

/// <summary>Compares what evaluations left in the folders of runs.</summary>
public static class SavedRuns
{
    /// <param name="folders">Two or more runs, ensembles, cross-validations or bundles; each is called by its name, or,
    /// where two have the same, by its path as given.</param>
    /// <param name="split">Name of the split, as in the files' names.</param>
    /// <param name="seed">Of the bootstrap.</param>
    /// <exception cref="IOException">A run or its saved predictions are not there.</exception>
    /// <exception cref="InvalidDataException">The runs have other label sets or answered other samples.</exception>
    public static RunComparison Compare(IReadOnlyList<string> folders, string split, int seed) =>
        RunComparison.Of([.. folders.Zip(Names(folders), (folder, name) => Read(folder, name, split))], split, seed);

    private static ComparedRun Read(string folder, string name, string split)
    {
        IReadOnlyList<SavedPrediction> predictions = PredictionFile.Load(RunEvaluation.FolderOf(folder), split);
        string[] keys = [.. predictions.Select(p => p.Sample)];
        RunFacts[] facts = [.. RunsOf(folder).Select(run => ITrainedRecogniser.FactsOf(run, keys))];
        var pseudo = facts.SelectMany(f => f.PseudoLabels?.ClassIds.Keys ?? []).ToHashSet();
        return new ComparedRun(
            name,
            facts[0].LabelSet,
            predictions,
            predictions.Count(p => pseudo.Contains(p.Sample)),
            LinearOf(folder, split)
        );
    }

    private static GroupScore? LinearOf(string folder, string split)
    {
        string path = RunEvaluation.ResultPath(RunEvaluation.FolderOf(folder), split);
        return File.Exists(path) ? EvaluationResult.Load(path).Linear : null;
    }

    /// <returns>The run, the runs that vote in it, or the first fold of a cross-validation.</returns>
    private static string[] RunsOf(string folder) =>
        CrossValidationResult.Exists(folder) ? [Path.Combine(folder, "fold-1")]
        : Ensemble.Exists(folder) ? [.. EnsembleFile.Load(folder).Members.Select(m => Path.Combine(folder, m.Run))]
        : [folder];

    private static string[] Names(IReadOnlyList<string> folders)
    {
        string[] names =
        [
            .. folders.Select(f => Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(f)))),
        ];
        return names.Distinct().Count() == names.Length ? names : [.. folders];
    }
}

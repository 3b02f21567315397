using System.Globalization;
using Gesto.Recordings;
using Gesto.Signs;
using Gesto.Training.Datasets;
using Gesto.Training.Features;
using Gesto.Training.Fitting;
using Gesto.Training.Recipes;
using Gesto.Training.Runs;
using Gesto.Training.Scoring;

namespace Gesto.Training.Evaluation;

/// <summary>k-fold cross-validation: a run for every fold of the signers (or sessions, or samples), which is scored on
/// the fold it never saw, and all those scores together.</summary>
/// <remarks>
/// Runs are `DIR/fold-1` …, each a run directory; what is done is not done again. No sample of test takes part.
/// <para>A run chooses its checkpoint and its temperature on a validation part of the other folds' signers (<see
/// cref="TrainingRecipe.ValidationFraction"/>; 0: it keeps its last epoch). So a run learns from fewer people than the
/// folds leave it, and the score is a little low rather than high: choosing the best of many epochs on the fold itself
/// would score the choice too (S. Varma, R. Simon, "Bias in error estimation when using cross-validation for model
/// selection", 2006).</para>
/// <para>The interval draws signers; that the runs share training samples, and that other folds would give other runs,
/// is not in it (Y. Bengio, Y. Grandvalet, "No unbiased estimator of the variance of K-fold cross-validation", JMLR 5
/// (2004)).</para>
/// </remarks>
public sealed class CrossValidation
{
    private readonly TrainingOptions options;
    private readonly int? count;
    private readonly FoldUnit by;

    /// <param name="options">For every fold's run: <see cref="TrainingOptions.Out"/> is DIR, the recipe's <see
    /// cref="TrainingRecipe.FoldSeed"/> deals the folds.</param>
    /// <param name="count">Folds; null = leave one signer (or session, or sample) out at a time.</param>
    /// <param name="by">What is never parted.</param>
    /// <exception cref="InvalidDataException">As <see cref="FoldDeal.Deal"/>.</exception>
    public CrossValidation(TrainingOptions options, int? count, FoldUnit by)
    {
        (this.options, this.count, this.by) = (options, count, by);
        Recipe = options.Recipe is { } given
            ? RecipeFile.With(given, options.AllSettings)
            : DefaultRecipe.For(options.Features, options.AllSettings);
        Deal = FoldDeal.Deal(options.Features.Samples, count, by, Recipe.Training.FoldSeed);
    }

    private FeatureSet Features => options.Features;

    private Recipe Recipe { get; }

    public FoldDeal Deal { get; }

    /// <returns>The run directory of a fold.</returns>
    public string PathOf(int number) =>
        Path.Combine(options.Out, string.Create(CultureInfo.InvariantCulture, $"fold-{number}"));

    /// <summary>Trains one fold's run, calibrates it and scores it on the fold; goes on where an earlier start
    /// stopped.</summary>
    /// <param name="number">1…<see cref="FoldDeal.Count"/>.</param>
    /// <param name="clock">For the report's date.</param>
    /// <param name="progress">Told about every stage.</param>
    /// <param name="cancel">Leaves the last whole checkpoint behind.</param>
    /// <returns>False where it was done before.</returns>
    /// <exception cref="InvalidDataException">A run of other settings or data is there.</exception>
    public bool RunFold(int number, TimeProvider clock, IProgress<WorkProgress>? progress, CancellationToken cancel)
    {
        Deal.In(number); // no such fold: an error before anything is written
        return ScoredRun.Train(
            options with
            {
                Recipe = Recipe.OnFold(new Fold(number, count), by),
                Settings = [],
                Seed = null,
                Out = PathOf(number),
            },
            split: null,
            clock,
            progress,
            cancel
        );
    }

    /// <summary>Puts the folds' predictions together, scores them and writes `kfold.json` and, as for a run,
    /// `evaluation-fold.json`, `predictions-fold.csv` and `report-fold.html` into DIR.</summary>
    /// <param name="seed">Of the bootstrap.</param>
    /// <param name="clock">For the report's date.</param>
    /// <returns>The folds, and all samples together.</returns>
    /// <exception cref="InvalidDataException">A fold is not finished, or was predicted for other samples than the
    /// features hold.</exception>
    public (CrossValidationResult Folds, EvaluationResult All) Pool(int seed, TimeProvider clock)
    {
        Dictionary<string, float[]> probabilities = new(StringComparer.Ordinal),
            linear = new(StringComparer.Ordinal);
        var folds = new List<FoldScore>();
        LabelSet labels = Features.Labels;
        for (int number = 1; number <= Deal.Count; number++)
        {
            string run = PathOf(number);
            if (!ScoredRun.IsDone(run, null))
                throw new InvalidDataException(
                    $"{run}: this fold is not finished. Run the same cross-validation again: it goes on where it stopped."
                );
            RunFacts facts = ScoredRun.FactsOf(run);
            if (facts.LabelSet.Fingerprint != labels.Fingerprint)
                throw Changed(run, "they have another label set");
            ReadFold(number, labels, probabilities, linear);
            folds.Add(ScoreOf(number, facts));
        }
        var input = new EvaluationInput
        {
            Probabilities = [.. Deal.Samples.Select(s => probabilities[s.Key])],
            Linear = linear.Count == Deal.Samples.Count ? [.. Deal.Samples.Select(s => linear[s.Key])] : null,
            Truth = [.. Deal.Samples.Select(s => labels.LabelOf(s.ClassId!.Value))],
            Samples = Deal.Samples,
            Labels = labels,
            Recipe = Recipe.Name,
            Split = RunEvaluation.FoldSplit,
            FromLandmarks = ScoredRun.FactsOf(PathOf(1)).Streams[Modality.Landmarks] is not null,
            Simulated = File.Exists(Path.Combine(Features.Folder, Dataset.SimulatedFile)),
            Seed = seed,
            WatchedPairs = Recipe.SignPairs,
            Facts = new Dictionary<string, string>
            {
                ["these samples"] = Text(
                    $"all labelled samples outside test, each predicted by the run of {Deal.Count} that left its {Word} out"
                ),
                ["training seed"] = Text($"{Recipe.Training.Seed}"),
                ["seed of the folds"] = Text($"{Recipe.Training.FoldSeed}"),
                ["bootstrap seed"] = Text($"{seed}"),
                ["calibration"] =
                    "each fold's own, from validation samples that it neither learned from nor is scored on",
                ["evaluated"] = Text($"{clock.GetUtcNow():yyyy-MM-dd HH:mm} UTC"),
            },
        };
        EvaluationResult all = EvaluationResult.Of(input);
        RunEvaluation.Save(
            options.Out,
            input,
            all,
            RunEvaluation.Pictures(null, Features, input, all, null, CancellationToken.None)
        );
        var result = new CrossValidationResult
        {
            Recipe = Recipe.Name,
            By = Word,
            FoldSeed = Recipe.Training.FoldSeed,
            Simulated = all.Simulated,
            Samples = all.Samples,
            Classes = all.Classes,
            Top1 = all.Top1,
            Top1Low = all.Top1Low,
            Top1High = all.Top1High,
            IntervalMethod = all.IntervalMethod,
            NeverTaught = folds.Sum(f => f.NeverTaught),
            Folds = folds,
        };
        result.Save(options.Out);
        return (result, all);
    }

    private string Word => by.ToString().ToLowerInvariant();

    private void ReadFold(
        int number,
        LabelSet labels,
        Dictionary<string, float[]> probabilities,
        Dictionary<string, float[]> linear
    )
    {
        string run = PathOf(number);
        IReadOnlyList<SavedPrediction> rows = PredictionFile.Load(run, RunEvaluation.FoldSplit);
        float[][] values = PredictionFile.LoadProbabilities(run, RunEvaluation.FoldSplit, rows.Count, labels.Count);
        float[][]? linearValues = PredictionFile.LoadLinear(run, RunEvaluation.FoldSplit, rows.Count, labels.Count);
        foreach ((SavedPrediction row, float[] p) in rows.Zip(linearValues ?? []))
            linear[row.Sample] = p;
        Dictionary<string, Sample> expected = Deal.In(number).ToDictionary(s => s.Key, StringComparer.Ordinal);
        foreach ((SavedPrediction row, float[] p) in rows.Zip(values))
        {
            if (!expected.Remove(row.Sample, out Sample? sample))
                throw Changed(run, $"sample '{row.Sample}' is not of fold {number}");
            if (sample.ClassId != row.ClassId)
                throw Changed(run, $"sample '{row.Sample}' was of class {row.ClassId}, now {sample.ClassId}");
            probabilities[row.Sample] = p;
        }
        if (expected.Count > 0)
            throw Changed(run, $"sample '{expected.Keys.First()}' of fold {number} is not among them");
    }

    private FoldScore ScoreOf(int number, RunFacts facts)
    {
        string run = PathOf(number);
        IReadOnlyList<SavedPrediction> rows = PredictionFile.Load(run, RunEvaluation.FoldSplit);
        IReadOnlyList<Sample> fold = Deal.In(number);
        HashSet<int?> taught = [.. Deal.Samples.Except(fold).Select(s => s.ClassId)];
        EpochLine kept = ScoredRun.Kept(run);
        return new FoldScore
        {
            Fold = number,
            HeldOut = Deal.GroupsIn(number),
            Samples = rows.Count,
            Top1 = rows.Average(r => r.IsCorrect ? 1.0 : 0.0),
            Train = facts.Train.Count,
            Validation = facts.Validation.Count,
            ValidationTop1 = kept.ValidationAccuracy,
            Epoch = kept.Epoch,
            NeverTaught = fold.Count(s => !taught.Contains(s.ClassId)),
        };
    }

    private static InvalidDataException Changed(string run, string what) =>
        new(
            $"{run}: its predictions are of other features than these ({what}). Delete the folder and run the cross-validation again."
        );

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}

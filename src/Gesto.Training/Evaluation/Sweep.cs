using System.Globalization;
using Gesto.Recordings;
using Gesto.Training.Datasets;
using Gesto.Training.Fitting;
using Gesto.Training.Recipes;
using Gesto.Training.Runs;
using Gesto.Training.Scoring;

namespace Gesto.Training.Evaluation;

/// <summary>One combination of settings and what its run scored on validation, fractions 0…1.</summary>
/// <param name="Cell">From 1; its run is `cell-N`.</param>
/// <param name="Values">Of the settings that vary, in their order.</param>
/// <param name="Top1">On the samples that chose its epoch, unless val has labels of its own in `key.csv`.</param>
/// <param name="Top1Low">Lower end of the 95 % interval.</param>
/// <param name="Top1High">Upper end.</param>
/// <param name="Samples">Samples scored.</param>
/// <param name="Epoch">The epoch kept.</param>
public sealed record SweepCell(
    int Cell,
    IReadOnlyList<string> Values,
    double Top1,
    double Top1Low,
    double Top1High,
    int Samples,
    int Epoch
);

/// <summary>Trains a run for every combination of recipe settings and lists their validation scores. Test is not looked
/// at: the best of many is better there by luck too, and what it is worth, an evaluation says once, or a
/// cross-validation.</summary>
/// <remarks>Runs are `DIR/cell-1` …; what is done is not done again.</remarks>
public sealed class Sweep
{
    public const string FileName = "sweep.csv";

    private readonly TrainingOptions options;
    private readonly IReadOnlyList<Recipe> recipes;
    private readonly IReadOnlyList<IReadOnlyList<string>> cells;

    /// <param name="options">For every cell's run: <see cref="TrainingOptions.Out"/> is DIR.</param>
    /// <param name="recipe">Name or path of the recipe that the settings are set over; the one in <paramref
    /// name="options"/> is not looked at.</param>
    /// <param name="settings">As <see cref="RecipeGrid.Cells"/>.</param>
    /// <exception cref="InvalidDataException">A setting is not understood; nothing has been trained then.</exception>
    public Sweep(TrainingOptions options, string recipe, IReadOnlyList<string> settings)
    {
        this.options = options;
        cells = RecipeGrid.Cells(settings);
        recipes = [.. cells.Select(cell => RecipeFile.Load(recipe, cell))];
        Varied = RecipeGrid.Varied(settings);
    }

    /// <summary>Number of combinations.</summary>
    public int Count => cells.Count;

    /// <summary>The keys that vary.</summary>
    public IReadOnlyList<string> Varied { get; }

    /// <returns>The settings of a cell that vary, as "key=value".</returns>
    /// <param name="cell">1…<see cref="Count"/>.</param>
    /// <exception cref="InvalidDataException">There is no such cell.</exception>
    public IReadOnlyList<string> SettingsOf(int cell) =>
        cell >= 1 && cell <= Count
            ? [.. cells[cell - 1].Where(s => Varied.Contains(s.Split('=')[0]))]
            : throw new InvalidDataException($"Cell {cell} of {Count}: there is none. Choose 1 to {Count}.");

    /// <returns>The run directory of a cell.</returns>
    public string PathOf(int cell) =>
        Path.Combine(options.Out, string.Create(CultureInfo.InvariantCulture, $"cell-{cell}"));

    /// <summary>Trains one cell's run and scores it on validation. Parameters and errors as in <see
    /// cref="CrossValidation.RunFold"/>.</summary>
    /// <returns>False where it was done before.</returns>
    public bool RunCell(int cell, TimeProvider clock, IProgress<WorkProgress>? progress, CancellationToken cancel)
    {
        SettingsOf(cell); // no such cell: an error before anything is written
        return ScoredRun.Train(
            options with
            {
                Recipe = recipes[cell - 1],
                Settings = [],
                Seed = null,
                Out = PathOf(cell),
            },
            Split.Validation,
            clock,
            progress,
            cancel
        );
    }

    /// <summary>Lists the cells, best first, and writes `sweep.csv` into DIR.</summary>
    /// <exception cref="InvalidDataException">A cell is not finished.</exception>
    public IReadOnlyList<SweepCell> Table()
    {
        var rows = new List<SweepCell>();
        for (int cell = 1; cell <= Count; cell++)
        {
            string run = PathOf(cell);
            if (!ScoredRun.IsDone(run, Split.Validation))
                throw new InvalidDataException(
                    $"{run}: this cell is not finished. Run the same sweep again: it goes on where it stopped."
                );
            RunDirectory.Open(run).CheckSame(recipes[cell - 1]);
            EvaluationResult r = EvaluationResult.Load(
                RunEvaluation.ResultPath(run, ManifestFile.Text(Split.Validation))
            );
            rows.Add(
                new SweepCell(
                    cell,
                    [.. SettingsOf(cell).Select(s => s[(s.IndexOf('=', StringComparison.Ordinal) + 1)..])],
                    r.Top1,
                    r.Top1Low,
                    r.Top1High,
                    r.Samples,
                    ScoredRun.Kept(run).Epoch
                )
            );
        }
        SweepCell[] ranked = [.. rows.OrderByDescending(r => r.Top1).ThenBy(r => r.Cell)];
        ManifestFile.WriteRows(
            Path.Combine(options.Out, FileName),
            ["cell", .. Varied, "top1", "top1_low", "top1_high", "samples", "epoch"],
            ranked.Select(r =>
                (string?[])
                    [
                        Text($"{r.Cell}"),
                        .. r.Values,
                        Text($"{r.Top1:0.######}"),
                        Text($"{r.Top1Low:0.######}"),
                        Text($"{r.Top1High:0.######}"),
                        Text($"{r.Samples}"),
                        Text($"{r.Epoch}"),
                    ]
            )
        );
        return ranked;
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}

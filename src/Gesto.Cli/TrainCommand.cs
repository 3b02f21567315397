using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Gesto.Signs;
using Gesto.Training.Datasets;
using Gesto.Training.Evaluation;
using Gesto.Training.Features;
using Gesto.Training.Fitting;
using Gesto.Training.Recipes;
using Gesto.Training.Recognition;

namespace Gesto.Cli;

/// <summary>`gesto train FEATURES --recipe NAME --run DIR`.</summary>
internal static class TrainCommand
{
    public static Command Build()
    {
        var features = new Argument<DirectoryInfo>("FEATURES") { Description = "folder that 'gesto extract' wrote" };
        var recipe = new Option<string?>("--recipe")
        {
            Description =
                $"name ({string.Join(", ", RecipeFile.Names())}) or path of a .json file; default {DefaultRecipe.Name}: a linear classifier and networks for the modalities there are, of which those vote that held-out samples speak for; with --resume the run's own",
        };
        var run = new Option<DirectoryInfo>("--run") { Description = "run directory to write", Required = true };
        var resume = new Option<bool>("--resume")
        {
            Description = "go on with the run that is there; the end is the same to the bit",
        };
        var set = new Option<string[]>("--set")
        {
            Description = "set a recipe value, e.g. --set training.epochs=20; may be repeated",
            DefaultValueFactory = _ => [],
        };
        var seed = new Option<int?>("--seed") { Description = "short for --set training.seed=N" };
        Option<int?> threads = ThreadsOption.BuildOptional(
            "processor threads, of each process under mpirun; results are equal to the bit only for equal counts (default: all, with --resume the run's own)"
        );
        var radarFrom = new Option<DirectoryInfo?>("--radar-from")
        {
            Description =
                "take the radar encoder of another run instead of training it; refused unless it would be the same to the bit",
        };
        var memory = new Option<string?>("--memory")
        {
            Description =
                "memory that features may take, e.g. 1GB; more of them are read from disk batch by batch (default: half of the machine's)",
        };
        var device = DeviceOption.Build(
            "what computes; on a GPU a run is not the same to the bit from one time to the next"
        );
        var pseudoFrom = new Option<string?>("--pseudo-labels-from")
        {
            Description =
                "self-training: learn also from the test samples, with the labels that this run or ensemble gives them; the score on them is then transductive",
        };
        var pseudoAbove = new Option<double>("--pseudo-labels-above")
        {
            Description = "lowest probability of the answers that become labels",
            DefaultValueFactory = _ => SelfTraining.DefaultAbove,
        };
        var fold = new Option<string?>("--fold")
        {
            Description =
                $"cross-validation: leave out fold NUMBER/COUNT, e.g. 2/5, or 2/{Fold.All}; 'gesto evaluate --split fold' scores it",
        };
        var by = new Option<FoldUnit?>("--by")
        {
            Description = "with --fold: never part a signer (default), a session, or only a sample",
        };
        var command = new Command(
            "train",
            "Train a recogniser: without --recipe what the data can bear, else radar encoder first, then the fusion model; best checkpoint by validation accuracy.\n\n"
                + "Example:  gesto train features --recipe late-fusion --run runs/first\n\n"
                + "Several processes train one run together when they are started by Open MPI's mpirun, or (not tried yet) by srun --mpi=pmix:\n"
                + "          mpirun -n 4 gesto train features --run runs/first --threads 1"
        )
        {
            features,
            recipe,
            run,
            resume,
            set,
            seed,
            fold,
            by,
            threads,
            device,
            radarFrom,
            memory,
            pseudoFrom,
            pseudoAbove,
        };
        pseudoAbove.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<double>() is not (>= 0 and <= 1))
                result.AddError("--pseudo-labels-above: a probability, 0 to 1.");
        });
        command.SetAction(
            (parsed, cancel) =>
            {
                string folder = parsed.GetValue(run)!.FullName;
                return Task.FromResult(
                    TogetherOrAlone(
                        folder,
                        ranks =>
                            Train(
                                Options(parsed, folder, ranks),
                                parsed.GetValue(pseudoFrom),
                                parsed.GetValue(pseudoAbove),
                                cancel
                            ),
                        cancel
                    )
                );
            }
        );
        return command;

        TrainingOptions Options(ParseResult parsed, string folder, IRanks ranks)
        {
            string[] settings =
            [
                .. parsed.GetValue(set)!,
                .. Settings(parsed.GetValue(seed), parsed.GetValue(fold), parsed.GetValue(by)),
            ];
            return new()
            {
                Features = FeatureSet.Open(parsed.GetValue(features)!.FullName),
                Out = folder,
                Recipe = Named(parsed.GetValue(recipe), settings),
                Settings = settings,
                Resume = parsed.GetValue(resume),
                Threads = parsed.GetValue(threads),
                Device = DeviceOption.Of(parsed, device),
                Memory = parsed.GetValue(memory) is { } size ? ParseSize(size) : null,
                RadarFrom = parsed.GetValue(radarFrom)?.FullName,
                Ranks = ranks,
            };
        }
    }

    /// <returns>Null for the recipe that the features ask for.</returns>
    internal static Recipe? Named(string? name, IReadOnlyList<string> settings) =>
        name is null or DefaultRecipe.Name ? null : RecipeFile.Load(name, settings);

    /// <returns>The recipe's settings that options stand for.</returns>
    internal static IEnumerable<string> Settings(int? seed, string? fold = null, FoldUnit? by = null)
    {
        if (fold is null && by is not null)
            throw new InvalidDataException("--by says how folds are dealt; give --fold as well, e.g. --fold 1/5.");
        if (seed is { } n)
            yield return string.Create(CultureInfo.InvariantCulture, $"training.seed={n}");
        if (fold is null)
            yield break;
        yield return $"training.fold={fold}";
        if (by is { } unit)
            yield return $"training.foldBy={JsonNamingPolicy.CamelCase.ConvertName(unit.ToString())}";
    }

    /// <summary>Where one rank fails, all end: the others would wait for it for ever.</summary>
    private static int TogetherOrAlone(string run, Func<IRanks, int> train, CancellationToken cancel)
    {
        using IRanks ranks = MpiRanks.Join();
        if (ranks.Count == 1)
            return train(ranks);
        // mpirun sends SIGTERM when a rank is lost; this one may wait inside MPI for the lost one and never look at the
        // token.
        using CancellationTokenRegistration ended = cancel.Register(() =>
        {
            if (ranks.Rank == 0)
                Console.Error.WriteLine(
                    $"gesto: the job is being ended, by you or because a rank was lost (mpirun says which). {run} keeps its last finished epoch; "
                        + "the same command with --resume goes on from there, with any number of ranks."
                );
        });
        try
        {
            return train(ranks);
        }
        catch (Exception exception)
        {
            Console.Error.WriteLine(
                string.Create(CultureInfo.InvariantCulture, $"gesto: rank {ranks.Rank} of {ranks.Count} ends the job:")
            );
            ranks.Abort(ExitCode.Explain(exception, Console.Error));
            throw;
        }
    }

    private static int Train(TrainingOptions options, string? pseudoFrom, double pseudoAbove, CancellationToken cancel)
    {
        bool first = options.Ranks!.Rank == 0;
        CoreClaim.Take(shared: options.Threads is not null || options.Ranks.Count > 1);
        // A run that is gone on with has its labels already.
        if (pseudoFrom is not null && !(options.Resume && RunTraining.Exists(options.Out)))
        {
            PseudoLabels labels = ProgressBar.Run(progress =>
                SelfTraining.Label(
                    pseudoFrom,
                    options.Features,
                    pseudoAbove,
                    options.Threads ?? Environment.ProcessorCount,
                    progress,
                    cancel
                )
            );
            options = options with { PseudoLabels = labels };
            if (first)
                Console.Error.WriteLine(
                    string.Create(
                        CultureInfo.InvariantCulture,
                        $"{labels.ClassIds.Count} test samples are learnt from with the labels that {labels.From} gives them."
                    )
                );
        }
        if (!first)
        {
            RunTraining.Train(options, progress: null, cancel);
            return ExitCode.Done;
        }
        TrainedRun trained = Train(options, cancel);
        Console.Error.WriteLine(
            $"Next: gesto evaluate {trained.Folder} {options.Features.Folder} --split {(trained.LeftOutFold ? RunEvaluation.FoldSplit : "test")}"
        );
        return ExitCode.Done;
    }

    /// <summary>Trains, and tells people what came of it.</summary>
    internal static TrainedRun Train(TrainingOptions options, CancellationToken cancel)
    {
        TrainedRun trained = ProgressBar.Run(progress =>
            RunTraining.Train(
                options with
                {
                    Trained = (run, result) => Console.Error.WriteLine(Summary(run, result)),
                },
                progress,
                cancel
            )
        );
        Console.Error.WriteLine(
            trained.Ensemble is { } ensemble
                ? EnsembleCommand.Summary(ensemble, trained.Calibration)
                : Summary(trained.Calibration)
        );
        return trained;
    }

    /// <returns>Bytes.</returns>
    /// <exception cref="InvalidDataException">Not of the form 500MB or 1.5GB.</exception>
    internal static long ParseSize(string text)
    {
        string unit = text.Length > 2 ? text[^2..].ToUpperInvariant() : "";
        double factor = unit switch
        {
            "MB" => 1e6,
            "GB" => 1e9,
            _ => 0,
        };
        return
            factor > 0
            && double.TryParse(
                text.AsSpan(0, text.Length - 2),
                NumberStyles.AllowDecimalPoint,
                CultureInfo.InvariantCulture,
                out double number
            )
            ? (long)(number * factor)
            : throw new InvalidDataException($"--memory '{text}': expected a size in MB or GB, e.g. 500MB or 1.5GB.");
    }

    private static string Summary(Calibration? calibration) =>
        calibration is { } c
            ? string.Create(
                CultureInfo.InvariantCulture,
                $"Confidence: temperature {c.Temperature:0.00} ({c.TemperatureLow:0.00}–{c.TemperatureHigh:0.00}) from {c.Samples} held-out samples of {c.Signers} known signers, 'unknown' below {100 * c.UnknownBelow:0.0} %; in {Calibration.FileName}."
            )
            : "Confidence is not calibrated: nothing was held out to learn a temperature from.";

    /// <returns>Which epoch's weights a run kept and why, and what it did not use.</returns>
    private static string Summary(string run, TrainingResult result) =>
        $"{run}: {Kept(result)}."
        + (
            result.Skipped > 0
                ? $" {result.Skipped} labelled samples lack features this recipe needs and were not used (run.json lists them)."
                : ""
        );

    private static string Kept(TrainingResult result) =>
        result is { CrossValidated: true, ValidationAccuracy: { } left }
            ? string.Create(CultureInfo.InvariantCulture, $"Cross-validated accuracy {100 * left:0.0} %")
        : result.ValidationAccuracy is { } accuracy
            ? string.Create(
                CultureInfo.InvariantCulture,
                $"Best validation accuracy {100 * accuracy:0.0} % at epoch {result.Epoch}"
            )
        : $"Nothing was held out: the last epoch, {result.Epoch}, is kept";
}

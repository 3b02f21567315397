using System.CommandLine;
using System.Globalization;
using Gesto.Training.Datasets;
using Gesto.Training.Evaluation;
using Gesto.Training.Features;
using Gesto.Training.Fitting;
using Gesto.Training.Scoring;

namespace Gesto.Cli;

/// <summary>`gesto kfold FEATURES --folds 5 --run DIR`.</summary>
internal static class KfoldCommand
{
    private const int GroupsShown = 4;

    public static Command Build()
    {
        var features = new Argument<string>("FEATURES") { Description = "Folder that 'gesto extract' wrote." };
        var recipe = new Option<string>("--recipe")
        {
            Description = "As in 'gesto train'.",
            DefaultValueFactory = _ => DefaultRecipe.Name,
        };
        var folds = new Option<string>("--folds")
        {
            Description = $"How many, or '{Fold.All}': leave one signer (or session) out at a time.",
            DefaultValueFactory = _ => "5",
        };
        var by = new Option<FoldUnit>("--by")
        {
            Description = "Never part a signer, a session, or only a sample (blocks of neighbouring sample numbers).",
        };
        var run = new Option<string>("--run")
        {
            Description = "Directory for the runs fold-1 … and the result; run the same command again to go on.",
            Required = true,
        };
        var set = new Option<string[]>("--set")
        {
            Description = "Set a recipe value, as in 'gesto train'; training.foldSeed deals other folds.",
            DefaultValueFactory = _ => [],
        };
        var seed = new Option<int?>("--seed") { Description = "Short for --set training.seed=N." };
        Option<int?> threads = ThreadsOption.BuildOptional("As in 'gesto train'.");
        var device = DeviceOption.Build("as in 'gesto train'");
        var only = new Option<int?>("--only")
        {
            Description =
                "Do this fold alone, e.g. on a machine of its own; without --only the others are done and all put together.",
        };
        var json = new Option<bool>("--json")
        {
            Description = "Write the result as one JSON object to standard output.",
        };
        var command = new Command(
            "kfold",
            "Cross-validation: train a run for every fold of the signers and score it on the signers it never saw; test takes no part.\n"
                + "The checkpoint is chosen on a part of the other signers, so the score is not that of the best of many epochs.\n"
                + "Prints 'top-1 N % (LOW–HIGH)' of all folds together first. 'gesto compare' takes two such directories with --split fold.\n\n"
                + "Example:  gesto kfold features --recipe late-fusion --folds 5 --run runs/kfold"
        )
        {
            features,
            recipe,
            folds,
            by,
            run,
            set,
            seed,
            threads,
            device,
            only,
            json,
        };
        // On the first thread, as `train`: see RunTraining.Train.
        command.SetAction(
            (parsed, cancel) =>
            {
                CoreClaim.Take(shared: parsed.GetValue(threads) is not null);
                string folder = parsed.GetValue(run)!;
                FeatureSet data = FeatureSet.Open(parsed.GetValue(features)!);
                string[] settings = [.. parsed.GetValue(set)!, .. TrainCommand.Settings(parsed.GetValue(seed))];
                var validation = new CrossValidation(
                    new TrainingOptions
                    {
                        Features = data,
                        Recipe = TrainCommand.Named(parsed.GetValue(recipe), settings),
                        Settings = settings,
                        Out = folder,
                        Threads = parsed.GetValue(threads),
                        Device = DeviceOption.Of(parsed, device),
                    },
                    Fold.ParseCount(parsed.GetValue(folds)!),
                    parsed.GetValue(by)
                );
                foreach (
                    int number in parsed.GetValue(only) is { } one ? [one] : Enumerable.Range(1, validation.Deal.Count)
                )
                {
                    Console.Error.WriteLine(
                        Text(
                            $"[{number}/{validation.Deal.Count}] {Held(validation.Deal.GroupsIn(number), validation.Deal.In(number).Count)}"
                        )
                    );
                    if (!ProgressBar.Run(progress => validation.RunFold(number, TimeProvider.System, progress, cancel)))
                        Console.Error.WriteLine("done before");
                }
                if (parsed.GetValue(only) is not null)
                    return Task.FromResult(ExitCode.Done);
                (CrossValidationResult result, EvaluationResult all) = validation.Pool(
                    BootstrapInterval.DefaultSeed,
                    TimeProvider.System
                );
                if (parsed.GetValue(json))
                    Console.Out.WriteLine(result.ToJson());
                TextWriter people = parsed.GetValue(json) ? Console.Error : Console.Out;
                people.WriteLine(Summary(result, all));
                people.WriteLine($"Report: {Path.GetFullPath(RunEvaluation.ReportPath(folder, all.Split))}");
                return Task.FromResult(ExitCode.Done);
            }
        );
        return command;
    }

    internal static string Summary(CrossValidationResult r, EvaluationResult all)
    {
        // The first line alone is for scripts: `^top-1 ([0-9.]+) %`.
        var lines = new List<string>
        {
            Text($"top-1 {100 * r.Top1:0.0} % ({100 * r.Top1Low:0.0}–{100 * r.Top1High:0.0})")
                + (r.Simulated ? ", simulated data" : ""),
            EvaluateCommand.Summary(all),
            Text($"  {r.Folds.Count} folds by {r.By}:"),
        };
        foreach (FoldScore f in r.Folds)
            lines.Add(
                Text($"    fold {f.Fold, -3} {100 * f.Top1, 5:0.0} % of {f.Samples} samples; learnt from {f.Train}, ")
                    + (
                        f.Validation == 0 && f.ValidationTop1 is { } among
                            ? Text($"cross-validated among them {100 * among:0.0} %")
                            : Text($"epoch {f.Epoch}")
                                + (
                                    f.ValidationTop1 is { } chosen
                                        ? Text($" chosen by {f.Validation} others at {100 * chosen:0.0} %")
                                        : " kept as the last"
                                )
                    )
                    + (f.HeldOut.Count > 0 ? $"; {Held(f.HeldOut, f.Samples)}" : "")
            );
        if (r.NeverTaught > 0)
            lines.Add(
                Text($"  {r.NeverTaught} samples are of classes that only their own fold has: they cannot be right")
            );
        if (r.By != "signer")
            lines.Add($"  folds by {r.By} have the same people on both sides: this says nothing about new signers");
        return string.Join(Environment.NewLine, lines);
    }

    private static string Held(IReadOnlyList<string> groups, int samples) =>
        groups.Count == 0
            ? Text($"{samples} samples left out")
            : $"without {string.Join(", ", groups.Take(GroupsShown))}"
                + (groups.Count > GroupsShown ? Text($" and {groups.Count - GroupsShown} more") : "");

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}

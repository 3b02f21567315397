using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using Gesto.Cli.Cluster;
using Gesto.Training.Datasets;
using Gesto.Training.Evaluation;
using Gesto.Training.Features;
using Gesto.Training.Fitting;

namespace Gesto.Cli;

/// <summary>`gesto slurm extract|kfold|sweep`: the verb of that name as an array job on the user's own cluster. It
/// takes the verb's own options, and writes them into the script as they were typed.</summary>
internal static class SlurmCommand
{
    private static readonly Option<int> Cpus = new("--cpus")
    {
        Description = "Cores a task, and Gesto's threads.",
        DefaultValueFactory = _ => new SlurmResources().Cpus,
    };
    private static readonly Option<string> Memory = new("--memory")
    {
        Description = "Memory a task.",
        DefaultValueFactory = _ => new SlurmResources().Memory,
    };
    private static readonly Option<string> Time = new("--time")
    {
        Description = "Time limit of a task; one that needs longer is queued again and goes on.",
        DefaultValueFactory = _ => new SlurmResources().Time,
    };
    private static readonly Option<string?> Partition = new("--partition")
    {
        Description = "Slurm partition (default: the cluster's).",
    };
    private static readonly Option<string?> Account = new("--account")
    {
        Description = "Slurm account (default: yours).",
    };
    private static readonly Option<int?> Running = new("--running")
    {
        Description = "Tasks at the same time (default: as many as fit).",
    };
    private static readonly Option<string[]> More = new("--sbatch")
    {
        Description = "Any other option of sbatch, e.g. --sbatch=--constraint=avx512; may be repeated.",
        DefaultValueFactory = _ => [],
    };
    private static readonly Option<string?> Program = new("--gesto")
    {
        Description = "How a node starts Gesto (default: as it was started here).",
    };
    private static readonly Option<bool> Submit = new("--submit")
    {
        Description = "Send the jobs to Slurm; else they are written only.",
    };
    private static readonly Option<int> Shards = new("--shards")
    {
        Description = "Parts, a task each; several where the cluster takes fewer tasks.",
        DefaultValueFactory = _ => 8,
    };

    private static readonly Option[] Own =
    [
        Shards,
        Cpus,
        Memory,
        Time,
        Partition,
        Account,
        Running,
        More,
        Program,
        Submit,
    ];

    public static Command Build()
    {
        Require(Cpus, r => r.GetValueOrDefault<int>() >= 1);
        Require(Shards, r => r.GetValueOrDefault<int>() >= 1);
        Require(Running, r => r.GetValueOrDefault<int?>() is null or >= 1);
        return new Command(
            "slurm",
            "Write, and with --submit send, sbatch scripts for work that is too long for one machine: an array job and a last job that puts\n"
                + "its results together. All paths must lie on storage that the nodes see under the same names."
        )
        {
            Extract(),
            Kfold(),
            Sweep(),
        };

        static void Require(Option option, Func<OptionResult, bool> holds) =>
            option.Validators.Add(r =>
            {
                if (!holds(r))
                    r.AddError($"{option.Name}: at least 1.");
            });
    }

    private static Command Extract() =>
        From(
            ExtractCommand.Build(),
            ["--shard", "--threads"],
            [Shards],
            "Extraction in shards, then the merge.\n\nExample:  gesto slurm extract recordings features --shards 16 --submit",
            parsed =>
            {
                string features = parsed.GetRequiredValue<string>("FEATURES");
                DatasetOption.Open(
                    parsed.GetRequiredValue<string>("DATASET"),
                    parsed.GetValue<string?>(DatasetOption.RootName)
                ); // a wrong path is told here, not by a task that waited for its node
                int shards = parsed.GetValue(Shards);
                return (
                    Path.Combine(features, "slurm"),
                    shards,
                    Text($"--shard \"$task/{shards}\""),
                    ["merge", features]
                );
            }
        );

    private static Command Kfold() =>
        From(
            KfoldCommand.Build(),
            ["--only", "--threads", "--json"],
            [],
            "Cross-validation with a fold a task, then the result of all.\n\nExample:  gesto slurm kfold features --folds 5 --run runs/kfold --submit",
            parsed =>
            {
                string run = parsed.GetRequiredValue<string>("--run");
                FeatureSet features = FeatureSet.Open(parsed.GetRequiredValue<string>("FEATURES"));
                string[] settings = parsed.GetRequiredValue<string[]>("--set");
                var validation = new CrossValidation(
                    new TrainingOptions
                    {
                        Features = features,
                        Recipe = TrainCommand.Named(parsed.GetRequiredValue<string>("--recipe"), settings),
                        Settings = settings,
                        Out = run,
                    },
                    Fold.ParseCount(parsed.GetRequiredValue<string>("--folds")),
                    parsed.GetValue<FoldUnit>("--by")
                );
                return (
                    Path.Combine(run, "slurm"),
                    validation.Deal.Count,
                    "--only \"$task\"",
                    ["kfold", .. Typed(parsed)]
                );
            }
        );

    private static Command Sweep() =>
        From(
            SweepCommand.Build(),
            ["--only", "--threads"],
            [],
            "A run for every combination of recipe settings, a task each, then the table.\n\n"
                + "Example:  gesto slurm sweep features --set model.hidden=256,512 --set training.seed=1,2,3 --run runs/sweep --submit",
            parsed =>
            {
                string run = parsed.GetRequiredValue<string>("--run");
                var sweep = new Sweep(
                    new TrainingOptions
                    {
                        Features = FeatureSet.Open(parsed.GetRequiredValue<string>("FEATURES")),
                        Out = run,
                    },
                    parsed.GetRequiredValue<string>("--recipe"),
                    parsed.GetRequiredValue<string[]>("--set")
                );
                return (Path.Combine(run, "slurm"), sweep.Count, "--only \"$task\"", ["sweep", .. Typed(parsed)]);
            }
        );

    /// <param name="verb">The verb itself.</param>
    /// <param name="given">Its options that the script gives.</param>
    /// <param name="own">Further options.</param>
    /// <param name="description">For the help.</param>
    /// <param name="plan">Checks what was typed; gives the folder of scripts and logs, the number of tasks, the bash
    /// words that pick a task's part, and the last job's command.</param>
    private static Command From(
        Command verb,
        string[] given,
        Option[] own,
        string description,
        Func<ParseResult, (string Folder, int Tasks, string Part, string[] Last)> plan
    )
    {
        var command = new Command(verb.Name, description);
        foreach (Argument argument in verb.Arguments)
            command.Arguments.Add(argument);
        foreach (Option option in verb.Options.Where(o => !given.Contains(o.Name)))
            command.Options.Add(option);
        foreach (Option option in own.Concat(Own.Except([Shards])))
            command.Options.Add(option);
        command.SetAction(parsed =>
        {
            (string folder, int parts, string part, string[] last) = plan(parsed);
            SlurmLimits limits = SlurmLimits.Ask();
            int tasks = Math.Min(parts, limits.MostTasks);
            string gesto = parsed.GetValue(Program) ?? SlurmScript.Quote(StartedAs());
            var array = new SlurmScript
            {
                Name = verb.Name,
                Why = Text($"gesto {SlurmScript.Quote([verb.Name, .. Typed(parsed)])}: {parts} parts, {tasks} tasks."),
                WorkingFolder = Directory.GetCurrentDirectory(),
                LogFolder = Path.GetFullPath(folder),
                Resources = new SlurmResources
                {
                    Cpus = parsed.GetValue(Cpus),
                    Memory = parsed.GetValue(Memory)!,
                    Time = parsed.GetValue(Time)!,
                    Partition = parsed.GetValue(Partition),
                    Account = parsed.GetValue(Account),
                    Running = parsed.GetValue(Running),
                    More = parsed.GetValue(More)!,
                },
                Tasks = tasks,
                Parts = parts,
                Command = $"{gesto} {SlurmScript.Quote([verb.Name, .. Typed(parsed)])} {part} --threads \"$cpus\"",
            };
            var jobs = new SlurmJobs(
                array,
                array with
                {
                    Name = verb.Name + "-last",
                    Why = $"Puts the results of {verb.Name}.sbatch together.",
                    Tasks = null,
                    Parts = null,
                    Command = $"{gesto} {SlurmScript.Quote(last)}",
                }
            );
            jobs.Write();
            if (parts > tasks)
                Console.Error.WriteLine(
                    Text($"{parts} parts in {tasks} tasks of {(parts + tasks - 1) / tasks} at most: ")
                        + (
                            limits.Known
                                ? Text($"the cluster takes arrays of {limits.MostTasks} (its MaxArraySize less 1).")
                                : Text(
                                    $"Slurm takes arrays of {limits.MostTasks} where nobody has set MaxArraySize otherwise; scontrol, which knows, cannot be asked here."
                                )
                        )
                );
            Send(jobs, tasks, parsed.GetValue(Submit));
            return ExitCode.Done;
        });
        return command;
    }

    private static void Send(SlurmJobs jobs, int tasks, bool submit)
    {
        Console.Error.WriteLine($"{jobs.ArrayPath}\n{jobs.LastPath}");
        if (!submit)
        {
            Console.Error.WriteLine($"Written, not sent. To send them, add --submit, or:\n{jobs.Words}");
            return;
        }
        (string array, string last) = jobs.Submit();
        Console.Error.WriteLine(
            Text(
                $"Sent: job {array} of {tasks} tasks, then {last}. Watch with 'squeue --me'; logs are beside the scripts."
            )
        );
        Console.Error.WriteLine("The same command again repeats what failed, and nothing that is done.");
        Console.Out.WriteLine($"{array}\n{last}");
    }

    /// <returns>The verb's arguments and options as they were typed, without those of Slurm.</returns>
    private static IEnumerable<string> Typed(ParseResult parsed)
    {
        foreach (SymbolResult part in parsed.CommandResult.Children)
        {
            if (part is ArgumentResult argument)
                foreach (Token token in argument.Tokens)
                    yield return token.Value;
            if (part is not OptionResult { Implicit: false } option || Own.Contains(option.Option))
                continue;
            if (option.Tokens.Count == 0)
                yield return option.Option.Name;
            foreach (Token token in option.Tokens)
            {
                yield return option.Option.Name;
                yield return token.Value;
            }
        }
    }

    private static string[] StartedAs()
    {
        string host = Environment.ProcessPath!;
        return Path.GetFileNameWithoutExtension(host) == "dotnet"
            ? [host, Path.Combine(AppContext.BaseDirectory, "Gesto.Cli.dll")]
            : [host];
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}

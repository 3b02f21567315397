using System.CommandLine;
using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using Gesto.Training;

namespace Gesto.Cli;

/// <summary>`gesto slurm extract|kfold|sweep`: Gesto's long work as array jobs on the user's own cluster.</summary>
internal static class SlurmCommand
{
    /// <summary>A job with the one that follows it, as files.</summary>
    private sealed record Job(string Folder, string Name, string Script, string FollowerName, string Follower);

    private static readonly Option<int> Cpus = new("--cpus") { Description = "Cores a task, and Gesto's threads.", DefaultValueFactory = _ => 4 };
    private static readonly Option<string> Memory = new("--memory") { Description = "Memory a task.", DefaultValueFactory = _ => "4G" };
    private static readonly Option<string> Time = new("--time") { Description = "Time limit of a task.", DefaultValueFactory = _ => "04:00:00" };
    private static readonly Option<string?> Partition = new("--partition") { Description = "Slurm partition (default: the cluster's)." };
    private static readonly Option<string?> Account = new("--account") { Description = "Slurm account (default: yours)." };
    private static readonly Option<int?> Running = new("--running") { Description = "Tasks at the same time (default: as many as fit)." };
    private static readonly Option<string?> Program = new("--gesto") { Description = "How a node starts Gesto (default: as it was started here)." };
    private static readonly Option<bool> Submit = new("--submit") { Description = "Send the jobs to Slurm now; else they are written only." };
    private static readonly Option<string> Recipe = new("--recipe") { Description = "As in 'gesto train'.", DefaultValueFactory = _ => "late-fusion" };

    public static Command Build()
    {
        foreach (Option<int?> positive in new[] { Running }) positive.Validators.Add(r => Require(r.GetValueOrDefault<int?>() is null or >= 1, r));
        Cpus.Validators.Add(r => Require(r.GetValueOrDefault<int>() >= 1, r));
        return new Command("slurm",
            "Write (and with --submit, send) readable sbatch scripts for work that is too long for one machine. FEATURES and RUNS must " +
            "lie on storage that all nodes see under the same path.")
        {
            Extract(), Kfold(), Sweep(),
        };

        static void Require(bool holds, System.CommandLine.Parsing.OptionResult result)
        {
            if (!holds) result.AddError($"{result.Option.Name}: at least 1.");
        }
    }

    private static Command Extract()
    {
        var dataset = new Argument<string>("DATASET") { Description = "As in 'gesto extract'." };
        var features = new Argument<string>("FEATURES") { Description = "As in 'gesto extract'." };
        var extra = new Argument<string[]>("OPTION") { Description = "After --, further options of 'gesto extract'.", Arity = ArgumentArity.ZeroOrMore };
        var shards = new Option<int>("--shards") { Description = "Parts, one task each.", DefaultValueFactory = _ => 8 };
        shards.Validators.Add(r =>
        {
            if (r.GetValueOrDefault<int>() < 1) r.AddError("--shards: at least 1.");
        });
        Command command = With(new Command("extract",
            "Extraction in shards, then the merge.\n\nExample:  gesto slurm extract recordings features --shards 16 --submit -- --policy skip")
        {
            dataset, features, extra, shards,
        });
        command.SetAction(parse =>
        {
            string data = Path.GetFullPath(parse.GetRequiredValue(dataset)), folder = Path.GetFullPath(parse.GetRequiredValue(features));
            int count = parse.GetValue(shards);
            string call = $"gesto extract {SlurmScript.Quote([data, folder, .. parse.GetValue(extra) ?? []])} --shard \"$task/{count}\" --threads \"$cpus\"";
            return Finish(parse, new Job(Path.Combine(folder, "slurm"),
                "extract", Array(parse, "extract", $"Extracts {data} in {count} parts.", Path.Combine(folder, "slurm"), count, SlurmScript.Patiently(call)),
                "merge", Single(parse, "merge", $"Puts the {count} parts of {folder} together.", Path.Combine(folder, "slurm"),
                    SlurmScript.Patiently($"gesto merge {SlurmScript.Quote(folder)}"))));
        });
        return command;
    }

    private static Command Kfold()
    {
        (Argument<string> features, Argument<string> runs, Argument<string[]> extra) = TrainingArguments();
        var folds = new Option<int>("--folds") { Description = "k, parts of the signers (or sessions); each is the validation part once.", DefaultValueFactory = _ => 5 };
        var seed = new Option<int>("--seed") { Description = "Deals the signers to the folds." };
        Command command = With(new Command("kfold",
            "k-fold cross-validation over whole signers, a fold a task.\n\nExample:  gesto slurm kfold features runs/kfold --folds 5 --submit -- --set training.epochs=40")
        {
            features, runs, extra, folds, seed, Recipe,
        });
        command.SetAction(parse =>
        {
            string folder = Path.GetFullPath(parse.GetRequiredValue(features)), root = Path.GetFullPath(parse.GetRequiredValue(runs));
            RecipeFile.Load(parse.GetValue(Recipe)!, []);
            FoldViews.Write(folder, Path.Combine(root, "folds"), parse.GetValue(folds), parse.GetValue(seed));
            string view = SlurmScript.Quote(Path.Combine(root, "folds")) + "/\"$task\"", run = SlurmScript.Quote(root) + "/fold-\"$task\"";
            return Finish(parse, TrainingJob(parse, "kfold", root, parse.GetValue(folds), "", view, run, parse.GetValue(extra) ?? []));
        });
        return command;
    }

    private static Command Sweep()
    {
        (Argument<string> features, Argument<string> runs, Argument<string[]> extra) = TrainingArguments();
        var over = new Option<string[]>("--over")
        {
            Description = "A recipe value and the settings to try, e.g. --over model.hidden=256,512; repeated: every combination.", Required = true,
        };
        Command command = With(new Command("sweep",
            "A run for every combination of recipe values, a task each; validation decides, test is not looked at.\n\n" +
            "Example:  gesto slurm sweep features runs/sweep --over model.hidden=256,512 --over training.seed=1,2,3 --submit")
        {
            features, runs, extra, over, Recipe,
        });
        command.SetAction(parse =>
        {
            string folder = Path.GetFullPath(parse.GetRequiredValue(features)), root = Path.GetFullPath(parse.GetRequiredValue(runs));
            string[][] points = Grid(parse.GetValue(over)!);
            // A word that no recipe knows should be told here, not by a task that waited an hour for its node.
            foreach (string[] point in points) RecipeFile.Load(parse.GetValue(Recipe)!, point);
            string cases = "case $task in\n" + string.Concat(points.Select((p, i) => string.Create(CultureInfo.InvariantCulture,
                $"  {i + 1}) settings=({SlurmScript.Quote(p.SelectMany(s => new[] { "--set", s }))});;\n"))) + "esac\n";
            return Finish(parse, TrainingJob(parse, "sweep", root, points.Length, cases, SlurmScript.Quote(folder), SlurmScript.Quote(root) + "/\"$task\"",
                parse.GetValue(extra) ?? [], "\"${settings[@]}\""));
        });
        return command;
    }

    /// <returns>Every combination of the values, as recipe settings; the last option varies fastest.</returns>
    /// <exception cref="InvalidDataException">Not of the form key=value,value.</exception>
    internal static string[][] Grid(IEnumerable<string> over)
    {
        string[][] points = [[]];
        foreach (string option in over)
        {
            int equals = option.IndexOf('=', StringComparison.Ordinal);
            string[] values = equals > 0 ? option[(equals + 1)..].Split(',') : [];
            if (values.Length == 0 || values.Contains(""))
                throw new InvalidDataException($"--over '{option}': expected KEY=VALUE,VALUE…, e.g. model.hidden=256,512.");
            points = [.. points.SelectMany(p => values.Select(v => (string[])[.. p, $"{option[..equals]}={v}"]))];
        }
        return points;
    }

    private static Job TrainingJob(
        ParseResult parse, string name, string root, int tasks, string cases, string features, string run, string[] extra, string settings = "")
    {
        string logs = Path.Combine(root, "slurm");
        string options = string.Join(' ', new[] { $"--recipe {SlurmScript.Quote(parse.GetValue(Recipe)!)}", settings, SlurmScript.Quote(extra) }.Where(o => o.Length > 0));
        string body = cases + $$"""
            features={{features}} run={{run}}
            work() {
              resume=()
              if [ -e "$run/run.json" ]; then resume=(--resume); fi
              gesto train "$features" --run "$run" {{options}} --threads "$cpus" ${resume[@]+"${resume[@]}"} || return
              gesto evaluate "$run" "$features" --split val --json > "$run/validation.json"
            }

            """ + SlurmScript.Patiently("work");
        string summary = string.Create(CultureInfo.InvariantCulture, $$"""
            for task in $(seq {{tasks}}); do
              run={{run}}
              printf '%s\t%s\n' "$run" "$(tr -d '\n' < "$run/validation.json")"
            done > {{SlurmScript.Quote(Path.Combine(root, "validation.tsv"))}}

            """);
        return new Job(logs, name, Array(parse, name, $"Trains {tasks} recognisers into {root}.", logs, tasks, body),
            name + "-summary", Single(parse, name + "-summary", "Lists every run with its validation result.", logs, summary));
    }

    private static (Argument<string> Features, Argument<string> Runs, Argument<string[]> Extra) TrainingArguments() => (
        new Argument<string>("FEATURES") { Description = "As in 'gesto train'." },
        new Argument<string>("RUNS") { Description = "Folder for the runs." },
        new Argument<string[]>("OPTION") { Description = "After --, further options of 'gesto train'.", Arity = ArgumentArity.ZeroOrMore });

    private static Command With(Command command)
    {
        foreach (Option option in new Option[] { Cpus, Memory, Time, Partition, Account, Running, Program, Submit }) command.Options.Add(option);
        return command;
    }

    private static SlurmResources ResourcesOf(ParseResult parse) => new(
        parse.GetValue(Cpus), parse.GetValue(Memory)!, parse.GetValue(Time)!, parse.GetValue(Partition), parse.GetValue(Account), parse.GetValue(Running));

    private static string[] GestoOf(ParseResult parse) =>
        parse.GetValue(Program)?.Split(' ', StringSplitOptions.RemoveEmptyEntries) ?? ["dotnet", Path.Combine(AppContext.BaseDirectory, "Gesto.Cli.dll")];

    private static string Array(ParseResult parse, string name, string why, string logs, int tasks, string body) =>
        SlurmScript.Array("gesto-" + name, why, logs, ResourcesOf(parse), tasks, GestoOf(parse), body);

    private static string Single(ParseResult parse, string name, string why, string logs, string body) =>
        SlurmScript.Single("gesto-" + name, why, logs, ResourcesOf(parse) with { Cpus = 1 }, GestoOf(parse), body);

    private static int Finish(ParseResult parse, Job job)
    {
        string script = Path.Combine(job.Folder, job.Name + ".sbatch"), follower = Path.Combine(job.Folder, job.FollowerName + ".sbatch");
        AtomicFile.WriteText(script, job.Script);
        AtomicFile.WriteText(follower, job.Follower);
        Console.Error.WriteLine($"{script}\n{follower}");
        if (!parse.GetValue(Submit))
        {
            Console.Error.WriteLine(
                $"Read them, then send them:\n  job=$(sbatch --parsable {SlurmScript.Quote(script)})\n" +
                $"  sbatch --dependency=afterok:$job --kill-on-invalid-dep=yes {SlurmScript.Quote(follower)}");
            return ExitCode.Done;
        }
        string id = Sbatch([script]);
        string next = Sbatch([$"--dependency=afterok:{id}", "--kill-on-invalid-dep=yes", follower]);
        Console.Error.WriteLine($"Sent: job {id}, then {next}. Watch with 'squeue --me'; run the same command again for tasks that failed.");
        Console.Out.WriteLine($"{id} {next}");
        return ExitCode.Done;
    }

    /// <returns>The job's number.</returns>
    /// <exception cref="IOException">Slurm refuses the job, or is not installed here.</exception>
    private static string Sbatch(string[] arguments)
    {
        try
        {
            using Process process = Process.Start(new ProcessStartInfo("sbatch", ["--parsable", .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
            Task<string> errors = process.StandardError.ReadToEndAsync();
            string id = process.StandardOutput.ReadToEnd().Trim().Split(';')[0];
            process.WaitForExit();
            return process.ExitCode == 0 ? id : throw new IOException($"sbatch refused {arguments[^1]}: {errors.Result.Trim()}");
        }
        catch (Win32Exception e)
        {
            throw new IOException("The program 'sbatch' could not be started. Run this on a node of a Slurm cluster, or leave --submit out and send the scripts from there.", e);
        }
    }
}

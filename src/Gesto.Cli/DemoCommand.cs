using System.CommandLine;
using System.Globalization;
using Gesto.Recordings;
using Gesto.Signs;
using Gesto.Training.Checking;
using Gesto.Training.Datasets;
using Gesto.Training.Evaluation;
using Gesto.Training.Features;
using Gesto.Training.Fitting;
using Gesto.Training.Models;
using Gesto.Training.Recipes;
using Gesto.Training.Scoring;
using Gesto.Training.Simulation;
using Gesto.Training.Weights;

namespace Gesto.Cli;

/// <summary>`gesto demo`: every stage on a small simulated data set, in the order in which a user would type
/// them.</summary>
internal static class DemoCommand
{
    /// <summary>What 70 recordings can bear, in seconds; networks take minutes and are no better on so few.</summary>
    private const string RecipeName = "linear";

    public static Command Build()
    {
        var output = new Option<string>("--out")
        {
            Description = "Folder for everything the demo makes.",
            DefaultValueFactory = _ => "gesto-demo",
        };
        var seed = new Option<int>("--seed")
        {
            Description = "Seed of the simulation and of training.",
            DefaultValueFactory = _ => 1,
        };
        Option<int> threads = ThreadsOption.Build();
        var command = new Command(
            "demo",
            "Simulate a small data set, check it, fetch weights, extract, train, evaluate on signers never seen in training, predict one "
                + "recording, write a submission. Stopped, it goes on where it was.\n\nExample:  gesto demo --out my-demo --seed 7"
        )
        {
            output,
            seed,
            threads,
        };
        // On the first thread, as `train`: see RunTraining.Train.
        command.SetAction(
            (parsed, cancel) =>
                Task.FromResult(
                    new Demo(parsed.GetValue(output)!, parsed.GetValue(seed), parsed.GetValue(threads), cancel).Run()
                )
        );
        return command;
    }

    private sealed class Demo(string root, int seed, int threads, CancellationToken cancel)
    {
        private readonly string data = Path.Combine(root, "data");
        private readonly string features = Path.Combine(root, "features");
        private readonly string run = Path.Combine(root, "run");
        private int step;

        public int Run()
        {
            Say("simulate", "12 signs by 10 signers: RGB and radar of one simulated motion (not LIS)");
            var simulation = new SimulationOptions
            {
                Classes = 12,
                Signers = 10,
                Takes = 1,
                Seed = (ulong)seed,
                Threads = threads,
            };
            ProgressBar.Run(progress => DatasetWriter.Write(data, simulation, progress, cancel));
            Say("check", "every file opened and decoded");
            if (
                CheckCommand.Check(Dataset.Open(data), json: false, new DoctorOptions { Threads = threads }, cancel)
                != ExitCode.Done
            )
                throw new InvalidOperationException(
                    $"{data}: the simulator wrote a data set that the doctor finds fault with."
                );
            Say("weights, extract", "video → ResNet50 features; radar → sampled range-Doppler maps");
            Extract();
            Say(
                "train",
                $"recipe {RecipeName}: regularised regression on pooled features of both; 'gesto train' without --recipe fits networks, too"
            );
            Train();
            Say("evaluate", "signers that training never saw");
            EvaluationResult result = ProgressBar.Run(progress =>
                RunEvaluation.EvaluateAndSave(
                    new EvaluationOptions
                    {
                        Run = run,
                        Features = features,
                        Seed = seed,
                        Threads = threads,
                    },
                    progress,
                    cancel
                )
            );
            Console.Error.WriteLine(EvaluateCommand.Summary(result));
            if (WhyNoGain(result) is { } why)
                Console.Error.WriteLine(why);
            PredictOne();
            Say("submit", "the challenge's file");
            string submission = Path.Combine(root, "submission.csv");
            int rows = ProgressBar
                .Run(progress => RunSubmission.FromFeatures(run, features, submission, threads, progress, cancel))
                .Count;
            Console.Error.WriteLine($"{submission}: {rows} rows");
            Console.Error.WriteLine();
            Console.WriteLine(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"Simulated data, {result.Classes} signs, {result.Samples} recordings of signers never seen in training: "
                        + $"top-1 {100 * result.Top1:0.0} % (95 % interval {100 * result.Top1Low:0.0}–{100 * result.Top1High:0.0}). "
                        + $"Report: {Path.GetFullPath(RunEvaluation.ReportPath(run, result.Split))}"
                )
            );
            return ExitCode.Done;
        }

        /// <returns>A word on fusion that is no better than a modality alone; null where it is.</returns>
        private static string? WhyNoGain(EvaluationResult result)
        {
            GroupScore? best = result.Masks.Where(m => m.Group is "RGB" or "radar").MaxBy(m => m.Top1);
            return best is null || best.Top1 < result.Top1
                ? null
                : string.Create(
                    CultureInfo.InvariantCulture,
                    $"  {best.Group} alone is at {100 * best.Top1:0.0} %, both together at {100 * result.Top1:0.0} %: {result.Samples} recordings of {result.PerSigner.Count} signers are too few to show "
                        + $"which is better (the interval is {100 * (result.Top1High - result.Top1Low):0} points wide). On 126 signs fusion gains: docs/RESULTS.md."
                );
        }

        private void Train() =>
            TrainCommand.Train(
                new TrainingOptions
                {
                    Features = FeatureSet.Open(features),
                    Recipe = RecipeFile.Load(RecipeName),
                    Out = run,
                    Seed = seed,
                    Resume = true,
                    Threads = threads,
                },
                cancel
            );

        private void PredictOne()
        {
            Dataset dataset = Dataset.Open(data);
            Sample sample = dataset.Samples.First(s => s.Split == Split.Test);
            SignClass truth = dataset.Labels[dataset.Labels.LabelOf(dataset.LabelKey![sample.Key])];
            Say("predict", $"one recording from its raw files; the truth is {truth.Id} {truth.Name}");
            foreach (
                PredictCommand.Prediction p in ProgressBar.Run(progress =>
                    PredictCommand.Predict(
                        run,
                        [DatasetRecordings.Recording(dataset, sample)],
                        3,
                        threads,
                        progress,
                        cancel
                    )
                )
            )
                PredictCommand.Write(p, Console.Error);
        }

        /// <summary>With ImageNet weights; where they cannot be had, with a small encoder trained here, once.</summary>
        private void Extract()
        {
            string own = Path.Combine(features, Modality.Rgb.Name, SmallRgbEncoder.FileName);
            try
            {
                With(File.Exists(own) ? RgbEncoding.Small : RgbEncoding.Features);
            }
            catch (WeightsUnavailableException e)
            {
                Console.Error.WriteLine(e.Message);
                Console.Error.WriteLine(
                    "The demo goes on with a small RGB encoder, trained from scratch on the simulated training recordings."
                );
                With(RgbEncoding.Small);
            }

            void With(RgbEncoding encoding) =>
                ExtractCommand.Extract(
                    Dataset.Open(data),
                    features,
                    new ExtractionOptions
                    {
                        DecodeThreads = threads,
                        Rgb = new RgbOptions
                        {
                            Encoding = encoding,
                            Threads = threads,
                            Seed = seed,
                            Notes = StandardErrorNotes.Instance,
                        },
                    },
                    cancel
                );
        }

        private void Say(string verb, string what) => Console.Error.WriteLine($"\n[{++step}/7] {verb}: {what}");
    }
}

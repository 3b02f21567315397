using System.CommandLine;
using System.Globalization;
using Gesto.Files;
using Gesto.Inference;
using Gesto.Recordings;
using Gesto.Signs;
using Gesto.Training;
using Gesto.Training.Datasets;
using Gesto.Training.Export;
using Gesto.Training.Features;
using Gesto.Training.Recipes;
using Gesto.Training.Recognition;
using Gesto.Training.Reports;

namespace Gesto.Cli;

internal static class SubmitCommand
{
    public static Command Build()
    {
        var run = new Argument<string>("RUN") { Description = "Run directory of 'gesto train'." };
        var source = new Argument<string>("DATASET|FEATURES")
        {
            Description =
                "Features of 'gesto extract' (fast, can be stopped and resumed), or a data set, whose videos are then read "
                + "here and now and nothing is kept.",
        };
        var root = DatasetOption.Root();
        var output = new Option<string>("--out")
        {
            Description = "The file to write; - for standard output.",
            DefaultValueFactory = _ => "submission.csv",
        };
        Option<int> threads = ThreadsOption.Build();
        var command = new Command(
            "submit",
            "Write the challenge's file id,Pred: every unlabelled sample of val and test once, checked.\n\n"
                + "Example:  gesto submit runs/late-fusion features --out submission.csv"
        )
        {
            run,
            source,
            root,
            output,
            threads,
        };
        command.SetAction(
            (parsed, cancel) =>
            {
                string path = parsed.GetValue(output)!;
                IReadOnlyList<SubmissionRow> rows = ProgressBar.Run(progress =>
                    Submit(
                        parsed.GetValue(run)!,
                        parsed.GetValue(source)!,
                        path,
                        parsed.GetValue(threads),
                        progress,
                        cancel,
                        parsed.GetValue(root)
                    )
                );
                TextWriter people = AtomicFile.IsStandardOutput(path) ? Console.Error : Console.Out;
                people.WriteLine(
                    string.Create(
                        CultureInfo.InvariantCulture,
                        $"{path}: {rows.Count} rows, ids {rows[0].Id}…{rows[^1].Id}"
                    )
                );
                return Task.FromResult(ExitCode.Done);
            }
        );
        return command;
    }

    internal static IReadOnlyList<SubmissionRow> Submit(
        string run,
        string source,
        string path,
        int threads,
        IProgress<WorkProgress> progress,
        CancellationToken cancel,
        string? root = null
    )
    {
        AtomicFile.RequireFile(path);
        bool features = FeatureSet.Exists(source);
        if (features && root is not null)
            throw new InvalidDataException(
                $"{source}: features, which need no {DatasetOption.RootName}; it goes with a data set."
            );
        (IReadOnlyList<Sample> asked, float[][] probabilities, LabelSet labels) = features
            ? FromFeatures(run, source, threads, progress, cancel)
            : FromRecordings(run, DatasetOption.Open(source, root), threads, progress, cancel);
        Dictionary<string, int> answers = asked
            .Zip(probabilities)
            .ToDictionary(p => p.First.Key, p => RankedSign.Rank(p.Second, labels, 1)[0].Id);
        IReadOnlyList<SubmissionRow> rows = Submission.Rows(asked, answers, labels);
        Submission.Save(path, rows);
        return rows;
    }

    private static (IReadOnlyList<Sample>, float[][], LabelSet) FromFeatures(
        string run,
        string folder,
        int threads,
        IProgress<WorkProgress> progress,
        CancellationToken cancel
    )
    {
        FeatureSet features = FeatureSet.Open(folder);
        // The manifest lists also those that extraction skipped; a submission must not leave them out silently.
        IReadOnlyList<Sample> asked = Submission.SamplesOf(
            ManifestFile.Read(Path.Combine(folder, ManifestFile.FileName)),
            folder
        );
        var wanted = asked.Select(s => s.Key).ToHashSet(StringComparer.Ordinal);
        if (features.Skipped.FirstOrDefault(s => wanted.Contains(s.Sample)) is { } skipped)
            throw new InvalidDataException(
                $"{folder}: a submission needs every sample, '{skipped.Sample}' was skipped: {skipped.Message} Mend or replace the file and run "
                    + "'gesto extract' again."
            );
        using ITrainedRecogniser recogniser = ITrainedRecogniser.Load(run, threads);
        if (asked.FirstOrDefault(s => !recogniser.CanRecognise(features, s)) is { } lacking)
            throw new InvalidDataException(
                $"{folder}: a submission needs every sample, '{lacking.Key}' has {features.Offers(lacking)}, and recipe '{recogniser.Recipe.Name}' needs {recogniser.Masks[0]}. "
                    + "Use a run that can do without (linear, or model.modalityDropout)."
            );
        return (asked, recogniser.PredictAll(features, asked, progress, cancel), recogniser.Labels);
    }

    private static (IReadOnlyList<Sample>, float[][], LabelSet) FromRecordings(
        string run,
        Dataset dataset,
        int threads,
        IProgress<WorkProgress> progress,
        CancellationToken cancel
    )
    {
        IReadOnlyList<Sample> asked = Submission.SamplesOf(dataset.Samples, dataset.Root);
        using OpenRecogniser opened = OpenRecogniser.Open(run, threads);
        using var predictor = new VideoPredictor(opened.Recogniser, opened.Encoder);
        var probabilities = new List<float[]>(asked.Count);
        foreach (Sample sample in asked)
        {
            progress.Report(new("recognise", probabilities.Count, asked.Count, "recordings"));
            probabilities.Add(predictor.Predict(dataset.RecordingsRoot, sample, cancel).Probabilities);
        }
        return (asked, [.. probabilities], opened.Recogniser.Labels);
    }
}

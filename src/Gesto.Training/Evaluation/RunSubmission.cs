using Gesto.Files;
using Gesto.Inference;
using Gesto.Recordings;
using Gesto.Signs;
using Gesto.Training.Datasets;
using Gesto.Training.Export;
using Gesto.Training.Features;
using Gesto.Training.Recognition;

namespace Gesto.Training.Evaluation;

/// <summary>What a run answers to every unlabelled sample of val and test, as the challenge's file.</summary>
public static class RunSubmission
{
    /// <param name="run">A finished run or ensemble.</param>
    /// <param name="featuresFolder">Features made as those trained on.</param>
    /// <param name="path">The file to write; "-" for standard output.</param>
    /// <param name="threads">libtorch's threads.</param>
    /// <param name="progress">Counts samples.</param>
    /// <param name="cancel">Noticed between batches.</param>
    /// <exception cref="IOException">A file is not there or cannot be written.</exception>
    /// <exception cref="InvalidDataException">Nothing to submit, or a sample that extraction skipped.</exception>
    public static IReadOnlyList<SubmissionRow> FromFeatures(
        string run,
        string featuresFolder,
        string path,
        int threads,
        IProgress<WorkProgress>? progress,
        CancellationToken cancel
    )
    {
        AtomicFile.RequireFile(path);
        FeatureSet features = FeatureSet.Open(featuresFolder);
        // The manifest lists also those that extraction skipped; a submission must not leave them out silently.
        IReadOnlyList<Sample> asked = Submission.SamplesOf(
            ManifestFile.Read(Path.Combine(featuresFolder, ManifestFile.FileName)),
            featuresFolder
        );
        var wanted = asked.Select(s => s.Key).ToHashSet(StringComparer.Ordinal);
        if (features.Skipped.FirstOrDefault(s => wanted.Contains(s.Sample)) is { } skipped)
            throw new InvalidDataException(
                $"{featuresFolder}: a submission needs every sample, '{skipped.Sample}' was skipped: {skipped.Message} "
                    + "Mend or replace the file and extract again."
            ).Suggest(NextStep.ExtractFeatures);
        using ITrainedRecogniser recogniser = ITrainedRecogniser.Load(run, threads);
        if (asked.FirstOrDefault(s => !recogniser.CanRecognise(features, s)) is { } lacking)
            throw new InvalidDataException(
                $"{featuresFolder}: a submission needs every sample, '{lacking.Key}' has {features.Offers(lacking)}, and recipe '{recogniser.Recipe.Name}' needs {recogniser.Masks[0]}. "
                    + "Use a run that can do without (linear, or model.modalityDropout)."
            );
        return Write(path, asked, recogniser.PredictAll(features, asked, progress, cancel), recogniser.Labels);
    }

    /// <summary>Reads the recordings themselves, and keeps nothing of them.</summary>
    /// <param name="run">A finished run or ensemble, or a bundle.</param>
    /// <param name="dataset">The recordings.</param>
    /// <param name="path">The file to write; "-" for standard output.</param>
    /// <param name="threads">For the RGB encoder.</param>
    /// <param name="progress">Counts recordings.</param>
    /// <param name="cancel">Noticed between recordings.</param>
    /// <exception cref="IOException">A file is not there or cannot be written.</exception>
    /// <exception cref="InvalidDataException">Nothing to submit, or a recording that cannot be read.</exception>
    public static IReadOnlyList<SubmissionRow> FromRecordings(
        string run,
        Dataset dataset,
        string path,
        int threads,
        IProgress<WorkProgress>? progress,
        CancellationToken cancel
    )
    {
        AtomicFile.RequireFile(path);
        IReadOnlyList<Sample> asked = Submission.SamplesOf(dataset.Samples, dataset.Root);
        using OpenRecogniser opened = OpenRecogniser.Open(run, threads);
        using VideoPredictor predictor = opened.NewPredictor();
        var probabilities = new List<float[]>(asked.Count);
        foreach (Sample sample in asked)
        {
            progress?.Report(new("recognise", probabilities.Count, asked.Count, "recordings"));
            probabilities.Add(predictor.Predict(dataset.RecordingsRoot, sample, cancel).Probabilities);
        }
        return Write(path, asked, probabilities, opened.Recogniser.Labels);
    }

    private static IReadOnlyList<SubmissionRow> Write(
        string path,
        IReadOnlyList<Sample> asked,
        IReadOnlyList<float[]> probabilities,
        LabelSet labels
    )
    {
        Dictionary<string, int> answers = asked
            .Zip(probabilities)
            .ToDictionary(p => p.First.Key, p => RankedSign.Rank(p.Second, labels, 1)[0].Id);
        IReadOnlyList<SubmissionRow> rows = Submission.Rows(asked, answers, labels);
        Submission.Save(path, rows);
        return rows;
    }
}

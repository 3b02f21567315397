using System.Globalization;
using Gesto.Files;
using Gesto.Training.Datasets;
using Gesto.Training.Evaluation;

namespace Gesto.Training.Scoring;

/// <summary>One line of a run's saved predictions.</summary>
/// <param name="Sample">Key of the sample.</param>
/// <param name="Signer">Null where unknown.</param>
/// <param name="ClassId">The truth.</param>
/// <param name="Predicted">The class id recognised.</param>
/// <param name="Probability">Its calibrated probability, 0…1.</param>
public sealed record SavedPrediction(string Sample, string? Signer, int ClassId, int Predicted, double Probability)
{
    public bool IsCorrect => ClassId == Predicted;
}

/// <summary>What a run said about every sample of a split: `predictions-&lt;split&gt;.csv` for people and for
/// comparisons, `predictions-&lt;split&gt;.npy` (N,K) float32 with all probabilities, rows as in the csv, columns as
/// the
/// labels in `run.json`.</summary>
public static class PredictionFile
{
    private static Cure CureOf(string runFolder) =>
        new("Evaluate again, which writes both files.", NextStep.Evaluate, runFolder);

    private static readonly string[] Columns = ["sample", "signer", "label", "predicted", "probability"];

    public static string PathOf(string runFolder, string split) => Path.Combine(runFolder, $"predictions-{split}.csv");

    /// <summary>What the linear classifier on the same features said (<see cref="LinearReference"/>), rows and columns
    /// as of the run's own.</summary>
    private static string LinearPathOf(string runFolder, string split) =>
        Path.Combine(runFolder, $"linear-{split}.npy");

    internal static void Save(string runFolder, EvaluationInput input)
    {
        string path = PathOf(runFolder, input.Split);
        int classes = input.Labels.Count;
        float[] all = [.. input.Probabilities.SelectMany(row => row)];
        NpyFile.Save(Path.ChangeExtension(path, ".npy"), NpyArray.From(all, input.Probabilities.Length, classes));
        if (input.Linear is { } linear)
            NpyFile.Save(
                LinearPathOf(runFolder, input.Split),
                NpyArray.From([.. linear.SelectMany(row => row)], linear.Length, classes)
            );
        ManifestFile.WriteRows(
            path,
            Columns,
            Rows(input)
                .Select(r =>
                    new[]
                    {
                        r.Sample,
                        r.Signer,
                        Text($"{r.ClassId}"),
                        Text($"{r.Predicted}"),
                        Text($"{r.Probability:0.######}"),
                    }
                )
        );
    }

    internal static IReadOnlyList<SavedPrediction> Rows(EvaluationInput input)
    {
        int[] predicted = Metrics.Predict(input.Probabilities);
        return
        [
            .. input.Samples.Select(
                (s, n) =>
                    new SavedPrediction(
                        s.Key,
                        s.Signer,
                        input.Labels[input.Truth[n]].Id,
                        input.Labels[predicted[n]].Id,
                        input.Probabilities[n][predicted[n]]
                    )
            ),
        ];
    }

    /// <exception cref="FileNotFoundException">The run has not been evaluated on this split.</exception>
    /// <exception cref="InvalidDataException">A line is not understood; the message names it.</exception>
    public static IReadOnlyList<SavedPrediction> Load(string runFolder, string split)
    {
        string path = PathOf(runFolder, split);
        if (!File.Exists(path))
            throw new FileNotFoundException(
                $"{path}: not there. Evaluate the run first, or give the features to evaluate it on.",
                path
            )
                .Suggest(NextStep.Evaluate, runFolder, split)
                .Suggest(NextStep.GiveFeatures);
        IReadOnlyList<CsvTable.Row> rows = CsvTable.Read(path, Columns, Columns).Rows;
        if (rows.Count == 0)
            throw CureOf(runFolder).Error($"{path}: a header and no samples.");
        var seen = new HashSet<string>(StringComparer.Ordinal);
        return [.. rows.Select(row => Parse(row, seen))];
    }

    private static SavedPrediction Parse(CsvTable.Row row, HashSet<string> seen)
    {
        string? key = row.Text("sample"),
            probability = row.Text("probability");
        if (key is null || !SampleKey.IsInside(key))
            throw row.Error("sample", key, SampleKey.Expected);
        if (!seen.Add(key))
            throw row.Error("sample", key, "a key used once");
        return new SavedPrediction(
            key,
            row.Text("signer"),
            row.ClassId("label") ?? throw row.Error("label", "", "a class id"),
            row.ClassId("predicted") ?? throw row.Error("predicted", "", "a class id"),
            double.TryParse(probability, NumberStyles.Float, CultureInfo.InvariantCulture, out double p)
            && p is >= 0 and <= 1
                ? p
                : throw row.Error("probability", probability, "a number 0 to 1")
        );
    }

    /// <returns>(N,K) probabilities, rows as in the csv.</returns>
    /// <param name="runFolder">The run.</param>
    /// <param name="split">Of which split.</param>
    /// <param name="samples">N.</param>
    /// <param name="classes">K.</param>
    /// <exception cref="InvalidDataException">The file is of another size.</exception>
    internal static float[][] LoadProbabilities(string runFolder, string split, int samples, int classes) =>
        Load(Path.ChangeExtension(PathOf(runFolder, split), ".npy"), runFolder, split, samples, classes);

    /// <summary>The same of the linear classifier; null where there is none.</summary>
    /// <inheritdoc cref="LoadProbabilities"/>
    internal static float[][]? LoadLinear(string runFolder, string split, int samples, int classes)
    {
        string path = LinearPathOf(runFolder, split);
        return File.Exists(path) ? Load(path, runFolder, split, samples, classes) : null;
    }

    private static float[][] Load(string path, string runFolder, string split, int samples, int classes)
    {
        NpyArray array = NpyFile.Load(path);
        if (!array.Shape.AsSpan().SequenceEqual([samples, classes]))
            throw CureOf(runFolder)
                .Error(
                    $"{path}: found ({string.Join(',', array.Shape)}), expected ({samples},{classes}) as {PathOf(runFolder, split)} has."
                );
        float[] values = array.ToSingles();
        int wrong = Array.FindIndex(values, p => p is not (>= 0 and <= 1.00001f));
        if (wrong >= 0)
            throw CureOf(runFolder)
                .Error(
                    FormattableString.Invariant(
                        $"{path}: row {wrong / classes + 1}, column {wrong % classes + 1} is {values[wrong]}, expected a probability, 0 to 1."
                    )
                );
        return [.. values.Chunk(classes)];
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}

using System.Globalization;
using System.Text;
using Gesto.Files;
using Gesto.Recordings;
using Gesto.Signs;

namespace Gesto.Training.Recognition;

/// <summary>One line of a submission.</summary>
/// <param name="Id">The sample's number, as in SAMPLE_12.</param>
/// <param name="ClassId">The recognised class id, not the label.</param>
public readonly record struct SubmissionRow(int Id, int ClassId);

/// <summary>The challenge's file: header `id,Pred`, then one line for each unlabelled sample of val and test together,
/// ascending by sample number. Nothing is written unless everything is in order.</summary>
public static class Submission
{
    /// <summary>The samples that a submission asks about: val and test without a label in the manifest or the
    /// folders.</summary>
    /// <exception cref="InvalidDataException">There is none, one has no number at its name's end, or two have the
    /// same.</exception>
    public static IReadOnlyList<Sample> SamplesOf(IReadOnlyList<Sample> samples, string place)
    {
        Sample[] asked = [.. samples.Where(s => s.Split != Split.Train && s.ClassId is null)];
        if (asked.Length == 0)
            throw new InvalidDataException(
                $"{place}: no unlabelled sample in val or test, so there is nothing to submit. "
                    + "Labelled samples are there to be evaluated on."
            ).Suggest(NextStep.Evaluate);
        foreach (Sample sample in asked)
        {
            if (sample.Number is null)
                throw new InvalidDataException(
                    $"{place}: sample '{sample.Key}' has no number at the end of its name; a submission names samples by it, "
                        + "as in SAMPLE_12."
                );
        }
        foreach (IGrouping<int, Sample> same in asked.GroupBy(s => s.Number!.Value).Where(g => g.Count() > 1))
            throw new InvalidDataException(
                $"{place}: samples '{same.First().Key}' and '{same.ElementAt(1).Key}' have the same number {same.Key}; "
                    + "a submission names samples by their number alone. Rename one."
            );
        return asked;
    }

    /// <summary>Checks the answers and puts them in order.</summary>
    /// <param name="asked">As <see cref="SamplesOf"/> gives them.</param>
    /// <param name="answers">Recognised class id by sample key.</param>
    /// <param name="labels">The label set of the recogniser.</param>
    /// <exception cref="InvalidDataException">A sample has no answer, an answer belongs to no sample asked about, or a
    /// class id is not in the label set. The message names the sample.</exception>
    public static IReadOnlyList<SubmissionRow> Rows(
        IReadOnlyList<Sample> asked,
        IReadOnlyDictionary<string, int> answers,
        LabelSet labels
    )
    {
        var keys = asked.Select(s => s.Key).ToHashSet(StringComparer.Ordinal);
        if (keys.Count < asked.Count)
        {
            string twice = asked.GroupBy(s => s.Key).First(g => g.Count() > 1).Key;
            throw new InvalidDataException($"Sample '{twice}' is listed twice; a submission has one line a sample.");
        }
        if (answers.Keys.FirstOrDefault(k => !keys.Contains(k)) is { } stray)
            throw new InvalidDataException(
                $"There is an answer for '{stray}', which is no unlabelled sample of val or test."
            );
        var rows = new List<SubmissionRow>(asked.Count);
        foreach (Sample sample in asked)
        {
            if (!answers.TryGetValue(sample.Key, out int classId))
                throw new InvalidDataException(
                    $"Sample '{sample.Key}' has no answer; a submission needs each of the {asked.Count} samples once. "
                        + "Extract again if it was skipped."
                ).Suggest(NextStep.ExtractFeatures);
            if (!labels.Contains(classId))
                throw new InvalidDataException(
                    $"Sample '{sample.Key}': class id {classId} is not in the label set "
                        + $"({labels.Count} classes, ids {labels[0].Id}…{labels[labels.Count - 1].Id})."
                );
            rows.Add(new(sample.Number!.Value, classId));
        }
        return [.. rows.OrderBy(r => r.Id)];
    }

    public static void Save(string path, IReadOnlyList<SubmissionRow> rows)
    {
        var text = new StringBuilder("id,Pred\n");
        foreach (SubmissionRow row in rows)
            text.Append(CultureInfo.InvariantCulture, $"{row.Id},{row.ClassId}\n");
        AtomicFile.WriteText(path, text.ToString());
    }
}

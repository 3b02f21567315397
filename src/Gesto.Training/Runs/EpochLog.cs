using System.Text.Json;
using System.Text.Json.Serialization;
using Gesto.Files;

namespace Gesto.Training.Runs;

/// <summary>One line of a run's `log.jsonl`.</summary>
/// <param name="Stage">"radar-encoder" or "fusion".</param>
/// <param name="Epoch">From 1.</param>
/// <param name="TrainLoss">Mean cross entropy over the epoch's steps, with dropout and augmentation, nats.</param>
/// <param name="TrainAccuracy">Fraction right on the way, with dropout and augmentation.</param>
/// <param name="ValidationLoss">Mean cross entropy, nats; null where nothing is held out.</param>
/// <param name="ValidationAccuracy">Fraction right; null where nothing is held out.</param>
/// <param name="Seconds">Wall time; the one value that differs between equal runs.</param>
public sealed record EpochLine(
    [property: JsonPropertyName("stage")] string Stage,
    [property: JsonPropertyName("epoch")] int Epoch,
    [property: JsonPropertyName("train_loss")] double TrainLoss,
    [property: JsonPropertyName("train_accuracy")] double TrainAccuracy,
    [property: JsonPropertyName("val_loss")] double? ValidationLoss,
    [property: JsonPropertyName("val_accuracy")] double? ValidationAccuracy,
    [property: JsonPropertyName("seconds")] double Seconds
)
{
    /// <exception cref="InvalidDataException">A value that no epoch has.</exception>
    internal void Check(FileCheck check)
    {
        check.Require(Stage.Length > 0, "stage", "empty", "the stage's name");
        check.Require(Epoch >= 1, "epoch", Epoch, "1 or more");
        check.Finite(TrainLoss, "train_loss");
        check.Finite(ValidationLoss, "val_loss");
        check.Fraction(TrainAccuracy, "train_accuracy");
        check.Fraction(ValidationAccuracy, "val_accuracy");
        check.Require(Seconds >= 0 && double.IsFinite(Seconds), "seconds", Seconds, "0 or more");
    }
}

/// <summary>The log of a run. The checkpoints hold the lines too, so the file is always rewritten whole from what the
/// checkpoint says: a resumed run has no line twice and none missing.</summary>
public static class EpochLog
{
    /// <returns>A run's log.</returns>
    public static string PathIn(string runFolder) => Path.Combine(runFolder, "log.jsonl");

    /// <summary>Lines from a checkpoint carry no time (equal runs have equal checkpoints); it is taken from the file
    /// there.</summary>
    public static void Save(string path, IEnumerable<EpochLine> lines)
    {
        Dictionary<(string, int), double> seconds = Load(path).ToDictionary(l => (l.Stage, l.Epoch), l => l.Seconds);
        AtomicFile.WriteText(
            path,
            string.Concat(
                lines
                    .Select(l => l.Seconds > 0 ? l : l with { Seconds = seconds.GetValueOrDefault((l.Stage, l.Epoch)) })
                    .Select(l => JsonSerializer.Serialize(l) + "\n")
            )
        );
    }

    /// <returns>The lines, empty where there is no file.</returns>
    /// <exception cref="InvalidDataException">A line is damaged, or an epoch is there twice.</exception>
    public static IReadOnlyList<EpochLine> Load(string path)
    {
        Cure cure = new(
            "Delete the file and resume the training: it is written anew from the checkpoints.",
            NextStep.ResumeTraining,
            Path.GetDirectoryName(path)
        );
        var lines = new List<EpochLine>();
        if (!File.Exists(path))
            return lines;
        var seen = new HashSet<(string, int)>();
        foreach ((int number, string text) in File.ReadLines(path).Index())
        {
            if (text.Length == 0)
                continue;
            string place = FormattableString.Invariant($"{path}, line {number + 1}");
            EpochLine line = JsonFile.Parse<EpochLine>(text, place, "an epoch of a run", cure);
            var check = new FileCheck(place, cure);
            line.Check(check);
            check.Require(
                seen.Add((line.Stage, line.Epoch)),
                "epoch",
                FormattableString.Invariant($"{line.Epoch} of {line.Stage} once more"),
                "each once"
            );
            lines.Add(line);
        }
        return lines;
    }
}

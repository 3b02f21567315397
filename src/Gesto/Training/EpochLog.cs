using System.Text.Json;
using System.Text.Json.Serialization;

namespace Gesto.Training;

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
    [property: JsonPropertyName("seconds")] double Seconds);

/// <summary>The log of a run. The checkpoints hold the lines too, so the file is always rewritten whole from what the
/// checkpoint says: a resumed run has no line twice and none missing.</summary>
public static class EpochLog
{
    /// <summary>Lines from a checkpoint carry no time (equal runs have equal checkpoints); it is taken from the file there.</summary>
    public static void Save(string path, IEnumerable<EpochLine> lines)
    {
        Dictionary<(string, int), double> seconds = Load(path).ToDictionary(l => (l.Stage, l.Epoch), l => l.Seconds);
        AtomicFile.WriteText(path, string.Concat(lines
            .Select(l => l.Seconds > 0 ? l : l with { Seconds = seconds.GetValueOrDefault((l.Stage, l.Epoch)) })
            .Select(l => JsonSerializer.Serialize(l) + "\n")));
    }

    /// <returns>The lines, empty where there is no file.</returns>
    public static IReadOnlyList<EpochLine> Load(string path) => File.Exists(path)
        ? [.. File.ReadLines(path).Index().Where(l => l.Item.Length > 0)
            .Select(l => JsonFile.Parse<EpochLine>(l.Item, $"{path}, line {l.Index + 1}", "an epoch of a run", "Delete the file; 'gesto train --resume' writes it anew from the checkpoints."))]
        : [];
}

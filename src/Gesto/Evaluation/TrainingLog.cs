using System.Text.Json;
using System.Text.Json.Serialization;

namespace Gesto.Evaluation;

/// <summary>One line of a run's `log.jsonl`: one epoch. A stage without validation leaves those fields out.</summary>
internal sealed record EpochLine
{
    [JsonPropertyName("stage")] public string Stage { get; init; } = "";

    [JsonPropertyName("epoch")] public int Epoch { get; init; }

    [JsonPropertyName("train_loss")] public double? TrainLoss { get; init; }

    [JsonPropertyName("train_accuracy")] public double? TrainAccuracy { get; init; }

    [JsonPropertyName("val_loss")] public double? ValLoss { get; init; }

    [JsonPropertyName("val_accuracy")] public double? ValAccuracy { get; init; }

    [JsonPropertyName("seconds")] public double Seconds { get; init; }
}

/// <summary>Reads the epochs of a run for its learning curves.</summary>
internal static class TrainingLog
{
    private static readonly JsonSerializerOptions Json = new()
    {
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
    };

    /// <returns>Epochs in the order of stages and of numbers within each; where a resumed run wrote an epoch again, the later
    /// line. Lines torn by a kill are left out; no file, no epochs.</returns>
    public static IReadOnlyList<EpochLine> Read(string path)
    {
        if (!File.Exists(path)) return [];
        var epochs = new Dictionary<(string, int), EpochLine>();
        var stages = new List<string>();
        foreach (string line in File.ReadLines(path))
        {
            if (Parse(line) is not { Stage.Length: > 0 } epoch) continue;
            if (!stages.Contains(epoch.Stage)) stages.Add(epoch.Stage);
            epochs[(epoch.Stage, epoch.Epoch)] = epoch;
        }
        return [.. epochs.Values.OrderBy(e => stages.IndexOf(e.Stage)).ThenBy(e => e.Epoch)];
    }

    private static EpochLine? Parse(string line)
    {
        try
        {
            return line.Length == 0 ? null : JsonSerializer.Deserialize<EpochLine>(line, Json);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}

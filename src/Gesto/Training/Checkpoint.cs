using System.Globalization;
using System.Text.Json;
using Gesto.Weights;
using static TorchSharp.torch;

namespace Gesto.Training;

/// <summary>All that a training stage needs to go on where it stopped: weights, Adam's moments and step count, the log.
/// No generator state: each step seeds its own from (seed, stage, epoch, step).</summary>
internal static class Checkpoint
{
    private const int Version = 1;

    public static void SaveLast(string path, nn.Module model, Adam adam, WeightAverage? average, IReadOnlyList<EpochLine> log) =>
        Safetensors.Save(
            path,
            [.. TensorFile.Copy(model, "model."), .. adam.State.Select(s => TensorFile.Copy("adam." + s.Name, s.Value)),
                .. average?.State.Select(s => TensorFile.Copy("average." + s.Name, s.Value)) ?? []],
            new Dictionary<string, string>
            {
                ["format"] = "gesto-last",
                ["version"] = Version.ToString(CultureInfo.InvariantCulture),
                ["adam_steps"] = adam.Steps.ToString(CultureInfo.InvariantCulture),
                ["log"] = JsonSerializer.Serialize(log.Select(l => l with { Seconds = 0 })), // see EpochLog
            });

    /// <returns>The log so far, empty where there is no checkpoint yet.</returns>
    public static List<EpochLine> LoadLast(string path, nn.Module model, Adam adam, WeightAverage? average)
    {
        if (!File.Exists(path)) return [];
        SafetensorsFile file = Safetensors.Load(path);
        if (file.Metadata.GetValueOrDefault("format") != "gesto-last" ||
            file.Metadata.GetValueOrDefault("version") != Version.ToString(CultureInfo.InvariantCulture))
            throw new InvalidDataException($"{path}: not a checkpoint of this version of Gesto; train into a new directory.");
        TensorFile.Restore(file, path, model, "model.");
        foreach ((string name, Tensor value) in adam.State) TensorFile.Restore(file, path, "adam." + name, value);
        foreach ((string name, Tensor value) in average?.State ?? []) TensorFile.Restore(file, path, "average." + name, value);
        adam.Steps = long.Parse(file.Metadata["adam_steps"], CultureInfo.InvariantCulture);
        return JsonSerializer.Deserialize<List<EpochLine>>(file.Metadata["log"])!;
    }

    /// <summary>Writes weights alone, with the epoch they are from. Seconds stay out: equal runs give equal bytes.</summary>
    public static void SaveBest(string path, nn.Module model, EpochLine line) =>
        Safetensors.Save(path, [.. TensorFile.Copy(model)], new Dictionary<string, string>
        {
            ["format"] = "gesto-weights",
            ["version"] = Version.ToString(CultureInfo.InvariantCulture),
            ["stage"] = line.Stage,
            ["epoch"] = line.Epoch.ToString(CultureInfo.InvariantCulture),
            ["val_accuracy"] = line.ValidationAccuracy?.ToString("R", CultureInfo.InvariantCulture) ?? "",
        });

    public static void LoadWeights(string path, nn.Module model) => TensorFile.Restore(Safetensors.Load(path), path, model);
}

using System.Globalization;
using System.Text.Json;
using Gesto.Files;
using Gesto.Training.Models;
using Gesto.Training.Runs;
using Gesto.Training.Weights;
using static TorchSharp.torch;

namespace Gesto.Training.Fitting;

/// <summary>All that a training stage needs to go on where it stopped: weights, Adam's moments and step count, the log.
/// No generator state: each step seeds its own from (seed, stage, epoch, step).</summary>
internal static class Checkpoint
{
    private const int Version = 1;
    private static readonly Cure TrainAnew = new(
        "Delete the file and resume the training: this stage is trained anew.",
        NextStep.ResumeTraining
    );

    public static void SaveLast(
        string path,
        nn.Module model,
        Adam adam,
        WeightAverage? average,
        IReadOnlyList<EpochLine> log
    ) =>
        Safetensors.Save(
            path,
            [
                .. TensorFile.Copy(model, "model."),
                .. adam.State.Select(s => TensorFile.Copy("adam." + s.Name, s.Value)),
                .. average?.State.Select(s => TensorFile.Copy("average." + s.Name, s.Value)) ?? [],
            ],
            new Dictionary<string, string>
            {
                ["format"] = "gesto-last",
                ["version"] = Version.ToString(CultureInfo.InvariantCulture),
                ["adam_steps"] = adam.Steps.ToString(CultureInfo.InvariantCulture),
                ["log"] = JsonSerializer.Serialize(log.Select(l => l with { Seconds = 0 })), // see EpochLog
            }
        );

    /// <returns>The log so far, empty where there is no checkpoint yet.</returns>
    /// <exception cref="InvalidDataException">The file is damaged, or of another model.</exception>
    public static List<EpochLine> LoadLast(string path, nn.Module model, Adam adam, WeightAverage? average)
    {
        if (!File.Exists(path))
            return [];
        SafetensorsFile file = Safetensors.Load(path);
        if (
            file.Metadata.GetValueOrDefault("format") != "gesto-last"
            || file.Metadata.GetValueOrDefault("version") != Version.ToString(CultureInfo.InvariantCulture)
        )
            throw new InvalidDataException(
                $"{path}: not a checkpoint of this version of Gesto; train into a new directory."
            );
        TensorFile.Restore(file, path, model, "model.");
        foreach ((string name, Tensor value) in adam.State)
            TensorFile.Restore(file, path, "adam." + name, value);
        foreach ((string name, Tensor value) in average?.State ?? [])
            TensorFile.Restore(file, path, "average." + name, value);
        string? steps = file.Metadata.GetValueOrDefault("adam_steps");
        new FileCheck(path, TrainAnew).Require(
            long.TryParse(steps, NumberStyles.None, CultureInfo.InvariantCulture, out long taken),
            "metadata adam_steps",
            steps,
            "a number of steps"
        );
        adam.Steps = taken;
        return Log(file, path);
    }

    private static List<EpochLine> Log(SafetensorsFile file, string path)
    {
        string place = $"{path}, metadata log";
        List<EpochLine> log = JsonFile.Parse<List<EpochLine>>(
            file.Metadata.GetValueOrDefault("log", ""),
            place,
            "a list of epochs",
            TrainAnew
        );
        var check = new FileCheck(place, TrainAnew);
        check.NoNulls(log, "it");
        foreach ((int i, EpochLine line) in log.Index())
        {
            line.Check(check);
            check.Require(
                line.Epoch == i + 1 && line.Stage == log[0].Stage,
                "entry",
                FormattableString.Invariant($"epoch {line.Epoch} of {line.Stage}"),
                FormattableString.Invariant($"epoch {i + 1}")
            );
        }
        return log;
    }

    /// <summary>Writes weights alone, with the epoch they are from. Seconds stay out: equal runs give equal
    /// bytes.</summary>
    public static void SaveBest(string path, nn.Module model, EpochLine line) =>
        Safetensors.Save(
            path,
            [.. TensorFile.Copy(model)],
            new Dictionary<string, string>
            {
                ["format"] = "gesto-weights",
                ["version"] = Version.ToString(CultureInfo.InvariantCulture),
                ["stage"] = line.Stage,
                ["epoch"] = line.Epoch.ToString(CultureInfo.InvariantCulture),
                ["val_accuracy"] = line.ValidationAccuracy?.ToString("R", CultureInfo.InvariantCulture) ?? "",
            }
        );

    public static void LoadWeights(string path, nn.Module model) =>
        TensorFile.Restore(Safetensors.Load(path), path, model);
}

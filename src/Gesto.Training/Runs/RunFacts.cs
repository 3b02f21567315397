using System.Globalization;
using System.Reflection;
using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Gesto.Encoders;
using Gesto.Files;
using Gesto.Recordings;
using Gesto.Signs;
using Gesto.Training.Datasets;
using Gesto.Training.Features;
using Gesto.Training.Recipes;

namespace Gesto.Training.Runs;

/// <summary>Facts of a run that its recipe does not hold: `run.json`.</summary>
public sealed record RunFacts
{
    /// <summary>Bumped when the files of a run change their meaning.</summary>
    public int Version { get; init; } = CurrentVersion;

    public required IReadOnlyList<SignClass> Labels { get; init; }

    /// <summary>What was trained on of each modality that the recipe uses.</summary>
    public required PerModality<StreamFacts> Streams { get; init; }

    /// <summary>How the steps of each modality are made.</summary>
    [JsonIgnore]
    public PerModality<FeatureKey> Keys => Streams.Select((_, s) => s.Key);

    /// <summary>Null where the recipe does not use RGB.</summary>
    [JsonIgnore]
    public FeatureKey? Rgb => Streams[Modality.Rgb]?.Key;

    /// <summary>The radar frames (or ready features) trained on; null where the recipe does not use radar.</summary>
    [JsonIgnore]
    public FeatureKey? Radar => Streams[Modality.Radar]?.Key;

    /// <summary>RGB features a step, 0 without.</summary>
    [JsonIgnore]
    public int RgbWidth => Streams[Modality.Rgb]?.Width ?? 0;

    /// <summary>Radar features a step, as many of each antenna, 0 without.</summary>
    [JsonIgnore]
    public int RadarWidth => Streams[Modality.Radar]?.Width ?? 0;

    /// <summary>Antennas whose features make <see cref="RadarWidth"/> in equal parts; 1 where they cannot be told
    /// apart.</summary>
    public int Antennas { get; init; } = 1;

    public int Threads { get; init; }

    /// <summary>Processes that started the run together, with <see cref="Threads"/> each.</summary>
    public int Ranks { get; init; } = 1;

    /// <summary>As <see cref="ComputeDevice.Kind"/>.</summary>
    public string Device { get; init; } = ComputeDevice.Cpu.Kind;

    /// <summary>As <see cref="ValidationSplit.HeldOutBy"/>.</summary>
    public required string HeldOutBy { get; init; }

    public required IReadOnlyList<string> HeldOut { get; init; }

    public required IReadOnlyList<string> Train { get; init; }

    public required IReadOnlyList<string> Validation { get; init; }

    /// <summary>It learnt from what was held out too, after a twin had learnt without it; a linear run has folds
    /// instead.</summary>
    [JsonIgnore]
    internal bool IsRefitted =>
        Validation.Count == 0 && HeldOutBy is not (ValidationSplit.OwnVal or ValidationSplit.Nothing);

    /// <summary>The samples of the fold that was left out of both; empty outside cross-validation.</summary>
    public IReadOnlyList<string> Fold { get; init; } = [];

    /// <summary>Samples of <see cref="Train"/> that another recogniser labelled; null where people labelled
    /// all.</summary>
    public PseudoLabels? PseudoLabels { get; init; }

    /// <summary>Labelled samples without all the features the recipe asks for: not used.</summary>
    public required IReadOnlyList<string> Skipped { get; init; }

    /// <summary>SHA-256 over key, class, length and feature bytes of every sample used.</summary>
    public required string DataFingerprint { get; init; }

    public required string TorchVersion { get; init; }

    /// <summary>The Gesto that started the run, version+commit; null in runs of before it was kept.</summary>
    public string? Program { get; init; }

    /// <summary>True where the data set says that it comes from a simulator; null in runs of before it was
    /// kept.</summary>
    public bool? Simulated { get; init; }

    /// <summary>What it ran on; null likewise.</summary>
    public string? Machine { get; init; }

    /// <summary>This Gesto: "0.1.0+COMMIT" where it was built inside its repository.</summary>
    internal static string ThisProgram { get; } =
        typeof(RunFacts).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion
        ?? "?";

    internal static string ThisMachine { get; } =
        string.Create(
            CultureInfo.InvariantCulture,
            $"{Environment.ProcessorCount} cores, {RuntimeInformation.RuntimeIdentifier}, {RuntimeInformation.FrameworkDescription}"
        );

    public const int CurrentVersion = 3;

    [JsonIgnore]
    public LabelSet LabelSet => new(Labels);

    /// <exception cref="InvalidDataException">A value that no training writes, or that does not go with the
    /// recipe.</exception>
    internal void Check(FileCheck check, Recipe recipe)
    {
        check.NoNulls(Labels, "labels");
        check.Require(
            Labels.Count > 0 && Labels.All(c => c.Id >= 0) && Labels.DistinctBy(c => c.Id).Count() == Labels.Count,
            "labels",
            "a list with an id twice, below 0, or empty",
            "classes, each id once"
        );
        foreach (Modality modality in Modality.All)
            CheckModality(check, modality, recipe.Uses(modality));
        check.Require(
            Antennas >= 1 && RadarWidth % Antennas == 0,
            "antennas",
            Antennas,
            FormattableString.Invariant($"1 or more, a part of streams.radar.width {RadarWidth}")
        );
        check.Between(Threads, 1, 4096, "threads");
        check.Require(Ranks >= 1, "ranks", Ranks, "1 or more");
        check.Require(Device is "cpu" or "cuda", "device", $"'{Device}'", "cpu or cuda");
        check.NoNulls(HeldOut, "held_out");
        foreach (
            (string name, IReadOnlyList<string> keys) in new[]
            {
                ("train", Train),
                ("validation", Validation),
                ("fold", Fold),
                ("skipped", Skipped),
            }
        )
            check.Keys(keys, $"a sample of {name}");
        PseudoLabels?.Check(check, "pseudo_labels.");
        check.Require(
            PseudoLabels?.ClassIds.Values.All(LabelSet.Contains) != false,
            "pseudo_labels",
            "a map to classes that are not in labels",
            "classes of labels"
        );
    }

    private void CheckModality(FileCheck check, Modality modality, bool used)
    {
        StreamFacts? stream = Streams[modality];
        string name = $"streams.{modality}";
        check.Require(
            used == stream is not null,
            name,
            stream is null ? "nothing" : "there",
            used ? "how the features were made: recipe.json uses them" : "nothing: recipe.json does not use them"
        );
        if (stream is null)
            return;
        stream.Key.Check(check, $"{name}.key.");
        check.Between(stream.Width, 1, 1 << 20, $"{name}.width");
        check.Require(
            stream.Key.IsFrames || stream.Key.Shape[1] == stream.Width,
            $"{name}.width",
            stream.Width,
            FormattableString.Invariant($"{stream.Key.Shape[^1]} as in {name}.key.Shape")
        );
    }

    /// <summary>Runs of before <see cref="Streams"/> have its values one by one.</summary>
    /// <returns>`run.json` as it is written now; the same text where that cannot be told.</returns>
    internal static string Upgrade(string text)
    {
        try
        {
            var whole = JsonNode.Parse(text, null, new() { AllowDuplicateProperties = false }) as JsonObject;
            if (whole?["version"] is not JsonValue version || version.ToString() != "2")
                return text;
            var streams = new JsonObject();
            foreach (string name in (string[])["rgb", "radar"])
            {
                if (whole[name] is { } key)
                    streams[name] = new JsonObject
                    {
                        ["key"] = key.DeepClone(),
                        ["width"] = whole[$"{name}_width"]?.DeepClone(),
                    };
                whole.Remove(name);
                whole.Remove($"{name}_width");
            }
            whole["streams"] = streams;
            whole["version"] = CurrentVersion;
            return whole.ToJsonString();
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or ArgumentException)
        {
            return text; // its reader says what is wrong
        }
    }
}

/// <summary>One modality of a run.</summary>
/// <param name="Key">How the steps learnt from were made.</param>
/// <param name="Width">Features a step that its model takes.</param>
public sealed record StreamFacts(FeatureKey Key, int Width);

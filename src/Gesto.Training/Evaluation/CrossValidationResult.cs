using System.Text.Json;
using Gesto.Files;

namespace Gesto.Training.Evaluation;

/// <summary>One fold's run; fractions 0…1.</summary>
public sealed record FoldScore
{
    /// <summary>From 1; its run is `fold-N`.</summary>
    public required int Fold { get; init; }

    /// <summary>The signers or sessions left out; empty where samples were dealt.</summary>
    public required IReadOnlyList<string> HeldOut { get; init; }

    /// <summary>Samples scored.</summary>
    public required int Samples { get; init; }

    public required double Top1 { get; init; }

    /// <summary>Samples learnt from.</summary>
    public required int Train { get; init; }

    /// <summary>Samples that chose the epoch and the temperature, of neither part.</summary>
    public required int Validation { get; init; }

    /// <summary>Accuracy on those, at the epoch they chose: as a score it would be too high. Null where there are
    /// none.</summary>
    public required double? ValidationTop1 { get; init; }

    /// <summary>The epoch kept.</summary>
    public required int Epoch { get; init; }

    /// <summary>Samples scored whose class nobody else performs: they cannot be right.</summary>
    public required int NeverTaught { get; init; }
}

/// <summary>What a cross-validation found: `kfold.json`. Scores are over the
/// samples of all folds, each predicted once, fractions 0…1.</summary>
public sealed record CrossValidationResult
{
    public const string FileName = "kfold.json";

    private static readonly JsonSerializerOptions Json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        WriteIndented = true,
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    public required string Recipe { get; init; }

    /// <summary>"signer", "session" or "sample": what was never parted.</summary>
    public required string By { get; init; }

    public required int FoldSeed { get; init; }

    public required bool Simulated { get; init; }

    public required int Samples { get; init; }

    public required int Classes { get; init; }

    public required double Top1 { get; init; }

    public required double Top1Low { get; init; }

    public required double Top1High { get; init; }

    public required string IntervalMethod { get; init; }

    /// <summary>Sum over the folds.</summary>
    public required int NeverTaught { get; init; }

    public required IReadOnlyList<FoldScore> Folds { get; init; }

    public static bool Exists(string folder) => File.Exists(Path.Combine(folder, FileName));

    public string ToJson() => JsonSerializer.Serialize(this, Json);

    internal void Save(string folder) => AtomicFile.WriteText(Path.Combine(folder, FileName), ToJson() + "\n");
}

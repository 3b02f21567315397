using System.Text.Json;
using Gesto.Files;

namespace Gesto.Training.Recognition;

/// <summary>One run of an ensemble.</summary>
/// <param name="Run">Its folder, relative to the ensemble's, '/'-separated.</param>
/// <param name="Weight">Its part in the vote, 0…1; the weights of all members sum to 1.</param>
public sealed record EnsembleMember(string Run, double Weight);

/// <summary>`ensemble.json`: which runs vote, how heavily, and where the weights come from.</summary>
public sealed record EnsembleFile
{
    public const string FileName = "ensemble.json";

    private static readonly JsonSerializerOptions Json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        WriteIndented = true,
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    public required IReadOnlyList<EnsembleMember> Members { get; init; }

    /// <summary>Weights of all members where only some modalities are there, by these, e.g. "rgb+radar", relative to
    /// the calibration's temperature; what is not named goes by the members' shares of their weights.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<double>> Subsets { get; init; } =
        new Dictionary<string, IReadOnlyList<double>>();

    /// <summary>What the weights were fitted on, in words.</summary>
    public required string FittedOn { get; init; }

    public int Samples { get; init; }

    /// <summary>Mean negative log-likelihood of each member alone on the fitted samples, nats.</summary>
    public IReadOnlyList<double> MemberLoss { get; init; } = [];

    /// <summary>The ensemble's on the same samples; null where nothing was fitted.</summary>
    public double? Loss { get; init; }

    /// <exception cref="InvalidDataException">Not an ensemble, no member, a negative weight, or weights that do not sum
    /// to 1.</exception>
    public static EnsembleFile Load(string folder)
    {
        string path = Path.Combine(folder, FileName);
        Cure cure = new("Make the ensemble again.", NextStep.MakeEnsemble);
        EnsembleFile file = JsonFile.Load<EnsembleFile>(path, "an ensemble", cure, Json);
        var check = new FileCheck(path, cure);
        check.NoNulls(file.Members, "members");
        foreach (EnsembleMember member in file.Members)
        {
            check.Require(
                member.Run.Length > 0 && !member.Run.Contains('\0'),
                "a member's run",
                $"'{member.Run}'",
                "a folder"
            );
            check.Fraction(member.Weight, $"the weight of '{member.Run}'");
        }
        check.Require(file.Samples >= 0, "samples", file.Samples, "0 or more");
        foreach (double? loss in file.MemberLoss.Select(l => (double?)l).Append(file.Loss))
            check.Finite(loss, "a loss");
        foreach ((string subset, IReadOnlyList<double> weights) in file.Subsets)
            check.Require(
                weights?.Count == file.Members.Count && weights.All(w => w is >= 0 and <= 1e6),
                $"the weights of '{subset}'",
                weights is null ? "nothing" : string.Join(", ", weights),
                $"{file.Members.Count} of 0 or more"
            );
        double sum = file.Members.Sum(m => m.Weight);
        if (file.Members.Count == 0 || Math.Abs(sum - 1) > 1e-6)
            throw cure.Error(
                FormattableString.Invariant(
                    $"{path}: {file.Members.Count} members whose weights sum to {sum}, expected weights of 0 or more that sum to 1."
                )
            );
        return file;
    }

    public void Save(string folder) =>
        AtomicFile.WriteText(Path.Combine(folder, FileName), JsonSerializer.Serialize(this, Json) + "\n");
}

using System.Text.Json;
using Gesto.Files;
using Gesto.Recordings;

namespace Gesto.Training.Features;

/// <summary>Labels that a recogniser, not a person, gave to samples of the test split, for another run to learn from
/// beside the labelled ones: it comes to know new signers, or a later day, without one label. Such a run's score on
/// these samples is transductive.</summary>
/// <remarks>Source: Lee, "Pseudo-Label", 2013.</remarks>
/// <param name="From">The recogniser's folder, as it was given.</param>
/// <param name="Above">Lowest probability of the answers taken, 0…1.</param>
/// <param name="ClassIds">Class id by sample.</param>
public sealed record PseudoLabels(string From, double Above, IReadOnlyDictionary<string, int> ClassIds)
{
    /// <summary>Where a training of several members keeps them; a run has them in `run.json`.</summary>
    internal const string FileName = "pseudo-labels.json";

    /// <summary>The samples as train samples of these classes.</summary>
    internal IEnumerable<Sample> SamplesOf(FeatureSet features) =>
        features
            .Samples.Where(s => ClassIds.ContainsKey(s.Key))
            .Select(s =>
                s with
                {
                    Split = Split.Train,
                    ClassId = ClassIds[s.Key],
                    ClassName = features.Labels[features.Labels.LabelOf(ClassIds[s.Key])].Name,
                }
            );

    /// <returns>True where both give the same samples the same labels.</returns>
    internal static bool Same(PseudoLabels? a, PseudoLabels? b) =>
        (a?.ClassIds ?? new Dictionary<string, int>())
            .ToHashSet()
            .SetEquals(b?.ClassIds ?? new Dictionary<string, int>());

    /// <returns>Null where the folder has none.</returns>
    internal static PseudoLabels? Load(string folder)
    {
        string path = Path.Combine(folder, FileName);
        const string cure = "Train into a new directory, with pseudo-labels made anew.";
        if (!File.Exists(path))
            return null;
        PseudoLabels labels = JsonFile.Load<PseudoLabels>(path, "pseudo-labels", cure);
        labels.Check(new FileCheck(path, cure));
        return labels;
    }

    /// <exception cref="InvalidDataException">A value that no recogniser gives.</exception>
    internal void Check(FileCheck check, string prefix = "")
    {
        check.Fraction(Above, $"{prefix}above");
        check.Keys(ClassIds.Keys, $"a sample of {prefix}class_ids");
        foreach ((string key, int id) in ClassIds)
            check.Require(id >= 0, $"the class of '{key}' in {prefix}class_ids", id, "0 or more");
    }

    internal void Save(string folder) =>
        AtomicFile.WriteText(Path.Combine(folder, FileName), JsonSerializer.Serialize(this) + "\n");
}

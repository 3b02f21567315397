using System.Globalization;
using Gesto.Data;
using Gesto.Features;

namespace Gesto.Cli;

/// <summary>Views of one feature set, a folder each, for k-fold cross-validation: the same arrays behind links, and a manifest in
/// which one fold of the signers is the labelled validation split. Test samples stay test.</summary>
internal static class FoldViews
{
    /// <param name="features">A finished FEATURES folder.</param>
    /// <param name="folder">Receives 1 … k.</param>
    /// <param name="folds">k, from 2 to the number of signers (or sessions).</param>
    /// <param name="seed">Deals the groups.</param>
    /// <exception cref="InvalidDataException">Signers and sessions are unknown, or fewer than k.</exception>
    public static void Write(string features, string folder, int folds, int seed)
    {
        FeatureSet.Open(features);
        IReadOnlyList<Sample> samples = ManifestFile.Read(Path.Combine(features, ManifestFile.FileName));
        Sample[] labelled = [.. samples.Where(s => s is { Split: not Split.Test, ClassId: not null })];
        (string by, Func<Sample, string?> groupOf) = labelled.All(s => s.Signer is not null) ? ("signers", s => s.Signer) : ("sessions", (Func<Sample, string?>)(s => s.Session));
        string?[] groups = [.. labelled.Select(groupOf).Distinct().Order(StringComparer.Ordinal)];
        if (groups.Contains(null))
            throw new InvalidDataException(
                $"{features}: neither signer nor session of every labelled sample is known, so folds would share people. Fill these columns of {ManifestFile.FileName}.");
        if (folds < 2 || folds > groups.Length)
            throw new InvalidDataException($"--folds {folds}: the labelled samples are of {groups.Length} {by}, so 2 to {groups.Length} folds are possible.");
        new Random(seed).Shuffle(groups);
        Dictionary<string, int> foldOf = groups.Index().ToDictionary(g => g.Item!, g => g.Index % folds);
        for (int fold = 0; fold < folds; fold++)
        {
            string view = Path.Combine(folder, (fold + 1).ToString(CultureInfo.InvariantCulture));
            Directory.CreateDirectory(view);
            ManifestFile.Write(Path.Combine(view, ManifestFile.FileName), samples.Select(s => s is not { Split: not Split.Test, ClassId: not null }
                ? s
                : s with { Split = foldOf[groupOf(s)!] == fold ? Split.Validation : Split.Train }));
            foreach (string name in new[] { FeatureSet.RgbFolder, FeatureSet.RadarFolder })
            {
                string link = Path.Combine(view, name), target = Path.Combine(features, name);
                if (Directory.Exists(target) && !Directory.Exists(link)) Directory.CreateSymbolicLink(link, target);
            }
            foreach (string name in new[] { LabelKeyFile.FileName, FeatureSet.SimulatedFile, FeatureSet.SkippedFile })
            {
                string from = Path.Combine(features, name);
                if (File.Exists(from)) AtomicFile.Write(Path.Combine(view, name), to => to.Write(File.ReadAllBytes(from)));
            }
        }
    }
}

using System.Security.Cryptography;
using System.Text;

namespace Gesto.Training.Runs;

/// <summary>A run's samples by hash instead of by name: a file that leaves the house then tells whoever has the same
/// samples which of them it learnt from, and spells out no name of a folder, a signer or a session.</summary>
internal static class SampleHashes
{
    private const int Bytes = 16;

    /// <returns>The facts without names.</returns>
    public static RunFacts Hide(RunFacts facts) =>
        Renamed(facts, key => HashOf(facts, key)) with
        {
            HeldOut = [],
            Machine = null,
        };

    /// <param name="facts">Of <see cref="Hide"/>.</param>
    /// <param name="keys">Samples there are.</param>
    /// <returns>The facts with the names of those samples; others keep their hash.</returns>
    public static RunFacts Reveal(RunFacts facts, IEnumerable<string> keys)
    {
        var names = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (string key in keys)
            names.TryAdd(HashOf(facts, key), key);
        return Renamed(facts, hash => names.GetValueOrDefault(hash, hash));
    }

    private static RunFacts Renamed(RunFacts facts, Func<string, string> name) =>
        facts with
        {
            Train = [.. facts.Train.Select(name)],
            Validation = [.. facts.Validation.Select(name)],
            Fold = [.. facts.Fold.Select(name)],
            Skipped = [.. facts.Skipped.Select(name)],
            PseudoLabels = facts.PseudoLabels is { } pseudo
                ? pseudo with
                {
                    From = Path.GetFileName(Path.TrimEndingDirectorySeparator(pseudo.From)),
                    ClassIds = pseudo.ClassIds.ToDictionary(p => name(p.Key), p => p.Value),
                }
                : null,
        };

    /// <summary>With the data's fingerprint before it: one table of hashes does not serve for every bundle.</summary>
    private static string HashOf(RunFacts facts, string key) =>
        Convert.ToHexStringLower(
            SHA256.HashData(Encoding.UTF8.GetBytes($"{facts.DataFingerprint}\n{key}")).AsSpan(0, Bytes)
        );
}

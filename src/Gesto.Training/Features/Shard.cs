using System.Globalization;

namespace Gesto.Training.Features;

/// <summary>One of n equal parts of an extraction: the samples whose number in the data set's order leaves the
/// remainder <paramref name="Number"/> − 1 by n.</summary>
/// <param name="Number">1…n.</param>
/// <param name="Count">n ≥ 1.</param>
public readonly record struct Shard(int Number, int Count)
{
    /// <summary>The folder in FEATURES where shards wait to be merged.</summary>
    public const string Folder = "shards";

    /// <exception cref="InvalidDataException">Not of the form "2/4".</exception>
    public static Shard Parse(string text)
    {
        string[] parts = text.Split('/');
        return
            parts.Length == 2
            && int.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out int number)
            && int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out int count)
            && number >= 1
            && number <= count
            ? new Shard(number, count)
            : throw new InvalidDataException(
                $"shard '{text}': expected NUMBER/COUNT with 1 ≤ NUMBER ≤ COUNT, e.g. 2/4."
            );
    }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Number}/{Count}");

    /// <returns>Where this shard of the features keeps its files, until it is merged.</returns>
    public string PathIn(string features) =>
        Path.Combine(features, Folder, string.Create(CultureInfo.InvariantCulture, $"{Number}-of-{Count}"));

    /// <param name="index">A sample's place in the data set, from 0.</param>
    public bool Has(int index) => index % Count == Number - 1;
}

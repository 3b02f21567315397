using System.Globalization;

namespace Gesto.Training.Datasets;

/// <summary>What is never parted when samples are dealt into folds.</summary>
public enum FoldUnit
{
    /// <summary>A person: how well does it do on the next one?</summary>
    Signer,

    /// <summary>A session: how well does it do on another day of the same people?</summary>
    Session,

    /// <summary>A sample. Each class is cut into blocks of neighbouring sample numbers, since neighbours are takes of
    /// one person minutes apart; still, people are on both sides.</summary>
    Sample,
}

/// <summary>One part of a cross-validation.</summary>
/// <param name="Number">1…n.</param>
/// <param name="Count">n ≥ 2; null = as many as there are signers, sessions or samples: each alone is a fold.</param>
public readonly record struct Fold(int Number, int? Count)
{
    /// <summary>Stands for the number of folds where each signer, session or sample is one.</summary>
    public const string All = "all";

    /// <exception cref="InvalidDataException">Not of the form "2/5" or "3/all".</exception>
    public static Fold Parse(string text)
    {
        string[] parts = text.Split('/');
        return
            parts.Length == 2
            && int.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out int number)
            && number >= 1
            && TryParseCount(parts[1], out int? count)
            && !(number > count)
            ? new Fold(number, count)
            : throw new InvalidDataException(
                $"Fold '{text}': expected NUMBER/COUNT with 1 ≤ NUMBER ≤ COUNT and COUNT 2 or more, e.g. 2/5, or 3/{All}."
            );
    }

    /// <exception cref="InvalidDataException">Neither a number of 2 or more nor "all".</exception>
    public static int? ParseCount(string text) =>
        TryParseCount(text, out int? count)
            ? count
            : throw new InvalidDataException(
                $"Number of folds '{text}': expected 2 or more, or '{All}' for each signer, session or sample alone."
            );

    public override string ToString() =>
        Count is { } count
            ? string.Create(CultureInfo.InvariantCulture, $"{Number}/{count}")
            : string.Create(CultureInfo.InvariantCulture, $"{Number}/{All}");

    private static bool TryParseCount(string text, out int? count)
    {
        count = int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int n) ? n : null;
        return text == All || count >= 2;
    }
}

using Gesto.Recordings;

namespace Gesto.Training.Datasets;

/// <summary>Which labelled samples to learn from and which to choose the checkpoint by.</summary>
/// <param name="Train">Samples to learn from; every class of the data set is among them.</param>
/// <param name="Validation">Samples never learnt from; no signer (else session, else neighbouring take) of theirs is in
/// <paramref name="Train"/>.</param>
/// <param name="HeldOutBy">How they were parted: "val" (the data set's own labelled val), "signer", "session",
/// "number" or "nothing".</param>
/// <param name="HeldOut">The signers or sessions held out; empty for "val" and "number".</param>
public sealed record ValidationSplit(
    IReadOnlyList<Sample> Train,
    IReadOnlyList<Sample> Validation,
    string HeldOutBy,
    IReadOnlyList<string> HeldOut
)
{
    /// <summary>A fold of a cross-validation, left out of both for scoring: nothing is learnt or chosen by
    /// it.</summary>
    public IReadOnlyList<Sample> Fold { get; init; } = [];

    /// <summary>Part of train held out where val has no labels, before rounding to whole signers or sessions.</summary>
    public const double DefaultFraction = 0.2;

    /// <summary>Held out by the data set itself.</summary>
    public const string OwnVal = "val";

    /// <summary>Nothing was held out.</summary>
    public const string Nothing = "nothing";

    /// <summary>Holds nothing out: all labelled train samples to learn from.</summary>
    public static ValidationSplit None(IReadOnlyList<Sample> samples) =>
        new([.. samples.Where(s => s is { Split: Split.Train, ClassId: not null })], [], "nothing", []);

    /// <summary>Uses val where it is labelled; else holds a part of train out: whole signers where every train sample's
    /// signer is known, else whole sessions, else one block of neighbouring sample numbers per class. Neighbours are
    /// takes of the same person minutes apart: parted at random they would make validation look far better than it
    /// is.</summary>
    /// <param name="samples">The data set's samples; those without a label are left out.</param>
    /// <param name="seed">Chooses which signers, sessions or blocks; equal seeds choose equally.</param>
    /// <param name="fraction">Part to hold out, 0…1 exclusive; at least one signer, session or take.</param>
    /// <exception cref="InvalidDataException">No way leaves every class in train, e.g. one sample per
    /// class.</exception>
    public static ValidationSplit Choose(IReadOnlyList<Sample> samples, int seed, double fraction = DefaultFraction)
    {
        if (fraction is not (> 0 and < 1))
            throw new ArgumentOutOfRangeException(nameof(fraction), fraction, "0 < fraction < 1");
        Sample[] train = [.. samples.Where(s => s is { Split: Split.Train, ClassId: not null })];
        Sample[] own = [.. samples.Where(s => s is { Split: Split.Validation, ClassId: not null })];
        if (own.Length > 0)
            return new ValidationSplit(train, own, "val", []);
        return ByGroups(train, s => s.Signer, "signer", seed, fraction)
            ?? ByGroups(train, s => s.Session, "session", seed, fraction)
            ?? ByNumber(train, seed, fraction);
    }

    private static ValidationSplit? ByGroups(
        Sample[] train,
        Func<Sample, string?> groupOf,
        string by,
        int seed,
        double fraction
    )
    {
        if (train.Length == 0 || train.Any(s => groupOf(s) is null))
            return null;
        string[] groups = [.. train.Select(s => groupOf(s)!).Distinct().Order(StringComparer.Ordinal)];
        int wanted = Math.Max(1, (int)Math.Round(groups.Length * fraction));
        int classes = train.Select(s => s.ClassId).Distinct().Count();
        string[] order = [.. groups];
        new Random(seed).Shuffle(order);
        var held = new HashSet<string>(StringComparer.Ordinal);
        foreach (string group in order)
        {
            if (held.Count == wanted)
                break;
            held.Add(group);
            // A class that only this signer performs must stay learnable: take the next signer instead.
            if (train.Where(s => !held.Contains(groupOf(s)!)).Select(s => s.ClassId).Distinct().Count() < classes)
                held.Remove(group);
        }
        if (held.Count == 0)
            return null;
        return new ValidationSplit(
            [.. train.Where(s => !held.Contains(groupOf(s)!))],
            [.. train.Where(s => held.Contains(groupOf(s)!))],
            by,
            [.. held.Order(StringComparer.Ordinal)]
        );
    }

    /// <summary>The block lies at the same relative place in every class: where takes were numbered signer by signer,
    /// this comes closest to holding out a signer.</summary>
    private static ValidationSplit ByNumber(Sample[] train, int seed, double fraction)
    {
        double place = new Random(seed).NextDouble();
        var held = new HashSet<string>(StringComparer.Ordinal);
        foreach (IGrouping<int?, Sample> sign in train.GroupBy(s => s.ClassId))
        {
            Sample[] takes =
            [
                .. sign.OrderBy(s => s.Number ?? int.MaxValue).ThenBy(s => s.Key, StringComparer.Ordinal),
            ];
            if (takes.Length < 2)
                continue;
            int size = Math.Max(1, (int)Math.Round(takes.Length * fraction));
            int start = (int)Math.Round(place * (takes.Length - size));
            held.UnionWith(takes.Skip(start).Take(size).Select(s => s.Key));
        }
        if (held.Count == 0)
            throw new InvalidDataException(
                $"No validation part can be held out of {train.Length} train samples: every class would lose its only sample. "
                    + "Record more takes, or label some samples of split 'val' in manifest.csv."
            );
        return new ValidationSplit(
            [.. train.Where(s => !held.Contains(s.Key))],
            [.. train.Where(s => held.Contains(s.Key))],
            "number",
            []
        );
    }
}

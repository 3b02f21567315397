using Gesto.Files;
using Gesto.Recordings;

namespace Gesto.Training.Datasets;

/// <summary>Deals a data set's samples into the folds of a cross-validation: each sample into one fold, whole signers
/// or sessions into one fold, folds equally large and every class spread over them as far as that allows.</summary>
/// <remarks>
/// Samples of test never take part; labelled samples of train and val do, and their split no longer counts.
/// <para>Signers and sessions are dealt greedily, the largest first and equal ones in an order by seed, each into the
/// fold where it meets least of its own kind: the sum over classes of its share of the class times what the fold has of
/// it, plus the same over all samples. The first term stratifies, as S. Sechidis, G. Tsoumakas, I. Vlahavas do for
/// labels ("On the stratification of multi-label data", ECML PKDD 2011), the second balances the sizes. With as many
/// folds as groups, fold i is the i-th by name.</para>
/// </remarks>
public sealed class FoldDeal
{
    private readonly FoldUnit by;
    private readonly int[] foldOf;

    private FoldDeal(IReadOnlyList<Sample> samples, int count, FoldUnit by, int[] foldOf) =>
        (Samples, Count, this.by, this.foldOf) = (samples, count, by, foldOf);

    /// <summary>The samples dealt, in the data set's order.</summary>
    public IReadOnlyList<Sample> Samples { get; }

    /// <summary>Number of folds.</summary>
    public int Count { get; }

    /// <param name="samples">The data set's samples; unlabelled ones and those of test are left out.</param>
    /// <param name="count">Folds, 2 or more; null = one for each signer, session or sample.</param>
    /// <param name="by">What stays together.</param>
    /// <param name="seed">Equal seeds deal equally; without effect where <paramref name="by"/> is the sample.</param>
    /// <exception cref="InvalidDataException">A sample's signer or session is unknown, or there are too few of
    /// them.</exception>
    public static FoldDeal Deal(IReadOnlyList<Sample> samples, int? count, FoldUnit by, int seed)
    {
        Sample[] pool = [.. samples.Where(s => s is { Split: not Split.Test, ClassId: not null })];
        string[] groups = [.. pool.Select(s => GroupOf(s, by)).Distinct().Order(StringComparer.Ordinal)];
        int folds = count ?? groups.Length;
        if (folds < 2 || folds > groups.Length)
            throw new InvalidDataException(
                $"{folds} folds: the {pool.Length} labelled samples outside test are of {groups.Length} {Plural(by)}, so "
                    + (
                        groups.Length < 2
                            ? "nothing can be held out. Deal by something else."
                            : $"2 to {groups.Length} folds are possible."
                    )
            ).Suggest(NextStep.DealByAnother);
        if (by == FoldUnit.Sample)
            return new FoldDeal(pool, folds, by, Blocks(pool, folds));
        Dictionary<string, int> dealt =
            folds == groups.Length
                ? groups.Index().ToDictionary(g => g.Item, g => g.Index)
                : DealGroups(pool.ToLookup(s => GroupOf(s, by)), groups, folds, seed);
        return new FoldDeal(pool, folds, by, [.. pool.Select(s => dealt[GroupOf(s, by)])]);
    }

    /// <returns>The samples of one fold.</returns>
    /// <param name="number">1…<see cref="Count"/>.</param>
    /// <exception cref="InvalidDataException">There is no such fold.</exception>
    public IReadOnlyList<Sample> In(int number)
    {
        if (number < 1 || number > Count)
            throw new InvalidDataException($"Fold {number} of {Count}: there is none. Choose 1 to {Count}.");
        return [.. Samples.Where((_, i) => foldOf[i] == number - 1)];
    }

    /// <returns>The signers or sessions of one fold, by name; empty where samples were dealt.</returns>
    public IReadOnlyList<string> GroupsIn(int number) =>
        by == FoldUnit.Sample
            ? []
            : [.. In(number).Select(s => GroupOf(s, by)).Distinct().Order(StringComparer.Ordinal)];

    private static string GroupOf(Sample sample, FoldUnit by) =>
        by switch
        {
            FoldUnit.Signer => sample.Signer ?? throw Unknown(sample, "signer"),
            FoldUnit.Session => sample.Session ?? throw Unknown(sample, "session"),
            _ => sample.Key,
        };

    private static string Plural(FoldUnit by) =>
        by switch
        {
            FoldUnit.Signer => "signers",
            FoldUnit.Session => "sessions",
            _ => "samples",
        };

    private static InvalidDataException Unknown(Sample sample, string what) =>
        new InvalidDataException(
            $"The {what} of sample '{sample.Key}' is not known, so folds could share it. Fill the column '{what}' of "
                + $"{ManifestFile.FileName}, or deal by something else."
        ).Suggest(NextStep.DealByAnother);

    private static Dictionary<string, int> DealGroups(
        ILookup<string, Sample> members,
        string[] groups,
        int folds,
        int seed
    )
    {
        Dictionary<int, int> classSize = members.SelectMany(g => g).CountBy(s => s.ClassId!.Value).ToDictionary();
        int all = classSize.Values.Sum();
        var has = new Dictionary<int, int>[folds]; // class → samples
        for (int f = 0; f < folds; f++)
            has[f] = [];
        string[] order = [.. groups];
        new Random(seed).Shuffle(order);
        var dealt = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (string group in order.OrderByDescending(g => members[g].Count())) // stable: equal ones stay shuffled
        {
            (int Class, int Count)[] brings =
            [
                .. members[group].CountBy(s => s.ClassId!.Value).Select(c => (c.Key, c.Value)).Order(),
            ];
            int samples = brings.Sum(b => b.Count);
            // An empty fold costs nothing and comes first, so no fold stays empty.
            int best = Enumerable
                .Range(0, folds)
                .MinBy(f =>
                    brings.Sum(b => (double)b.Count * has[f].GetValueOrDefault(b.Class) / classSize[b.Class])
                    + (double)samples * has[f].Values.Sum() / all
                );
            foreach ((int id, int count) in brings)
                has[best][id] = has[best].GetValueOrDefault(id) + count;
            dealt[group] = best;
        }
        return dealt;
    }

    /// <summary>Cuts each class, ordered by sample number, into blocks that differ by one sample at most; the longer
    /// blocks go to the folds that are smallest so far, so the folds differ by one as well.</summary>
    private static int[] Blocks(Sample[] pool, int folds)
    {
        var foldOf = new int[pool.Length];
        var size = new int[folds];
        foreach (
            IGrouping<int, int> sign in Enumerable
                .Range(0, pool.Length)
                .GroupBy(i => pool[i].ClassId!.Value)
                .OrderBy(g => g.Key)
        )
        {
            int[] takes =
            [
                .. sign.OrderBy(i => pool[i].Number ?? int.MaxValue).ThenBy(i => pool[i].Key, StringComparer.Ordinal),
            ];
            HashSet<int> longer = [.. Enumerable.Range(0, folds).OrderBy(f => size[f]).Take(takes.Length % folds)];
            int next = 0;
            for (int f = 0; f < folds; f++)
            {
                int block = takes.Length / folds + (longer.Contains(f) ? 1 : 0);
                for (int i = 0; i < block; i++)
                    foldOf[takes[next++]] = f;
                size[f] += block;
            }
        }
        return foldOf;
    }
}

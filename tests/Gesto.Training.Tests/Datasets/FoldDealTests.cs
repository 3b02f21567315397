using Gesto.Recordings;
using Gesto.Training.Datasets;

namespace Gesto.Training.Tests.Datasets;

public class FoldDealTests
{
    private static Sample Make(int number, int id, string? signer, string? session = null, Split split = Split.Train) =>
        new()
        {
            Key = $"{ManifestFile.Text(split)}/SAMPLE_{number}",
            Split = split,
            ClassId = id,
            ClassName = "C",
            Signer = signer,
            Session = session,
        };

    /// <summary>20 signers, each 1 to 4 takes of every one of six classes; two samples of test, one of them
    /// unlabelled.</summary>
    private static Sample[] Uneven()
    {
        var random = new Random(9);
        var samples = new List<Sample>();
        for (int signer = 0; signer < 20; signer++)
        {
            int takes = random.Next(1, 5);
            for (int id = 0; id < 6; id++)
            for (int take = 0; take < takes; take++)
                samples.Add(
                    Make(
                        samples.Count,
                        id,
                        $"s{signer:00}",
                        $"s{signer:00}-{take % 2}",
                        signer % 5 == 0 ? Split.Validation : Split.Train
                    )
                );
        }
        samples.Add(Make(9000, 1, "s00", "s00-0", Split.Test));
        samples.Add(Make(9001, 1, "s99", "s99-0") with { ClassId = null });
        return [.. samples];
    }

    public static TheoryData<FoldUnit> Units => [FoldUnit.Signer, FoldUnit.Session, FoldUnit.Sample];

    private static IReadOnlyList<Sample>[] Parts(FoldDeal deal) => [.. Enumerable.Range(1, deal.Count).Select(deal.In)];

    [Theory]
    [MemberData(nameof(Units))]
    public void Every_labelled_sample_outside_test_is_held_out_exactly_once(FoldUnit by)
    {
        Sample[] all = Uneven();
        FoldDeal deal = FoldDeal.Deal(all, 5, by, seed: 2);
        Assert.Equal(
            all.Take(all.Length - 2).Select(s => s.Key).Order(),
            Parts(deal).SelectMany(p => p).Select(s => s.Key).Order()
        );
    }

    [Fact]
    public void No_signer_is_on_two_sides_and_no_session_either()
    {
        foreach (
            (FoldUnit by, Func<Sample, string?> of) in new (FoldUnit, Func<Sample, string?>)[]
            {
                (FoldUnit.Signer, s => s.Signer),
                (FoldUnit.Session, s => s.Session),
            }
        )
        {
            FoldDeal deal = FoldDeal.Deal(Uneven(), 4, by, seed: 0);
            string?[] groups = [.. Parts(deal).SelectMany(p => p.Select(of).Distinct())];
            Assert.Equal(groups.Distinct().Count(), groups.Length);
            Assert.Equal(groups.Order(), Enumerable.Range(1, 4).SelectMany(deal.GroupsIn).Order());
        }
    }

    [Fact]
    public void Folds_of_uneven_signers_are_as_large_as_each_other()
    {
        // 20 signers of 6 to 24 samples into 5 folds: the smallest signers come last and fill up, so the gap is one of
        // them at most.
        for (int seed = 0; seed < 20; seed++)
        {
            int[] sizes = [.. Parts(FoldDeal.Deal(Uneven(), 5, FoldUnit.Signer, seed)).Select(p => p.Count)];
            Assert.True(sizes.Max() - sizes.Min() <= 6, string.Join(", ", sizes));
        }
    }

    [Fact]
    public void Signers_who_perform_different_classes_are_spread_so_that_each_fold_has_each_class()
    {
        // Three signers know only class 0, three only class 1, three only class 2: into three folds, one of each kind.
        Sample[] all =
        [
            .. from kind in Enumerable.Range(0, 3)
            from who in Enumerable.Range(0, 3)
            from take in Enumerable.Range(0, 4)
            select Make(kind * 100 + who * 10 + take, kind, $"{kind}-{who}"),
        ];
        for (int seed = 0; seed < 20; seed++)
            Assert.All(Parts(FoldDeal.Deal(all, 3, FoldUnit.Signer, seed)), part =>
                Assert.Equal([0, 1, 2], part.Select(s => s.ClassId!.Value).Distinct().Order())
            );
    }

    [Theory]
    [InlineData(3)]
    [InlineData(7)]
    public void Without_groups_every_class_is_cut_into_blocks_of_neighbours_that_differ_by_one_at_most(int folds)
    {
        Sample[] all =
        [
            .. from id in Enumerable.Range(0, 11)
            from take in Enumerable.Range(0, 8 + id % 3)
            select Make(100 * id + take, id, null),
        ];
        IReadOnlyList<Sample>[] parts = Parts(FoldDeal.Deal(all, folds, FoldUnit.Sample, seed: 0));
        Assert.True(parts.Max(p => p.Count) - parts.Min(p => p.Count) <= 1);
        for (int id = 0; id < 11; id++)
        {
            int[][] blocks =
            [
                .. parts.Select(p => p.Where(s => s.ClassId == id).Select(s => s.Number!.Value).Order().ToArray()),
            ];
            Assert.True(blocks.Max(b => b.Length) - blocks.Min(b => b.Length) <= 1);
            Assert.All(blocks.Where(b => b.Length > 0), b => Assert.Equal(b.Length - 1, b[^1] - b[0]));
        }
    }

    [Fact]
    public void One_fold_a_signer_holds_out_the_signers_by_name()
    {
        FoldDeal deal = FoldDeal.Deal(Uneven(), null, FoldUnit.Signer, seed: 3);
        Assert.Equal(20, deal.Count);
        for (int i = 0; i < 20; i++)
            Assert.Equal($"s{i:00}", Assert.Single(deal.GroupsIn(i + 1)));
    }

    [Fact]
    public void The_seed_deals_equal_seeds_deal_equally_and_the_order_of_samples_does_not_matter()
    {
        Sample[] all = Uneven();
        string Dealt(IReadOnlyList<Sample> samples, int seed)
        {
            FoldDeal deal = FoldDeal.Deal(samples, 5, FoldUnit.Signer, seed);
            return string.Join(" | ", Enumerable.Range(1, 5).Select(n => string.Join(',', deal.GroupsIn(n))));
        }
        Assert.Equal(Dealt(all, 1), Dealt([.. all.Reverse()], 1));
        Assert.True(Enumerable.Range(0, 20).Select(seed => Dealt(all, seed)).Distinct().Count() > 10);
    }

    [Fact]
    public void An_unknown_signer_is_named_and_too_many_folds_are_counted()
    {
        Sample[] all = [.. Uneven(), Make(77777, 1, null, "x")];
        string unknown = Assert.Throws<InvalidDataException>(() => FoldDeal.Deal(all, 5, FoldUnit.Signer, 0)).Message;
        Assert.Contains("signer of sample 'train/SAMPLE_77777' is not known", unknown, StringComparison.Ordinal);
        Assert.Contains("'signer' of manifest.csv", unknown, StringComparison.Ordinal);
        FoldDeal.Deal(all, 5, FoldUnit.Session, 0);
        Assert.Contains(
            "are of 20 signers, so 2 to 20 folds are possible",
            Assert.Throws<InvalidDataException>(() => FoldDeal.Deal(Uneven(), 21, FoldUnit.Signer, 0)).Message,
            StringComparison.Ordinal
        );
        Assert.Contains(
            "Fold 6 of 5",
            Assert.Throws<InvalidDataException>(() => FoldDeal.Deal(Uneven(), 5, FoldUnit.Signer, 0).In(6)).Message,
            StringComparison.Ordinal
        );
        Assert.Throws<InvalidDataException>(() =>
            FoldDeal.Deal([Make(1, 1, "only"), Make(2, 1, "only")], null, FoldUnit.Signer, 0)
        );
    }

    [Fact]
    public void A_fold_is_written_as_number_and_count()
    {
        Assert.Equal(new Fold(2, 5), Fold.Parse("2/5"));
        Assert.Equal(new Fold(30, null), Fold.Parse("30/all"));
        Assert.Equal("30/all", new Fold(30, null).ToString());
        foreach (string wrong in new[] { "0/5", "6/5", "1/1", "2", "a/b", "1/5/2", "-1/5", "" })
            Assert.Throws<InvalidDataException>(() => Fold.Parse(wrong));
    }
}

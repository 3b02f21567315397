using Gesto.Recordings;
using Gesto.Training.Datasets;

namespace Gesto.Training.Tests.Datasets;

public class ValidationSplitTests
{
    private static Sample[] Train(
        int classes,
        int takes,
        Func<int, int, string?>? signer = null,
        Func<int, int, string?>? session = null
    ) =>
        [
            .. from k in Enumerable.Range(0, classes)
            from n in Enumerable.Range(0, takes)
            select new Sample
            {
                Key = $"train/{k}_C/SAMPLE_{k * takes + n}",
                Split = Split.Train,
                ClassId = k,
                ClassName = "C",
                Signer = signer?.Invoke(k, n),
                Session = session?.Invoke(k, n),
            },
        ];

    private static void AssertParted(Sample[] all, ValidationSplit split)
    {
        Assert.Equal(all.Select(s => s.Key).Order(), split.Train.Concat(split.Validation).Select(s => s.Key).Order());
        Assert.Equal(
            all.Select(s => s.ClassId).Distinct().Order(),
            split.Train.Select(s => s.ClassId).Distinct().Order()
        );
        Assert.NotEmpty(split.Validation);
    }

    [Theory]
    [InlineData(2, 1)]
    [InlineData(6, 1)]
    [InlineData(10, 2)]
    [InlineData(20, 4)]
    public void Whole_signers_are_held_out(int signers, int expected)
    {
        Sample[] all = Train(5, signers * 2, (_, n) => $"s{n / 2}", (_, n) => $"session{n}");
        ValidationSplit split = ValidationSplit.Choose(all, seed: 3);
        AssertParted(all, split);
        Assert.Equal("signer", split.HeldOutBy);
        Assert.Equal(expected, split.HeldOut.Count);
        Assert.Empty(split.Train.Select(s => s.Signer).Intersect(split.Validation.Select(s => s.Signer)));
    }

    [Fact]
    public void The_seed_chooses_and_equal_seeds_choose_equally()
    {
        Sample[] all = Train(3, 10, (_, n) => $"s{n}");
        string Chosen(int seed) => string.Join(',', ValidationSplit.Choose(all, seed).HeldOut);
        Assert.Equal(Chosen(1), Chosen(1));
        Assert.True(Enumerable.Range(0, 20).Select(Chosen).Distinct().Count() > 5);
    }

    [Fact]
    public void A_signer_who_alone_performs_a_class_stays_in_train()
    {
        Sample[] all = Train(4, 4, (k, n) => k == 0 ? "alone" : $"s{n}");
        for (int seed = 0; seed < 20; seed++)
            Assert.DoesNotContain("alone", ValidationSplit.Choose(all, seed).HeldOut);
    }

    [Fact]
    public void Without_signers_whole_sessions_are_held_out()
    {
        Sample[] all = Train(3, 6, session: (_, n) => $"day{n / 2}");
        ValidationSplit split = ValidationSplit.Choose(all, seed: 0);
        AssertParted(all, split);
        Assert.Equal("session", split.HeldOutBy);
    }

    [Theory]
    [InlineData(2, 1)]
    [InlineData(10, 2)]
    [InlineData(100, 20)]
    public void Else_a_block_of_neighbouring_numbers_of_every_class(int takes, int expected)
    {
        Sample[] all = Train(7, takes);
        for (int seed = 0; seed < 10; seed++)
        {
            ValidationSplit split = ValidationSplit.Choose(all, seed);
            AssertParted(all, split);
            Assert.Equal("number", split.HeldOutBy);
            foreach (var sign in split.Validation.GroupBy(s => s.ClassId))
            {
                int[] numbers = [.. sign.Select(s => s.Number!.Value).Order()];
                Assert.Equal(expected, numbers.Length);
                Assert.Equal(expected - 1, numbers[^1] - numbers[0]);
            }
        }
    }

    [Fact]
    public void A_labelled_val_is_used_as_it_is()
    {
        Sample[] all =
        [
            .. Train(3, 2),
            new Sample
            {
                Key = "val/SAMPLE_9",
                Split = Split.Validation,
                ClassId = 1,
            },
        ];
        ValidationSplit split = ValidationSplit.Choose(all, seed: 0);
        Assert.Equal("val", split.HeldOutBy);
        Assert.Equal("val/SAMPLE_9", Assert.Single(split.Validation).Key);
        Assert.Equal(6, split.Train.Count);
    }

    [Fact]
    public void One_sample_a_class_cannot_be_parted() =>
        Assert.Contains(
            "every class would lose its only sample",
            Assert.Throws<InvalidDataException>(() => ValidationSplit.Choose(Train(3, 1), seed: 0)).Message,
            StringComparison.Ordinal
        );
}

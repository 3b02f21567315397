using Gesto.Signs;
using Gesto.Training.Scoring;

namespace Gesto.Training.Tests.Evaluation;

public class ConfusionMatrixTests
{
    private static readonly LabelSet Signs = new([
        new(0, "CASA"),
        new(1, "NASO"),
        new(2, "NO"),
        new(3, "OCCHIO"),
        new(4, "SI"),
    ]);

    // Truth and prediction: NO taken for SI twice, SI for NO once, CASA for NASO once.
    private static readonly ConfusionMatrix Matrix = new(
        predicted: [0, 1, 1, 4, 4, 2, 2, 3, 4, 4],
        labels: [0, 0, 1, 2, 2, 2, 4, 3, 4, 4],
        classes: 5
    );

    [Fact]
    public void Rows_are_the_truth()
    {
        Assert.Equal(2, Matrix[2, 4]);
        Assert.Equal(1, Matrix[4, 2]);
        Assert.Equal(3, Matrix.Support(2));
    }

    [Fact]
    public void Pairs_add_both_directions_and_come_most_confused_first()
    {
        IReadOnlyList<ConfusedPair> pairs = Matrix.ConfusedPairs(Signs);
        Assert.Equal(new ConfusedPair("NO", "SI", 3, 3 / 6.0, 2), pairs[0]);
        Assert.Equal(new ConfusedPair("CASA", "NASO", 1, 1 / 3.0, 1), pairs[1]);
        Assert.Equal(2, pairs.Count);
    }

    [Fact]
    public void Watched_pairs_are_listed_even_when_never_confused_but_not_when_absent_from_the_set()
    {
        IReadOnlyList<ConfusedPair> watched = Matrix.WatchedPairs(
            Signs,
            [("NO", "SI"), ("OCCHIO", "NASO"), ("M", "N")]
        );
        Assert.Equal([("NO", "SI", 3), ("NASO", "OCCHIO", 0)], watched.Select(p => (p.First, p.Second, p.Count)));
    }

    [Fact]
    public void The_order_gathers_planted_groups_of_confused_classes()
    {
        // Four groups of five out of 30 classes, dealt out over the ids with stride 7; a few confusions across groups.
        int[][] groups =
        [
            .. Enumerable.Range(0, 4).Select(g => Enumerable.Range(0, 5).Select(i => (g * 5 + i) * 7 % 30).ToArray()),
        ];
        var truth = new List<int>();
        var predicted = new List<int>();
        void Add(int t, int p, int times)
        {
            for (int i = 0; i < times; i++)
            {
                truth.Add(t);
                predicted.Add(p);
            }
        }
        for (int label = 0; label < 30; label++)
            Add(label, label, 20);
        foreach (int[] group in groups)
        foreach (int a in group)
        foreach (int b in group)
            if (a != b)
                Add(a, b, 3);
        Add(groups[0][0], groups[2][1], 1);
        Add(groups[1][3], groups[3][4], 1);

        int[] order = ConfusionOrder.Of(new([.. predicted], [.. truth], 30));

        Assert.Equal(Enumerable.Range(0, 30), order.Order());
        foreach (int[] group in groups)
        {
            int[] places = [.. group.Select(label => Array.IndexOf(order, label))];
            Assert.Equal(4, places.Max() - places.Min());
        }
        int[] never = [.. Enumerable.Range(0, 30).Except(groups.SelectMany(g => g))];
        Assert.Equal(never, order[^10..]);
    }
}

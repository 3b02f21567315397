using Gesto.Training.Scoring;

namespace Gesto.Training.Tests.Evaluation;

public class MetricsTests
{
    // Six samples, three classes. Truth a a a b b c; recognised a a b b c c.
    private static readonly int[] Truth = [0, 0, 0, 1, 1, 2];
    private static readonly float[][] Probabilities =
    [
        [.7f, .2f, .1f],
        [.5f, .3f, .2f],
        [.4f, .5f, .1f],
        [.1f, .8f, .1f],
        [.1f, .4f, .5f],
        [.0f, .1f, .9f],
    ];

    [Fact]
    public void Top_1_is_the_share_of_right_answers() =>
        Assert.Equal(4 / 6.0, Metrics.TopK(Probabilities, Truth, 1), 12);

    [Fact]
    public void Top_k_counts_a_label_among_the_k_most_probable()
    {
        Assert.Equal(1.0, Metrics.TopK(Probabilities, Truth, 2), 12); // both errors have the truth in second place
        Assert.Equal(1.0, Metrics.TopK(Probabilities, Truth, 7), 12);
    }

    [Fact]
    public void Equal_probabilities_rank_by_label_and_never_all_count_as_first()
    {
        float[][] flat =
        [
            [.25f, .25f, .25f, .25f],
            [.25f, .25f, .25f, .25f],
        ];
        Assert.Equal(0.5, Metrics.TopK(flat, [0, 3], 1));
        Assert.Equal(0.5, Metrics.TopK(flat, [0, 3], 3));
        Assert.Equal([0, 0], Metrics.Predict(flat));
    }

    [Fact]
    public void Precision_recall_and_f1_follow_their_formulas()
    {
        ClassScore[] scores = Metrics.PerClass(Metrics.Predict(Probabilities), Truth, 3);
        // a: 2 of 2 recognised, 2 of 3 found; b: 1 of 2 and 1 of 2; c: 1 of 2 and 1 of 1.
        Assert.Equal([1.0, 0.5, 0.5], scores.Select(s => s.Precision));
        Assert.Equal([2 / 3.0, 0.5, 1.0], scores.Select(s => s.Recall));
        Assert.Equal([0.8, 0.5, 2 / 3.0], scores.Select(s => s.F1));
        Assert.Equal((0.8 + 0.5 + 2 / 3.0) / 3, Metrics.MacroF1(scores), 12);
    }

    [Fact]
    public void Macro_f1_leaves_out_classes_that_never_occur_and_counts_wrongly_recognised_ones_as_zero()
    {
        // Five classes; 3 is recognised once but never shown, 4 occurs nowhere. Truth 0 0 1 2, recognised 0 3 1 2:
        // F1 = 2/3, 1, 1, 0 and nothing for 4.
        ClassScore[] scores = Metrics.PerClass([0, 3, 1, 2], [0, 0, 1, 2], 5);
        Assert.Equal((2 / 3.0 + 1 + 1 + 0) / 4, Metrics.MacroF1(scores), 12);
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(3)]
    public void A_label_outside_the_set_is_refused_by_sample(int label)
    {
        var e = Assert.Throws<InvalidDataException>(() => Metrics.TopK(Probabilities, [0, 0, label, 1, 1, 2], 1));
        Assert.Contains($"Sample 2 has label {label}, expected 0…2", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_probability_that_is_not_a_number_is_refused_not_ranked()
    {
        var e = Assert.Throws<InvalidDataException>(() =>
            Metrics.Predict([
                [.5f, .5f],
                [float.NaN, 1f],
            ])
        );
        Assert.Contains("Sample 1: the probability of label 0", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Nothing_to_score_is_an_error_not_a_nan() =>
        Assert.Throws<InvalidDataException>(() => Metrics.TopK([], [], 1));
}

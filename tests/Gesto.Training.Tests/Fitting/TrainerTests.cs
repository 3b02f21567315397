using Gesto.Training.Fitting;
using Gesto.Training.Models;
using Gesto.Training.Recipes;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Gesto.Training.Tests.Fitting;

[Collection(AloneWithLibtorch.Name)]
public class TrainerTests
{
    [Theory]
    [InlineData(1, 0.25)] // a third of the way up to the first full epoch, which is the fourth
    [InlineData(3, 0.75)]
    [InlineData(4, 1)]
    [InlineData(8, 0.5)] // half of the eight epochs that are left
    [InlineData(11, 0.0380602)] // ½(1 + cos(7π/8))
    public void The_rate_rises_over_the_warm_up_and_falls_along_half_a_cosine(int epoch, double part) =>
        Assert.Equal(part * 2e-3, Stage(LearningRateSchedule.Cosine, warmUp: 3).Rate(epoch), 1e-9);

    [Fact]
    public void A_constant_rate_stays_after_the_warm_up() =>
        Assert.All(Enumerable.Range(4, 8), epoch =>
            Assert.Equal(2e-3, Stage(LearningRateSchedule.Constant, warmUp: 3).Rate(epoch))
        );

    [Fact]
    public void The_running_mean_of_weights_forgets_fast_at_first_and_then_keeps_its_part()
    {
        using var scope = NewDisposeScope();
        using Linear layer = nn.Linear(1, 1, hasBias: false);
        void Set(float value)
        {
            using var none = no_grad();
            layer.weight!.fill_(value);
        }
        Set(0);
        using var average = new WeightAverage(layer, decay: 0.5);
        Set(1);
        average.Update(1); // keeps (1 + 1) / (10 + 1)
        double expected = 9 / 11.0;
        Set(2);
        average.Update(1000); // keeps 0.5
        expected = 0.5 * expected + 0.5 * 2;
        average.Swap();
        Assert.Equal(expected, layer.weight!.item<float>(), 1e-6);
        average.Swap();
        Assert.Equal(2, layer.weight!.item<float>());
    }

    [Fact]
    public void Without_balance_every_sample_comes_once_and_with_it_every_class_as_often()
    {
        int[] samples = [.. Enumerable.Range(0, 4000)];
        long[] labels =
        [
            .. samples.Select(s =>
                s < 100 ? 0L
                : s < 400 ? 1
                : 2
            ),
        ];
        int[] plain = Trainer.Order(samples, labels, balance: false, new Random(1));
        Assert.Equal(samples, plain.Order());
        Assert.NotEqual(samples, plain);
        int[] balanced = Trainer.Order(samples, labels, balance: true, new Random(1));
        Assert.Equal(samples.Length, balanced.Length);
        foreach (long label in new long[] { 0, 1, 2 }) // 4,000 draws of 1/3: 1,333 ± 4 × 29.8
            Assert.InRange(balanced.Count(s => labels[s] == label), 1214, 1453);
    }

    [Fact]
    public void Mixing_pairs_every_sample_with_one_and_leaves_it_the_larger_share()
    {
        var shares = new List<double>();
        for (int seed = 0; seed < 500; seed++)
        {
            Mixing mixing = Trainer.DrawMixing(8, alpha: 1, new Random(seed));
            Assert.Equal([0, 1, 2, 3, 4, 5, 6, 7], mixing.Partner.Order());
            Assert.InRange(mixing.Share, 0.5, 1);
            shares.Add(mixing.Share);
        }
        // Beta(1, 1) is uniform; the larger part of a uniform cut is 0.75 on average, ± 4 × 0.144 / √500.
        Assert.Equal(0.75, shares.Average(), 0.026);
    }

    [Fact]
    public void A_step_in_parts_is_the_step_of_the_whole()
    {
        using var scope = NewDisposeScope();
        using var folder = new Folder();
        Tensor inputs = tensor(Models.FormulaTensors.Values(3, 20 * 4), [20, 4]);
        long[] labels = [.. Enumerable.Range(0, 20).Select(i => (long)(i % 3))];
        float[] Trained(int accumulation)
        {
            manual_seed(1);
            Linear layer = nn.Linear(4, 3);
            var stage = Stage(LearningRateSchedule.Constant, 0) with
            {
                Batch = 7, // 7, 7 and 6 of 20; in parts of 3, 3 and 1, and of 2, 2 and 2
                Epochs = 2,
                Accumulation = accumulation,
                LastPath = folder[$"last{accumulation}"],
                BestPath = folder[$"best{accumulation}"],
            };
            new Trainer(
                stage,
                layer,
                (samples, _, _) =>
                    layer.forward(inputs.index_select(0, tensor(samples.ToArray().Select(i => (long)i).ToArray()))),
                labels,
                new SingleRank()
            ).Fit([.. Enumerable.Range(0, 20)], [], null, default);
            return [.. layer.weight!.data<float>().ToArray(), .. layer.bias!.data<float>().ToArray()];
        }
        float[] whole = Trained(1),
            parts = Trained(3);
        for (int i = 0; i < whole.Length; i++)
            Assert.Equal(whole[i], parts[i], 1e-5f);
    }

    [Fact]
    public void Encoders_learn_at_their_own_rate()
    {
        using var scope = NewDisposeScope();
        Parameter encoder = new(tensor(new float[] { 1 })),
            other = new(tensor(new float[] { 1 }));
        using var adam = new Gesto.Training.Fitting.Adam(
            [("radar.conv1.weight", encoder), ("sign.linear.weight", other)],
            0.01,
            weightDecay: 0,
            name => JointModel.IsEncoder(name) ? 0.1 : 1
        );
        (encoder * other).sum().backward();
        adam.Step();
        Assert.Equal(1 - 0.001f, encoder.item<float>(), 1e-6f);
        Assert.Equal(1 - 0.01f, other.item<float>(), 1e-6f);
    }

    private static TrainingStage Stage(LearningRateSchedule schedule, int warmUp) =>
        new()
        {
            Stage = "s",
            Seed = 0,
            Batch = 1,
            Epochs = 11,
            Patience = 1,
            LearningRate = 2e-3,
            Schedule = schedule,
            WarmUp = warmUp,
            LastPath = "",
            BestPath = "",
            LogChanged = _ => { },
        };
}

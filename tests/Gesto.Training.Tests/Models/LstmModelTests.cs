using Gesto.Recordings;
using Gesto.Training.Models;
using static TorchSharp.torch;

namespace Gesto.Training.Tests.Models;

[Collection(AloneWithLibtorch.Name)]
public class LstmModelTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Pooled_states_are_their_mean_and_their_largest_over_the_real_steps(bool bothWays)
    {
        using var scope = NewDisposeScope();
        manual_seed(2);
        using var model = new LstmModel(5, hidden: 4, layers: 2, dropout: 0, bothWays, pooling: StatePooling.MeanMax);
        using var plain = nn.LSTM(5, 4, 2, batchFirst: true, bidirectional: bothWays);
        foreach (((_, var mine), (_, var other)) in model.named_parameters().Zip(plain.named_parameters()))
            using (no_grad())
                other.copy_(mine);
        Tensor steps = randn(2, 6, 5);
        Tensor pooled = model.forward(steps, tensor(new long[] { 6, 3 }));
        int width = bothWays ? 8 : 4;
        Assert.Equal([2, 2 * width], pooled.shape);
        for (int b = 0; b < 2; b++)
        {
            (Tensor states, _, _) = plain.call(steps[b..(b + 1), ..(b == 0 ? 6 : 3)]);
            float[] expected = cat([states.mean([1]), states.amax([1])], 1).data<float>().ToArray(),
                found = pooled[b].data<float>().ToArray();
            for (int i = 0; i < expected.Length; i++)
                Assert.Equal(expected[i], found[i], 1e-6f);
        }
    }

    [Fact]
    public void What_is_pooled_loses_values_before_and_not_again()
    {
        using var scope = NewDisposeScope();
        manual_seed(2);
        var steps = new ModalitySteps(randn(20, 4, 5), [.. Enumerable.Repeat(4, 20)]);
        foreach ((double ofStates, bool differs) in new[] { (0.0, false), (0.5, true) })
        {
            using var model = new SignModel(
                PerModality.Of(new ModalityInput(5, null, 0), null),
                new LateFusion(5),
                new LstmModel(5, 4, 1, ofStates, pooling: StatePooling.MeanMax),
                0.9,
                classes: 4
            );
            model.eval();
            float[] expected = model.Classify(PerModality.Of(steps, null)).data<float>().ToArray();
            model.train();
            Assert.Equal(
                differs,
                !expected.SequenceEqual(model.Classify(PerModality.Of(steps, null)).data<float>().ToArray())
            );
        }
    }

    [Fact]
    public void A_forget_bias_is_added_to_the_forget_gates_of_every_layer_and_way_and_to_nothing_else()
    {
        manual_seed(1);
        using var plain = new LstmModel(5, hidden: 4, layers: 2, dropout: 0, bothWays: true);
        manual_seed(1);
        using var open = new LstmModel(5, hidden: 4, layers: 2, dropout: 0, bothWays: true, forgetBias: 2);
        foreach ((var (name, before), var (_, after)) in plain.named_parameters().Zip(open.named_parameters()))
        {
            float[] added = [.. after.data<float>().ToArray().Zip(before.data<float>().ToArray(), (a, b) => a - b)];
            for (int i = 0; i < added.Length; i++)
                Assert.Equal(
                    name.Contains("bias_ih", StringComparison.Ordinal) && i is >= 4 and < 8 ? 2 : 0,
                    added[i],
                    1e-6f
                );
        }
    }
}

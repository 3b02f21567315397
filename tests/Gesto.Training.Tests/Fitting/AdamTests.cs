using Gesto.Training.Fitting;
using static TorchSharp.torch;

namespace Gesto.Training.Tests.Fitting;

[Collection(AloneWithLibtorch.Name)]
public class AdamTests
{
    [Fact]
    public void Weight_decay_shrinks_a_value_by_rate_times_decay_beside_adams_first_step()
    {
        // Adam's first step is the learning rate in the gradient's direction, whatever the gradient's size.
        using var scope = NewDisposeScope();
        var value = new TorchSharp.Modules.Parameter(tensor(new float[] { 2, -3 }));
        using var adam = new Adam([("value", value)], learningRate: 0.01, weightDecay: 0.1);
        (value * tensor(new float[] { 5, -0.2f })).sum().backward();
        adam.Step();
        float[] moved = value.data<float>().ToArray();
        Assert.Equal(2 * (1 - 0.01f * 0.1f) - 0.01f, moved[0], 1e-5f);
        Assert.Equal(-3 * (1 - 0.01f * 0.1f) + 0.01f, moved[1], 1e-5f);
    }
}

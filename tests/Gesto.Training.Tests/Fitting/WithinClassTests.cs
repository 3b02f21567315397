using Gesto.Training.Fitting;
using static TorchSharp.torch;

namespace Gesto.Training.Tests.Fitting;

[Collection(AloneWithLibtorch.Name)]
public class WithinClassTests
{
    [Fact]
    public void What_varies_within_classes_becomes_quiet_and_the_whole_stays_as_loud()
    {
        using var scope = NewDisposeScope();
        // Along the first axis two classes differ, along the second whoever made the clip.
        var random = new Random(3);
        const int Clips = 200;
        long[] labels = [.. Enumerable.Range(0, Clips).Select(n => (long)(n % 2))];
        double[] values = [.. labels.SelectMany(l => new[] { l + 0.1 * Normal(), 3 * Normal() })];
        Tensor inputs = tensor(values, [Clips, 2]),
            whitened = inputs.matmul(WithinClass.Whitening(inputs, labels)!);
        Assert.Equal(inputs.square().sum().item<double>(), whitened.square().sum().item<double>(), 1e-6);
        Assert.True(Between(whitened) > 5 * Between(inputs), $"{Between(inputs)}, {Between(whitened)}");

        double Normal() =>
            Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());

        // Of all that varies the part that lies between the classes.
        double Between(Tensor of)
        {
            Tensor[] means =
            [
                .. Enumerable
                    .Range(0, 2)
                    .Select(k =>
                        of.index_select(
                                0,
                                tensor(Enumerable.Range(0, Clips).Where(n => n % 2 == k).Select(n => (long)n).ToArray())
                            )
                            .mean([0])
                    ),
            ];
            return ((means[0] - means[1]).square().sum() / of.square().mean()).item<double>();
        }
    }

    [Fact]
    public void Classes_of_one_clip_each_show_nothing_to_quieten()
    {
        using var scope = NewDisposeScope();
        Assert.Null(WithinClass.Whitening(tensor(new double[] { 1, 2, 3, 4 }, [2, 2]), [0, 1]));
    }
}

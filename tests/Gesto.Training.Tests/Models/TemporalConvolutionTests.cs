using Gesto.Training.Models;
using static TorchSharp.torch;

namespace Gesto.Training.Tests.Models;

[Collection(AloneWithLibtorch.Name)]
public class TemporalConvolutionTests
{
    /// <summary>libtorch's own convolution, in double precision, which its kernels of doubtful widths do not
    /// take.</summary>
    [Fact]
    public void A_layer_is_the_dilated_convolution_of_its_weights_over_the_real_steps()
    {
        using var scope = NewDisposeScope();
        using var noGradients = no_grad();
        manual_seed(3);
        using var model = new TemporalConvolution(width: 5, hidden: 6, layers: 3, dropout: 0, parts: 1);
        var p = model
            .named_parameters()
            .ToDictionary(entry => entry.name, entry => entry.parameter.normal_(0, 0.5).to(ScalarType.Float64));
        Tensor steps = randn(2, 11, 5);
        int[] lengths = [11, 7];
        Tensor found = model.forward(steps, tensor(lengths.Select(n => (long)n).ToArray()));
        for (int b = 0; b < lengths.Length; b++)
        {
            Tensor x = nn.functional.linear(
                steps[b, ..lengths[b]].to(ScalarType.Float64),
                p["input.weight"],
                p["input.bias"]
            );
            for (int l = 0; l < 3; l++)
            {
                Tensor real = nn.functional.layer_norm(x, [6], p[$"norms.{l}.weight"], p[$"norms.{l}.bias"]);
                Tensor added = nn.functional.conv1d(
                    real.t().unsqueeze(0),
                    p[$"convolutions.{l}.weight"],
                    p[$"convolutions.{l}.bias"],
                    padding: 1L << l,
                    dilation: 1L << l
                );
                x = x.add(nn.functional.gelu(added.squeeze(0).t()));
            }
            double[] expected = x.mean([0]).data<double>().ToArray();
            float[] mine = found[b].data<float>().ToArray();
            Assert.Equal(expected.Length, mine.Length);
            for (int i = 0; i < mine.Length; i++)
                Assert.Equal(expected[i], mine[i], 1e-5);
        }
    }
}

using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Gesto.Models;

/// <summary>Residual convolutions over time, each reaching twice as far as the one before; then mean and maximum over the
/// real steps.</summary>
/// <remarks>Source: S. Bai, J. Z. Kolter, V. Koltun, "An empirical evaluation of generic convolutional and recurrent networks for
/// sequence modeling", 2018. Not causal here: a sign is over when it is named. Layer norm over features instead of weight norm.</remarks>
public sealed class TemporalConvolution : TemporalModel
{
    private const int Kernel = 3;
    private readonly int hidden;

    // Registered by field name.
    private readonly Linear input;
    private readonly ModuleList<Conv1d> convolutions;
    private readonly ModuleList<LayerNorm> norms;
    private readonly Dropout dropout;

    /// <param name="width">F, features a step.</param>
    /// <param name="hidden">Channels inside.</param>
    /// <param name="layers">Layers; layer l has dilation 2^l.</param>
    /// <param name="dropout">Fraction dropped of what each layer adds.</param>
    public TemporalConvolution(int width, int hidden, int layers, double dropout) : base(nameof(TemporalConvolution))
    {
        this.hidden = hidden;
        input = nn.Linear(width, hidden);
        convolutions = nn.ModuleList(Enumerable.Range(0, layers)
            .Select(l => nn.Conv1d(hidden, hidden, Kernel, padding: 1L << l, dilation: 1L << l)).ToArray());
        norms = nn.ModuleList(Enumerable.Range(0, layers).Select(_ => nn.LayerNorm(hidden)).ToArray());
        this.dropout = nn.Dropout(dropout);
        RegisterComponents();
    }

    public override int Width => 2 * hidden;

    public override Tensor forward(Tensor input1, Tensor input2)
    {
        using var scope = NewDisposeScope();
        int[] lengths = Array.ConvertAll(input2.data<long>().ToArray(), n => (int)n);
        Tensor x = input.forward(input1); // (B, T, hidden)
        for (int l = 0; l < convolutions.Count; l++)
        {
            // Zero past the end before each layer, as it is before the start: padding is what is outside.
            Tensor real = ModalitySteps.ZeroPadding(norms[l].forward(x), lengths);
            Tensor added = nn.functional.gelu(convolutions[l].forward(real.transpose(1, 2)).transpose(1, 2));
            x = x.add(dropout.forward(added));
        }
        Tensor mean = ModalitySteps.ZeroPadding(x, lengths).sum(1).div(input2.unsqueeze(1));
        using TorchSharp.Scalar minus = float.NegativeInfinity; // held: see Training.Adam
        Tensor padding = ModalitySteps.ValidMask(lengths, x.shape[1]).logical_not_().unsqueeze(2);
        return cat([mean, x.masked_fill(padding, minus).amax([1])], 1).MoveToOuterDisposeScope();
    }
}

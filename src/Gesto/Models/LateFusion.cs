using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Gesto.Models;

/// <summary>Concatenated features [RGB|radar] → LSTM over the real steps → last hidden state of the top layer → dropout →
/// linear. With one modality the input is that modality alone.</summary>
public sealed class LateFusion : nn.Module<Tensor, Tensor, Tensor>
{
    // Registered by field name.
    private readonly Tensor mean;
    private readonly Tensor deviation;
    private readonly LSTM lstm;
    private readonly Dropout dropout;
    private readonly Linear linear;
    private readonly Dropout inputDropout;
    private readonly double modalityDropout;
    private readonly int rgbWidth;

    /// <param name="width">F, features a step.</param>
    /// <param name="hidden">Width of the LSTM.</param>
    /// <param name="layers">LSTM layers.</param>
    /// <param name="dropout">Fraction dropped between layers and before the linear.</param>
    /// <param name="classes">K.</param>
    /// <param name="mean">Subtracted from each feature, F values; null = 0. Saved with the weights.</param>
    /// <param name="deviation">Then divided by, F values; null = 1. Saved with the weights.</param>
    /// <param name="inputDropout">Fraction of the features dropped for a whole sample, all its steps alike, while learning.
    /// Source: Y. Gal, Z. Ghahramani, "A theoretically grounded application of dropout in recurrent neural networks", 2016.</param>
    /// <param name="modalityDropout">Probability that, while learning, a sample shows one modality only, either with equal
    /// chance. Needs two modalities. Source: N. Neverova et al., "ModDrop", TPAMI 2016.</param>
    /// <param name="rgbWidth">How many of the features, from the first on, are RGB's; only modality dropout asks.</param>
    public LateFusion(
        int width, int hidden, int layers, double dropout, int classes, float[]? mean = null, float[]? deviation = null,
        double inputDropout = 0, double modalityDropout = 0, int rgbWidth = 0)
        : base(nameof(LateFusion))
    {
        this.mean = mean is null ? zeros(width) : tensor(mean);
        this.deviation = deviation is null ? ones(width) : tensor(deviation);
        // PyTorch warns that dropout of one layer does nothing; it is between layers only.
        lstm = nn.LSTM(width, hidden, layers, batchFirst: true, dropout: layers > 1 ? dropout : 0);
        this.dropout = nn.Dropout(dropout);
        linear = nn.Linear(hidden, classes);
        this.inputDropout = nn.Dropout(inputDropout);
        this.rgbWidth = rgbWidth;
        this.modalityDropout = rgbWidth > 0 && rgbWidth < width ? modalityDropout : 0;
        RegisterComponents();
    }

    /// <param name="features">(B, T, F); what lies after a sample's length never changes its logits.</param>
    /// <param name="lengths">(B) int64 on the CPU, real steps of each sample, 1…T.</param>
    /// <returns>Logits (B, K).</returns>
    public override Tensor forward(Tensor features, Tensor lengths)
    {
        using var scope = NewDisposeScope();
        Tensor scaled = features.sub(mean).div(deviation);
        if (training && inputDropout.p > 0) scaled = scaled.mul(inputDropout.forward(ones(features.shape[0], 1, features.shape[2])));
        if (training && modalityDropout > 0) scaled = scaled.mul(ModalityMask(features.shape[0], features.shape[2]));
        using var packed = nn.utils.rnn.pack_padded_sequence(scaled, lengths, batch_first: true, enforce_sorted: false);
        (var outputs, Tensor last, _) = lstm.call(packed); // last: (layers, B, hidden)
        outputs.Dispose();
        return linear.forward(dropout.forward(last[-1])).MoveToOuterDisposeScope();
    }

    /// <returns>(B, 1, F): 0 where a sample's modality is hidden, else 1.</returns>
    private Tensor ModalityMask(long samples, long width)
    {
        Tensor draw = rand(samples, 1, 1);
        using TorchSharp.Scalar low = modalityDropout / 2, high = 1 - modalityDropout / 2;
        Tensor rgb = draw.ge(low).to(ScalarType.Float32), radar = draw.lt(high).to(ScalarType.Float32);
        return cat([rgb.expand(samples, 1, rgbWidth), radar.expand(samples, 1, width - rgbWidth)], 2);
    }
}

using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Gesto.Models;

/// <summary>Packed LSTM over the real steps; the last hidden state of the top layer, of both directions where there are two.</summary>
/// <remarks>Source: S. Hochreiter, J. Schmidhuber, "Long short-term memory", 1997; M. Schuster, K. Paliwal, "Bidirectional
/// recurrent neural networks", 1997.</remarks>
public sealed class LstmModel : TemporalModel
{
    // Registered by field name.
    private readonly LSTM lstm;
    private readonly bool bothWays;

    /// <param name="width">F, features a step.</param>
    /// <param name="hidden">Width of each layer, each way.</param>
    /// <param name="layers">1 or more.</param>
    /// <param name="dropout">Fraction dropped between layers.</param>
    /// <param name="bothWays">Also read from the last step to the first.</param>
    /// <param name="forgetBias">Added to the forget gates' biases at the start: a sign's clip ends with hands at rest, and a gate
    /// that is half open forgets the sign in a few steps. Source: R. Jozefowicz et al., "An empirical exploration of recurrent
    /// network architectures", ICML 2015.</param>
    public LstmModel(int width, int hidden, int layers, double dropout, bool bothWays = false, double forgetBias = 0) : base(nameof(LstmModel))
    {
        this.bothWays = bothWays;
        Width = bothWays ? 2 * hidden : hidden;
        // PyTorch warns that dropout of one layer does nothing; it is between layers only.
        lstm = nn.LSTM(width, hidden, layers, batchFirst: true, dropout: layers > 1 ? dropout : 0, bidirectional: bothWays);
        RegisterComponents();
        if (forgetBias != 0) OpenForgetGates(hidden, forgetBias);
    }

    public override int Width { get; }

    public override Tensor forward(Tensor input1, Tensor input2)
    {
        using var scope = NewDisposeScope();
        using var packed = nn.utils.rnn.pack_padded_sequence(input1, input2, batch_first: true, enforce_sorted: false);
        (var outputs, Tensor last, _) = lstm.call(packed); // last: (layers · ways, B, hidden), forwards before backwards
        outputs.Dispose();
        return (bothWays ? cat([last[-2], last[-1]], 1) : last[-1]).MoveToOuterDisposeScope();
    }

    /// <summary>The gates lie one after another: input, forget, cell, output, each <paramref name="hidden"/> wide.</summary>
    private void OpenForgetGates(int hidden, double bias)
    {
        using var noGradients = no_grad();
        using TorchSharp.Scalar added = bias; // held: see Training.Adam
        foreach ((string name, Parameter parameter) in lstm.named_parameters())
            if (name.StartsWith("bias_ih", StringComparison.Ordinal))
                using (Tensor gates = parameter.narrow(0, hidden, hidden)) gates.add_(added);
    }
}

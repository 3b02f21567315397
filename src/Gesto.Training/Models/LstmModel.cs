using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Gesto.Training.Models;

/// <summary>What becomes of a temporal model's states.</summary>
public enum StatePooling
{
    /// <summary>The last one; of both directions where there are two.</summary>
    Last,

    /// <summary>Their mean and, beside it, the largest value of each: a sign is where it is, not at the end of the
    /// clip.</summary>
    MeanMax,
}

/// <summary>Packed LSTM over the real steps; the last hidden state of the top layer, of both directions where there are
/// two, or the mean and the largest of all.</summary>
/// <remarks>Source: S. Hochreiter, J. Schmidhuber, "Long short-term memory", 1997; M. Schuster, K. Paliwal,
/// "Bidirectional recurrent neural networks", 1997.</remarks>
public sealed class LstmModel : TemporalModel
{
    // Registered by field name.
    private readonly LSTM lstm;
    private readonly bool bothWays;
    private readonly StatePooling pooling;
    private readonly double dropout;

    /// <param name="width">F, features a step.</param>
    /// <param name="hidden">Width of each layer, each way.</param>
    /// <param name="layers">1 or more.</param>
    /// <param name="dropout">Fraction dropped between layers, and of the states that are pooled.</param>
    /// <param name="bothWays">Also read from the last step to the first.</param>
    /// <param name="forgetBias">Added to the forget gates' biases at the start: a sign's clip ends with hands at rest,
    /// and a gate that is half open forgets the sign in a few steps. Source: R. Jozefowicz et al., "An empirical
    /// exploration of recurrent network architectures", ICML 2015.</param>
    /// <param name="pooling">What is kept of the states.</param>
    public LstmModel(
        int width,
        int hidden,
        int layers,
        double dropout,
        bool bothWays = false,
        double forgetBias = 0,
        StatePooling pooling = StatePooling.Last
    )
        : base(nameof(LstmModel))
    {
        (this.bothWays, this.pooling, this.dropout) = (bothWays, pooling, dropout);
        Width = (bothWays ? 2 : 1) * (pooling == StatePooling.MeanMax ? 2 : 1) * hidden;
        // PyTorch warns that dropout of one layer does nothing; it is between layers only.
        lstm = nn.LSTM(
            width,
            hidden,
            layers,
            batchFirst: true,
            dropout: layers > 1 ? dropout : 0,
            bidirectional: bothWays
        );
        RegisterComponents();
        if (forgetBias != 0)
            OpenForgetGates(hidden, forgetBias);
    }

    public override int Width { get; }

    public override bool DropsOut => pooling == StatePooling.MeanMax;

    public override Tensor forward(Tensor input1, Tensor input2)
    {
        using var scope = NewDisposeScope();
        using var packed = nn.utils.rnn.pack_padded_sequence(input1, input2, batch_first: true, enforce_sorted: false);
        // last: (layers · ways, B, hidden), forwards before backwards
        (var outputs, Tensor last, _) = lstm.call(packed);
        using var states = outputs; // no tensor, so the scope does not free it
        if (pooling == StatePooling.MeanMax)
            return MeanAndLargest(states, input2).MoveToOuterDisposeScope();
        return (bothWays ? cat([last[-2], last[-1]], 1) : last[-1]).MoveToOuterDisposeScope();
    }

    /// <returns>(B, 2 · width of a state), over the real steps alone.</returns>
    private Tensor MeanAndLargest(nn.utils.rnn.PackedSequence packed, Tensor lengths)
    {
        using TorchSharp.Scalar lowest = float.NegativeInfinity; // held: see Training.Adam
        (Tensor all, _) = nn.utils.rnn.pad_packed_sequence(packed, batch_first: true); // zeros where nothing is real
        // Before pooling: each step loses other values, so no single one can be the largest for all samples.
        Tensor states = nn.functional.dropout(all, dropout, training);
        Tensor counts = lengths.to(states.device).unsqueeze(1);
        Tensor padding = arange(states.shape[1], device: states.device).unsqueeze(0).ge(counts).unsqueeze(2);
        return cat([states.sum([1]).div(counts), states.masked_fill(padding, lowest).amax([1])], 1);
    }

    /// <summary>The gates lie one after another: input, forget, cell, output, each <paramref name="hidden"/>
    /// wide.</summary>
    private void OpenForgetGates(int hidden, double bias)
    {
        using var noGradients = no_grad();
        using TorchSharp.Scalar added = bias; // held: see Training.Adam
        foreach ((string name, Parameter parameter) in lstm.named_parameters())
            if (name.StartsWith("bias_ih", StringComparison.Ordinal))
                using (Tensor gates = parameter.narrow(0, hidden, hidden))
                    gates.add_(added);
    }
}

using Gesto.Training.Graphs;
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
        using TorchSharp.Scalar lowest = float.NegativeInfinity; // held: see Fitting.Adam
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
        using TorchSharp.Scalar added = bias; // held: see Fitting.Adam
        foreach ((string name, Parameter parameter) in lstm.named_parameters())
            if (name.StartsWith("bias_ih", StringComparison.Ordinal))
                using (Tensor gates = parameter.narrow(0, hidden, hidden))
                    gates.add_(added);
    }

    internal override string Write(OnnxGraph graph, OnnxSteps steps)
    {
        Dictionary<string, Parameter> parameters = lstm.named_parameters().ToDictionary(p => p.name, p => p.parameter);
        int hidden = (int)parameters["weight_hh_l0"].shape[1],
            layers =
                parameters.Keys.Count(k => k.StartsWith("weight_hh_l", StringComparison.Ordinal)) / (bothWays ? 2 : 1);
        string[] ways = bothWays ? ["", "_reverse"] : [""];
        string x = graph.Transpose(steps.Steps, 1, 0, 2), // (T, B, F)
            lengths = graph.Op(
                "Cast",
                [steps.Lengths],
                OnnxGraph.Integer("to", (int)Onnx.TensorProto.Types.DataType.Int32)
            ),
            last = "";
        for (int layer = 0; layer < layers; layer++)
        {
            string[] outputs = [$"lstm.{layer}", $"lstm.{layer}.last"];
            graph.Node(
                "LSTM",
                outputs,
                [
                    x,
                    Gates("weight_ih", layer),
                    Gates("weight_hh", layer),
                    graph.Concat(1, Gates("bias_ih", layer), Gates("bias_hh", layer)),
                    lengths,
                ],
                OnnxGraph.Integer("hidden_size", hidden),
                OnnxGraph.Text("direction", bothWays ? "bidirectional" : "forward")
            );
            last = outputs[1]; // (ways, B, hidden)
            x = graph.Reshape(graph.Transpose(outputs[0], 0, 2, 1, 3), 0, 0, ways.Length * hidden);
        }
        if (pooling == StatePooling.Last)
            return graph.Reshape(graph.Transpose(last, 1, 0, 2), 0, ways.Length * hidden);
        var states = new OnnxSteps(graph.Transpose(x, 1, 0, 2), steps.Lengths);
        string sum = graph.Sum(graph.ZeroPadding(states), keep: false, 1),
            real = graph.Unsqueeze(graph.Real(states), 2);
        return graph.Concat(
            1,
            graph.Div(sum, graph.Unsqueeze(graph.ToSingle(steps.Lengths), 1)),
            graph.Op(
                "ReduceMax",
                [graph.Where(real, states.Steps, graph.Scalar(float.NegativeInfinity))],
                OnnxGraph.Ints("axes", 1),
                OnnxGraph.Integer("keepdims", 0)
            )
        );

        // PyTorch's order is input, forget, cell, output; ONNX's input, output, forget, cell.
        string Gates(string kind, int layer)
        {
            using var scope = NewDisposeScope();
            return graph.Values(
                stack(
                    ways.Select(way =>
                    {
                        Tensor[] gates = parameters[$"{kind}_l{layer}{way}"].detach().chunk(4, 0);
                        return cat([gates[0], gates[3], gates[1], gates[2]], 0);
                    })
                )
            );
        }
    }
}

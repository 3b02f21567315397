using Gesto.Training.Graphs;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Gesto.Training.Models;

/// <summary>Scaled dot-product attention in several heads, queries from one sequence and keys from another.</summary>
/// <remarks>Source: A. Vaswani et al., "Attention is all you need", NeurIPS 2017. Where we differ: one key of zeros is
/// always there to look at, so a query may choose nothing and a sample whose keys are all missing stays
/// finite.</remarks>
internal sealed class MultiHeadAttention : nn.Module
{
    // Registered by field name.
    private readonly Linear query;
    private readonly Linear key;
    private readonly Linear value;
    private readonly Linear result;
    private readonly Dropout dropout;
    private readonly int heads;

    /// <param name="width">Features of queries, keys and result; a multiple of <paramref name="heads"/>.</param>
    /// <param name="heads">Number of heads.</param>
    /// <param name="dropout">Fraction of the weights dropped while learning.</param>
    public MultiHeadAttention(int width, int heads, double dropout)
        : base(nameof(MultiHeadAttention))
    {
        if (width % heads != 0)
            throw new ArgumentException($"Width {width} is not a multiple of {heads} heads.", nameof(heads));
        this.heads = heads;
        query = nn.Linear(width, width);
        key = nn.Linear(width, width, hasBias: false); // a bias moves all of a query's scores alike
        value = nn.Linear(width, width);
        result = nn.Linear(width, width);
        this.dropout = nn.Dropout(dropout);
        RegisterComponents();
    }

    /// <param name="queries">(B, Q, F).</param>
    /// <param name="keys">(B, T, F).</param>
    /// <param name="padding">(B, T) bool, true = no real key.</param>
    /// <param name="weights">Receives where the queries looked, (B, Q, T), mean over the heads.</param>
    /// <returns>(B, Q, F).</returns>
    public Tensor Attend(Tensor queries, Tensor keys, Tensor padding, out Tensor weights)
    {
        using var scope = NewDisposeScope();
        long samples = queries.shape[0],
            count = queries.shape[1],
            width = queries.shape[2],
            steps = keys.shape[1];
        using TorchSharp.Scalar scale = 1 / Math.Sqrt((double)width / heads),
            minus = float.NegativeInfinity; // held: see Fitting.Adam
        Tensor q = Split(query.forward(queries).mul(scale)),
            k = Split(key.forward(keys)),
            v = Split(value.forward(keys)); // (B, h, ·, F/h)
        Tensor scores = q.matmul(k.transpose(2, 3)); // (B, h, Q, T)
        scores = scores.masked_fill(padding.view(samples, 1, 1, steps), minus);
        scores = cat([scores, zeros([samples, heads, count, 1], device: scores.device)], 3);
        Tensor attention = scores.softmax(3).narrow(3, 0, steps);
        weights = attention.detach().mean([1]).MoveToOuterDisposeScope();
        Tensor mixed = dropout.forward(attention).matmul(v).transpose(1, 2).reshape(samples, count, width);
        return result.forward(mixed).MoveToOuterDisposeScope();

        Tensor Split(Tensor x) => x.view(samples, x.shape[1], heads, width / heads).transpose(1, 2);
    }

    /// <summary>Writes what <see cref="Attend"/> does in evaluation mode.</summary>
    /// <param name="graph">Receives the nodes.</param>
    /// <param name="queries">(B, Q, F).</param>
    /// <param name="keys">(B, T, F).</param>
    /// <param name="real">(B, T) bool.</param>
    /// <returns>(B, Q, F).</returns>
    public string Write(OnnxGraph graph, string queries, string keys, string real)
    {
        long width = query.weight.shape[0];
        string q = Split(
                graph.Mul(graph.Linear(queries, query), graph.Scalar((float)(1 / Math.Sqrt((double)width / heads))))
            ),
            k = Split(graph.Linear(keys, key)),
            v = Split(graph.Linear(keys, value)),
            scores = graph.MatMul(q, graph.Transpose(k, 0, 1, 3, 2)), // (B, h, Q, T)
            nothing = graph.Mul(graph.Sum(q, keep: true, 3), graph.Scalar(0f)); // (B, h, Q, 1)
        scores = graph.Where(graph.Unsqueeze(real, 1, 2), scores, graph.Scalar(float.NegativeInfinity));
        string attention = graph.Slice(
            graph.Op("Softmax", [graph.Concat(3, scores, nothing)], OnnxGraph.Integer("axis", 3)),
            graph.Integers(0),
            graph.LengthOf(keys, 1),
            axis: 3
        );
        string mixed = graph.Reshape(graph.Transpose(graph.MatMul(attention, v), 0, 2, 1, 3), 0, 0, width);
        return graph.Linear(mixed, result);

        string Split(string x) => graph.Transpose(graph.Reshape(x, 0, 0, heads, width / heads), 0, 2, 1, 3);
    }
}

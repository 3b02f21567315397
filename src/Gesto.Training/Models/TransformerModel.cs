using Gesto.Training.Graphs;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Gesto.Training.Models;

/// <summary>Transformer encoder over the real steps, then the mean of what it makes of them.</summary>
/// <remarks>Source: A. Vaswani et al., "Attention is all you need", NeurIPS 2017, with the norm first (R. Xiong et al.,
/// "On layer normalization in the transformer architecture", ICML 2020): it learns without warm-up.</remarks>
public sealed class TransformerModel : TemporalModel
{
    // Registered by field name.
    private readonly Linear input;
    private readonly ModuleList<TransformerBlock> blocks;
    private readonly LayerNorm norm;

    /// <param name="width">F, features a step.</param>
    /// <param name="hidden">Features inside; a multiple of the heads, even.</param>
    /// <param name="layers">Blocks.</param>
    /// <param name="heads">Heads of each attention.</param>
    /// <param name="dropout">Of the attention and of what each half of a block adds.</param>
    public TransformerModel(int width, int hidden, int layers, int heads, double dropout)
        : base(nameof(TransformerModel))
    {
        Width = hidden;
        input = nn.Linear(width, hidden);
        blocks = nn.ModuleList(
            Enumerable.Range(0, layers).Select(_ => new TransformerBlock(hidden, heads, dropout)).ToArray()
        );
        norm = nn.LayerNorm(hidden);
        RegisterComponents();
    }

    public override int Width { get; }

    public override Tensor forward(Tensor input1, Tensor input2)
    {
        using var scope = NewDisposeScope();
        int[] lengths = Array.ConvertAll(input2.data<long>().ToArray(), n => (int)n);
        Tensor x = input.forward(input1).add(Positions(input1.shape[1], Width).to(input1.device));
        foreach (TransformerBlock block in blocks)
            x = block.Mix(x, lengths);
        Tensor sum = ModalitySteps.ZeroPadding(norm.forward(x), lengths).sum(1);
        return sum.div(input2.unsqueeze(1).to(sum.device)).MoveToOuterDisposeScope();
    }

    /// <returns>(T, F): sines and cosines of the step's number, wave lengths from 2π to 10,000·2π.</returns>
    private static Tensor Positions(long steps, int width)
    {
        var values = new float[steps * width];
        for (int t = 0, i = 0; t < steps; t++)
        for (int f = 0; f < width; f++, i++)
        {
            double angle = t / Math.Pow(10_000, f / 2 * 2 / (double)width);
            values[i] = (float)(f % 2 == 0 ? Math.Sin(angle) : Math.Cos(angle));
        }
        return tensor(values, [steps, width]);
    }

    internal override string Write(OnnxGraph graph, OnnxSteps steps)
    {
        float[] rates = new float[Width];
        bool[] even = new bool[Width];
        for (int f = 0; f < Width; f++)
            (rates[f], even[f]) = ((float)(1 / Math.Pow(10_000, f / 2 * 2 / (double)Width)), f % 2 == 0);
        string step = graph.Unsqueeze(graph.ToSingle(graph.Range(graph.LengthOf(steps.Steps, 1))), 1), // (T, 1)
            angle = graph.Mul(step, graph.Values(rates, Width)),
            places = graph.Where(
                graph.Constant("even", even, Width),
                graph.Op("Sin", [angle]),
                graph.Op("Cos", [angle])
            );
        string x = graph.Add(graph.Linear(steps.Steps, input), places);
        foreach (TransformerBlock block in blocks)
            x = block.Write(graph, steps with { Steps = x });
        string sum = graph.Sum(graph.ZeroPadding(steps with { Steps = graph.LayerNorm(x, norm) }), keep: false, 1);
        return graph.Div(sum, graph.Unsqueeze(graph.ToSingle(steps.Lengths), 1));
    }
}

/// <summary>x + attention(norm(x)), then x + feed-forward(norm(x)).</summary>
internal sealed class TransformerBlock : nn.Module
{
    // Registered by field name.
    private readonly LayerNorm norm1;
    private readonly MultiHeadAttention attention;
    private readonly LayerNorm norm2;
    private readonly Linear wide;
    private readonly Linear narrow;
    private readonly Dropout dropout;

    public TransformerBlock(int width, int heads, double dropout)
        : base(nameof(TransformerBlock))
    {
        norm1 = nn.LayerNorm(width);
        attention = new MultiHeadAttention(width, heads, dropout);
        norm2 = nn.LayerNorm(width);
        wide = nn.Linear(width, 2 * width); // the paper's is 4: signs are few
        narrow = nn.Linear(2 * width, width);
        this.dropout = nn.Dropout(dropout);
        RegisterComponents();
    }

    /// <param name="x">(B, T, F).</param>
    /// <param name="lengths">Real steps.</param>
    public Tensor Mix(Tensor x, int[] lengths)
    {
        using var scope = NewDisposeScope();
        Tensor normed = norm1.forward(x),
            padding = ModalitySteps.PaddingMask(lengths, x.shape[1], x.device);
        x = x.add(dropout.forward(attention.Attend(normed, normed, padding, out _)));
        Tensor fed = narrow.forward(dropout.forward(nn.functional.gelu(wide.forward(norm2.forward(x)))));
        return x.add(dropout.forward(fed)).MoveToOuterDisposeScope();
    }

    /// <summary>Writes what <see cref="Mix"/> does in evaluation mode.</summary>
    /// <returns>(B, T, F).</returns>
    public string Write(OnnxGraph graph, OnnxSteps of)
    {
        string normed = graph.LayerNorm(of.Steps, norm1),
            x = graph.Add(of.Steps, attention.Write(graph, normed, normed, graph.Real(of)));
        string fed = graph.Linear(graph.Gelu(graph.Linear(graph.LayerNorm(x, norm2), wide)), narrow);
        return graph.Add(x, fed);
    }
}

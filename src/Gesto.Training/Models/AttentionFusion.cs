using Gesto.Recordings;
using Gesto.Training.Graphs;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Gesto.Training.Models;

/// <summary>Cross-modal attention over time, each modality at its own frame rate: radar steps look at RGB steps, then
/// RGB steps look at those radar steps; what comes out runs on the RGB clock, or on the radar's for a sample without
/// RGB.</summary>
/// <remarks>Source: Y.-H. H. Tsai et al., "Multimodal transformer for unaligned multimodal language sequences", ACL
/// 2019, with one block each way instead of stacks of them. A step's place is told as a fraction of the clip, because
/// both clips span the same time while their rates differ: sines of the fraction at octaves, as in A. Vaswani et al.,
/// 2017.</remarks>
public sealed class AttentionFusion : Fusion
{
    private const double Finest = 64; // the shortest of the sines' periods is 1/64 of a clip: half a step of 30

    // Registered by field name.
    private readonly Linear rgb;
    private readonly Linear radar;
    private readonly LayerNorm rgbNorm;
    private readonly LayerNorm radarNorm;
    private readonly MultiHeadAttention radarLooks;
    private readonly MultiHeadAttention rgbLooks;
    private readonly Dropout dropout;
    private Tensor? looked;

    /// <param name="rgbWidth">RGB features.</param>
    /// <param name="radarWidth">Radar features.</param>
    /// <param name="width">Features of a fused step; even.</param>
    /// <param name="heads">Heads of each attention.</param>
    /// <param name="dropout">Of the attention and of what it adds.</param>
    public AttentionFusion(int rgbWidth, int radarWidth, int width, int heads, double dropout)
        : base(nameof(AttentionFusion))
    {
        Width = width;
        rgb = nn.Linear(rgbWidth, width);
        radar = nn.Linear(radarWidth, width);
        rgbNorm = nn.LayerNorm(width);
        radarNorm = nn.LayerNorm(width);
        radarLooks = new MultiHeadAttention(width, heads, dropout);
        rgbLooks = new MultiHeadAttention(width, heads, dropout);
        this.dropout = nn.Dropout(dropout);
        RegisterComponents();
    }

    public override int Width { get; }

    /// <summary>RGB steps' weights on radar steps, (B, Trgb, Tradar), of the last batch.</summary>
    public override Tensor? Attention => looked;

    public override (Tensor Steps, int[] Lengths) Fuse(PerModality<ModalitySteps> steps)
    {
        (ModalitySteps rgb, ModalitySteps radar) = Both(steps);
        using var scope = NewDisposeScope();
        Tensor a = rgbNorm.forward(this.rgb.forward(rgb.Steps)).add(Places(rgb));
        Tensor b = radarNorm.forward(this.radar.forward(radar.Steps)).add(Places(radar));
        b = b.add(dropout.forward(radarLooks.Attend(b, a, rgb.Lengths, out _)));
        a = a.add(dropout.forward(rgbLooks.Attend(a, b, radar.Lengths, out Tensor weights)));
        looked?.Dispose();
        looked = weights.DetachFromDisposeScope();
        return OnOneClock(a, rgb.Lengths, b, radar.Lengths);
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            looked?.Dispose();
        base.Dispose(disposing);
    }

    /// <summary>Row by row the RGB sequence, or the radar sequence where a sample has no RGB.</summary>
    private static (Tensor, int[]) OnOneClock(Tensor a, int[] rgbLengths, Tensor b, int[] radarLengths)
    {
        int[] lengths = [.. rgbLengths.Zip(radarLengths, (r, d) => r > 0 ? r : d)];
        long longest = Math.Max(a.shape[1], b.shape[1]);
        Tensor hasRgb = tensor([.. rgbLengths.Select(n => n > 0)], device: a.device).view(-1, 1, 1);
        Tensor steps = where(hasRgb, Longer(a), Longer(b)).narrow(1, 0, lengths.Max());
        return (ModalitySteps.ZeroPadding(steps, lengths).MoveToOuterDisposeScope(), lengths);

        Tensor Longer(Tensor x) => nn.functional.pad(x, [0, 0, 0, longest - x.shape[1]]);
    }

    /// <returns>(B, T, Width): sines and cosines of each step's place in its clip, 0…1, at octaves up to <see
    /// cref="Finest"/>.</returns>
    private Tensor Places(ModalitySteps of)
    {
        long steps = of.Steps.shape[1];
        int pairs = Width / 2;
        var values = new float[of.Lengths.Length * steps * Width];
        for (int b = 0, i = 0; b < of.Lengths.Length; b++)
        for (int t = 0; t < steps; t++)
        {
            double place = of.Lengths[b] > 1 ? Math.Min(1, t / (double)(of.Lengths[b] - 1)) : 0.5;
            for (int p = 0; p < pairs; p++)
            {
                double angle = Math.PI * place * Math.Pow(Finest, p / (double)pairs);
                values[i++] = (float)Math.Sin(angle);
                values[i++] = (float)Math.Cos(angle);
            }
        }
        return tensor(values, [of.Lengths.Length, steps, Width], device: of.Steps.device);
    }

    internal override OnnxSteps Write(OnnxGraph graph, PerModality<OnnxSteps> steps)
    {
        (OnnxSteps a, OnnxSteps b) = Both(steps);
        string left = graph.Add(graph.LayerNorm(graph.Linear(a.Steps, this.rgb), rgbNorm), Places(graph, a)),
            right = graph.Add(graph.LayerNorm(graph.Linear(b.Steps, this.radar), radarNorm), Places(graph, b));
        right = graph.Add(right, radarLooks.Write(graph, right, a with { Steps = left }));
        left = graph.Add(left, rgbLooks.Write(graph, left, b with { Steps = right }));
        string longest = graph.Op("Max", [graph.LengthOf(left, 1), graph.LengthOf(right, 1)]),
            hasRgb = graph.Less(graph.Scalar(0L), a.Lengths),
            lengths = graph.Where(hasRgb, a.Lengths, b.Lengths);
        string joined = graph.Where(graph.Unsqueeze(hasRgb, 1, 2), Longer(left), Longer(right));
        return new(graph.ZeroPadding(new(joined, lengths)), lengths);

        string Longer(string x) =>
            graph.Op(
                "Pad",
                [
                    x,
                    graph.Concat(
                        0,
                        graph.Integers(0, 0, 0, 0),
                        graph.Sub(longest, graph.LengthOf(x, 1)),
                        graph.Integers(0)
                    ),
                ]
            );
    }

    private string Places(OnnxGraph graph, OnnxSteps of)
    {
        int pairs = Width / 2;
        string last = graph.Unsqueeze(graph.Sub(graph.ToSingle(of.Lengths), graph.Scalar(1f)), 1), // (B, 1)
            step = graph.Unsqueeze(graph.ToSingle(graph.Range(graph.LengthOf(of.Steps, 1))), 0); // (1, T)
        string place = graph.Op("Min", [graph.Div(step, graph.Op("Max", [last, graph.Scalar(1f)])), graph.Scalar(1f)]);
        place = graph.Where(graph.Less(graph.Scalar(0f), last), place, graph.Scalar(0.5f));
        float[] octaves =
        [
            .. Enumerable.Range(0, pairs).Select(p => (float)(Math.PI * Math.Pow(Finest, p / (double)pairs))),
        ];
        string angle = graph.Mul(graph.Unsqueeze(place, 2), graph.Values(octaves, pairs)); // (B, T, pairs)
        string both = graph.Concat(
            3,
            graph.Unsqueeze(graph.Op("Sin", [angle]), 3),
            graph.Unsqueeze(graph.Op("Cos", [angle]), 3)
        );
        return graph.Reshape(both, 0, 0, Width);
    }
}

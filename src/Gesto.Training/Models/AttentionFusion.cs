using Gesto.Recordings;
using Gesto.Training.Graphs;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Gesto.Training.Models;

/// <summary>Cross-modal attention over time, each modality at its own frame rate: the last modality's steps look at all
/// others', then those of the one before it at these and at what the last has become, and so on to the first; what
/// comes out runs on the clock of the first modality that a sample has.</summary>
/// <remarks>Source: Y.-H. H. Tsai et al., "Multimodal transformer for unaligned multimodal language sequences", ACL
/// 2019, with one block for each modality, which looks at all others at once, instead of stacks of them for each pair.
/// A step's place is told as a fraction of the clip, because all clips span the same time while their rates differ:
/// sines of the fraction at octaves, as in A. Vaswani et al., 2017.</remarks>
public sealed class AttentionFusion : Fusion
{
    private const double Finest = 64; // the shortest of the sines' periods is 1/64 of a clip: half a step of 30

    // Registered by the modalities' names, with "Norm" and "Looks" after them.
    private readonly PerModality<Linear> inputs;
    private readonly PerModality<LayerNorm> norms;
    private readonly PerModality<MultiHeadAttention> looks;

    // Registered by field name.
    private readonly Dropout dropout;
    private Tensor? looked;

    /// <param name="modalities">Two or more, in order, and their features.</param>
    /// <param name="width">Features of a fused step; even.</param>
    /// <param name="heads">Heads of each attention.</param>
    /// <param name="dropout">Of the attention and of what it adds.</param>
    /// <exception cref="ArgumentException">One modality, which has no other to look at, or a width that is no multiple
    /// of the heads.</exception>
    public AttentionFusion(
        IReadOnlyList<(Modality Modality, int Width)> modalities,
        int width,
        int heads,
        double dropout
    )
        : base(nameof(AttentionFusion))
    {
        if (modalities.Count < 2)
            throw new ArgumentException("Attention looks from one modality at others, found one.", nameof(modalities));
        Width = width;
        Modality[] all = [.. modalities.Select(m => m.Modality)];
        inputs = PerModality.For(all, m => nn.Linear(modalities.Single(of => of.Modality == m).Width, width));
        norms = PerModality.For(all, _ => nn.LayerNorm(width));
        looks = PerModality.For(all.Reverse(), _ => new MultiHeadAttention(width, heads, dropout));
        this.dropout = nn.Dropout(dropout);
        foreach ((Modality modality, Linear input) in inputs)
            register_module(modality.Name, input);
        foreach ((Modality modality, LayerNorm norm) in norms)
            register_module($"{modality.Name}Norm", norm);
        foreach ((Modality modality, MultiHeadAttention look) in looks.Reverse())
            register_module($"{modality.Name}Looks", look);
        RegisterComponents();
    }

    public override int Width { get; }

    /// <summary>The first modality's steps' weights on those of all others, one modality's after another's, (B, T, ΣT),
    /// of the last batch.</summary>
    public override Tensor? Attention => looked;

    public override (Tensor Steps, int[] Lengths) Fuse(PerModality<ModalitySteps> steps)
    {
        Require(steps.Modalities);
        using var scope = NewDisposeScope();
        PerModality<Tensor> now = steps.Select(
            (m, of) => norms[m]!.forward(inputs[m]!.forward(of.Steps)).add(Places(of))
        );
        foreach ((Modality modality, MultiHeadAttention look) in looks.Reverse())
        {
            Tensor own = now[modality]!;
            PerModality<ModalitySteps> others = steps.Where(m => m != modality);
            Tensor keys = cat([.. others.Modalities.Select(m => now[m]!)], 1),
                padding = cat(
                    [.. others.Values.Select(o => ModalitySteps.PaddingMask(o.Lengths, o.Steps.shape[1], own.device))],
                    1
                ),
                seen = look.Attend(own, keys, padding, out Tensor weights);
            now = now.With(modality, own.add(dropout.forward(seen)));
            looked?.Dispose();
            looked = weights.DetachFromDisposeScope();
        }
        return OnOneClock(now, steps.Select((_, of) => of.Lengths));
    }

    private void Require(IEnumerable<Modality> given)
    {
        if (!given.SequenceEqual(inputs.Modalities))
            throw new ArgumentException(
                $"This fusion is of {string.Join(", ", inputs.Modalities)}, found {string.Join(", ", given)}."
            );
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            looked?.Dispose();
        base.Dispose(disposing);
    }

    /// <summary>Row by row the sequence of the first modality that the sample has.</summary>
    private static (Tensor, int[]) OnOneClock(PerModality<Tensor> steps, PerModality<int[]> lengths)
    {
        int[] own =
        [
            .. Enumerable
                .Range(0, lengths.Values.First().Length)
                .Select(b => lengths.Values.Select(l => l[b]).FirstOrDefault(n => n > 0)),
        ];
        long longest = steps.Values.Max(s => s.shape[1]);
        Tensor joined = steps
            .Reverse()
            .Select(s => (s.Key, Steps: nn.functional.pad(s.Value, [0, 0, 0, longest - s.Value.shape[1]])))
            .Aggregate(
                (later, first) =>
                {
                    bool[] has = [.. lengths[first.Key]!.Select(n => n > 0)];
                    Tensor choice = tensor(has, device: first.Steps.device).view(-1, 1, 1);
                    return (first.Key, where(choice, first.Steps, later.Steps));
                }
            )
            .Steps;
        return (ModalitySteps.ZeroPadding(joined.narrow(1, 0, own.Max()), own).MoveToOuterDisposeScope(), own);
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
        Require(steps.Modalities);
        PerModality<string> now = steps.Select(
            (m, of) => graph.Add(graph.LayerNorm(graph.Linear(of.Steps, inputs[m]!), norms[m]!), Places(graph, of))
        );
        foreach ((Modality modality, MultiHeadAttention look) in looks.Reverse())
        {
            PerModality<OnnxSteps> others = steps.Where(m => m != modality);
            string keys = Joined([.. others.Modalities.Select(m => now[m]!)]),
                real = Joined([.. others.Values.Select(graph.Real)]);
            now = now.With(modality, graph.Add(now[modality]!, look.Write(graph, now[modality]!, keys, real)));
        }
        string longest = graph.Op("Max", [.. now.Values.Select(s => graph.LengthOf(s, 1))]),
            none = graph.Scalar(0L);
        OnnxSteps joined = now.Reverse()
            .Select(s => new OnnxSteps(Longer(s.Value), steps[s.Key]!.Lengths))
            .Aggregate(
                (later, first) =>
                {
                    string has = graph.Less(none, first.Lengths);
                    return new(
                        graph.Where(graph.Unsqueeze(has, 1, 2), first.Steps, later.Steps),
                        graph.Where(has, first.Lengths, later.Lengths)
                    );
                }
            );
        return joined with { Steps = graph.ZeroPadding(joined) };

        string Joined(string[] parts) => parts.Length == 1 ? parts[0] : graph.Concat(1, parts);

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

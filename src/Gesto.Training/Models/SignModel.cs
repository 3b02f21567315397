using Gesto.Signs;
using Gesto.Training.Graphs;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Gesto.Training.Models;

/// <summary>Blends the samples of a batch pairwise: what sample i is made of, and how much of it is itself.</summary>
/// <param name="Partner">For each sample the index of the other one.</param>
/// <param name="Share">0…1, how much is the sample itself.</param>
public sealed record Mixing(long[] Partner, double Share);

/// <summary>Features of one or two modalities → scale → fusion → temporal model → dropout → linear → logits; where
/// <c>wideParts</c> is set, plus a linear map of the means of that many equal parts of the clip.</summary>
/// <remarks>The wide map: H.-T. Cheng et al., "Wide &amp; deep learning for recommender systems", 2016; the parts: L.
/// Wang et al., "Temporal segment networks", ECCV 2016. From a thousand clips a temporal model learns signers by heart
/// where a linear map still generalises (docs/LOG.md); together each learns what the other leaves.</remarks>
public sealed class SignModel : nn.Module
{
    // Registered by field name.
    private readonly ModalityInput? rgb;
    private readonly ModalityInput? radar;
    private readonly Fusion fusion;
    private readonly TemporalModel temporal;
    private readonly Dropout dropout;
    private readonly Linear linear;
    private readonly Linear? wide;
    private readonly int wideParts;
    private readonly double modalityDropout;

    /// <param name="rgb">How RGB features are scaled; null = the model has no RGB.</param>
    /// <param name="radar">Likewise.</param>
    /// <param name="fusion">One sequence of both.</param>
    /// <param name="temporal">One vector of a sequence.</param>
    /// <param name="dropout">Fraction of the vector dropped while learning, where the temporal model has not done
    /// so.</param>
    /// <param name="classes">K.</param>
    /// <param name="modalityDropout">Probability that, while learning, a sample that has both shows one modality only,
    /// either with equal chance. Source: N. Neverova et al., "ModDrop", TPAMI 2016.</param>
    /// <param name="wideParts">Parts of the wide map, 0 = no wide map.</param>
    internal SignModel(
        ModalityInput? rgb,
        ModalityInput? radar,
        Fusion fusion,
        TemporalModel temporal,
        double dropout,
        int classes,
        double modalityDropout = 0,
        int wideParts = 0
    )
        : base(nameof(SignModel))
    {
        (this.rgb, this.radar, this.fusion, this.temporal) = (rgb, radar, fusion, temporal);
        this.dropout = nn.Dropout(temporal.DropsOut ? 0 : dropout);
        linear = nn.Linear(temporal.Width, classes);
        this.wideParts = wideParts;
        if (wideParts > 0)
            wide = nn.Linear((long)wideParts * fusion.Width, classes, hasBias: false); // linear has one
        this.modalityDropout = rgb is null || radar is null ? 0 : modalityDropout;
        RegisterComponents();
    }

    /// <summary>As <see cref="Fusion.Attention"/>.</summary>
    public Tensor? Attention => fusion.Attention;

    /// <returns>Logits (B, K).</returns>
    /// <param name="rgbSteps">RGB features as extracted; ignored by a model without RGB, needed by one with it (lengths
    /// 0 where samples have none).</param>
    /// <param name="radarSteps">Likewise.</param>
    /// <param name="mask">What may be used; null = all.</param>
    /// <param name="mixing">Mix what enters the last linear maps, which is the same as mixing what leaves them: V.
    /// Verma et al., "Manifold mixup", ICML 2019, at one place; null = no.</param>
    /// <exception cref="ArgumentException">A sample has nothing that the model may use.</exception>
    public Tensor Classify(
        ModalitySteps? rgbSteps,
        ModalitySteps? radarSteps,
        ModalityMask? mask = null,
        Mixing? mixing = null
    )
    {
        using var scope = NewDisposeScope();
        mask ??= ModalityMask.All;
        ModalitySteps? a = rgb is null ? null : rgbSteps ?? throw Lacks("RGB"),
            b = radar is null ? null : radarSteps ?? throw Lacks("radar");
        if (a is not null && !mask.Rgb)
            a = a with { Lengths = new int[a.Lengths.Length] };
        if (b is not null && !mask.Radar)
            b = b with { Lengths = new int[b.Lengths.Length] };
        if (training && modalityDropout > 0)
            (a, b) = Hide(a!, b!);
        for (int i = 0; i < (a ?? b)!.Lengths.Length; i++)
            if ((a?.Lengths[i] ?? 0) + (b?.Lengths[i] ?? 0) == 0)
                throw new ArgumentException($"Sample {i} of the batch has nothing left that this model uses.");
        if (a is not null)
            a = rgb!.Scale(a);
        if (b is not null)
            b = radar!.Scale(b, mask.HiddenAntennas);
        (Tensor steps, int[] lengths) = fusion.Fuse(a, b);
        Tensor logits = linear.forward(dropout.forward(temporal.forward(steps, ModalitySteps.LengthTensor(lengths))));
        if (wide is not null)
            logits = logits.add(wide.forward(ClipParts.Means(steps, lengths, wideParts).flatten(1)));
        if (mixing is not null)
        {
            using TorchSharp.Scalar own = mixing.Share,
                other = 1 - mixing.Share; // held: see Fitting.Adam
            logits = logits
                .mul(own)
                .add(logits.index_select(0, tensor(mixing.Partner, device: logits.device)), alpha: other);
        }
        return logits.MoveToOuterDisposeScope();
    }

    private (ModalitySteps, ModalitySteps) Hide(ModalitySteps a, ModalitySteps b)
    {
        using Tensor draw = rand(a.Lengths.Length);
        float[] drawn = draw.data<float>().ToArray();
        int[] left = [.. a.Lengths],
            right = [.. b.Lengths];
        for (int i = 0; i < drawn.Length; i++)
        {
            if (left[i] == 0 || right[i] == 0)
                continue;
            if (drawn[i] < modalityDropout / 2)
                left[i] = 0;
            else if (drawn[i] < modalityDropout)
                right[i] = 0;
        }
        return (a with { Lengths = left }, b with { Lengths = right });
    }

    private static ArgumentException Lacks(string modality) =>
        new($"The model needs {modality} steps, with lengths 0 where samples have none.");

    /// <summary>Writes the model: inputs of the modalities it has (B, T, F) with their lengths (B) int64, 0 = the
    /// sample lacks it or may not use it, and <c>antennas</c> (A) float32, 0 = hidden, where there are several; output
    /// <c>logits</c> (B, K).</summary>
    internal byte[] ToOnnx(string name, int rgbWidth, int radarWidth)
    {
        var graph = new OnnxGraph(name);
        OnnxSteps? a = null,
            b = null;
        if (rgb is not null)
            a = rgb.Write(graph, graph.Steps("rgb", rgbWidth), shown: null);
        if (radar is not null)
            b = radar.Write(
                graph,
                graph.Steps("radar", radarWidth),
                radar.Groups > 1
                    ? graph.Input(
                        "antennas",
                        Onnx.TensorProto.Types.DataType.Float,
                        radar.Groups.ToString(System.Globalization.CultureInfo.InvariantCulture)
                    )
                    : null
            );
        OnnxSteps steps = fusion.Write(graph, a, b);
        string logits = graph.Linear(temporal.Write(graph, steps), linear);
        if (wide is not null)
            logits = graph.Add(
                logits,
                graph.Linear(
                    graph.Op("Flatten", [graph.PartMeans(steps, wideParts)], OnnxGraph.Integer("axis", 1)),
                    wide
                )
            );
        graph.Output(logits, "logits", "B", "K");
        return graph.ToModel();
    }
}

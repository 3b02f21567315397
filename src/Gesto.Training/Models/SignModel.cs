using Gesto.Recordings;
using Gesto.Training.Graphs;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Gesto.Training.Models;

/// <summary>Blends the samples of a batch pairwise: what sample i is made of, and how much of it is itself.</summary>
/// <param name="Partner">For each sample the index of the other one.</param>
/// <param name="Share">0…1, how much is the sample itself.</param>
public sealed record Mixing(long[] Partner, double Share);

/// <summary>Features of one modality or more → scale → fusion → temporal model → dropout → linear → logits; where
/// <c>wideParts</c> is set, plus a linear map of the means of that many equal parts of the clip.</summary>
/// <remarks>The wide map: H.-T. Cheng et al., "Wide &amp; deep learning for recommender systems", 2016; the parts: L.
/// Wang et al., "Temporal segment networks", ECCV 2016. From a thousand clips a temporal model learns signers by heart
/// where a linear map still generalises (docs/LOG.md); together each learns what the other leaves.</remarks>
public sealed class SignModel : nn.Module
{
    private readonly PerModality<ModalityInput> inputs; // registered by the modalities' names

    // Registered by field name.
    private readonly Fusion fusion;
    private readonly TemporalModel temporal;
    private readonly Dropout dropout;
    private readonly Linear linear;
    private readonly Linear? wide;
    private readonly int wideParts;
    private readonly double modalityDropout;

    /// <param name="inputs">How the features of each modality that it has are scaled.</param>
    /// <param name="fusion">One sequence of all.</param>
    /// <param name="temporal">One vector of a sequence.</param>
    /// <param name="dropout">Fraction of the vector dropped while learning, where the temporal model has not done
    /// so.</param>
    /// <param name="classes">K.</param>
    /// <param name="modalityDropout">Probability that, while learning, a sample that has several modalities shows one of
    /// them only, each with equal chance. Source: N. Neverova et al., "ModDrop", TPAMI 2016.</param>
    /// <param name="wideParts">Parts of the wide map, 0 = no wide map.</param>
    internal SignModel(
        PerModality<ModalityInput> inputs,
        Fusion fusion,
        TemporalModel temporal,
        double dropout,
        int classes,
        double modalityDropout = 0,
        int wideParts = 0
    )
        : base(nameof(SignModel))
    {
        (this.inputs, this.fusion, this.temporal) = (inputs, fusion, temporal);
        this.dropout = nn.Dropout(temporal.DropsOut ? 0 : dropout);
        linear = nn.Linear(temporal.Width, classes);
        this.wideParts = wideParts;
        if (wideParts > 0)
            wide = nn.Linear((long)wideParts * fusion.Width, classes, hasBias: false); // linear has one
        this.modalityDropout = inputs.Count > 1 ? modalityDropout : 0;
        foreach ((Modality modality, ModalityInput input) in inputs)
            register_module(modality.Name, input);
        RegisterComponents();
    }

    /// <summary>As <see cref="Fusion.Attention"/>.</summary>
    public Tensor? Attention => fusion.Attention;

    /// <returns>Logits (B, K).</returns>
    /// <param name="given">Features as extracted, of each modality that the model has (lengths 0 where samples have
    /// none); others are passed over.</param>
    /// <param name="mask">What may be used; null = all.</param>
    /// <param name="mixing">Mix what enters the last linear maps, which is the same as mixing what leaves them: V.
    /// Verma et al., "Manifold mixup", ICML 2019, at one place; null = no.</param>
    /// <exception cref="ArgumentException">A sample has nothing that the model may use.</exception>
    internal Tensor Classify(PerModality<ModalitySteps> given, ModalityMask? mask = null, Mixing? mixing = null)
    {
        using var scope = NewDisposeScope();
        mask ??= ModalityMask.All;
        PerModality<ModalitySteps> shown = inputs.Select(
            (modality, _) =>
            {
                ModalitySteps own = given[modality]
                    ?? throw new ArgumentException(
                        $"The model needs {modality.Title} steps, with lengths 0 where samples have none.",
                        nameof(given)
                    );
                return mask.Uses(modality) ? own : own with { Lengths = new int[own.Lengths.Length] };
            }
        );
        if (training && modalityDropout > 0)
            shown = Hide(shown);
        for (int i = 0; i < shown.Values.First().Lengths.Length; i++)
            if (shown.Values.All(s => s.Lengths[i] == 0))
                throw new ArgumentException($"Sample {i} of the batch has nothing left that this model uses.");
        (Tensor steps, int[] lengths) = fusion.Fuse(
            shown.Select(
                (modality, s) => inputs[modality]!.Scale(s, modality == Modality.Radar ? mask.HiddenAntennas : null)
            )
        );
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

    /// <summary>Of a sample with n modalities each is shown alone with probability modalityDropout / n.</summary>
    private PerModality<ModalitySteps> Hide(PerModality<ModalitySteps> shown)
    {
        Modality[] there = [.. shown.Modalities];
        using Tensor draw = rand(shown.Values.First().Lengths.Length);
        float[] drawn = draw.data<float>().ToArray();
        PerModality<int[]> lengths = shown.Select<int[]>((_, s) => [.. s.Lengths]);
        for (int i = 0; i < drawn.Length; i++)
        {
            Modality[] has = [.. there.Where(m => lengths[m]![i] > 0)];
            if (has.Length < 2 || drawn[i] >= modalityDropout)
                continue;
            // The last modality is shown by the lowest draws.
            Modality alone = has[^(1 + Math.Min((int)(drawn[i] / modalityDropout * has.Length), has.Length - 1))];
            foreach (Modality hidden in has.Where(m => m != alone))
                lengths[hidden]![i] = 0;
        }
        return shown.Select((modality, s) => s with { Lengths = lengths[modality]! });
    }

    /// <summary>Writes the model: inputs of the modalities it has (B, T, F) with their lengths (B) int64, 0 = the
    /// sample lacks it or may not use it, and <c>antennas</c> (A) float32, 0 = hidden, where there are several; output
    /// <c>logits</c> (B, K).</summary>
    internal byte[] ToOnnx(string name)
    {
        var graph = new OnnxGraph(name);
        OnnxSteps steps = fusion.Write(
            graph,
            inputs.Select(
                (modality, input) =>
                    input.Write(
                        graph,
                        graph.Steps(modality.Name, input.Width),
                        input.Groups > 1
                            ? graph.Input(
                                "antennas",
                                Onnx.TensorProto.Types.DataType.Float,
                                input.Groups.ToString(System.Globalization.CultureInfo.InvariantCulture)
                            )
                            : null
                    )
            )
        );
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

using Gesto.Recordings;
using Gesto.Training.Graphs;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Gesto.Training.Models;

/// <summary>On one clock, each feature of each step is mixed from both modalities by a gate that sees both:
/// z·tanh(W₁ rgb) + (1 − z)·tanh(W₂ radar), z = σ(W₃ [rgb|radar]).</summary>
/// <remarks>Source: J. Arevalo et al., "Gated multimodal units for information fusion", ICLR workshop 2017. Where a
/// sample lacks a modality the gate is shut for it, which the paper does not treat.</remarks>
public sealed class GatedFusion : Fusion
{
    // Registered by field name.
    private readonly Linear rgb;
    private readonly Linear radar;
    private readonly Linear gate;
    private readonly AlignmentMode alignment;

    /// <param name="rgbWidth">RGB features.</param>
    /// <param name="radarWidth">Radar features.</param>
    /// <param name="width">Features of a fused step.</param>
    /// <param name="alignment">How radar steps meet RGB steps.</param>
    public GatedFusion(int rgbWidth, int radarWidth, int width, AlignmentMode alignment)
        : base(nameof(GatedFusion))
    {
        (Width, this.alignment) = (width, alignment);
        rgb = nn.Linear(rgbWidth, width);
        radar = nn.Linear(radarWidth, width);
        gate = nn.Linear(rgbWidth + radarWidth, width);
        RegisterComponents();
    }

    public override int Width { get; }

    public override (Tensor Steps, int[] Lengths) Fuse(PerModality<ModalitySteps> steps)
    {
        (ModalitySteps rgb, ModalitySteps radar) = Both(steps);
        using var scope = NewDisposeScope();
        using TorchSharp.Scalar one = 1; // held: see Fitting.Adam
        (PerModality<Tensor> aligned, int[] lengths) = StepAlignment.Align(steps, alignment);
        (Tensor left, Tensor right) = Both(aligned);
        Tensor z = gate.forward(cat([left, right], 2)).sigmoid(); // (B, T, Width)
        Tensor hasRgb = Has(rgb),
            hasRadar = Has(radar); // (B, 1, 1)
        z = z.mul(hasRadar).mul(hasRgb).add(hasRgb.mul(hasRadar.neg().add(one))); // radar missing: 1; RGB missing: 0
        Tensor fused = z.mul(this.rgb.forward(left).tanh()).add(z.neg().add(one).mul(this.radar.forward(right).tanh()));
        return (ModalitySteps.ZeroPadding(fused, lengths).MoveToOuterDisposeScope(), lengths);

        static Tensor Has(ModalitySteps steps) =>
            tensor([.. steps.Lengths.Select(n => n > 0 ? 1f : 0f)], device: steps.Steps.device).view(-1, 1, 1);
    }

    internal override OnnxSteps Write(OnnxGraph graph, PerModality<OnnxSteps> steps)
    {
        (OnnxSteps a, OnnxSteps b) = Both(steps);
        (PerModality<string> aligned, string lengths) = StepAlignment.Write(graph, steps, alignment);
        (string left, string right) = Both(aligned);
        string z = graph.Op("Sigmoid", [graph.Linear(graph.Concat(2, left, right), gate)]),
            hasRgb = graph.Has(a),
            hasRadar = graph.Has(b),
            one = graph.Scalar(1f);
        z = graph.Add(graph.Mul(graph.Mul(z, hasRadar), hasRgb), graph.Mul(hasRgb, graph.Sub(one, hasRadar)));
        string fused = graph.Add(
            graph.Mul(z, graph.Op("Tanh", [graph.Linear(left, this.rgb)])),
            graph.Mul(graph.Sub(one, z), graph.Op("Tanh", [graph.Linear(right, this.radar)]))
        );
        return new(graph.ZeroPadding(new(fused, lengths)), lengths);
    }
}

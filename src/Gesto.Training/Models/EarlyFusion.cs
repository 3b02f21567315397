using Gesto.Recordings;
using Gesto.Training.Graphs;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Gesto.Training.Models;

/// <summary>Early fusion: frames of both modalities are stacked as channels of one picture and encoded together by
/// <see cref="PictureCnn"/>. Its steps are whole frames, flattened (<see cref="FlatFrames"/>).</summary>
/// <remarks>Two alignments are assumed that do not exist. In time: a picture needs one radar frame for each RGB frame,
/// so at 25 and 13 frames a second every radar frame is shown about twice and up to half a radar frame (38 ms) from its
/// moment; joined by index it is worse (<see cref="AlignmentMode.Index"/>). In space: a pixel's row and column are
/// height and left-right, a radar bin's are range and velocity; one kernel reads both at a place where they have
/// nothing to do with each other. This is the rival that the source project discarded; bench/quality.sh compares it,
/// joined by time and by index, with end-to-end on the same frames.</remarks>
public sealed class EarlyFusion : Fusion
{
    // Registered by field name.
    private readonly PictureCnn encoder;
    private readonly BatchNorm1d norm;
    private readonly long[] rgbShape;
    private readonly long[] radarShape;
    private readonly AlignmentMode alignment;

    /// <param name="rgbShape">(3, H, W) of an RGB frame; the picture has this size.</param>
    /// <param name="radarShape">(A, R, D) of a radar frame, resized to (A, H, W).</param>
    /// <param name="alignment">How radar steps meet RGB steps.</param>
    public EarlyFusion(IReadOnlyList<int> rgbShape, IReadOnlyList<int> radarShape, AlignmentMode alignment)
        : base(nameof(EarlyFusion))
    {
        (this.rgbShape, this.radarShape, this.alignment) = ([.. rgbShape], [.. radarShape], alignment);
        encoder = new PictureCnn(rgbShape[0] + radarShape[0]);
        // Averages over a quarter of a picture are small and alike; nothing else standardises them here.
        norm = nn.BatchNorm1d(Width);
        RegisterComponents();
    }

    public override int Width => SmallRgbEncoder.Features;

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">A modality is missing: early fusion has no picture without both. A sample
    /// that
    /// lacks one has zeros in its channels.</exception>
    public override (Tensor Steps, int[] Lengths) Fuse(PerModality<ModalitySteps> steps)
    {
        using var scope = NewDisposeScope();
        (PerModality<Tensor> aligned, int[] lengths) = StepAlignment.Align(steps, alignment);
        (Tensor left, Tensor right) = Both(aligned);
        // Only real frames are encoded: (ΣT, C, H, W).
        Tensor real = tensor(ModalitySteps.RealRows(lengths, left.shape[1]), device: left.device);
        Tensor pixels = left.flatten(0, 1).index_select(0, real).view([-1, .. rgbShape]);
        Tensor maps = right.flatten(0, 1).index_select(0, real).view([-1, .. radarShape]);
        maps = nn.functional.interpolate(
            maps,
            [rgbShape[1], rgbShape[2]],
            mode: InterpolationMode.Bilinear,
            align_corners: false
        );
        Tensor rows = norm.forward(encoder.Encode(cat([pixels, maps], 1), lengths));
        Tensor padded = zeros([left.shape[0] * left.shape[1], Width], device: rows.device)
            .index_copy(0, real, rows)
            .view(left.shape[0], left.shape[1], Width);
        return (padded.MoveToOuterDisposeScope(), lengths);
    }

    internal override OnnxSteps Write(OnnxGraph graph, PerModality<OnnxSteps> steps)
    {
        (PerModality<string> aligned, string lengths) = StepAlignment.Write(graph, steps, alignment);
        (string left, string right) = Both(aligned);
        string pixels = graph.Reshape(left, [-1, .. rgbShape]),
            maps = graph.Reshape(right, [-1, .. radarShape]);
        maps = graph.Op(
            "Resize",
            [
                maps,
                "",
                "",
                graph.Concat(0, graph.LengthOf(maps, 0), graph.Integers(radarShape[0], rgbShape[1], rgbShape[2])),
            ],
            OnnxGraph.Text("mode", "linear"),
            OnnxGraph.Text("coordinate_transformation_mode", "half_pixel")
        );
        string rows = encoder.Encode(
            graph,
            graph.Concat(1, pixels, maps),
            [(int)(rgbShape[0] + radarShape[0]), (int)rgbShape[1], (int)rgbShape[2]]
        );
        rows = graph.BatchNorm(rows, norm);
        string padded = graph.Op(
            "Reshape",
            [rows, graph.Concat(0, graph.LengthOf(left, 0), graph.LengthOf(left, 1), graph.Integers(Width))]
        );
        return new(graph.ZeroPadding(new(padded, lengths)), lengths);
    }
}

using Gesto.Training.Graphs;
using static TorchSharp.torch;

namespace Gesto.Training.Models;

/// <summary>How radar steps are brought to the RGB time axis.</summary>
public enum AlignmentMode
{
    /// <summary>Both clips span the same time: RGB step i of n takes the radar step nearest in time.</summary>
    Nearest,

    /// <summary>Step i takes radar step i, as the source project did: the same moment only at equal frame
    /// rates.</summary>
    Index,
}

/// <summary>Which radar step meets which RGB step when both are concatenated.</summary>
public static class StepAlignment
{
    /// <summary>The radar step for each RGB step; −1 where there is none (the features are zero there).</summary>
    /// <param name="rgbLength">RGB steps of the sample, ≥ 1; the sample keeps this length.</param>
    /// <param name="radarLength">Radar steps of the sample, ≥ 1.</param>
    /// <param name="mode">Nearest: round(i·(radar−1)/(rgb−1)), halves up; a single RGB step takes the middle radar
    /// step.</param>
    public static int[] RadarSteps(int rgbLength, int radarLength, AlignmentMode mode)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(rgbLength);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(radarLength);
        var steps = new int[rgbLength];
        for (int i = 0; i < rgbLength; i++)
        {
            if (mode == AlignmentMode.Index)
                steps[i] = i < radarLength ? i : -1;
            else if (rgbLength == 1)
                steps[i] = (radarLength - 1) / 2;
            // Whole numbers only: floor((2·i·(radar−1) + (rgb−1)) / (2·(rgb−1))) is round-half-up, equal on every
            // machine.
            else
                steps[i] = (2 * i * (radarLength - 1) + rgbLength - 1) / (2 * (rgbLength - 1));
        }
        return steps;
    }

    /// <summary>Both modalities on one clock: RGB's where a sample has RGB, else the radar's. A missing modality is
    /// zeros.</summary>
    /// <param name="rgb">(B, T, F), zero where not real.</param>
    /// <param name="radar">(B, T', F'), zero where not real.</param>
    /// <param name="mode">How radar steps are chosen.</param>
    /// <returns>(B, T, F), (B, T, F') and the real steps of each sample.</returns>
    internal static (Tensor Rgb, Tensor Radar, int[] Lengths) Align(
        ModalitySteps rgb,
        ModalitySteps radar,
        AlignmentMode mode
    )
    {
        int samples = rgb.Lengths.Length;
        var lengths = new int[samples];
        for (int b = 0; b < samples; b++)
            lengths[b] = rgb.Lengths[b] > 0 ? rgb.Lengths[b] : radar.Lengths[b];
        int longest = lengths.Max();
        var rgbSteps = new long[samples * longest];
        var radarSteps = new long[samples * longest];
        for (int b = 0; b < samples; b++)
        {
            int[]? nearest =
                rgb.Lengths[b] > 0 && radar.Lengths[b] > 0 ? RadarSteps(rgb.Lengths[b], radar.Lengths[b], mode) : null;
            for (int t = 0; t < longest; t++)
            {
                bool real = t < lengths[b];
                rgbSteps[b * longest + t] = Row(b, real && rgb.Lengths[b] > 0 ? t : -1, rgb);
                radarSteps[b * longest + t] = Row(b, real && radar.Lengths[b] > 0 ? nearest?[t] ?? t : -1, radar);
            }
        }
        return (Pick(rgb, rgbSteps, longest), Pick(radar, radarSteps, longest), lengths);

        // Each sample's steps are followed by one of zeros, for steps that are not there.
        static long Row(int sample, int step, ModalitySteps of) =>
            sample * (of.Steps.shape[1] + 1) + (step < 0 ? of.Steps.shape[1] : step);
    }

    private static Tensor Pick(ModalitySteps of, long[] rows, int longest)
    {
        using var scope = NewDisposeScope();
        long width = of.Steps.shape[2];
        return nn
            .functional.pad(of.Steps, [0, 0, 0, 1])
            .view(-1, width)
            .index_select(0, tensor(rows, device: of.Steps.device))
            .view(of.Lengths.Length, longest, width)
            .MoveToOuterDisposeScope();
    }

    /// <summary>Writes what <see cref="Align"/> does.</summary>
    /// <returns>(B, T, F), (B, T, F') and the real steps of each sample, (B).</returns>
    internal static (string Rgb, string Radar, string Lengths) Write(
        OnnxGraph graph,
        OnnxSteps rgb,
        OnnxSteps radar,
        AlignmentMode mode
    )
    {
        string longest = graph.Op("Max", [graph.LengthOf(rgb.Steps, 1), graph.LengthOf(radar.Steps, 1)]),
            zero = graph.Scalar(0L);
        string n = graph.Unsqueeze(rgb.Lengths, 1), // (B, 1)
            m = graph.Unsqueeze(radar.Lengths, 1),
            i = graph.Unsqueeze(graph.Range(longest), 0), // (1, T)
            hasRgb = graph.Less(zero, n),
            hasRadar = graph.Less(zero, m);
        string lengths = graph.Where(graph.Less(zero, rgb.Lengths), rgb.Lengths, radar.Lengths),
            real = graph.Real(longest, lengths);
        string nearest;
        if (mode == AlignmentMode.Index)
        {
            nearest = graph.Where(graph.Less(i, m), i, graph.Scalar(-1L));
        }
        else
        {
            string one = graph.Scalar(1L),
                two = graph.Scalar(2L),
                last = graph.Sub(n, one),
                above = graph.Add(graph.Mul(graph.Mul(two, i), graph.Sub(m, one)), last);
            nearest = graph.Where(
                graph.Op("Equal", [n, one]),
                graph.Div(graph.Op("Max", [graph.Sub(m, one), zero]), two),
                graph.Div(above, graph.Op("Max", [graph.Mul(two, last), one]))
            );
        }
        string chosen = graph.Where(graph.And(hasRgb, hasRadar), nearest, i); // (B, T)
        return (
            Pick(rgb, i, graph.And(real, hasRgb)),
            Pick(radar, chosen, graph.And(graph.And(real, hasRadar), graph.Less(graph.Scalar(-1L), chosen))),
            lengths
        );

        string Pick(OnnxSteps of, string steps, string wanted)
        {
            string inside = graph.Op(
                "Min",
                [graph.Op("Max", [steps, zero]), graph.Sub(graph.LengthOf(of.Steps, 1), graph.Integers(1))]
            );
            string each = graph.Where(wanted, inside, zero); // (B, T): all samples alike in number
            string picked = graph.Op(
                "GatherND",
                [of.Steps, graph.Unsqueeze(each, 2)],
                OnnxGraph.Integer("batch_dims", 1)
            );
            return graph.Where(graph.Unsqueeze(wanted, 2), picked, graph.Scalar(0f));
        }
    }
}

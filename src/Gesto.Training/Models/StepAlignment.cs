using Gesto.Recordings;
using Gesto.Training.Graphs;
using static TorchSharp.torch;

namespace Gesto.Training.Models;

/// <summary>How the steps of a modality are brought to the clock of another.</summary>
public enum AlignmentMode
{
    /// <summary>All clips span the same time: step i of n takes the other's step nearest in time.</summary>
    Nearest,

    /// <summary>Step i takes the other's step i, as the source project did: the same moment only at equal frame
    /// rates.</summary>
    Index,
}

/// <summary>Which steps of several modalities meet when they are concatenated.</summary>
public static class StepAlignment
{
    /// <summary>The other modality's step for each of the clock's; −1 where there is none (the features are zero
    /// there).</summary>
    /// <param name="length">Steps of the clock's modality, ≥ 1; the sample keeps this length.</param>
    /// <param name="other">Steps of the other, ≥ 1.</param>
    /// <param name="mode">Nearest: round(i·(other−1)/(length−1)), halves up; a single step takes the middle
    /// one.</param>
    public static int[] Steps(int length, int other, AlignmentMode mode)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(length);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(other);
        var steps = new int[length];
        for (int i = 0; i < length; i++)
        {
            if (mode == AlignmentMode.Index)
                steps[i] = i < other ? i : -1;
            else if (length == 1)
                steps[i] = (other - 1) / 2;
            // Whole numbers only: floor((2·i·(radar−1) + (rgb−1)) / (2·(rgb−1))) is round-half-up, equal on every
            // machine.
            else
                steps[i] = (2 * i * (other - 1) + length - 1) / (2 * (length - 1));
        }
        return steps;
    }

    /// <summary>All modalities on one clock: for each sample that of the first modality it has. A missing modality is
    /// zeros.</summary>
    /// <param name="steps">(B, T, F) each, zero where not real.</param>
    /// <param name="mode">How the steps of the others are chosen.</param>
    /// <returns>(B, T, F) each, all of one T, and the real steps of each sample.</returns>
    internal static (PerModality<Tensor> Steps, int[] Lengths) Align(
        PerModality<ModalitySteps> steps,
        AlignmentMode mode
    )
    {
        int[] lengths =
        [
            .. Enumerable
                .Range(0, steps.Values.First().Lengths.Length)
                .Select(b => steps.Values.Select(s => s.Lengths[b]).FirstOrDefault(n => n > 0)),
        ];
        int longest = lengths.Max();
        return (steps.Select((_, of) => Pick(of, Rows(of, lengths, longest, mode), longest)), lengths);
    }

    /// <returns>For each sample and step the row to take; each sample's steps are followed by one of zeros, for steps
    /// that are not there.</returns>
    private static long[] Rows(ModalitySteps of, int[] lengths, int longest, AlignmentMode mode)
    {
        long padded = of.Steps.shape[1];
        var rows = new long[lengths.Length * longest];
        for (int b = 0; b < lengths.Length; b++)
        {
            int[] chosen = of.Lengths[b] > 0 ? Steps(lengths[b], of.Lengths[b], mode) : [];
            for (int t = 0; t < longest; t++)
                rows[b * longest + t] = b * (padded + 1) + (t < chosen.Length && chosen[t] >= 0 ? chosen[t] : padded);
        }
        return rows;
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
    /// <returns>(B, T, F) each, and the real steps of each sample, (B).</returns>
    internal static (PerModality<string> Steps, string Lengths) Write(
        OnnxGraph graph,
        PerModality<OnnxSteps> steps,
        AlignmentMode mode
    )
    {
        string longest = graph.Op("Max", [.. steps.Values.Select(s => graph.LengthOf(s.Steps, 1))]),
            zero = graph.Scalar(0L),
            one = graph.Scalar(1L),
            two = graph.Scalar(2L);
        string lengths = steps
            .Values.Select(s => s.Lengths)
            .Reverse()
            .Aggregate((later, first) => graph.Where(graph.Less(zero, first), first, later));
        string n = graph.Unsqueeze(lengths, 1), // (B, 1)
            i = graph.Unsqueeze(graph.Range(longest), 0), // (1, T)
            last = graph.Sub(n, one),
            real = graph.Real(longest, lengths);
        return (steps.Select((_, of) => Pick(of)), lengths);

        string Pick(OnnxSteps of)
        {
            string m = graph.Unsqueeze(of.Lengths, 1),
                chosen = mode == AlignmentMode.Index ? graph.Where(graph.Less(i, m), i, graph.Scalar(-1L)) : Nearest(m),
                wanted = graph.And(graph.And(real, graph.Less(zero, m)), graph.Less(graph.Scalar(-1L), chosen));
            string inside = graph.Op(
                "Min",
                [graph.Op("Max", [chosen, zero]), graph.Sub(graph.LengthOf(of.Steps, 1), graph.Integers(1))]
            );
            string each = graph.Where(wanted, inside, zero); // (B, T): all samples alike in number
            string picked = graph.Op(
                "GatherND",
                [of.Steps, graph.Unsqueeze(each, 2)],
                OnnxGraph.Integer("batch_dims", 1)
            );
            return graph.Where(graph.Unsqueeze(wanted, 2), picked, graph.Scalar(0f));
        }

        string Nearest(string m)
        {
            string above = graph.Add(graph.Mul(graph.Mul(two, i), graph.Sub(m, one)), last);
            return graph.Where(
                graph.Op("Equal", [n, one]),
                graph.Div(graph.Op("Max", [graph.Sub(m, one), zero]), two),
                graph.Div(above, graph.Op("Max", [graph.Mul(two, last), one]))
            );
        }
    }
}

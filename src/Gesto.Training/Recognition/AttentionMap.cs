using Gesto.Recordings;

namespace Gesto.Training.Recognition;

/// <summary>Where attention fusion looked, mean over many samples: the first modality's moments on the others', all as
/// equal parts of the clip.</summary>
/// <param name="Of">The modality that looked.</param>
/// <param name="Shares">The modalities that it looked at, and each one's share of all attention, 0…1.</param>
/// <param name="Samples">Samples in the mean: those that have the first modality and one of the others.</param>
/// <param name="Weights">[part of the first modality][part of the others], each row a mean over that part's steps: 0…1,
/// with <see cref="Nothing"/> of that row it sums to 1.</param>
/// <param name="Nothing">Of each part of the first modality, the share that chose to look at nothing, 0…1.</param>
public sealed record AttentionMap(
    string Of,
    IReadOnlyDictionary<string, double> Shares,
    int Samples,
    IReadOnlyList<IReadOnlyList<double>> Weights,
    IReadOnlyList<double> Nothing
)
{
    /// <summary>Parts of either axis: two steps each of a full clip.</summary>
    public const int Parts = 15;

    /// <returns>How far from its own moment a step looked on average, as a fraction of the clip, nothing left out; NaN
    /// where nothing was looked at.</returns>
    public double Distance()
    {
        double sum = 0,
            all = 0;
        for (int q = 0; q < Weights.Count; q++)
        for (int k = 0; k < Weights.Count; k++)
        {
            all += Weights[q][k];
            sum += Weights[q][k] * Math.Abs(q - k) / Weights.Count;
        }
        return sum / all;
    }
}

/// <summary>Adds up what attention said, sample by sample.</summary>
/// <param name="modalities">The one that looks, then those that it looks at.</param>
internal sealed class AttentionSum(IReadOnlyList<Modality> modalities)
{
    private readonly double[,,] sum = new double[modalities.Count - 1, AttentionMap.Parts, AttentionMap.Parts];
    private int samples;

    /// <param name="weights">(T, ΣT) and padding: row-major, rows sum to 1 or less.</param>
    /// <param name="rowLength">Values from one row to the next.</param>
    /// <param name="own">Steps of the modality that looks, ≥ 1.</param>
    /// <param name="others">Of each other modality its first column and its steps, one of them ≥ 1.</param>
    public void Add(ReadOnlySpan<float> weights, int rowLength, int own, IReadOnlyList<(int Start, int Length)> others)
    {
        samples++;
        foreach ((int other, (int start, int length)) in others.Index())
            for (int q = 0; q < own; q++)
            for (int k = 0; k < length; k++)
            for (int part = 0; part < AttentionMap.Parts; part++)
            {
                // A part's row is the mean of its steps; another modality's step's weight goes to the parts it lies in.
                double row = Overlap(q, own, part) * AttentionMap.Parts;
                if (row == 0)
                    continue;
                for (int column = 0; column < AttentionMap.Parts; column++)
                    sum[other, part, column] +=
                        row * weights[q * rowLength + start + k] * Overlap(k, length, column) * length;
            }
    }

    /// <returns>Null where no sample had the first modality and others.</returns>
    public AttentionMap? ToMap()
    {
        if (samples == 0)
            return null;
        int[] others = [.. Enumerable.Range(0, modalities.Count - 1)],
            parts = [.. Enumerable.Range(0, AttentionMap.Parts)];
        double[][] rows = [.. parts.Select(q => parts.Select(k => others.Sum(o => sum[o, q, k]) / samples).ToArray())];
        return new(
            modalities[0].Title,
            others.ToDictionary(
                o => modalities[o + 1].Title,
                o => parts.Average(q => parts.Sum(k => sum[o, q, k]) / samples)
            ),
            samples,
            rows,
            [.. rows.Select(row => Math.Max(0, 1 - row.Sum()))]
        );
    }

    /// <returns>The time that step i of n and a part share, as a fraction of the clip.</returns>
    private static double Overlap(int i, int n, int part) =>
        Math.Max(
            0,
            Math.Min((i + 1.0) / n, (part + 1.0) / AttentionMap.Parts)
                - Math.Max(i / (double)n, part / (double)AttentionMap.Parts)
        );
}

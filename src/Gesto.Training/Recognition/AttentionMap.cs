namespace Gesto.Training.Recognition;

/// <summary>Where attention fusion looked, mean over many samples: RGB's moments on the radar's, both as equal parts of
/// the clip.</summary>
/// <param name="Samples">Samples in the mean: those that have both modalities.</param>
/// <param name="Weights">[part of RGB][part of radar], each row a mean over that part's RGB steps: 0…1, with <see
/// cref="Nothing"/> of that row it sums to 1.</param>
/// <param name="Nothing">Of each part of RGB, the share that chose to look at nothing, 0…1.</param>
public sealed record AttentionMap(
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
internal sealed class AttentionSum
{
    private readonly double[,] sum = new double[AttentionMap.Parts, AttentionMap.Parts];
    private int samples;

    /// <param name="weights">(rgb, radar) and padding: row-major, rows sum to 1 or less.</param>
    /// <param name="rowLength">Values from one row to the next.</param>
    /// <param name="rgb">RGB steps of the sample, ≥ 1.</param>
    /// <param name="radar">Radar steps of the sample, ≥ 1.</param>
    public void Add(ReadOnlySpan<float> weights, int rowLength, int rgb, int radar)
    {
        samples++;
        for (int q = 0; q < rgb; q++)
        for (int k = 0; k < radar; k++)
        for (int part = 0; part < AttentionMap.Parts; part++)
        {
            // A part's row is the mean of its RGB steps; a radar step's weight goes to the parts it lies in.
            double row = Overlap(q, rgb, part) * AttentionMap.Parts;
            if (row == 0)
                continue;
            for (int column = 0; column < AttentionMap.Parts; column++)
                sum[part, column] += row * weights[q * rowLength + k] * Overlap(k, radar, column) * radar;
        }
    }

    /// <returns>Null where no sample had both modalities.</returns>
    public AttentionMap? ToMap()
    {
        if (samples == 0)
            return null;
        double[][] rows =
        [
            .. Enumerable
                .Range(0, AttentionMap.Parts)
                .Select(q => Enumerable.Range(0, AttentionMap.Parts).Select(k => sum[q, k] / samples).ToArray()),
        ];
        return new(samples, rows, [.. rows.Select(row => Math.Max(0, 1 - row.Sum()))]);
    }

    /// <returns>The time that step i of n and a part share, as a fraction of the clip.</returns>
    private static double Overlap(int i, int n, int part) =>
        Math.Max(
            0,
            Math.Min((i + 1.0) / n, (part + 1.0) / AttentionMap.Parts)
                - Math.Max(i / (double)n, part / (double)AttentionMap.Parts)
        );
}

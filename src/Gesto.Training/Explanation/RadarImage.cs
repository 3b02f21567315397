namespace Gesto.Training.Explanation;

/// <summary>One antenna's motion over time, for people to look at.</summary>
/// <param name="Title">What the vertical axis is.</param>
/// <param name="Steps">T.</param>
/// <param name="Bins">Doppler bins, or range bins of range-time maps.</param>
/// <param name="Levels">(T, Bins), 0…1.</param>
internal sealed record RadarImage(string Title, int Steps, int Bins, float[] Levels)
{
    /// <summary>Levels of these ranks are 0 and 1, so that neither noise nor a few strong echoes take all the
    /// contrast.</summary>
    private const double Black = 0.5,
        White = 0.995;

    /// <summary>Micro-Doppler of each antenna: each bin's distance from its mean over the sample, which takes the room
    /// out, mean over range; of range-time maps the distance itself. All antennas share one scale.</summary>
    /// <param name="frames">(T, A, R, D).</param>
    /// <param name="steps">T.</param>
    /// <param name="shape">(A, R, D).</param>
    public static IReadOnlyList<RadarImage> Of(float[] frames, int steps, IReadOnlyList<int> shape)
    {
        (int antennas, int range, int doppler) = (shape[0], shape[1], shape[2]);
        int frame = antennas * range * doppler,
            bins = doppler > 1 ? doppler : range;
        var sum = new double[frame];
        for (int i = 0; i < frames.Length; i++)
            sum[i % frame] += frames[i];
        var levels = new double[antennas][];
        for (int a = 0; a < antennas; a++)
        {
            levels[a] = new double[steps * bins];
            for (int t = 0; t < steps; t++)
            for (int r = 0; r < range; r++)
            for (int d = 0; d < doppler; d++)
            {
                int at = (a * range + r) * doppler + d;
                levels[a][t * bins + (doppler > 1 ? d : r)] +=
                    Math.Abs(frames[t * frame + at] - sum[at] / steps) / (doppler > 1 ? range : 1);
            }
        }
        double[] sorted = [.. levels.SelectMany(l => l).Order()];
        double black = sorted[(int)(Black * (sorted.Length - 1))],
            span = Math.Max(sorted[(int)Math.Ceiling(White * (sorted.Length - 1))] - black, 1e-9);
        string kind = doppler > 1 ? "Doppler" : "range";
        return
        [
            .. levels.Select(
                (l, a) =>
                    new RadarImage(
                        antennas > 1 ? $"{kind}, antenna {a + 1}" : kind,
                        steps,
                        bins,
                        [.. l.Select(v => (float)Math.Clamp((v - black) / span, 0, 1))]
                    )
            ),
        ];
    }
}

namespace Gesto.Radar;

/// <summary>The order of a radar array's axes: T frames, A antennas, R range bins, D Doppler bins. T and R must be
/// there; without A the array is of one antenna, without D it is a range-time map.</summary>
/// <param name="Letters">Each of T, A, R, D at most once, e.g. "TARD".</param>
/// <remarks>Immutable; thread-safe.</remarks>
public sealed record RadarAxes(string Letters)
{
    private const string Known = "TARD";

    /// <summary>As <see cref="Parse"/> reads it: "T,A,R,D".</summary>
    public override string ToString() => string.Join(',', Letters.ToCharArray());

    /// <summary>Reads an order of axes.</summary>
    /// <param name="text">Letters between commas, e.g. "A,T,R,D" for an array of (antennas, frames, range,
    /// Doppler).</param>
    /// <exception cref="InvalidDataException">Another letter, one twice, or no T or R.</exception>
    public static RadarAxes Parse(string text)
    {
        string letters = text.Replace(",", "", StringComparison.Ordinal)
            .Replace(" ", "", StringComparison.Ordinal)
            .ToUpperInvariant();
        return
            letters.Distinct().Count() == letters.Length
            && letters.All(Known.Contains)
            && letters.Contains('T')
            && letters.Contains('R')
            ? new RadarAxes(letters)
            : throw new InvalidDataException(
                $"Radar axes '{text}': expected T (frames) and R (range), with A (antennas) and D (Doppler) where there are such, in the array's "
                    + "order, e.g. T,A,R,D or A,T,R,D or T,D,R."
            );
    }

    /// <returns>The extent of an axis in an array of that shape, 1 where there is no such axis.</returns>
    internal int Extent(char letter, int[] shape) => Letters.IndexOf(letter) is >= 0 and var at ? shape[at] : 1;

    /// <exception cref="InvalidDataException">The array has another number of axes.</exception>
    internal void Require(string path, int[] shape)
    {
        if (shape.Length != Letters.Length)
            throw new InvalidDataException(
                $"{path}: found an array of shape ({string.Join(", ", shape)}), {shape.Length} axes; the radar axes given are {this}, {Letters.Length}."
            );
    }

    /// <param name="path">Where the values come from.</param>
    /// <param name="values">In the array's order.</param>
    /// <param name="shape">As many axes as letters.</param>
    /// <returns>The values as (T, A, R, D).</returns>
    internal RangeDopplerFile Arrange(string path, float[] values, int[] shape)
    {
        int t = Extent('T', shape),
            a = Extent('A', shape),
            r = Extent('R', shape),
            d = Extent('D', shape);
        int Step(char letter) =>
            Letters.IndexOf(letter) is >= 0 and var at ? shape[(at + 1)..].Aggregate(1, (x, y) => x * y) : 0;
        int stepT = Step('T'),
            stepA = Step('A'),
            stepR = Step('R'),
            stepD = Step('D'),
            to = 0;
        var arranged = new float[values.Length];
        for (int frame = 0; frame < t; frame++)
        for (int antenna = 0; antenna < a; antenna++)
        for (int row = 0; row < r; row++)
        {
            int from = frame * stepT + antenna * stepA + row * stepR;
            for (int column = 0; column < d; column++)
                arranged[to++] = values[from + column * stepD];
        }
        return new RangeDopplerFile(path, arranged, t, a, r, d);
    }
}

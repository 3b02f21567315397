using System.Numerics;

namespace Gesto.Training.Simulation;

/// <summary>A small generator whose numbers are the same on every platform and runtime version.</summary>
/// <remarks>SplitMix64: G. Steele, D. Lea, C. Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014.
/// Every part of a simulation derives its own generator from the seed and a path of numbers, so what one part
/// draws never shifts another and the order of work does not matter. Not thread-safe.</remarks>
internal sealed class SeededRandom
{
    private ulong state;

    public SeededRandom(ulong seed, params ReadOnlySpan<ulong> path)
    {
        state = seed;
        foreach (ulong part in path)
            state = NextBits() ^ (part * 0xD1342543DE82EF95UL);
        NextBits();
    }

    /// <summary>64-bit FNV-1a of a name: the same in every process, unlike <see
    /// cref="string.GetHashCode()"/>.</summary>
    public static ulong HashOf(string name)
    {
        ulong hash = 14695981039346656037UL;
        foreach (char c in name)
            hash = (hash ^ c) * 1099511628211UL;
        return hash;
    }

    public ulong NextBits()
    {
        ulong z = state += 0x9E3779B97F4A7C15UL;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9UL;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EBUL;
        return z ^ (z >> 31);
    }

    /// <returns>Uniform in [0, 1).</returns>
    public double Next() => (NextBits() >> 11) * (1.0 / (1UL << 53));

    public double Between(double low, double high) => low + (high - low) * Next();

    /// <returns>Uniform in 0…count−1.</returns>
    public int Below(int count) => (int)(Next() * count);

    public bool Chance(double probability) => Next() < probability;

    /// <returns>Normal with mean 0, by Box and Muller, cut at ± 3 deviations: bodies have no wild outliers.</returns>
    public double Normal(double deviation = 1)
    {
        double radius = Math.Sqrt(-2 * Math.Log(1 - Next()));
        return Math.Clamp(radius * Math.Cos(2 * Math.PI * Next()), -3, 3) * deviation;
    }

    public Vector3 NormalVector(double deviation) =>
        new((float)Normal(deviation), (float)Normal(deviation), (float)Normal(deviation));

    public T Pick<T>(IReadOnlyList<T> items) => items[Below(items.Count)];

    public void Shuffle<T>(IList<T> items)
    {
        for (int i = items.Count - 1; i > 0; i--)
        {
            int j = Below(i + 1);
            (items[i], items[j]) = (items[j], items[i]);
        }
    }
}

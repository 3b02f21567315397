namespace Gesto.Testing;

internal static class Noise
{
    /// <returns>One of the normal distribution with mean 0 and deviation 1 (Box and Muller).</returns>
    public static double Normal(Random random) =>
        Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
}

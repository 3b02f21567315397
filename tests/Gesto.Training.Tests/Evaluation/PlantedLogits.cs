namespace Gesto.Training.Tests.Evaluation;

/// <summary>Probabilities that are exactly right, made by drawing the truth from them, and then spoilt by a known
/// power.</summary>
internal static class PlantedLogits
{
    /// <returns>(N,K) probabilities ∝ p^<paramref name="spoil"/> and a truth drawn from p.</returns>
    public static (float[][] Probabilities, int[] Truth) Draw(int samples, int classes, double spoil, int seed)
    {
        var random = new Random(seed);
        var probabilities = new float[samples][];
        var truth = new int[samples];
        for (int n = 0; n < samples; n++)
        {
            double[] p = Normal([.. Enumerable.Range(0, classes).Select(_ => Math.Exp(2 * Gauss(random)))]);
            truth[n] = Draw(p, random);
            probabilities[n] = [.. Normal([.. p.Select(v => Math.Pow(v, spoil))]).Select(v => (float)v)];
        }
        return (probabilities, truth);
    }

    public static double Gauss(Random random) =>
        Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());

    public static double[] Normal(double[] values)
    {
        double sum = values.Sum();
        return [.. values.Select(v => v / sum)];
    }

    private static int Draw(double[] p, Random random)
    {
        double left = random.NextDouble();
        int k = 0;
        while (k < p.Length - 1 && (left -= p[k]) > 0)
            k++;
        return k;
    }
}

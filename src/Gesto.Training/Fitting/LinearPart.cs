using System.Runtime.InteropServices;
using Gesto.Training.Models;
using static TorchSharp.torch;

namespace Gesto.Training.Fitting;

/// <summary>One modality's clips, standardised.</summary>
/// <param name="Pooling">What is taken of them.</param>
/// <param name="Whole">Standardised with all that can be taken.</param>
/// <param name="Values">(N, all), float32.</param>
internal sealed record LinearPart(ClipPooling Pooling, LinearInput Whole, Tensor Values)
{
    private int Width => PooledClip.Width(Whole.Features, Pooling);

    public LinearInput Input => new(Pooling, Whole.Features, Whole.Mean[..Width], Whole.Scale[..Width]);

    /// <summary>(N, values taken).</summary>
    public Tensor Taken => Values.narrow(1, 0, Width);

    /// <summary>A value that varies a thousand times less than most is noise, and would be made as loud as
    /// they.</summary>
    private const double Least = 1e-3;

    /// <param name="pooled">(N, all), as <see cref="PooledClip.Of"/> gives it.</param>
    /// <param name="features">F.</param>
    /// <param name="still">How loud the mean over the clip is beside what moves.</param>
    public static LinearPart Of(float[][] pooled, int features, double still)
    {
        int width = pooled[0].Length;
        var (mean, scale) = (new float[width], new float[width]);
        for (int i = 0; i < width; i++)
        {
            double average = pooled.Average(p => (double)p[i]);
            mean[i] = (float)average;
            scale[i] = (float)Math.Sqrt(pooled.Average(p => (p[i] - average) * (p[i] - average)));
        }
        int start = 0;
        foreach (ClipPooling kind in new[] { ClipPooling.Mean, ClipPooling.Spread, ClipPooling.Parts })
        {
            int end = PooledClip.Width(features, kind);
            double[] sorted = [.. scale[start..end].Select(s => (double)s).Order()];
            double least = Least * sorted[sorted.Length / 2],
                share = Math.Sqrt(end - start) / (kind == ClipPooling.Mean ? still : 1);
            for (; start < end; start++)
                scale[start] = scale[start] > least ? (float)(1 / (scale[start] * share)) : 0;
        }
        var whole = new LinearInput(ClipPooling.Parts, features, mean, scale);
        Tensor values = empty([pooled.Length, width], ScalarType.Float32);
        Span<float> to = MemoryMarshal.Cast<byte, float>(values.bytes);
        for (int n = 0; n < pooled.Length; n++)
            whole.Standardise(pooled[n]).CopyTo(to.Slice(n * width, width));
        return new LinearPart(ClipPooling.Parts, whole, values);
    }
}

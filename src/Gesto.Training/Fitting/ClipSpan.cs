using Gesto.Files;
using static TorchSharp.torch;

namespace Gesto.Training.Fitting;

/// <summary>Clips in coordinates of their own span: Z Z' = the products of clips.</summary>
/// <param name="Coordinates">Z (N, r), float64.</param>
/// <param name="Landmarks">Which clips span it.</param>
/// <param name="Back">(landmarks, r): coordinates = products with the landmarks times this.</param>
internal sealed record ClipSpan(Tensor Coordinates, long[] Landmarks, Tensor Back) : IDisposable
{
    public const int MostLandmarks = 2048;
    private const double Least = 1e-9;

    public static ClipSpan Of(LinearPart[] parts)
    {
        using var scope = NewDisposeScope();
        int samples = (int)parts[0].Values.shape[0],
            count = Math.Min(samples, MostLandmarks);
        long[] landmarks = [.. Enumerable.Range(0, count).Select(i => (long)i * samples / count)];
        Tensor chosen = tensor(landmarks),
            products = zeros([samples, count], ScalarType.Float64);
        foreach (LinearPart part in parts)
            products += part.Taken.matmul(part.Taken.index_select(0, chosen).transpose(0, 1)).to(ScalarType.Float64);
        (Tensor values, Tensor vectors) = linalg.eigh(products.index_select(0, chosen));
        double[] found = values.data<double>().ToArray();
        int first = Array.FindIndex(found, v => v > Least * found[^1]);
        if (first < 0 || found[^1] <= 0)
            throw new InvalidDataException(
                "All samples have the same features: there is nothing to tell classes apart by. Look at the recordings."
            ).Suggest(NextStep.CheckRecordings);
        Tensor back =
            vectors.narrow(1, first, found.Length - first)
            * values.narrow(0, first, found.Length - first).rsqrt().unsqueeze(0);
        return new ClipSpan(products.matmul(back).MoveToOuterDisposeScope(), landmarks, back.MoveToOuterDisposeScope());
    }

    public void Dispose()
    {
        Coordinates.Dispose();
        Back.Dispose();
    }
}

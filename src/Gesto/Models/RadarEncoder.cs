using static TorchSharp.torch;

namespace Gesto.Models;

/// <summary>Turns radar frames into features, one row a frame.</summary>
/// <remarks><c>forward</c> takes the frames of one sample (T, A, R, D), uint8 or float32, values as in the file, and returns
/// (T, F) float32.</remarks>
public abstract class RadarEncoder(string name) : nn.Module<Tensor, Tensor>(name)
{
    /// <summary>F.</summary>
    /// <param name="antennas">A.</param>
    public abstract int Width(int antennas);

    public override Tensor forward(Tensor input)
    {
        int[] length = [(int)input.shape[0]];
        using Tensor scaled = Scale(input, length);
        return Encode(scaled, length);
    }

    /// <param name="input">Frames of several samples one after another, (ΣT, A, R, D).</param>
    /// <param name="lengths">Frames of each sample.</param>
    /// <returns>float32 of the same shape: prepared, minus mean, by deviation. Gain and noise are added to this.</returns>
    internal abstract Tensor Scale(Tensor input, ReadOnlySpan<int> lengths);

    /// <param name="scaled">What <see cref="Scale"/> returns.</param>
    /// <param name="lengths">Frames of each sample.</param>
    /// <returns>(ΣT, F).</returns>
    internal abstract Tensor Encode(Tensor scaled, ReadOnlySpan<int> lengths);
}

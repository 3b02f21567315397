using Gesto.Training.Graphs;
using static TorchSharp.torch;

namespace Gesto.Training.Models;

/// <summary>Turns frames of one modality into features, one row a frame. A frame is (C, H, W): antennas of (range,
/// Doppler), or red, green and blue, or feature maps.</summary>
/// <remarks><c>forward</c> takes the frames of one sample (T, C, H, W), values as in the file, and returns (T, F)
/// float32.</remarks>
public abstract class FrameEncoder(string name) : nn.Module<Tensor, Tensor>(name)
{
    /// <summary>F.</summary>
    /// <param name="channels">C.</param>
    public abstract int Width(int channels);

    public override Tensor forward(Tensor input)
    {
        int[] length = [(int)input.shape[0]];
        using Tensor scaled = Scale(input, length);
        return Encode(scaled, length);
    }

    /// <param name="input">Frames of several samples one after another, (ΣT, C, H, W).</param>
    /// <param name="lengths">Frames of each sample.</param>
    /// <returns>float32, prepared and scaled; the first axis stays. Gain and noise are added to this.</returns>
    internal abstract Tensor Scale(Tensor input, ReadOnlySpan<int> lengths);

    /// <param name="scaled">What <see cref="Scale"/> returns.</param>
    /// <param name="lengths">Frames of each sample.</param>
    /// <returns>(ΣT, F).</returns>
    internal abstract Tensor Encode(Tensor scaled, ReadOnlySpan<int> lengths);

    /// <summary>Features (T, F) of one sample's real frames. One sample at a time, always: the bits of a result may
    /// depend on what else is in a batch, and training, resuming and predicting must agree.</summary>
    internal float[] EncodeSample(Tensor frames)
    {
        using var noGradients = no_grad();
        using var scope = NewDisposeScope();
        return forward(frames).cpu().data<float>().ToArray();
    }

    /// <summary>Writes what this does in evaluation mode.</summary>
    /// <param name="graph">Receives the nodes.</param>
    /// <param name="frames">One sample's, (T, C, H, W) float32, values as in the file.</param>
    /// <param name="shape">(C, H, W).</param>
    /// <returns>(T, F).</returns>
    internal abstract string Write(OnnxGraph graph, string frames, IReadOnlyList<int> shape);
}

using static TorchSharp.torch;

namespace Gesto.Training.Models;

/// <summary>From where a tensor was made to where it is used.</summary>
internal static class TensorPlacement
{
    /// <summary>The tensor on a device: itself where it is there, else a copy, and the original is freed.</summary>
    public static Tensor MovedTo(this Tensor made, Device device)
    {
        if (made.device_type == device.type && (device.index < 0 || made.device_index == device.index))
            return made;
        using (made)
            return made.to(device);
    }
}

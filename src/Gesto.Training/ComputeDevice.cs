using System.Globalization;
using Gesto.Encoders;
using Gesto.Files;
using TorchSharp;

namespace Gesto.Training;

/// <summary>What libtorch computes on: the processor, or an NVIDIA GPU. Inference and explanation always take the
/// processor.</summary>
/// <param name="Gpu">The GPU's number, from 0; null = the processor.</param>
public sealed record ComputeDevice(int? Gpu)
{
    private const string CudaName = "cuda";

    /// <summary>The processor.</summary>
    public static ComputeDevice Cpu { get; } = new((int?)null);

    /// <summary>"cpu", or "cuda" whatever the GPU's number: what decides the bits of a result.</summary>
    public string Kind => Gpu is null ? "cpu" : CudaName;

    /// <summary>False for "cuda" alone: of ranks that share a machine, each takes a GPU of its own.</summary>
    public bool Numbered { get; init; } = true;

    /// <param name="text">"cpu", "cuda" (the first GPU; see <see cref="Numbered"/>) or "cuda:N".</param>
    /// <exception cref="InvalidDataException">Anything else.</exception>
    public static ComputeDevice Parse(string text)
    {
        if (text == "cpu")
            return Cpu;
        if (text == CudaName)
            return new(0) { Numbered = false };
        string[] parts = text.Split(':');
        return
            parts.Length == 2
            && parts[0] == CudaName
            && int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out int number)
            ? new(number)
            : throw new InvalidDataException($"device '{text}': expected cpu, cuda or cuda:N, e.g. cuda:1.");
    }

    public override string ToString() =>
        Gpu is { } number ? string.Create(CultureInfo.InvariantCulture, $"{CudaName}:{number}") : "cpu";

    /// <summary>The device, ready for tensors. On a GPU float32 stays float32: convolutions and LSTMs do not round to
    /// TF32.</summary>
    /// <param name="rankHere">This process among those of one job on this machine, from 0.</param>
    /// <exception cref="InvalidDataException">libtorch has no CUDA here, or fewer GPUs.</exception>
    internal torch.Device Open(int rankHere = 0)
    {
        if (Gpu is null)
            return torch.CPU;
        NativeEnvironment.Set("NVIDIA_TF32_OVERRIDE", "0"); // before NVIDIA's libraries are loaded
        int found = Gpus(),
            number = NumberFor(rankHere, found);
        if (number >= found)
            throw new InvalidDataException(
                $"device {this}: libtorch sees {(found == 0 ? "no GPU" : string.Create(CultureInfo.InvariantCulture, $"{found} GPUs"))}. "
                    + "It needs NVIDIA's driver and a libtorch with CUDA: docs/GPU.md. Without one, compute on the processor."
            ).Suggest(NextStep.UseDevice, Cpu.Kind);
        return torch.device(DeviceType.CUDA, number);
    }

    /// <summary>The GPU of a rank: its own, as far as there are <paramref name="found"/>; the one that was named,
    /// whatever the rank.</summary>
    internal int NumberFor(int rankHere, int found) => Numbered || found == 0 ? Gpu!.Value : rankHere % found;

    /// <returns>How many GPUs libtorch can use; 0 where it was built without CUDA.</returns>
    private static int Gpus() =>
        torch.TryInitializeDeviceType(DeviceType.CUDA) && torch.cuda.is_available() ? torch.cuda.device_count() : 0;
}

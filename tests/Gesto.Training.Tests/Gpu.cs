using TorchSharp;
using static TorchSharp.torch;

namespace Gesto.Training.Tests;

/// <summary>An NVIDIA GPU, for tests that need one.</summary>
internal static class Gpu
{
    public static Device OrSkip()
    {
        try
        {
            return ComputeDevice.Parse("cuda").Open();
        }
        catch (InvalidDataException e)
        {
            Assert.Skip(e.Message);
            throw;
        }
    }

    /// <summary>Equal to float32 rounding of a few hundred sums.</summary>
    public static void Near(Tensor expected, Tensor found, string what = "")
    {
        Assert.Equal(DeviceType.CUDA, found.device_type);
        float[] a = expected.detach().cpu().contiguous().data<float>().ToArray(),
            b = found.detach().cpu().contiguous().data<float>().ToArray();
        Assert.Equal(a.Length, b.Length);
        float scale = Math.Max(1e-3f, a.Max(Math.Abs));
        for (int i = 0; i < a.Length; i++)
            Assert.True(
                Math.Abs(a[i] - b[i]) <= 1e-3f * scale,
                $"{what}[{i}]: {a[i]} on the processor, {b[i]} on the GPU"
            );
    }
}

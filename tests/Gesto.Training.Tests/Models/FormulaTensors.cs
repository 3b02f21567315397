using static TorchSharp.torch;

namespace Gesto.Training.Tests.Models;

/// <summary>Weights and inputs by a formula that Golden/training_reference.py repeats.</summary>
internal static class FormulaTensors
{
    /// <summary>Hash of (seed, index) as float32 in [−1, 1).</summary>
    public static float[] Values(uint seed, int count)
    {
        var values = new float[count];
        for (uint i = 0; i < count; i++)
        {
            uint x = unchecked(i * 2654435761u + seed * 40503u);
            x = unchecked((x ^ (x >> 15)) * 2246822519u);
            x = unchecked((x ^ (x >> 13)) * 3266489917u);
            values[i] = ((x >> 8) - 8388608f) / 8388608f;
        }
        return values;
    }

    /// <summary>Fills the parameters, in ordinal order of their names, with values of seed 0, 1, 2 … times a
    /// scale.</summary>
    public static void Fill(nn.Module module, float scale)
    {
        using var noGradients = no_grad();
        uint seed = 0;
        foreach ((string _, var parameter) in module.named_parameters().OrderBy(p => p.name, StringComparer.Ordinal))
        {
            float[] values = [.. Values(seed++, (int)parameter.numel()).Select(v => v * scale)];
            using Tensor source = tensor(values, parameter.shape);
            parameter.copy_(source);
        }
    }
}

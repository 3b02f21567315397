using Gesto.Encoders;
using Gesto.Training.Weights;

namespace Gesto.Training.Tests.Weights;

/// <summary>ResNet50 weights and frames from a formula, so that reference features can be committed without 94 MB of
/// weights. The same few lines are in Golden/resnet50_reference.py.</summary>
internal static class FormulaResNet50
{
    public static ResNet50Weights Weights(ResNet50Variant variant)
    {
        (string Name, long[] Shape)[] expected =
        [
            .. ResNet50Weights.Expected(variant).OrderBy(t => t.Name, StringComparer.Ordinal),
        ];
        Dictionary<string, NamedTensor> tensors = expected
            .Select((t, seed) => NamedTensor.From(t.Name, Tensor(seed, t.Name, t.Shape), t.Shape))
            .ToDictionary(t => t.Name);
        return ResNet50Weights.FromTensors(tensors, "formula", "formula", variant);
    }

    /// <returns>(2, 224, 224, 3) RGB bytes.</returns>
    public static byte[] Frames()
    {
        var frames = new byte[2 * 224 * 224 * 3];
        for (int i = 0; i < frames.Length; i++)
        {
            int c = i % 3,
                x = i / 3 % 224,
                y = i / 3 / 224 % 224,
                f = i / 3 / 224 / 224;
            frames[i] = (byte)(x * (3 + f) + y * (5 + c) + (x * y >> 4) * 7 + 31 * f + 57 * c);
        }
        return frames;
    }

    private static float[] Tensor(int seed, string name, long[] shape)
    {
        var values = new float[shape.Aggregate((a, b) => a * b)];
        float fan = (float)Math.Sqrt(6.0 / shape[1..].Aggregate(1L, (a, b) => a * b));
        for (int i = 0; i < values.Length; i++)
        {
            float u = Value((uint)seed, (uint)i);
            values[i] =
                shape.Length == 4 ? u * fan
                : name.EndsWith("running_var", StringComparison.Ordinal) ? 1 + 0.25f * u
                : name.EndsWith("weight", StringComparison.Ordinal) ? 0.5f + 0.25f * u
                : 0.25f * u;
        }
        return values;
    }

    private static float Value(uint seed, uint i)
    {
        unchecked
        {
            uint x = i * 2654435761 + seed * 40503;
            x = (x ^ (x >> 15)) * 2246822519;
            x = (x ^ (x >> 13)) * 3266489917;
            return ((x >> 8) - 8388608f) / 8388608f;
        }
    }
}

using Microsoft.ML.OnnxRuntime;

namespace Gesto.Features;

/// <summary>How Gesto runs its networks on ONNX Runtime.</summary>
internal static class OnnxSession
{
    /// <param name="model">An ONNX model's bytes.</param>
    /// <param name="threads">Threads of one call, ≥ 1.</param>
    public static InferenceSession Open(byte[] model, int threads)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(threads, 1);
        using var options = new SessionOptions
        {
            IntraOpNumThreads = threads,
            InterOpNumThreads = 1,
            GraphOptimizationLevel = GraphOptimizationLevel.ORT_ENABLE_ALL,
        };
        // Between two calls the decoder wants the cores: threads that spin while they wait would take them.
        options.AddSessionConfigEntry("session.force_spinning_stop", "1");
        return new InferenceSession(model, options);
    }

    /// <summary>A view of the first values, not a copy.</summary>
    public static OrtValue Wrap(float[] values, params long[] shape)
    {
        long length = shape.Aggregate((a, b) => a * b);
        return OrtValue.CreateTensorValueFromMemory(OrtMemoryInfo.DefaultInstance, values.AsMemory(0, (int)length), shape);
    }
}

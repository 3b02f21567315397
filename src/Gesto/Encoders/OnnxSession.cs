using System.Runtime.InteropServices;
using Microsoft.ML.OnnxRuntime;

namespace Gesto.Encoders;

/// <summary>How Gesto runs its networks on ONNX Runtime.</summary>
internal static class OnnxSession
{
    private const string MostFolded = "33554432";

    private static readonly OrtEnv Runtime = Silent();

    /// <summary>ONNX Runtime's.</summary>
    public static string Version => Runtime.GetVersionString();

    /// <param name="model">An ONNX model's bytes.</param>
    /// <param name="threads">Threads of one call, ≥ 1.</param>
    /// <param name="keep">Where to write the model as it is laid out for this processor, for <see
    /// cref="OpenPrepared"/>; null = nowhere.</param>
    /// <param name="keepWeights">The name of a file beside it for its weights.</param>
    public static InferenceSession Open(byte[] model, int threads, string? keep = null, string? keepWeights = null)
    {
        using SessionOptions options = Options(threads, GraphOptimizationLevel.ORT_ENABLE_ALL);
        if (keep is not null)
        {
            options.OptimizedModelFilePath = keep;
            options.AddSessionConfigEntry("session.optimized_model_external_initializers_file_name", keepWeights);
            options.AddSessionConfigEntry("session.optimized_model_external_initializers_min_size_in_bytes", "1024");
            // it warns that the file is for this processor
            options.LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR;
        }
        return new InferenceSession(model, options);
    }

    /// <param name="path">An ONNX model; not needed any more afterwards.</param>
    /// <param name="threads">Threads of one call, ≥ 1.</param>
    public static InferenceSession Open(string path, int threads)
    {
        using SessionOptions options = Options(threads, GraphOptimizationLevel.ORT_ENABLE_ALL);
        return new InferenceSession(path, options);
    }

    /// <summary>Gives back what opening networks has left behind: C's allocator keeps freed memory, some 100 MB of
    /// them.</summary>
    public static void Trim()
    {
        if (!OperatingSystem.IsLinux())
            return;
        try
        {
            _ = TrimInC(0);
        }
        catch (Exception e) when (e is EntryPointNotFoundException or DllNotFoundException)
        {
            // another C library than glibc
        }
    }

    [DllImport("libc", EntryPoint = "malloc_trim")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int TrimInC(nint keep);

    /// <param name="path">What <see cref="Open(byte[], int, string?, string?)"/> kept.</param>
    /// <param name="threads">Threads of one call, ≥ 1.</param>
    public static InferenceSession OpenPrepared(string path, int threads)
    {
        using SessionOptions options = Options(threads, GraphOptimizationLevel.ORT_DISABLE_ALL);
        return new InferenceSession(path, options);
    }

    /// <summary>From 1.29 on ONNX Runtime tells its makers which networks are opened, by name and hash. What runs
    /// beside patients keeps that to itself.</summary>
    private static OrtEnv Silent()
    {
        NativeEnvironment.Set("ORT_DISABLE_TELEMETRY", "1"); // before the library is loaded
        OrtEnv environment = OrtEnv.Instance();
        environment.DisableTelemetryEvents();
        return environment;
    }

    private static SessionOptions Options(int threads, GraphOptimizationLevel level)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(threads, 1);
        _ = Runtime;
        var options = new SessionOptions
        {
            IntraOpNumThreads = threads,
            InterOpNumThreads = 1,
            GraphOptimizationLevel = level,
        };
        // What a network makes of its constants alone is computed when it is opened, and would be however large.
        options.AddSessionConfigEntry("optimization.constant_folding_max_output_size_in_bytes", MostFolded);
        // Between two calls the decoder wants the cores: threads that spin while they wait would take them.
        options.AddSessionConfigEntry("session.force_spinning_stop", "1");
        return options;
    }

    /// <summary>A view of the first values, not a copy.</summary>
    public static OrtValue Wrap(float[] values, params long[] shape)
    {
        long length = shape.Aggregate((a, b) => a * b);
        return OrtValue.CreateTensorValueFromMemory(
            OrtMemoryInfo.DefaultInstance,
            values.AsMemory(0, (int)length),
            shape
        );
    }
}

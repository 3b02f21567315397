using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;
using System.Security.Cryptography;
using System.Text;
using Gesto.Files;
using Microsoft.ML.OnnxRuntime;

namespace Gesto.Encoders;

/// <summary>Networks as ONNX Runtime lays them out for this processor, kept on disk: the next start maps them into
/// memory, which for ResNet50 takes a fiftieth of folding, parsing and laying out anew. A folder of them may be deleted
/// at any time.</summary>
internal static class PreparedNetwork
{
    private const string ModelFile = "model.onnx";
    private const string DataFile = "model.onnx.data";
    private const string HashFile = "sha256";

    /// <summary>The layout is for one version of ONNX Runtime on one kind of processor.</summary>
    private static readonly string Machine = $"ort{OnnxSession.Version}-{Processor()}";

    /// <param name="folder">Where prepared networks are kept.</param>
    /// <param name="name">Tells the network with its weights.</param>
    /// <param name="threads">Threads of one call, ≥ 1.</param>
    /// <param name="build">Makes the ONNX model's bytes; called only where nothing usable is kept.</param>
    public static InferenceSession Open(string folder, string name, int threads, Func<byte[]> build) =>
        TryOpen(folder, name, threads) ?? Prepare(PlaceOf(folder, name), threads, build());

    private static string PlaceOf(string folder, string name) => Path.Combine(folder, $"{name}-{Machine}");

    /// <returns>Null where nothing usable is kept.</returns>
    public static InferenceSession? TryOpen(string folder, string name, int threads)
    {
        string kept = PlaceOf(folder, name);
        if (!Directory.Exists(kept))
            return null;
        try
        {
            Task<string> hash = Task.Run(() => HashOf(kept));
            InferenceSession session = OnnxSession.OpenPrepared(Path.Combine(kept, ModelFile), threads);
            if (hash.GetAwaiter().GetResult() == File.ReadAllText(Path.Combine(kept, HashFile)))
                return session;
            session.Dispose();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or OnnxRuntimeException)
        {
            // Damaged, or deleted meanwhile: made again.
        }
        Remove(kept);
        return null;
    }

    private static InferenceSession Prepare(string kept, int threads, byte[] model)
    {
        string cache = Path.GetDirectoryName(kept)!,
            temporary = Path.Combine(cache, TemporaryName.For(Path.GetFileName(kept)));
        InferenceSession? session = null;
        try
        {
            Directory.CreateDirectory(temporary);
            TemporaryName.DeleteStale(cache, TimeProvider.System);
            session = OnnxSession.Open(model, threads, Path.Combine(temporary, ModelFile), DataFile);
            AtomicFile.WriteText(Path.Combine(temporary, HashFile), HashOf(temporary));
            Directory.Move(temporary, kept);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or OnnxRuntimeException)
        {
            // Another process was first, or the disk is full or may not be written: the network itself does not need
            // it.
            Remove(temporary);
        }
        return session ?? OnnxSession.Open(model, threads);
    }

    private static string HashOf(string folder)
    {
        using var sha = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = new byte[1 << 20];
        foreach (string file in (string[])[ModelFile, DataFile])
        {
            using FileStream stream = File.OpenRead(Path.Combine(folder, file));
            while (stream.Read(buffer) is > 0 and int n)
                sha.AppendData(buffer, 0, n);
        }
        return Convert.ToHexStringLower(sha.GetHashAndReset());
    }

    private static void Remove(string folder)
    {
        try
        {
            if (Directory.Exists(folder))
                Directory.Delete(folder, recursive: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Somebody else's, or gone meanwhile.
        }
    }

    private static string Processor()
    {
        string name = RuntimeInformation.ProcessArchitecture.ToString();
        if (X86Base.IsSupported)
        {
            // Family, model and instruction sets; of leaf 1's EBX not, which tells the core.
            (int model, _, int c1, int d1) = X86Base.CpuId(1, 0);
            (_, int b7, int c7, int d7) = X86Base.CpuId(7, 0);
            name += $" {model} {c1} {d1} {b7} {c7} {d7}";
        }
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(name)))[..12];
    }
}

using Gesto.Encoders;
using Microsoft.ML.OnnxRuntime;

namespace Gesto.Bundles;

/// <summary>A network out of a bundle, checked and not opened yet. Dispose removes its temporary files; what is open
/// goes on.</summary>
internal sealed class UnpackedNetwork : IDisposable
{
    private readonly string place;
    private readonly byte[]? bytes;
    private readonly string? folder;
    private readonly string? file;

    /// <param name="place">The bundle and the entry, for messages.</param>
    /// <param name="hash">Its SHA-256.</param>
    /// <param name="model">The model.</param>
    /// <exception cref="BundleException">It is no network of Gesto's.</exception>
    public UnpackedNetwork(string place, string hash, byte[] model)
    {
        (this.place, Hash, bytes) = (place, hash, model);
        using var stream = new MemoryStream(model, writable: false);
        NetworkCheck.Check(stream, place);
    }

    /// <param name="place">The bundle and the entry, for messages.</param>
    /// <param name="hash">Its SHA-256.</param>
    /// <param name="folder">A temporary folder, taken over.</param>
    /// <param name="file">In it, the model, checked.</param>
    public UnpackedNetwork(string place, string hash, string folder, string file) =>
        (this.place, Hash, this.folder, this.file) = (place, hash, folder, file);

    /// <summary>Of the entry it was.</summary>
    public string Hash { get; }

    /// <param name="threads">Threads of one call, ≥ 1.</param>
    /// <param name="ports">What it must take and give.</param>
    /// <exception cref="BundleException">It does not, or ONNX Runtime refuses it.</exception>
    public InferenceSession Open(int threads, NetworkPorts ports)
    {
        InferenceSession? session = null;
        try
        {
            session = file is null ? OnnxSession.Open(bytes!, threads) : OnnxSession.Open(file, threads);
            ports.Check(session, place);
            return session;
        }
        catch (OnnxRuntimeException e)
        {
            session?.Dispose();
            throw new BundleException($"{place} is no network that ONNX Runtime opens.", e);
        }
        catch
        {
            session?.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        if (folder is not null && Directory.Exists(folder))
            Directory.Delete(folder, recursive: true);
    }
}

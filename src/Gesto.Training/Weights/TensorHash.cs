using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;

namespace Gesto.Training.Weights;

/// <summary>One fingerprint for a set of weights, whatever file they came in.</summary>
internal static class TensorHash
{
    /// <returns>SHA-256 over the network's name and every tensor's name, shape and bytes, in ordinal order of the
    /// names; lower-case hex.</returns>
    public static string Compute(string network, IEnumerable<NamedTensor> tensors)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Encoding.UTF8.GetBytes($"{network}\n"));
        foreach (NamedTensor tensor in tensors.OrderBy(t => t.Name, StringComparer.Ordinal))
        {
            hash.AppendData(Encoding.UTF8.GetBytes($"{tensor.Name}\n"));
            hash.AppendData(MemoryMarshal.AsBytes(tensor.Shape.AsSpan()));
            hash.AppendData(tensor.Bytes);
        }
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}

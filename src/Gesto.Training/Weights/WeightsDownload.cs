using System.Security.Cryptography;
using Gesto.Files;

namespace Gesto.Training.Weights;

/// <summary>Fetches one file over HTTP and checks it while it arrives.</summary>
internal static class WeightsDownload
{
    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(5);

    /// <summary>A connection that sends nothing for so long is given up.</summary>
    private static readonly TimeSpan StallTimeout = TimeSpan.FromSeconds(30);

    private const long ByteLimit = 256L << 20;

    /// <param name="address">What to fetch.</param>
    /// <param name="sha256Prefix">How the file's SHA-256 must begin, lower-case hex.</param>
    /// <param name="target">Replaced or written only when the check holds.</param>
    /// <param name="progress">Bytes received.</param>
    /// <param name="cancel">Stops between two blocks; no file stays.</param>
    /// <exception cref="WeightsUnavailableException">Not reachable, refused, or cut off.</exception>
    /// <exception cref="InvalidDataException">What arrived is another file.</exception>
    public static void Fetch(
        Uri address,
        string sha256Prefix,
        string target,
        IProgress<WorkProgress>? progress,
        CancellationToken cancel
    )
    {
        try
        {
            AtomicFile.Write(target, file =>
                FetchAsync(address, sha256Prefix, file, progress, cancel).GetAwaiter().GetResult()
            );
        }
        catch (HttpRequestException e)
        {
            throw new WeightsUnavailableException($"{address}: {e.Message}", e);
        }
        catch (HttpIOException e)
        {
            throw new WeightsUnavailableException($"{address}: the connection broke: {e.Message}", e);
        }
        catch (OperationCanceledException e) when (!cancel.IsCancellationRequested)
        {
            throw new WeightsUnavailableException($"{address}: no answer in time.", e);
        }
    }

    private static async Task FetchAsync(
        Uri address,
        string sha256Prefix,
        Stream file,
        IProgress<WorkProgress>? progress,
        CancellationToken cancel
    )
    {
        using var handler = new SocketsHttpHandler { ConnectTimeout = ConnectTimeout };
        using var client = new HttpClient(handler) { Timeout = Timeout.InfiniteTimeSpan };
        using var stall = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        stall.CancelAfter(StallTimeout);
        using HttpResponseMessage response = await client
            .GetAsync(address, HttpCompletionOption.ResponseHeadersRead, stall.Token)
            .ConfigureAwait(false);
        response.EnsureSuccessStatusCode();
        long total = response.Content.Headers.ContentLength ?? 0;
        using Stream body = await response.Content.ReadAsStreamAsync(stall.Token).ConfigureAwait(false);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = new byte[1 << 17];
        long done = 0;
        while (true)
        {
            stall.CancelAfter(StallTimeout);
            int n = await body.ReadAsync(buffer, stall.Token).ConfigureAwait(false);
            if (n == 0)
                break;
            if ((done += n) > ByteLimit)
                throw new InvalidDataException(
                    $"{address}: more than {ByteLimit} bytes, which the weights do not have."
                );
            hash.AppendData(buffer, 0, n);
            file.Write(buffer, 0, n);
            progress?.Report(new WorkProgress("download", done, total, "bytes"));
        }
        string found = Convert.ToHexStringLower(hash.GetHashAndReset());
        if (!found.StartsWith(sha256Prefix, StringComparison.Ordinal))
            throw new InvalidDataException(
                $"{address}: {done} bytes with SHA-256 {found}, expected {sha256Prefix}… Something on the way changed the file."
            );
    }
}

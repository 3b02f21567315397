namespace Gesto.Video;

/// <summary>A decoder that is started before its recording is there. Loading `ffmpeg` takes as long as decoding a
/// second of video; who waits for a sign need not wait for that.</summary>
/// <remarks>All arguments must be known at the start. So the files are links in a folder of its own, and the frames to
/// pick stand in files there; both are made when the recording has come. Until then ffmpeg waits for its first input,
/// standard input, which stays empty: it opens its inputs one after another.</remarks>
internal sealed class WaitingDecoder : IDisposable
{
    /// <summary>The place of a recording's first file among the inputs.</summary>
    public const int FirstFile = 1;

    private readonly (string Container, bool Colour)[] files;
    private readonly VideoLimits limits;
    private readonly DirectoryInfo folder;
    private FfmpegProcess? process;

    private WaitingDecoder((string Container, bool Colour)[] files, VideoLimits limits)
    {
        (this.files, this.limits) = (files, limits);
        folder = Directory.CreateTempSubdirectory("gesto-decoder-");
        try
        {
            process = FfmpegProcess.Waiting(
                "ffmpeg",
                SampledDecoder.Arguments(
                    files,
                    limits,
                    ["-protocol_whitelist", "pipe", "-f", "ffmetadata", "-i", "pipe:0"],
                    FirstFile,
                    i => VideoFile.Url(LinkOf(i)),
                    _ => [],
                    i => [$"-filter_script:v:{i}", FilterOf(i)]
                ),
                SampledDecoder.MessageLimit
            );
        }
        catch
        {
            folder.Delete();
            throw;
        }
    }

    /// <summary>For its links and filters.</summary>
    internal string Folder => folder.FullName;

    /// <param name="like">A recording with as many files of the same containers in the same order.</param>
    /// <param name="limits">Those that it will be decoded under.</param>
    /// <returns>Null where the system has no links that anyone may make.</returns>
    /// <exception cref="FfmpegStartException">The program is not installed, or cannot be started.</exception>
    public static WaitingDecoder? TryStart(IReadOnlyList<ClipRequest> like, VideoLimits limits) =>
        OperatingSystem.IsWindows() || like.Count == 0 ? null : new(Files(like), limits);

    /// <returns>The program at work on these files, the caller's to dispose; null where it was started for other files,
    /// or is taken.</returns>
    public FfmpegProcess? Take(
        IReadOnlyList<ClipRequest> requests,
        int[][] wanted,
        VideoLimits under,
        CancellationToken cancel
    )
    {
        if (under != limits || !Files(requests).AsSpan().SequenceEqual(files))
            return null;
        if (Interlocked.Exchange(ref process, null) is not { } taken)
            return null;
        try
        {
            for (int i = 0; i < files.Length; i++)
            {
                File.CreateSymbolicLink(LinkOf(i), Path.GetFullPath(requests[i].Info.Path));
                File.WriteAllText(FilterOf(i), SampledDecoder.Selection(wanted[i], requests[i].Info.Packets) ?? "null");
            }
            taken.Go(limits.Timeout, cancel);
            return taken;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            taken.Dispose(); // someone tidied the temporary folder, or its disk is full
            return null;
        }
    }

    public void Dispose()
    {
        Interlocked.Exchange(ref process, null)?.Dispose();
        try
        {
            folder.Delete(recursive: true);
        }
        catch (DirectoryNotFoundException)
        {
            // Someone tidied the temporary folder.
        }
    }

    private static (string Container, bool Colour)[] Files(IReadOnlyList<ClipRequest> requests) =>
        [.. requests.Select(r => (r.Info.Container, r.Format.Colour))];

    private string LinkOf(int file) => Path.Combine(folder.FullName, $"{file}");

    private string FilterOf(int file) => Path.Combine(folder.FullName, $"{file}.filter");
}

using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace Gesto.Video;

/// <summary>One run of `ffmpeg` or `ffprobe`: no shell, nothing on standard input, output read as a stream, killed with
/// its children on cancellation, at the time limit, and when disposed early.</summary>
internal sealed class FfmpegProcess : IDisposable
{
    /// <summary>Characters of messages kept where only damage is reported.</summary>
    public const int ShortMessages = 4000;

    private const int SetPipeSize = 1031; // F_SETPIPE_SZ
    private const int PipeBytes = 1 << 20; // what /proc/sys/fs/pipe-max-size allows by default

    private readonly Process process;
    private readonly Task<string> messages;
    private CancellationTokenSource? timeout;
    private CancellationTokenRegistration killOnStop;
    private CancellationToken cancel;
    private TimeSpan limit;

    /// <exception cref="FfmpegStartException">The program is not installed, or the system has no room for it; the
    /// message says what to do.</exception>
    public FfmpegProcess(
        string program,
        IEnumerable<string> arguments,
        TimeSpan limit,
        CancellationToken cancel,
        int messageLimit = ShortMessages
    )
        : this(program, arguments, messageLimit, cancel) => Go(limit, cancel);

    private FfmpegProcess(string program, IEnumerable<string> arguments, int messageLimit, CancellationToken cancel)
    {
        cancel.ThrowIfCancellationRequested();
        var start = new ProcessStartInfo(program, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardErrorEncoding = Encoding.UTF8,
            UseShellExecute = false,
        };
        // Debian's ffmpeg loads a BLAS for filters not used here; OpenBLAS then starts a thread a core, which spin: a
        // third of a short recording's CPU time.
        start.Environment["OPENBLAS_NUM_THREADS"] = "1";
        try
        {
            process = Process.Start(start)!;
        }
        catch (Win32Exception e)
        {
            throw FfmpegStartException.From(program, e);
        }
        Widen(process.StandardOutput.BaseStream);
        // A thread of its own: callers block pool threads while they wait, and a starved pool would stall every
        // decoder.
        messages = Task.Factory.StartNew(
            () => ReadMessages(process.StandardError, messageLimit),
            CancellationToken.None,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default
        );
    }

    /// <summary>Starts a program whose first input is its standard input: it waits there until <see
    /// cref="Go"/>.</summary>
    /// <exception cref="FfmpegStartException">As the constructor.</exception>
    public static FfmpegProcess Waiting(string program, IEnumerable<string> arguments, int messageLimit) =>
        new(program, arguments, messageLimit, CancellationToken.None);

    /// <summary>Ends the standard input; from now on the time counts.</summary>
    public void Go(TimeSpan within, CancellationToken stop)
    {
        (limit, cancel) = (within, stop);
        process.StandardInput.Close();
        timeout = CancellationTokenSource.CreateLinkedTokenSource(stop);
        timeout.CancelAfter(within);
        killOnStop = timeout.Token.Register(Kill);
    }

    /// <summary>The time counts from now on.</summary>
    public void Rearm() => timeout?.CancelAfter(limit);

    public Stream Output => process.StandardOutput.BaseStream;

    /// <summary>Waits for the end; the output must have been read to its end.</summary>
    /// <returns>Exit code and what the program wrote to standard error, its first characters.</returns>
    /// <exception cref="OperationCanceledException">The caller cancelled.</exception>
    public (int ExitCode, string Messages) Finish(string path)
    {
        process.WaitForExit();
        string text = messages.GetAwaiter().GetResult();
        ThrowIfStopped(path);
        return (process.ExitCode, text);
    }

    /// <summary>Call where the output ended too early: a killed program looks like a short file.</summary>
    public void ThrowIfStopped(string path)
    {
        cancel.ThrowIfCancellationRequested();
        if (timeout is { IsCancellationRequested: true })
            throw new VideoException(
                VideoFault.Undecodable,
                $"{path}: not decoded within {limit.TotalSeconds:0} s; the program was stopped."
            );
    }

    public void Dispose()
    {
        killOnStop.Dispose();
        Kill();
        // Process leaves the streams that were asked for to the finaliser, and with each a descriptor. That of the
        // messages is closed by the thread that reads them, which ends with the program.
        process.StandardInput.Dispose();
        process.StandardOutput.Dispose();
        process.Dispose();
        timeout?.Dispose();
    }

    /// <summary>A frame takes a megabyte, a pipe by default 64 kB: each frame would be waited for sixteen times on both
    /// sides. Linux only, and only as far as the system allows.</summary>
    private static void Widen(Stream stream)
    {
        if (OperatingSystem.IsLinux() && stream is System.IO.Pipes.PipeStream { SafePipeHandle: { } pipe })
            _ = Control(pipe, SetPipeSize, PipeBytes);
    }

    [DllImport("libc", EntryPoint = "fcntl")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Control(SafePipeHandle pipe, int command, int argument);

    private void Kill()
    {
        try
        {
            if (!process.HasExited)
                process.Kill(entireProcessTree: true);
        }
        catch (Exception e) when (e is InvalidOperationException or Win32Exception)
        {
            // It ended between the question and the kill.
        }
    }

    /// <summary>Reads on past the limit, so that a chatty decoder never blocks on a full pipe.</summary>
    private static string ReadMessages(StreamReader reader, int limit)
    {
        using StreamReader all = reader;
        var text = new StringBuilder();
        while (reader.ReadLine() is { } line)
        {
            if (text.Length + line.Length < limit)
                text.AppendLine(line);
        }
        return text.ToString().Trim();
    }
}

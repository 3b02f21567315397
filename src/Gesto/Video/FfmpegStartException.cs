using System.ComponentModel;
using Gesto.Files;

namespace Gesto.Video;

/// <summary>The `ffmpeg` or `ffprobe` program cannot be started: no fault of any one file.</summary>
/// <remarks>Nothing of it changes after it was thrown.</remarks>
public class FfmpegStartException : IOException
{
    // The same numbers on Linux and macOS, but for EAGAIN.
    private const int NoPermission = 1,
        NoEntry = 2,
        NoPath = 3,
        NoMemory = 12,
        NoAccess = 13,
        SystemFilesFull = 23,
        FilesFull = 24;
    private const int TryAgainLinux = 11,
        TryAgainMac = 35;

    internal FfmpegStartException(string message, Exception inner)
        : base(message, inner) { }

    /// <summary>Tells a program that is not there from a system that has no room for it.</summary>
    internal static FfmpegStartException From(string program, Win32Exception error)
    {
        int code = error.NativeErrorCode;
        bool windows = OperatingSystem.IsWindows();
        if (code == NoEntry || (windows && code == NoPath))
            return new FfmpegMissingException(program, error);
        string cure = windows
            ? ""
            : code switch
            {
                FilesFull or SystemFilesFull =>
                    " It is installed, but too many files are open: allow more with 'ulimit -n 4096', or work on fewer at the same time.",
                TryAgainLinux or TryAgainMac or NoMemory =>
                    " It is installed, but the system has no room for another process: see 'ulimit -u' and the free memory, or work on fewer at the same time.",
                NoAccess or NoPermission =>
                    " It is installed, but may not be run: look at its permissions with 'ls -l'.",
                _ => "",
            };
        var exception = new FfmpegStartException(
            $"The program '{program}' could not be started: {error.Message.TrimEnd('.')}.{cure}",
            error
        );
        return !windows && code is FilesFull or SystemFilesFull or TryAgainLinux or TryAgainMac or NoMemory
            ? exception.Suggest(NextStep.UseFewerThreads)
            : exception;
    }
}

/// <summary>The `ffmpeg` or `ffprobe` program is not installed. The message says how to install it.</summary>
/// <remarks>Nothing of it changes after it was thrown.</remarks>
public sealed class FfmpegMissingException : FfmpegStartException
{
    internal FfmpegMissingException(string program, Exception inner)
        : base(
            $"The program '{program}' could not be started ({inner.Message}). Gesto decodes video with it: install it with "
                + "'sudo apt-get install ffmpeg' (Debian, Ubuntu), 'brew install ffmpeg' (macOS) or 'winget install ffmpeg' (Windows).",
            inner
        ) { }
}

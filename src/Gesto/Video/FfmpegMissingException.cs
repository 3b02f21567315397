namespace Gesto.Video;

/// <summary>The `ffmpeg` or `ffprobe` program cannot be started: no fault of any one file.</summary>
public sealed class FfmpegMissingException : IOException
{
    public FfmpegMissingException(string program, Exception inner)
        : base(
            $"The program '{program}' could not be started ({inner.Message}). Gesto decodes video with it: install it with " +
            "'sudo apt-get install ffmpeg' (Debian, Ubuntu), 'brew install ffmpeg' (macOS) or 'winget install ffmpeg' (Windows).", inner)
    {
    }
}

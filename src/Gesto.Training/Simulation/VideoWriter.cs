using System.Diagnostics;
using System.Globalization;

namespace Gesto.Training.Simulation;

/// <summary>One raw video to be encoded: whole frames one after the other.</summary>
/// <param name="Path">Output; its ending chooses the container.</param>
/// <param name="Frames">(frames, height, width, channels).</param>
/// <param name="Width">Pixels, even.</param>
/// <param name="Height">Pixels, even.</param>
/// <param name="FrameRateHz">Frames a second.</param>
/// <param name="PixelFormat">"rgb24" or "gray".</param>
/// <param name="Quality">x264's constant rate factor, lower is better.</param>
internal sealed record RawVideo(
    string Path,
    byte[] Frames,
    int Width,
    int Height,
    double FrameRateHz,
    string PixelFormat,
    int Quality
);

/// <summary>Encodes raw videos to H.264 through the ffmpeg program, several in one process: its start costs as much as
/// a clip.</summary>
/// <remarks>One thread and bit-exact containers: the same frames give the same bytes with the same ffmpeg.</remarks>
internal static class VideoWriter
{
    /// <exception cref="FileNotFoundException">There is no ffmpeg program.</exception>
    /// <exception cref="IOException">ffmpeg failed; its last words are in the message.</exception>
    public static void Write(IReadOnlyList<RawVideo> videos, CancellationToken cancel)
    {
        var inputs = new List<string>
        {
            "-hide_banner",
            "-nostdin",
            "-loglevel",
            "error",
            "-y",
            "-filter_threads",
            "1",
        };
        var outputs = new List<string>();
        var raws = new List<string>();
        try
        {
            for (int i = 0; i < videos.Count; i++)
            {
                RawVideo video = videos[i];
                raws.Add(video.Path + ".raw");
                File.WriteAllBytes(raws[i], video.Frames);
                string rate = video.FrameRateHz.ToString(CultureInfo.InvariantCulture);
                inputs.AddRange([
                    "-threads",
                    "1",
                    "-f",
                    "rawvideo",
                    "-pixel_format",
                    video.PixelFormat,
                    "-video_size",
                    $"{video.Width}x{video.Height}",
                    "-framerate",
                    rate,
                    "-i",
                    raws[i],
                ]);
                outputs.AddRange([
                    "-map",
                    $"{i}:v",
                    "-c:v",
                    "libx264",
                    "-threads",
                    "1",
                    "-preset",
                    "veryfast",
                    "-crf",
                    $"{video.Quality}",
                    "-pix_fmt",
                    "yuv420p",
                    "-sws_flags",
                    "bitexact+accurate_rnd",
                    "-flags",
                    "+bitexact",
                    "-fflags",
                    "+bitexact",
                    "-map_metadata",
                    "-1",
                    video.Path,
                ]);
            }
            Run([.. inputs, .. outputs], videos[0].Path, cancel);
        }
        finally
        {
            foreach (string raw in raws)
                File.Delete(raw);
        }
    }

    private static void Run(IEnumerable<string> arguments, string first, CancellationToken cancel)
    {
        var start = new ProcessStartInfo("ffmpeg", arguments) { RedirectStandardError = true };
        using Process process = Start(start);
        using CancellationTokenRegistration stop = cancel.Register(() => process.Kill());
        string words = process.StandardError.ReadToEnd();
        process.WaitForExit();
        cancel.ThrowIfCancellationRequested();
        if (process.ExitCode != 0)
            throw new IOException(
                $"{first}: ffmpeg stopped with code {process.ExitCode}: {words.Trim()}. "
                    + "It needs the libx264 encoder and room on the disk; see 'ffmpeg -encoders' and 'df'."
            );
    }

    private static Process Start(ProcessStartInfo start)
    {
        try
        {
            return Process.Start(start)!;
        }
        catch (System.ComponentModel.Win32Exception e)
        {
            throw new FileNotFoundException(
                "The ffmpeg program, which encodes the videos, cannot be started. Install it, e.g. 'apt install ffmpeg', "
                    + $"and see that 'ffmpeg -version' answers. ({e.Message})",
                "ffmpeg",
                e
            );
        }
    }
}

using System.Diagnostics;

namespace Gesto.Testing;

/// <summary>Runs the programs that tests compare with; a test skips itself where one is absent.</summary>
internal static class Reference
{
    private const string Python = "/usr/bin/python3";

    /// <summary>Runs a Python script with Debian's python3; skips the test where it lacks one of the modules.</summary>
    public static string RunPython(string modules, string script, params string[] arguments)
    {
        if (!File.Exists(Python) || Run(Python, ["-c", $"import {modules}"]).Exit != 0)
            Assert.Skip(
                $"{Python} with {modules} is not installed; the committed reference numbers are tested instead."
            );
        (int exit, string output, string error) = Run(Python, ["-c", script, .. arguments]);
        Assert.True(exit == 0, error);
        return output;
    }

    public static void Ffmpeg(params string[] arguments)
    {
        (int exit, _, string error) = Run("ffmpeg", ["-v", "error", "-y", "-nostdin", .. arguments]);
        Assert.True(exit == 0, $"ffmpeg ended with {exit}: {error}");
    }

    /// <summary>A moving test picture; every frame differs from the one before.</summary>
    public static string Video(
        string path,
        int width,
        int height,
        int frames,
        int rate = 25,
        string codec = "libx264",
        string source = "testsrc"
    )
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        Ffmpeg(
            "-f",
            "lavfi",
            "-i",
            $"{source}=size={width}x{height}:rate={rate}",
            "-frames:v",
            $"{frames}",
            "-c:v",
            codec,
            "-pix_fmt",
            codec == "ffv1" && source == "testsrc" ? "bgr0" : "yuv420p",
            "-threads",
            "1",
            path
        );
        return path;
    }

    /// <summary>Twenty grey pictures, number n of level 10n: sixteen in the first 0.64 s, then one a second.</summary>
    public static string SlowingVideo(string path, string codec, int frames = 20, int add = 0)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        Ffmpeg(
            "-f",
            "lavfi",
            "-i",
            "nullsrc=size=32x32:rate=25",
            "-vf",
            $"format=gray,geq=lum='10*N+{add}',settb=1/25,setpts='N+24*max(N-15,0)'",
            "-frames:v",
            $"{frames}",
            "-fps_mode",
            "passthrough",
            "-enc_time_base",
            "1:1000",
            "-c:v",
            codec,
            "-qscale:v",
            "1",
            "-pix_fmt",
            codec == "ffv1" ? "gray" : "yuv420p",
            "-color_range",
            "pc",
            path
        );
        return path;
    }

    private static (int Exit, string Output, string Error) Run(string program, IEnumerable<string> arguments)
    {
        using var process = Process.Start(
            new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true }
        )!;
        Task<string> error = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output, error.Result);
    }
}

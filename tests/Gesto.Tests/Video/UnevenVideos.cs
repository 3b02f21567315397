using System.Globalization;

namespace Gesto.Tests.Video;

/// <summary>Twelve frames whose times are uneven, in every container and codec that Gesto reads and ffmpeg here writes;
/// made once, with what OpenCV reads in each.</summary>
public sealed class UnevenVideos : IDisposable
{
    public const int Frames = 12,
        Width = 96,
        Height = 64;

    /// <summary>Times are whole numbers of 1/15360 s, as in the radar videos that were refused.</summary>
    private const double Unit = 1 / 15360.0;

    private readonly Folder folder = new();
    private Dictionary<string, uint[]>? openCv;

    /// <summary>Names, and how ffmpeg writes them.</summary>
    private static readonly (string Name, string Options)[] Written =
    [
        ("h264.mp4", "-c:v libx264 -video_track_timescale 15360"), // B-frames
        ("mpeg4.mp4", "-c:v mpeg4 -video_track_timescale 15360"),
        ("mpeg4-b.mp4", "-c:v mpeg4 -bf 2 -video_track_timescale 15360"),
        ("vp9.mp4", "-c:v libvpx-vp9 -deadline realtime -cpu-used 8"),
        ("h264.mov", "-c:v libx264 -video_track_timescale 15360"),
        ("ffv1.mov", "-c:v ffv1"),
        ("h264.avi", "-c:v libx264"),
        ("mpeg4.avi", "-c:v mpeg4"),
        ("ffv1.avi", "-c:v ffv1"),
        ("h264.mkv", "-c:v libx264"),
        ("mpeg4.mkv", "-c:v mpeg4 -bf 2"),
        ("ffv1.mkv", "-c:v ffv1"),
        ("vp9.webm", "-c:v libvpx-vp9 -deadline realtime -cpu-used 8"),
        ("vp8.webm", "-c:v libvpx -deadline realtime -cpu-used 8"),
        ("live.webm", "-c:v libvpx -deadline realtime -cpu-used 8 -live 1"),
        ("fragments.mp4", "-c:v libx264 -g 4 -movflags frag_keyframe+empty_moov+default_base_moof"),
    ];

    /// <summary>Names, what they are copied from, options before the input, and after it.</summary>
    private static readonly (string Name, string From, string Before, string After)[] Copied =
    [
        ("edit-list.mp4", "h264.mp4", "-ss 0.2", ""),
        ("delayed.mp4", "h264.mp4", "-itsoffset 0.5", ""),
        ("cut-to-time.mp4", "h264.mp4", "", "-t 0.4"),
        ("negative.mkv", "h264.mkv", "-itsoffset -0.5", "-avoid_negative_ts disabled"),
        ("negative.mp4", "h264.mkv", "-itsoffset -0.5", "-avoid_negative_ts disabled"),
    ];

    public static TheoryData<string> Names =>
        [.. Written.Select(w => w.Name), .. Copied.Select(c => c.Name), "equal.mkv", "equal.mp4"];

    public UnevenVideos()
    {
        List<string> arguments =
        [
            "-f",
            "lavfi",
            "-i",
            $"testsrc2=size={Width}x{Height}:rate=25,trim=end_frame={Frames}",
        ];
        void Write(string name, string times, string options) =>
            arguments.AddRange([
                "-map",
                "0:v",
                "-vf",
                times,
                "-fps_mode",
                "passthrough",
                "-enc_time_base",
                "1:15360",
                "-threads",
                "1",
                "-pix_fmt",
                "yuv420p",
                .. options.Split(' '),
                folder[name],
            ]);
        foreach ((string name, string options) in Written)
            Write(name, "settb=1/15360,setpts='if(eq(N,0),0,PREV_OUTPTS+261+mod(N*977,1300))'", options);
        Write("equal.mkv", "settb=1/15360,setpts='1000*floor(N/3)'", "-c:v ffv1"); // three frames at each time
        Write(
            "equal.mp4",
            "settb=1/15360,setpts='1000*floor(N/2)+mod(N,2)'",
            "-c:v libx264 -video_track_timescale 15360"
        ); // as equal as MP4 allows
        Reference.Ffmpeg([.. arguments]);
        foreach ((string name, string from, string before, string after) in Copied)
        {
            Reference.Ffmpeg([.. Words(before), "-i", folder[from], .. Words(after), "-c", "copy", folder[name]]);
        }
        File.WriteAllBytes(folder["live.webm"], Matroska.WithUnknownSizes(File.ReadAllBytes(folder["live.webm"])));

        static string[] Words(string text) => text.Split(' ', StringSplitOptions.RemoveEmptyEntries);
    }

    public string this[string name] => folder[name];

    /// <summary>Seconds of frame n in the files of <see cref="Written"/>, the first one's 0.</summary>
    public static double[] Times { get; } = PlantedTimes();

    /// <returns>Adler-32 of each frame as OpenCV's reader gives it, R, G, B.</returns>
    public uint[] OpenCv(string name)
    {
        openCv ??= ReadWithOpenCv(Directory.GetFiles(folder.Path));
        return openCv[name];
    }

    /// <summary>One Python for all files: it takes longer to start than to read them.</summary>
    internal static Dictionary<string, uint[]> ReadWithOpenCv(params string[] paths)
    {
        string output = Reference.RunPython(
            "cv2, zlib",
            """
            import cv2, sys, zlib, os
            for path in sys.argv[1:]:
                v = cv2.VideoCapture(path)
                print(os.path.basename(path), end='')
                while True:
                    ok, f = v.read()
                    if not ok: break
                    print('', zlib.adler32(cv2.cvtColor(f, cv2.COLOR_BGR2RGB).tobytes()), end='')
                print()
            """,
            paths
        );
        return output
            .Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => line.Split(' '))
            .ToDictionary(f => f[0], f => Array.ConvertAll(f[1..], v => uint.Parse(v, CultureInfo.InvariantCulture)));
    }

    public void Dispose() => folder.Dispose();

    private static double[] PlantedTimes()
    {
        var times = new double[Frames];
        for (int n = 1; n < Frames; n++)
            times[n] = times[n - 1] + (261 + n * 977 % 1300) * Unit;
        return times;
    }
}

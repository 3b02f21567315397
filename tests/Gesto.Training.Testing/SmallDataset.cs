using Gesto.Training.Datasets;

namespace Gesto.Training.Testing;

/// <summary>Small data sets of real video files, made with ffmpeg.</summary>
internal static class SmallDataset
{
    public static string Rgb(string sample) => $"{sample}/{Path.GetFileName(sample)}_RGB.mkv";

    public static string Radar(string sample, int antenna) => $"{sample}/{Path.GetFileName(sample)}_RDM{antenna}.mp4";

    /// <summary>Writes one sample's four files: 64 × 48 RGB at 25 frames a second, three 32 × 16 radar videos at
    /// 12.5.</summary>
    /// <param name="root">The data set.</param>
    /// <param name="sample">Its key.</param>
    /// <param name="number">Makes the pictures differ from sample to sample.</param>
    /// <param name="frames">RGB frames, even; the radar has half of them.</param>
    public static void WriteSample(string root, string sample, int number, int frames = 40)
    {
        string folder = Path.Combine(root, sample);
        Directory.CreateDirectory(folder);
        var arguments = new List<string>();
        void Add(string file, string size, string rate, int count, int shift) =>
            arguments.AddRange([
                // Every source ends by itself: ffmpeg buffers an endless one without limit while another output is
                // still open.
                "-f",
                "lavfi",
                "-i",
                $"testsrc=size={size}:rate={rate},trim=end_frame={count},hue=h={number * 7 + shift * 90}:b={shift - 1},crop=iw-2:ih-2:{number % 3}:{number / 3 % 3}",
            ]);
        Add(Rgb(sample), "66x50", "25", frames, 0);
        for (int a = 1; a <= 3; a++)
            Add(Radar(sample, a), "34x18", "25/2", frames / 2, a);
        for (int i = 0; i < 4; i++)
            arguments.AddRange([
                "-map",
                $"{i}",
                "-threads",
                "1",
                "-c:v",
                "libx264",
                "-preset",
                "ultrafast",
                "-pix_fmt",
                "yuv420p",
                Path.Combine(root, i == 0 ? Rgb(sample) : Radar(sample, i)),
            ]);
        Reference.Ffmpeg([.. arguments]);
    }

    /// <summary>Two classes of two train samples each, one val and one test sample, in the challenge's
    /// layout.</summary>
    public static Dataset Write(string root)
    {
        foreach (
            (int i, string key) in (
                (string[])
                    [
                        "train/2_DOLORE/SAMPLE_1",
                        "train/2_DOLORE/SAMPLE_2",
                        "train/10_NO/SAMPLE_3",
                        "train/10_NO/SAMPLE_4",
                        "val/SAMPLE_5",
                        "test/SAMPLE_6",
                    ]
            ).Index()
        )
            WriteSample(root, key, i, frames: 24 + 8 * i);
        return Dataset.Open(root);
    }
}

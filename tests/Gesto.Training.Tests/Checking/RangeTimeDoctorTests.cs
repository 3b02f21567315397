using Gesto.Files;
using Gesto.Recordings;
using Gesto.Training.Checking;
using Gesto.Training.Datasets;

namespace Gesto.Training.Tests.Checking;

/// <summary>The doctor over the 2026 layout: range-time maps and no RGB.</summary>
public sealed class RangeTimeDoctorTests : IDisposable
{
    private readonly Folder folder = new();

    public void Dispose() => folder.Dispose();

    private IReadOnlyList<Problem> Examine() =>
        DatasetDoctor.Examine(Dataset.Open(folder.Path), new DoctorOptions { FewestTrainSamples = 1 }, null, default);

    private string PathOf(string sample, int antenna) =>
        folder[$"{sample}/{Path.GetFileName(sample)}_RTM{antenna}.npy"];

    private void Save(string sample, int antenna, int frames = 20, int bins = 256, Func<float, float>? change = null)
    {
        var random = new Random(HashCode.Combine(frames, antenna) + sample.Sum(c => c));
        float[] values =
        [
            .. Enumerable
                .Range(0, frames * bins)
                .Select(_ => -108f + 80 * random.NextSingle())
                .Select(change ?? (v => v)),
        ];
        NpyFile.Save(PathOf(sample, antenna), NpyArray.From(values, frames, bins));
    }

    private void WriteHealthy()
    {
        foreach (
            string sample in (string[])
                [
                    "train/2_DOLORE/SAMPLE_1",
                    "train/10_NO/SAMPLE_2",
                    "val/SAMPLE_3",
                    "val/SAMPLE_4",
                    "test/SAMPLE_5",
                    "test/SAMPLE_6",
                    "test/SAMPLE_7",
                    "test/SAMPLE_8",
                    "test/SAMPLE_9",
                ]
        )
            for (int antenna = 1; antenna <= 3; antenna++)
                Save(sample, antenna);
    }

    [Fact]
    public void A_healthy_data_set_has_no_problem_and_the_shortest_and_longest_recordings_are_fine()
    {
        WriteHealthy();
        for (int antenna = 1; antenna <= 3; antenna++)
        {
            Save("val/SAMPLE_3", antenna, frames: 16);
            Save("val/SAMPLE_4", antenna, frames: 43);
        }
        Assert.Empty(Examine());
    }

    [Fact]
    public void Every_planted_fault_is_found_and_nothing_else()
    {
        WriteHealthy();
        File.Delete(PathOf("train/2_DOLORE/SAMPLE_1", 2));
        Save("train/10_NO/SAMPLE_2", 3, change: v => MathF.Pow(10, v / 10)); // power, not dB
        Save("val/SAMPLE_3", 1, change: _ => -64);
        Save("val/SAMPLE_4", 2, frames: 19);
        Save("test/SAMPLE_5", 2, bins: 128);
        File.WriteAllBytes(PathOf("test/SAMPLE_6", 1), File.ReadAllBytes(PathOf("test/SAMPLE_6", 1))[..5000]);
        File.Copy(PathOf("test/SAMPLE_7", 1), PathOf("test/SAMPLE_7", 3), overwrite: true);
        for (int antenna = 1; antenna <= 3; antenna++)
            Save("test/SAMPLE_8", antenna, frames: 256, bins: 20); // transposed
        NpyFile.Save(PathOf("test/SAMPLE_9", 1), NpyArray.From(new byte[20 * 256], 20, 256));

        IReadOnlyList<Problem> problems = Examine();
        Assert.Equal(
            [
                ("train/2_DOLORE/SAMPLE_1", "missing-modality"),
                ("train/10_NO/SAMPLE_2", "unit"),
                ("val/SAMPLE_3", "constant"),
                ("val/SAMPLE_4", "antenna-length"),
                ("test/SAMPLE_5", "antenna-length"),
                ("test/SAMPLE_6", "undecodable"),
                ("test/SAMPLE_9", "undecodable"),
                ("test/SAMPLE_8", "size"),
                ("test/SAMPLE_7", "duplicate"),
            ],
            problems.Select(p => (p.Sample, p.Kind))
        );
        string Message(string sample) => problems.First(p => p.Sample == sample).Message;
        Assert.Contains("no RTM2 file", Message("train/2_DOLORE/SAMPLE_1"), StringComparison.Ordinal);
        Assert.Contains("no value below 0", Message("train/10_NO/SAMPLE_2"), StringComparison.Ordinal);
        Assert.Contains("19 frames, SAMPLE_4_RTM1.npy has 20", Message("val/SAMPLE_4"), StringComparison.Ordinal);
        Assert.Contains(
            "maps of 128 range bins, SAMPLE_5_RTM1.npy has 256 range bins",
            Message("test/SAMPLE_5"),
            StringComparison.Ordinal
        );
        Assert.Contains("The file is cut", Message("test/SAMPLE_6"), StringComparison.Ordinal);
        Assert.Contains(
            "radar arrays of 20 range bins, most samples have 256 range bins",
            Message("test/SAMPLE_8"),
            StringComparison.Ordinal
        );
        Assert.Contains("found dtype '|u1'", Message("test/SAMPLE_9"), StringComparison.Ordinal);
    }

    [Fact]
    public void The_layout_gives_every_antenna_its_place_and_two_files_for_one_antenna_are_refused()
    {
        folder.Write("test/SAMPLE_7/SAMPLE_7_RTM1.npy", "");
        folder.Write("test/SAMPLE_7/SAMPLE_7_RTM3.npy", "");
        Sample only = Assert.Single(Dataset.Open(folder.Path).Samples);
        Assert.Equal(["test/SAMPLE_7/SAMPLE_7_RTM1.npy", null, "test/SAMPLE_7/SAMPLE_7_RTM3.npy"], only.Radar);
        Assert.False(only.Has(Modality.Rgb));
        folder.Write("test/SAMPLE_7/SAMPLE_7_RDM3.mp4", "");
        Assert.Contains(
            "both SAMPLE_7_RDM3.mp4 and SAMPLE_7_RTM3.npy claim to be antenna 3",
            Assert.Throws<InvalidDataException>(() => Dataset.Open(folder.Path)).Message,
            StringComparison.Ordinal
        );
    }
}

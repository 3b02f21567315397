using Gesto.Files;
using Gesto.Training.Checking;
using Gesto.Training.Datasets;

namespace Gesto.Training.Tests.Checking;

public sealed class DatasetDoctorTests : IDisposable
{
    private readonly Folder folder = new();

    public void Dispose() => folder.Dispose();

    private IReadOnlyList<Problem> Examine(int fewest = 2) =>
        DatasetDoctor.Examine(
            Dataset.Open(folder.Path),
            new DoctorOptions { FewestTrainSamples = fewest },
            null,
            default
        );

    private void Manifest(params string[] rows) =>
        folder.Write(
            "manifest.csv",
            "sample,label,name,signer,session,split,rgb,rdm1,rdm2,rdm3\n" + string.Concat(rows.Select(r => r + "\n"))
        );

    [Fact]
    public void A_healthy_data_set_has_no_problem()
    {
        SmallDataset.Write(folder.Path);
        Assert.Empty(Examine());
    }

    [Fact]
    public void Every_planted_fault_is_found_and_nothing_else()
    {
        SmallDataset.Write(folder.Path);
        string Rgb(string sample) => folder[SmallDataset.Rgb(sample)];
        string Radar(string sample, int antenna) => folder[SmallDataset.Radar(sample, antenna)];
        File.Delete(Radar("train/2_DOLORE/SAMPLE_1", 2));
        File.WriteAllText(Rgb("train/2_DOLORE/SAMPLE_2"), "not a video");
        byte[] whole = File.ReadAllBytes(Rgb("train/10_NO/SAMPLE_3"));
        File.WriteAllBytes(Rgb("train/10_NO/SAMPLE_3"), whole[..(whole.Length / 2)]);
        File.WriteAllText(Radar("train/10_NO/SAMPLE_4", 1), "");
        Reference.Ffmpeg(
            "-f",
            "lavfi",
            "-i",
            "color=gray:size=32x16:rate=25/2",
            "-frames:v",
            "28",
            "-c:v",
            "libx264",
            Radar("val/SAMPLE_5", 3)
        );
        // SAMPLE_6 lasts 2.56 s; its third antenna becomes that of SAMPLE_5 (2.24 s, 28 frames), copied before it was
        // spoilt.
        SmallDataset.WriteSample(folder.Path, "test/SAMPLE_7", 40, frames: 40);
        File.Copy(Radar("test/SAMPLE_7", 1), Radar("test/SAMPLE_6", 3), overwrite: true);
        SmallDataset.WriteSample(folder.Path, "test/SAMPLE_8", 41, frames: 80);
        File.Copy(Rgb("test/SAMPLE_7"), Rgb("test/SAMPLE_8"), overwrite: true);

        Assert.Equal(
            [
                ("train/2_DOLORE/SAMPLE_1", "missing-modality"),
                ("train/2_DOLORE/SAMPLE_2", "undecodable"),
                ("train/10_NO/SAMPLE_3", "frame-count"),
                ("train/10_NO/SAMPLE_4", "empty"),
                ("val/SAMPLE_5", "constant"),
                ("test/SAMPLE_6", "antenna-length"),
                ("test/SAMPLE_8", "duration"),
                ("test/SAMPLE_7", "duplicate"),
                ("test/SAMPLE_8", "duplicate"),
            ],
            Examine().Select(p => (p.Sample, p.Kind))
        );
    }

    [Fact]
    public void A_frozen_video_and_a_constant_array_are_constant()
    {
        Directory.CreateDirectory(folder["test/SAMPLE_1"]);
        Reference.Ffmpeg(
            "-f",
            "lavfi",
            "-i",
            "testsrc=size=32x16:rate=13",
            "-vf",
            "loop=loop=9:size=1,trim=end_frame=10",
            "-frames:v",
            "10",
            "-c:v",
            "ffv1",
            folder["test/SAMPLE_1/SAMPLE_1_RGB.mkv"]
        );
        NpyFile.Save(folder["test/SAMPLE_2/SAMPLE_2_RDM1.npy"], NpyArray.From(new float[60], 5, 3, 4));
        Assert.Equal(
            [("test/SAMPLE_1", "constant"), ("test/SAMPLE_2", "constant")],
            Examine().Where(p => p.Kind == ProblemKind.Constant).Select(p => (p.Sample, p.Kind))
        );
    }

    [Fact]
    public void NaN_in_an_array_is_undecodable_with_its_place()
    {
        NpyFile.Save(folder["test/SAMPLE_2/SAMPLE_2_RDM1.npy"], NpyArray.From([1, 2, 3, float.NaN], 1, 2, 2));
        Problem only = Assert.Single(Examine());
        Assert.Equal(("undecodable", "test/SAMPLE_2/SAMPLE_2_RDM1.npy"), (only.Kind, only.File));
        Assert.Contains("found NaN at [0, 1, 1]", only.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Contradicting_ids_and_names_leaks_and_rare_classes_are_told_from_the_manifest_alone()
    {
        Manifest(
            "train/1_A/SAMPLE_1,1,A,anna,s1,train,,,,",
            "train/1_A/SAMPLE_2,1,B,anna,s2,train,,,,",
            "c,2,B,bruno,s3,train,,,,",
            "d,,,bruno,s3,train,,,,",
            "e,,,anna,s1,test,,,,",
            "f,,,carla,s9,val,,,,"
        );
        Assert.Equal(
            [
                ("train/1_A/SAMPLE_2", "id-name", "labelled 1 'B', but its folder says 1 'A'."),
                ("d", "id-name", "a train sample without a label."),
                ("", "id-name", "class id 1 has 2 names: A, B."),
                ("", "id-name", "class 'B' has 2 ids: 1, 2."),
                ("", "few-samples", "class 2 'B' has 1 train sample(s), expected at least 2."),
                ("", "signer-leak", "signer 'anna' is in train and test: accuracy there will not hold for new people."),
                ("", "signer-leak", "session 's1' is in train and test: accuracy there will not hold for new people."),
            ],
            Examine().Select(p => (p.Sample, p.Kind, p.Message))
        );
    }

    [Fact]
    public void A_file_named_in_the_manifest_and_not_on_disk_is_missing()
    {
        Manifest("a,,,,,test,a/r.mkv,,,");
        Assert.Contains(
            "a/r.mkv: named in manifest.csv, not on disk",
            Assert.Single(Examine()).Message,
            StringComparison.Ordinal
        );
    }
}

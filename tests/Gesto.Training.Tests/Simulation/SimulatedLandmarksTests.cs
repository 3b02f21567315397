using Gesto.Files;
using Gesto.Landmarks;
using Gesto.Recordings;
using Gesto.Training.Datasets;
using Gesto.Training.Simulation;

namespace Gesto.Training.Tests.Simulation;

/// <summary>Joints that the simulator writes beside its videos.</summary>
public sealed class SimulatedLandmarksTests : IDisposable
{
    private static readonly SimulationOptions Small = new()
    {
        Classes = 3,
        Signers = 3,
        Takes = 1,
        Seed = 11,
        Width = 160,
        Height = 120,
        RangeBins = 16,
        DopplerBins = 16,
        Landmarks = true,
    };

    private readonly Folder folder = new();

    public void Dispose() => folder.Dispose();

    private string Root => folder["data"];

    [Fact]
    public void They_are_the_hands_that_the_camera_films_but_for_the_noise()
    {
        var found = new List<float[]>();
        foreach (PlannedSample sample in SimulationPlan.Make(Small with { Classes = 12 }))
        {
            var performance = new Performance(sample.Script, sample.Signer, sample.Take, Small.Seed);
            NpyArray array = LandmarkRecorder.Record(performance, sample.Signer, Small, seed: 5);
            Assert.Equal([Small.FramesOf(performance), LandmarkClip.FrameValues], array.Shape);
            float[] values = array.ToSingles();
            LandmarkClip.Checked("it", values);
            for (int t = 0; t < array.Shape[0]; t++)
            {
                float[] frame = values[(t * LandmarkClip.FrameValues)..((t + 1) * LandmarkClip.FrameValues)];
                found.Add(frame);
                Pose pose = performance.PoseAt(t / Small.FrameRateHz);
                // Right of the picture is the signer's left; up is less.
                Assert.True(frame[4 * 11] > frame[4 * 12] + 0.05 * Small.Width);
                Assert.True(frame[1] < frame[4 * 11 + 1]); // nose above the shoulders
                float wrist = frame[LandmarkClip.BodyValues + LandmarkClip.HandValues];
                if (wrist == 0)
                    continue;
                bool farther = pose.Right.Wrist.X > pose.Left.Wrist.X + 0.1f;
                double near = 0.15 * Small.Width;
                Assert.True(
                    farther || Math.Abs(wrist - frame[4 * 16]) < near || Math.Abs(wrist - frame[4 * 15]) < near
                );
            }
        }
        int Without(int hand) => found.Count(f => f[LandmarkClip.BodyValues + hand * LandmarkClip.HandValues] == 0);
        // A hand at rest hangs below the picture.
        for (int hand = 0; hand < 2; hand++)
            Assert.InRange(Without(hand) / (double)found.Count, 0.005, 0.8);
    }

    [Fact]
    public void A_data_set_with_them_has_the_same_videos_and_a_column_more_and_is_replaced_whole()
    {
        DatasetWriter.Write(Root, Small, null, default);
        DatasetWriter.Write(folder["without"], Small with { Landmarks = false }, null, default);
        Dataset with = Dataset.Open(Root),
            without = Dataset.Open(folder["without"]);
        Assert.All(with.Samples, s => Assert.True(s.Has(Modality.Landmarks)));
        Assert.All(without.Samples, s => Assert.False(s.Has(Modality.Landmarks)));
        foreach ((Sample a, Sample b) in with.Samples.Zip(without.Samples))
        {
            Assert.Equal(a.Key, b.Key);
            Assert.Equal(File.ReadAllBytes(with.PathOf(a.Rgb!)), File.ReadAllBytes(without.PathOf(b.Rgb!)));
        }
        Assert.Contains("No detector saw", File.ReadAllText(folder["data/SIMULATED.md"]), StringComparison.Ordinal);
        string one = Directory.GetFiles(Root, "*_LANDMARKS.npy", SearchOption.AllDirectories)[0];
        byte[] bytes = File.ReadAllBytes(one);
        File.Delete(one);
        Assert.Equal(1, DatasetWriter.Write(Root, Small, null, default));
        Assert.Equal(bytes, File.ReadAllBytes(one));
        DatasetWriter.Write(Root, Small with { Landmarks = false, Replace = true }, null, default);
        Assert.Empty(Directory.GetFiles(Root, "*_LANDMARKS.npy", SearchOption.AllDirectories));
    }

    [Fact]
    public void Raw_sessions_are_known_again_and_removed_with_their_folders()
    {
        SimulationOptions raw = Small with { Landmarks = false, RawRadar = true };
        int all = DatasetWriter.Write(Root, raw, null, default);
        Assert.Equal(9, all);
        Assert.Equal(0, DatasetWriter.Write(Root, raw, null, default));
        DatasetWriter.Write(Root, raw with { RawRadar = false, Replace = true }, null, default);
        Assert.Empty(Directory.GetDirectories(Root, "RadarIfx*", SearchOption.AllDirectories));
    }

    [Fact]
    public void Where_there_is_no_camera_there_are_none()
    {
        string message = Assert
            .Throws<InvalidDataException>(() =>
                DatasetWriter.Write(Root, SimulationOptions.Challenge2026 with { Landmarks = true }, null, default)
            )
            .Message;
        Assert.Contains("no camera", message, StringComparison.Ordinal);
    }
}

using Gesto.Landmarks;

namespace Gesto.Tests.Landmarks;

public sealed class PoseFileTests : IDisposable
{
    private const int Mutations = 1000;
    private const long AllowedBytes = 20_000_000;

    private readonly Folder folder = new();

    public void Dispose() => folder.Dispose();

    /// <summary>Two people, three frames, a body without a wrist and a right hand, after a component that is
    /// none.</summary>
    private static PoseFile Small()
    {
        PoseComponent[] components =
        [
            new("FACE_LANDMARKS", "XYZC", ["0", "1"], [(0, 1)], [(1, 2, 3)]),
            new("POSE_LANDMARKS", "XYZC", ["RIGHT_SHOULDER", "LEFT_SHOULDER"], [], []),
            new("RIGHT_HAND_LANDMARKS", "XYZC", ["PINKY_TIP", "WRIST", "É"], [], []),
        ];
        const int Points = 7,
            People = 2,
            Frames = 3;
        return new PoseFile
        {
            Size = (640, 480, 0),
            Components = components,
            FramesPerSecond = 29.97f,
            Frames = Frames,
            People = People,
            Values = [.. Enumerable.Range(1, Frames * People * Points * 3).Select(i => (float)i)],
            Confidences = [.. Enumerable.Range(0, Frames * People * Points).Select(i => i == 4 ? 0 : 0.5f + i / 100f)],
        };
    }

    private static byte[] Written(PoseFile file)
    {
        using var stream = new MemoryStream();
        file.Write(stream);
        return stream.ToArray();
    }

    private static void Same(PoseFile expected, PoseFile found)
    {
        Assert.Equal(expected.Size, found.Size);
        Assert.Equal((expected.Frames, expected.People), (found.Frames, found.People));
        Assert.Equal(expected.FramesPerSecond, found.FramesPerSecond);
        Assert.Equal(expected.Values, found.Values);
        Assert.Equal(expected.Confidences, found.Confidences);
        Assert.Equal(expected.Components.Count, found.Components.Count);
        foreach ((PoseComponent a, PoseComponent b) in expected.Components.Zip(found.Components))
        {
            Assert.Equal((a.Name, a.Format), (b.Name, b.Format));
            Assert.Equal(a.Points, b.Points);
            Assert.Equal(a.Limbs, b.Limbs);
            Assert.Equal(a.Colours, b.Colours);
        }
    }

    [Fact]
    public void What_is_written_is_read_again()
    {
        PoseFile small = Small();
        small.Save(folder["a.pose"]);
        Same(small, PoseFile.Load(folder["a.pose"]));
    }

    [Fact]
    public void Joints_are_found_by_name_of_the_first_person_and_only_where_there_is_confidence()
    {
        Small().Save(folder["a.pose"]);
        LandmarkClip clip = LandmarkFile.Load(folder["a.pose"]);
        Assert.Equal(3, clip.Length);
        // Frame 1: 2 people × 7 points × 3 values before it; the right shoulder is its third point.
        int first = 1 + 42 + 2 * 3;
        Assert.Equal([first, first + 1, first + 2, 0.5f + 16 / 100f], clip.Values[(258 + 4 * 12)..(258 + 4 * 13)]);
        int wrist = 132 + 63,
            tip = wrist + 60;
        Assert.Equal([0, 0, 0], clip.Values[tip..(tip + 3)]); // point 4 of frame 0 has no confidence
        Assert.Equal([16f, 17f, 18f], clip.Values[wrist..(wrist + 3)]);
        Assert.Equal(13f + 42, clip.Values[258 + tip]);
        Assert.All(clip.Values[132..195], v => Assert.Equal(0, v)); // no left hand in the file
    }

    [Fact]
    public void Another_models_points_are_refused()
    {
        (
            Small() with
            {
                Components = [new("pose_keypoints_2d", "XYZC", [.. "abcdefg".Select(c => $"{c}")], [], [])],
            }
        ).Save(folder["a.pose"]);
        InvalidDataException e = Assert.Throws<InvalidDataException>(() => LandmarkFile.Load(folder["a.pose"]));
        Assert.Contains(
            "components pose_keypoints_2d, expected MediaPipe's POSE_LANDMARKS",
            e.Message,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void A_file_cut_anywhere_is_refused()
    {
        byte[] whole = Written(Small());
        for (int length = 0; length < whole.Length; length++)
        {
            using var cut = new MemoryStream(whole, 0, length);
            Assert.Throws<InvalidDataException>(() => PoseFile.Read(cut, "cut"));
        }
        using var longer = new MemoryStream([.. whole, 0]);
        Assert.Throws<InvalidDataException>(() => PoseFile.Read(longer, "longer"));
    }

    [Fact]
    public void A_billion_values_are_refused_before_they_are_allocated()
    {
        byte[] whole = Written(Small() with { Frames = 1_000_000 });
        long before = GC.GetAllocatedBytesForCurrentThread();
        using var stream = new MemoryStream(whole);
        InvalidDataException e = Assert.Throws<InvalidDataException>(() => PoseFile.Read(stream, "huge"));
        Assert.Contains("1000000 frames of 2 people with 7 points", e.Message, StringComparison.Ordinal);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, AllowedBytes);
    }

    [Fact]
    public void Damage_gives_the_documented_exception_and_takes_little_memory()
    {
        byte[] whole = Written(Small());
        int refused = 0;
        for (int seed = 0; seed < Mutations; seed++)
        {
            var random = new Random(seed);
            byte[] bytes = [.. whole];
            for (int n = random.Next(1, 6); n > 0; n--)
                bytes[random.Next(random.Next(2) == 0 ? 200 : bytes.Length)] = (byte)random.Next(256);
            if (random.Next(4) == 0)
                bytes = bytes[..random.Next(bytes.Length)];
            long before = GC.GetAllocatedBytesForCurrentThread();
            try
            {
                using var stream = new MemoryStream(bytes);
                LandmarkClip clip = PoseLandmarks.Of(PoseFile.Read(stream, "damaged"), "damaged");
                Assert.All(LandmarkFeatures.Of(clip), v => Assert.True(float.IsFinite(v)));
            }
            catch (InvalidDataException)
            {
                refused++;
            }
            Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, AllowedBytes);
        }
        Assert.InRange(refused, Mutations / 10, Mutations - Mutations / 10); // it reaches what is read
    }

    /// <summary>Files that the format's own tools wrote.</summary>
    [Theory]
    [InlineData("example.pose", 97, 576)]
    [InlineData("mediapipe.pose", 0, 178)]
    [InlineData("mediapipe_hand_normalized.pose", 0, 21)]
    public void Real_files_are_read_and_written_without_a_change(string name, int frames, int points)
    {
        string? real = Environment.GetEnvironmentVariable("GESTO_REAL_RECORDINGS");
        string path = Path.Combine(real ?? "", "pose_files", name);
        Assert.SkipUnless(File.Exists(path), "GESTO_REAL_RECORDINGS names no folder with pose_files/.");
        PoseFile file = PoseFile.Load(path);
        Assert.Equal(points, file.Points);
        if (frames > 0)
            Assert.Equal(frames, file.Frames);
        byte[] written = Written(file);
        using var stream = new MemoryStream(written);
        Same(file, PoseFile.Read(stream, "written"));
        if (name == "example.pose") // of version 0.2, as what is written
            Assert.Equal(File.ReadAllBytes(path), written);
        LandmarkClip clip = LandmarkFile.Load(path);
        Assert.All(LandmarkFeatures.Of(clip), v => Assert.True(float.IsFinite(v)));
    }
}

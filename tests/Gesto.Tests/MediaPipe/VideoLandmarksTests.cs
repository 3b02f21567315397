using System.Collections.Concurrent;
using Gesto.Landmarks;
using Gesto.MediaPipe;
using Gesto.Video;

namespace Gesto.Tests.MediaPipe;

/// <summary>The way from a video to a clip, with a stand-in for the networks that tells the pictures apart.</summary>
public sealed class VideoLandmarksTests : IDisposable
{
    private readonly Folder folder = new();

    public void Dispose() => folder.Dispose();

    /// <summary>A body whose nose lies at the picture's first red value.</summary>
    private static HolisticResult Find(RgbFrame frame)
    {
        var joints = new float[LandmarkClip.BodyValues];
        joints[0] = frame.Pixels[0];
        joints[3] = 0.5f;
        var hand = new float[LandmarkClip.HandValues];
        hand[0] = 7;
        return new(new(joints, new float[99]), null, new(hand, new float[63], 0.9f, 1));
    }

    /// <summary>Frame n is grey of level 10n.</summary>
    private string Video() => Reference.SlowingVideo(folder["a.mkv"], "ffv1");

    private VideoLandmarks Read(
        Func<RgbFrame, HolisticResult> find,
        int threads,
        FrameSampling? sampling = null,
        Action<int, int>? done = null,
        CancellationToken cancel = default
    ) => VideoLandmarks.Read(Video(), () => find, threads, sampling, VideoLimits.Default, done, cancel);

    [Theory]
    [InlineData(1)]
    [InlineData(5)]
    public void Frames_stand_in_their_order_whatever_the_threads(int threads)
    {
        var told = new ConcurrentBag<int>();
        VideoLandmarks found = Read(
            frame =>
            {
                // the earlier ones take longer
                SpinWait.SpinUntil(() => false, 20 - frame.Pixels[0] / 10);
                return Find(frame);
            },
            threads,
            done: (n, all) => told.Add(n * 100 + all)
        );
        Assert.Equal((20, 32, 32), (found.Frames.Count, found.Width, found.Height));
        Assert.Equal(Enumerable.Range(0, 20).Select(n => 10f * n), found.Frames.Select(f => f.Pose!.Joints[0]));
        Assert.Equal(Enumerable.Range(1, 20).Select(n => n * 100 + 20), told.Order());
    }

    [Fact]
    public void Sampled_frames_are_those_that_an_extraction_takes()
    {
        VideoLandmarks found = Read(Find, 2, new FrameSampling(4));
        Assert.Equal([0f, 60, 120, 190], found.Frames.Select(f => f.Pose!.Joints[0]));
    }

    [Fact]
    public void What_a_frames_search_throws_is_thrown()
    {
        var error = Assert.Throws<InvalidDataException>(() =>
            Read(f => f.Pixels[0] == 50 ? throw new InvalidDataException("this one") : Find(f), 2)
        );
        Assert.Equal("this one", error.Message);
    }

    [Fact]
    public void Cancelling_ends_it()
    {
        using var source = new CancellationTokenSource();
        Assert.ThrowsAny<OperationCanceledException>(() =>
            Read(
                f =>
                {
                    source.Cancel();
                    return Find(f);
                },
                2,
                cancel: source.Token
            )
        );
    }

    [Fact]
    public void A_pose_file_holds_what_was_found_and_is_read_back()
    {
        VideoLandmarks found = Read(Find, 2);
        string path = folder["a.pose"];
        LandmarkPose.Of(found).Save(path);
        LandmarkClip clip = PoseLandmarks.Load(path);
        Assert.Equal(found.ToClip().Values, clip.Values[..]);
        PoseFile file = PoseFile.Load(path);
        Assert.Equal((20, 1, 3), (file.Frames, file.People, file.Dimensions));
        Assert.Equal(0.9f, file.Confidences[33 + 21]); // the right hand's first joint
        Assert.Equal(0, file.Confidences[33]);
        Assert.All(file.Components, c =>
            Assert.All(c.Limbs, l => Assert.True(Math.Max(l.From, l.To) < c.Points.Count))
        );
    }

    [Fact]
    public void A_hand_by_its_world_points_keeps_wrist_and_size_of_the_palm()
    {
        var joints = new float[63];
        var world = new float[63];
        (joints[0], joints[1], joints[27], joints[28]) = (100, 50, 100, 20); // the palm is 30 pixels
        (world[0], world[29], world[3]) = (0.1f, 0.1f, 0.1f); // and 0.1 · √2 metres, towards the back
        HandResult hand = new HandResult(joints, world, 1, 1).ByWorld();
        Assert.Equal([100f, 50, 0], hand.Joints[..3]);
        float side = 30 / MathF.Sqrt(2);
        Assert.Equal([100 - side, 50, side], hand.Joints[27..30].Select(v => v), new Near(1e-3f));
        Assert.Equal([100f, 50, 0], hand.Joints[3..6].Select(v => v), new Near(1e-3f));
    }

    private sealed class Near(float tolerance) : IEqualityComparer<float>
    {
        public bool Equals(float a, float b) => Math.Abs(a - b) <= tolerance;

        public int GetHashCode(float v) => 0;
    }

    [Fact]
    public void A_video_of_hands_alone_has_no_body_and_one_hand_that_stays_left_or_right()
    {
        PoseResult body = new(new float[LandmarkClip.BodyValues], new float[99]);
        HandResult left = new(new float[LandmarkClip.HandValues], new float[63], 0.9f, Right: 0.4f),
            right = left with { Right = 0.9f };
        HolisticResult atArm = new(body, null, right),
            byPalm = new(body, null, right) { ByPalms = true },
            flickers = new(null, left, null) { ByPalms = true };

        VideoLandmarks signing = new([atArm, atArm, byPalm], 10, 10, 25);
        Assert.Same(signing, signing.WithoutFalseBodies());
        IReadOnlyList<HolisticResult> closeUp = new VideoLandmarks(
            [atArm, byPalm, flickers, new(body, null, null)],
            10,
            10,
            25
        )
            .WithoutFalseBodies()
            .Frames;
        Assert.All(closeUp, f => Assert.Null(f.Pose));
        Assert.All(closeUp, f => Assert.Null(f.Left));
        Assert.Equal([right, right, left, null], closeUp.Select(f => f.Right));
        HolisticResult both = new(null, left, right) { ByPalms = true };
        Assert.Equal(
            [left, left],
            new VideoLandmarks([both, flickers], 10, 10, 25).WithoutFalseBodies().Frames.Select(f => f.Left)
        );
    }
}

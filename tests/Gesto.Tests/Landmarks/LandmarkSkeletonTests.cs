using System.Numerics;
using Gesto.Landmarks;

namespace Gesto.Tests.Landmarks;

public class LandmarkSkeletonTests
{
    private static readonly Vector2[] Shoulders = [new(0.7f, 0.3f), new(0.3f, 0.4f)];

    private static LandmarkSkeleton Of(LandmarkClip clip, int frame = 0) =>
        LandmarkSkeleton.Of(LandmarkFeatures.Of(clip).AsSpan(frame * LandmarkFeatures.Width, LandmarkFeatures.Width));

    private static void Near(Vector2 expected, Vector2 found) =>
        Assert.True(Vector2.Distance(expected, found) < 1e-3, $"expected {expected}, found {found}");

    [Theory]
    [InlineData(0.4f, -1.1f, 2.2f)]
    [InlineData(3f, 0.2f, -0.7f)]
    public void Hands_and_shoulders_stand_as_in_the_picture(float yaw, float pitch, float roll)
    {
        Vector3[] left = Hands
                .Open()
                .Moved(Quaternion.CreateFromYawPitchRoll(yaw, pitch, roll), 1.7f, new(0.4f, 0.8f, 0)),
            right = Hands.Open(5).Moved(Quaternion.CreateFromYawPitchRoll(roll, yaw, pitch), 0.6f, new(0.1f, 0.2f, 1));
        LandmarkSkeleton skeleton = Of(Hands.Clip((Shoulders, left, right)));
        Vector2 middle = (Shoulders[0] + Shoulders[1]) / 2;
        float width = Vector2.Distance(Shoulders[0], Shoulders[1]);
        Near((Shoulders[0] - middle) / width, skeleton.Body![1]);
        Near((Shoulders[1] - middle) / width, skeleton.Body[2]);
        foreach ((Vector3[] given, SkeletonHand? hand) in new[] { (left, skeleton.Left), (right, skeleton.Right) })
        {
            float palm = Vector3.Distance(given[0], given[9]);
            Near((Flat(given[0]) - middle) / width, hand!.Wrist);
            Assert.True(hand.Found);
            foreach ((int j, Vector2 at) in hand.Joints.Index())
                Near((Flat(given[j]) - Flat(given[0])) / palm, at);
        }

        static Vector2 Flat(Vector3 v) => new(v.X, v.Y);
    }

    [Fact]
    public void What_is_never_found_is_null_and_what_fills_a_gap_says_so()
    {
        Vector3[] hand = Hands.Open();
        LandmarkClip clip = Hands.Clip((null, null, hand), (null, null, null), (null, null, hand));
        LandmarkSkeleton gap = Of(clip, 1);
        Assert.Null(gap.Body);
        Assert.Null(gap.Left);
        Assert.False(gap.Right!.Found);
        Assert.True(Of(clip, 0).Right!.Found);
        foreach ((Vector2 expected, Vector2 found) in Of(clip, 0).Right!.Joints.Zip(gap.Right.Joints))
            Near(expected, found);
    }
}

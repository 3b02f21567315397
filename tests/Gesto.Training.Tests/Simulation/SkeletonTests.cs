using System.Numerics;
using Gesto.Training.Simulation;

namespace Gesto.Training.Tests.Simulation;

public class SkeletonTests
{
    [Theory]
    [InlineData(0.9)]
    [InlineData(1.1)]
    public void A_hand_reaches_its_target_with_bones_of_the_right_length(double scale)
    {
        var skeleton = new Skeleton(scale);
        Vector3 goal = new Vector3(-0.10f, 0.05f, 0.33f) * (float)scale;
        var hand = new HandTarget(goal, Quaternion.Identity, Handshape.Table["5"].Angles);
        Pose pose = skeleton.Reach(hand, hand, Vector3.Zero);
        foreach (ArmPose arm in (ArmPose[])[pose.Right, pose.Left])
        {
            Assert.Equal(skeleton.UpperArm, Vector3.Distance(arm.Shoulder, arm.Elbow), tolerance: 1e-5);
            Assert.Equal(skeleton.Forearm, Vector3.Distance(arm.Elbow, arm.Wrist), tolerance: 1e-5);
        }
        // 1 mm: the limits of the arm's reach act gently, so a little before they are met.
        Assert.True(Vector3.Distance(goal, pose.Right.Wrist + pose.Right.Along * skeleton.ContactDistance) < 1e-3);
        Assert.True(
            Vector3.Distance(Skeleton.Mirror(goal), pose.Left.Wrist + pose.Left.Along * skeleton.ContactDistance) < 1e-3
        );
    }

    [Fact]
    public void A_target_out_of_reach_is_pointed_at_with_an_arm_that_keeps_its_length()
    {
        (Vector3 elbow, Vector3 wrist) = Skeleton.TwoBones(Vector3.Zero, new(0, 0, 5), 0.29f, 0.25f, -Vector3.UnitY);
        Assert.Equal(0.29, elbow.Length(), tolerance: 1e-5);
        Assert.Equal(0.25, Vector3.Distance(elbow, wrist), tolerance: 1e-5);
        Assert.Equal(1, Vector3.Normalize(wrist).Z, tolerance: 1e-5);
        Assert.True(elbow.Y < 0, "the elbow bends towards the pole");
    }

    [Fact]
    public void A_straight_finger_points_along_the_hand_and_a_fist_comes_back_to_the_palm()
    {
        var skeleton = new Skeleton(1);
        ArmPose flat = Right(skeleton, "flat"),
            fist = Right(skeleton, "S");
        Vector3 middle = Vector3.Normalize(flat.Joint(2, 3) - flat.Joint(2, 0));
        Assert.True(Vector3.Dot(middle, flat.Along) > 0.98);
        Assert.Equal(0.050 + 0.031 + 0.022, Vector3.Distance(flat.Joint(2, 3), flat.Joint(2, 0)), tolerance: 0.001);
        Assert.True(
            Vector3.Distance(fist.Joint(2, 3), fist.Wrist) < Vector3.Distance(flat.Joint(2, 3), flat.Wrist) - 0.06
        );
        Assert.True(
            Vector3.Dot(fist.Joint(2, 2) - fist.Joint(2, 0), fist.PalmNormal) > 0,
            "fingers close on the palm's side"
        );
    }

    [Fact]
    public void The_thumbs_of_two_raised_hands_point_at_each_other()
    {
        HandTarget hand = new(new Vector3(-0.2f, 0, 0.3f), Quaternion.Identity, Handshape.Table["5"].Angles);
        Pose pose = new Skeleton(1).Reach(hand, hand, Vector3.Zero);
        Assert.True(
            pose.Right.Joint(0, 3).X > pose.Right.Joint(4, 3).X,
            "palms forward: the right thumb is towards the middle"
        );
        Assert.True(pose.Left.Joint(0, 3).X < pose.Left.Joint(4, 3).X);
    }

    private static ArmPose Right(Skeleton skeleton, string shape)
    {
        var hand = new HandTarget(new Vector3(-0.1f, 0, 0.3f), Quaternion.Identity, Handshape.Table[shape].Angles);
        return skeleton.Reach(hand, hand, Vector3.Zero).Right;
    }
}

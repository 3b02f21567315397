using System.Numerics;

namespace Gesto.Training.Simulation;

/// <summary>One arm and hand at one instant; points in metres, body frame (see <see cref="Skeleton"/>). <c>Along</c> is
/// the unit vector from the wrist to the knuckles, <c>PalmNormal</c> points out of the palm, and <c>FingerJoints</c> is
/// (5 fingers, 4 points) row-major: thumb to little finger, base to tip.</summary>
internal sealed record ArmPose(
    Vector3 Shoulder,
    Vector3 Elbow,
    Vector3 Wrist,
    Vector3 Along,
    Vector3 PalmNormal,
    Vector3[] FingerJoints
)
{
    public const int Fingers = 5;
    public const int PointsPerFinger = 4;

    public Vector3 Joint(int finger, int point) => FingerJoints[finger * PointsPerFinger + point];

    /// <returns>The arm of the other side: x changes sign.</returns>
    public ArmPose Mirrored() =>
        new(
            Skeleton.Mirror(Shoulder),
            Skeleton.Mirror(Elbow),
            Skeleton.Mirror(Wrist),
            Skeleton.Mirror(Along),
            Skeleton.Mirror(PalmNormal),
            Array.ConvertAll(FingerJoints, Skeleton.Mirror)
        );

    public ArmPose Moved(Vector3 by) =>
        new(Shoulder + by, Elbow + by, Wrist + by, Along, PalmNormal, Array.ConvertAll(FingerJoints, p => p + by));
}

/// <summary>The upper body at one instant; points in metres, body frame (see <see cref="Skeleton"/>): the head's
/// centre, the neck's base, the middle of the hips, and the arms of the signer's right and left.</summary>
internal sealed record Pose(Vector3 Head, Vector3 Neck, Vector3 Pelvis, ArmPose Right, ArmPose Left)
{
    public Pose Mirrored() =>
        new(Skeleton.Mirror(Head), Skeleton.Mirror(Neck), Skeleton.Mirror(Pelvis), Left.Mirrored(), Right.Mirrored());
}

/// <summary>Where one hand is to be: the input of inverse kinematics.</summary>
/// <param name="Contact">The point of the hand that a sign places: mid-finger, 0.13 m × scale from the wrist.</param>
/// <param name="Orientation">Turns the hand frame (x thumb side of a right hand, y along the fingers, z out of the
/// palm) into the body frame.</param>
/// <param name="Angles">The 15 angles of <see cref="Handshape"/>.</param>
internal readonly record struct HandTarget(Vector3 Contact, Quaternion Orientation, float[] Angles);

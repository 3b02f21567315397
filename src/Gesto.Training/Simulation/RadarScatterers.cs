using System.Numerics;

namespace Gesto.Training.Simulation;

/// <summary>The body as point scatterers: where they are, and how strongly each one reflects towards the
/// radar.</summary>
/// <remarks>Strength is the square root of a radar cross section, metres. Limbs reflect like cylinders, best when seen
/// from the side, and the palm like a plate, best when faced. Every sample has the same points in the same order, so
/// that a point's range can be followed from pose to pose.</remarks>
internal static class RadarScatterers
{
    private const int PerArm = 3 + 4 + 3 + ArmPose.Fingers * 2;
    private const int Trunk = 12 + 4;

    public const int Count = Trunk + 2 * PerArm;

    /// <param name="pose">Body frame, metres.</param>
    /// <param name="radar">Radar in the body frame, metres.</param>
    /// <param name="points">Receives <see cref="Count"/> positions.</param>
    /// <param name="strengths">Receives as many strengths.</param>
    public static void Place(Pose pose, Vector3 radar, Span<Vector3> points, Span<float> strengths)
    {
        int at = 0;
        float half = pose.Left.Shoulder.X - pose.Neck.X;
        Vector3 middle = (pose.Left.Shoulder + pose.Right.Shoulder) / 2;
        for (int row = 0; row < 4; row++)
        for (int column = -1; column <= 1; column++)
        {
            Vector3 down = Vector3.Lerp(middle, pose.Pelvis, 0.12f + 0.25f * row);
            points[at] = down + new Vector3(0.55f * half * column, 0, 0.10f - 0.025f * Math.Abs(column));
            strengths[at++] = column == 0 ? 0.035f : 0.022f;
        }
        Add(points, strengths, ref at, pose.Head + new Vector3(0, 0, 0.09f), 0.022f);
        Add(points, strengths, ref at, pose.Head + new Vector3(-0.05f, 0.03f, 0.05f), 0.010f);
        Add(points, strengths, ref at, pose.Head + new Vector3(0.05f, 0.03f, 0.05f), 0.010f);
        Add(points, strengths, ref at, pose.Neck + new Vector3(0, 0.03f, 0.05f), 0.012f);
        Arm(pose.Right, radar, points, strengths, ref at);
        Arm(pose.Left, radar, points, strengths, ref at);
    }

    private static void Arm(ArmPose arm, Vector3 radar, Span<Vector3> points, Span<float> strengths, ref int at)
    {
        Limb(arm.Shoulder, arm.Elbow, 3, 0.018f, radar, points, strengths, ref at);
        Limb(arm.Elbow, arm.Wrist, 4, 0.014f, radar, points, strengths, ref at);
        for (int i = 0; i < 3; i++)
        {
            Vector3 point = Vector3.Lerp(arm.Wrist, arm.Joint(1 + i, 0), 0.35f + 0.3f * i);
            float facing = Math.Abs(Vector3.Dot(arm.PalmNormal, Vector3.Normalize(radar - point)));
            Add(points, strengths, ref at, point, 0.004f + 0.013f * facing * facing);
        }
        for (int finger = 0; finger < ArmPose.Fingers; finger++)
        {
            Limb(arm.Joint(finger, 0), arm.Joint(finger, 2), 1, 0.0055f, radar, points, strengths, ref at);
            Limb(arm.Joint(finger, 2), arm.Joint(finger, 3), 1, 0.0040f, radar, points, strengths, ref at);
        }
    }

    private static void Limb(
        Vector3 from,
        Vector3 to,
        int count,
        float strength,
        Vector3 radar,
        Span<Vector3> points,
        Span<float> strengths,
        ref int at
    )
    {
        Vector3 axis = Vector3.Normalize(to - from);
        for (int i = 0; i < count; i++)
        {
            Vector3 point = Vector3.Lerp(from, to, (i + 0.7f) / (count + 0.2f));
            float endOn = Vector3.Dot(axis, Vector3.Normalize(radar - point));
            Add(points, strengths, ref at, point, strength * (0.2f + 0.8f * (1 - endOn * endOn)));
        }
    }

    private static void Add(Span<Vector3> points, Span<float> strengths, ref int at, Vector3 point, float strength)
    {
        points[at] = point;
        strengths[at++] = strength;
    }
}

using System.Numerics;

namespace Gesto.Training.Simulation;

/// <summary>Bone lengths of an articulated upper body, and its kinematics.</summary>
/// <remarks>Body frame: origin midway between the shoulders, x to the signer's left, y up, z forward (towards camera
/// and radar), metres. The nominal adult has <c>scale</c> 1: shoulders 0.36 m apart, upper arm 0.29 m, forearm 0.25 m,
/// hand 0.19 m, within the range of anthropometric tables (C. Gordon et al., ANSUR, 1989).</remarks>
internal sealed class Skeleton(double scale)
{
    // Knuckles in the hand frame (thumb side, along), then the three bones of each finger; metres at scale 1.
    private static readonly Vector2[] Bases =
    [
        new(0.026f, 0.028f),
        new(0.027f, 0.094f),
        new(0.008f, 0.099f),
        new(-0.012f, 0.094f),
        new(-0.030f, 0.083f),
    ];
    private static readonly float[][] Bones =
    [
        [0.045f, 0.034f, 0.028f],
        [0.045f, 0.027f, 0.021f],
        [0.050f, 0.031f, 0.022f],
        [0.046f, 0.029f, 0.021f],
        [0.036f, 0.021f, 0.018f],
    ];

    // A folded arm keeps the wrist this far from the shoulder, metres beyond the difference of its bones.
    private const float ClosestFold = 0.08f;

    public float Scale { get; } = (float)scale;

    public float ShoulderHalfWidth => 0.18f * Scale;

    public float UpperArm => 0.29f * Scale;

    public float Forearm => 0.25f * Scale;

    /// <summary>Distance from the wrist to the point of the hand that a sign places.</summary>
    public float ContactDistance => 0.13f * Scale;

    public Vector3 HeadCentre => new Vector3(0, 0.235f, 0.02f) * Scale;

    public Vector3 Pelvis => new Vector3(0, -0.52f, 0) * Scale;

    public static Vector3 Mirror(Vector3 point) => new(-point.X, point.Y, point.Z);

    /// <summary>A pose whose hands reach two targets.</summary>
    /// <param name="right">Of the right hand.</param>
    /// <param name="left">In the mirrored frame, as if it were a right hand.</param>
    /// <param name="lean">Shift of the head relative to the shoulders, metres: sway and nods.</param>
    public Pose Reach(in HandTarget right, in HandTarget left, Vector3 lean) =>
        new(
            HeadCentre + lean,
            new Vector3(0, 0.06f, 0) * Scale,
            Pelvis,
            ReachRight(right),
            ReachRight(left).Mirrored()
        );

    private ArmPose ReachRight(in HandTarget target)
    {
        Vector3 thumbSide = Vector3.Transform(Vector3.UnitX, target.Orientation);
        Vector3 along = Vector3.Transform(Vector3.UnitY, target.Orientation);
        Vector3 normal = Vector3.Transform(Vector3.UnitZ, target.Orientation);
        var shoulder = new Vector3(-ShoulderHalfWidth, 0, 0);
        // The elbow swivels with the direction of the reach: below a hand in front, behind a hand that hangs, in front
        // of one that is raised. The axis is one no hand points along, where the swivel would flip.
        Vector3 goal = target.Contact - along * ContactDistance;
        goal.Z = SmoothMax(goal.Z, 0.10f * Scale, 0.03f); // a wrist stays in front of the body
        Vector3 pole = Vector3.Cross(new Vector3(1f, -0.4f, -0.4f), goal - shoulder);
        (Vector3 elbow, Vector3 wrist) = TwoBones(shoulder, goal, UpperArm, Forearm, pole);
        return new ArmPose(shoulder, elbow, wrist, along, normal, Hand(wrist, thumbSide, along, normal, target.Angles));
    }

    /// <summary>Two-bone inverse kinematics: the joint between two bones, in the plane of <paramref
    /// name="pole"/>.</summary>
    /// <returns>The middle joint, and the end, which is <paramref name="target"/> drawn back onto the reachable
    /// shell.</returns>
    internal static (Vector3 Middle, Vector3 End) TwoBones(
        Vector3 root,
        Vector3 target,
        float upper,
        float lower,
        Vector3 pole
    )
    {
        Vector3 reach = target - root;
        float wanted = reach.Length();
        Vector3 direction = wanted > 1e-6f ? reach / wanted : Vector3.UnitZ;
        // Drawn back gently: at a hard limit the elbow would stop dead.
        float longest = upper + lower,
            slack = 0.08f * longest,
            nearly = longest - slack;
        float distance = wanted > nearly ? nearly + 0.98f * slack * MathF.Tanh((wanted - nearly) / slack) : wanted;
        distance = SmoothMax(distance, MathF.Abs(upper - lower) + ClosestFold, 0.02f);
        float along = (distance * distance + upper * upper - lower * lower) / (2 * distance);
        float aside = MathF.Sqrt(MathF.Max(0, upper * upper - along * along));
        Vector3 bend = Vector3.Normalize(pole - direction * Vector3.Dot(pole, direction));
        return (root + direction * along + bend * aside, root + direction * distance);
    }

    /// <returns>About the larger of two values, without a corner; equal to it a few <paramref name="width"/>
    /// away.</returns>
    private static float SmoothMax(float value, float least, float width)
    {
        float over = (value - least) / width;
        return over > 8 ? value : least + width * MathF.Log(1 + MathF.Exp(over));
    }

    private Vector3[] Hand(Vector3 wrist, Vector3 thumbSide, Vector3 along, Vector3 normal, float[] angles)
    {
        var points = new Vector3[ArmPose.Fingers * ArmPose.PointsPerFinger];
        for (int finger = 0; finger < ArmPose.Fingers; finger++)
        {
            Vector3 point = wrist + (thumbSide * Bases[finger].X + along * Bases[finger].Y) * Scale;
            points[finger * ArmPose.PointsPerFinger] = point;
            float first = angles[3 * finger],
                second = angles[3 * finger + 1],
                abduction = angles[3 * finger + 2];
            Vector3 straight = along * MathF.Cos(abduction) + thumbSide * MathF.Sin(abduction);
            for (int bone = 0; bone < 3; bone++)
            {
                Vector3 direction;
                if (finger == 0)
                {
                    Vector3 opposed = straight * MathF.Cos(first) + normal * MathF.Sin(first);
                    float bend = second * (0.4f + 0.6f * bone);
                    Vector3 across = Vector3.Normalize(-thumbSide + 0.25f * normal);
                    direction = Vector3.Normalize(opposed * MathF.Cos(bend) + across * MathF.Sin(bend));
                }
                else
                {
                    float bend =
                        bone == 0 ? first
                        : bone == 1 ? first + second
                        : first + 1.7f * second;
                    direction = straight * MathF.Cos(bend) + normal * MathF.Sin(bend);
                }
                point += direction * (Bones[finger][bone] * Scale);
                points[finger * ArmPose.PointsPerFinger + bone + 1] = point;
            }
        }
        return points;
    }
}

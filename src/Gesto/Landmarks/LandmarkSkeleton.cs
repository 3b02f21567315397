using System.Numerics;

namespace Gesto.Landmarks;

/// <summary>One hand of a step, to be drawn.</summary>
/// <param name="Joints">21, from the wrist, in palm lengths, as the picture shows it: x to the right, y
/// downwards.</param>
/// <param name="Wrist">From the middle of the shoulders in shoulder widths; (0, 0) where no body is known.</param>
/// <param name="Found">False where it was not found in this frame and is what others make likely.</param>
internal sealed record SkeletonHand(Vector2[] Joints, Vector2 Wrist, bool Found);

/// <summary>Body and hands of one step, to be drawn: <see cref="LandmarkFeatures"/> read backwards. That is what a
/// recogniser is given, upright and of one size whoever signs, with gaps filled; how large a palm is in shoulder widths
/// is not in it.</summary>
/// <param name="Body">Nose, then shoulders, elbows and wrists, left before right, in shoulder widths from the middle of
/// the shoulders; null where it is never found. (0, 0) where a joint is never found.</param>
/// <param name="BodyFound">False where it was not found in this frame.</param>
/// <param name="Left">Of the signer; null where it is never found.</param>
/// <param name="Right">Likewise.</param>
internal sealed record LandmarkSkeleton(Vector2[]? Body, bool BodyFound, SkeletonHand? Left, SkeletonHand? Right)
{
    /// <param name="step">(<see cref="LandmarkFeatures.Width"/>).</param>
    public static LandmarkSkeleton Of(ReadOnlySpan<float> step)
    {
        ReadOnlySpan<float> body = LandmarkFeatures.BodyOf(step);
        var joints = new Vector2[body.Length / 2];
        for (int j = 0; j < joints.Length; j++)
            joints[j] = new Vector2(body.Slice(2 * j, 2));
        return new(
            Array.TrueForAll(joints, j => j == default) ? null : joints,
            step[LandmarkFeatures.Presence[0]] > 0,
            Hand(step, 0),
            Hand(step, 1)
        );
    }

    private static SkeletonHand? Hand(ReadOnlySpan<float> step, int hand)
    {
        ReadOnlySpan<float> of = LandmarkFeatures.HandOf(step, hand);
        ReadOnlySpan<float> faces = of[^8..];
        Vector3 z = new(faces[..3]),
            y = new(faces[3..6]);
        // Between frames in which it is found both are means of two, a little shorter and not quite upright.
        if (z.LengthSquared() == 0 || y.LengthSquared() == 0)
            return null;
        (z, y) = (Vector3.Normalize(z), Vector3.Normalize(y));
        Vector3 x = hand == 0 ? Vector3.Cross(z, y) : Vector3.Cross(y, z);
        var joints = new Vector2[LandmarkClip.HandJoints];
        for (int j = 1; j < joints.Length; j++)
        {
            Vector3 at = new(of.Slice(3 * (j - 1), 3));
            Vector3 there = at.X * x + at.Y * y + at.Z * z;
            joints[j] = new Vector2(there.X, there.Y);
        }
        return new(joints, new Vector2(of[^2..]), step[LandmarkFeatures.Presence[1 + hand]] > 0);
    }
}

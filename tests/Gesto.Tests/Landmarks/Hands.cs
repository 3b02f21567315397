using System.Numerics;
using Gesto.Landmarks;

namespace Gesto.Tests.Landmarks;

/// <summary>Landmarks made by hand.</summary>
internal static class Hands
{
    /// <returns>21 joints of a hand of no symmetry, palm length not 1.</returns>
    public static Vector3[] Open(int seed = 3)
    {
        var random = new Random(seed);
        var joints = new Vector3[LandmarkClip.HandJoints];
        for (int finger = 0; finger < 5; finger++)
        for (int joint = 1; joint <= 4; joint++)
            joints[4 * finger + joint] = new Vector3(
                0.06f - 0.03f * finger + 0.005f * random.NextSingle(),
                0.05f * joint + 0.01f * random.NextSingle(),
                0.02f * random.NextSingle()
            );
        return joints;
    }

    public static Vector3[] Moved(this Vector3[] joints, Quaternion turn, float scale, Vector3 by) =>
        [.. joints.Select(j => scale * Vector3.Transform(j, turn) + by)];

    /// <returns>A clip; null = not found.</returns>
    public static LandmarkClip Clip(params (Vector2[]? Shoulders, Vector3[]? Left, Vector3[]? Right)[] frames)
    {
        var values = new float[frames.Length * LandmarkClip.FrameValues];
        foreach ((int t, (Vector2[]? shoulders, Vector3[]? left, Vector3[]? right)) in frames.Index())
        {
            Span<float> frame = values.AsSpan(t * LandmarkClip.FrameValues, LandmarkClip.FrameValues);
            shoulders?[0].CopyTo(frame[(4 * 11)..]);
            shoulders?[1].CopyTo(frame[(4 * 12)..]);
            for (int j = 0; j < LandmarkClip.HandJoints; j++)
            {
                left?[j].CopyTo(frame[(LandmarkClip.BodyValues + 3 * j)..]);
                right?[j].CopyTo(frame[(LandmarkClip.BodyValues + LandmarkClip.HandValues + 3 * j)..]);
            }
        }
        return new LandmarkClip(values, frames.Length);
    }
}

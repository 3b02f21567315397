using System.Numerics;
using Gesto.Files;
using Gesto.Landmarks;
using SkiaSharp;

namespace Gesto.Training.Simulation;

/// <summary>The joints that the camera sees, as a detector would find them: a little beside where they are, a hand now
/// and then not at all, or taken for the other. The skeleton knows its joints, and a detector of real hands finds drawn
/// ones in half of the frames only.</summary>
/// <remarks>How much is of real landmarks (`traduttore33`, 990 takes of MediaPipe's): where a hand moves slowly its
/// joints are 1.6 to 3.2 % of the palm's length off a smooth course; 3.4 % of the frames lack the dominant hand. That
/// hands are lost more where they are fast, and that they are exchanged, is our guess.</remarks>
internal static class LandmarkRecorder
{
    /// <summary>Off from where it is, in palm lengths: anew in each frame, and the same through a sample.</summary>
    private const float Jitter = 0.025f,
        Bias = 0.03f;

    /// <summary>Depth is guessed from one picture: this many times as far off.</summary>
    private const float DepthFactor = 2;

    /// <summary>Of a frame: a hand at rest is lost, more by each palm length that it moves a frame, and once lost stays
    /// lost in the next frame; the hands are exchanged.</summary>
    private const double Lost = 0.01,
        LostByMotion = 0.05,
        StaysLost = 0.4,
        Exchanged = 0.005;

    /// <summary>Of the body's joints those that the skeleton has: nose, then shoulders, elbows, wrists and hips, left
    /// before right.</summary>
    private const int Nose = 0,
        LeftShoulder = 11,
        LeftElbow = 13,
        LeftWrist = 15,
        LeftHip = 23;

    /// <summary>From the skeleton's head and pelvis, metres × scale.</summary>
    private static readonly Vector3 NoseFromHead = new(0, -0.01f, 0.11f),
        HipFromPelvis = new(0.11f, 0, 0);

    /// <param name="performance">What is signed.</param>
    /// <param name="signer">Where the camera stands.</param>
    /// <param name="options">Frame rate and picture.</param>
    /// <param name="seed">Of the noise.</param>
    /// <returns>(T, 258) float32 in the order of <see cref="LandmarkClip"/>: x and y in picture widths from the upper
    /// left corner, z likewise, smaller = nearer, from the middle of the hips or the hand's wrist; zeros where nothing
    /// is found.</returns>
    public static NpyArray Record(Performance performance, Signer signer, SimulationOptions options, ulong seed)
    {
        var random = new SeededRandom(seed, SeededRandom.HashOf("landmarks"));
        var view = new CameraView(signer.Camera, signer.LookAt, options.Width, options.Height);
        int frames = options.FramesOf(performance);
        var values = new float[frames * LandmarkClip.FrameValues];
        Vector3[][] biases = [.. Enumerable.Range(0, 2).Select(_ => Noise(random, Bias))];
        var lost = new bool[2];
        Vector3[]?[] before = new Vector3[]?[2];
        for (int t = 0; t < frames; t++)
        {
            Pose pose = performance.PoseAt(t / options.FrameRateHz);
            Span<float> frame = values.AsSpan(t * LandmarkClip.FrameValues, LandmarkClip.FrameValues);
            WriteBody(Body(pose, signer), frame);
            bool exchanged = random.Chance(Exchanged);
            foreach ((int hand, ArmPose arm) in new[] { pose.Left, pose.Right }.Index())
            {
                Vector3[] joints = Seen([arm.Wrist, .. arm.FingerJoints], arm.Wrist);
                float palm = Vector3.Distance(joints[0], joints[9]),
                    moved = before[hand] is { } last ? Vector3.Distance(last[0], joints[0]) / palm : 0;
                before[hand] = joints;
                Vector3[] jitter = Noise(random, Jitter);
                lost[hand] = random.Chance(lost[hand] ? StaysLost : Lost + LostByMotion * moved);
                if (lost[hand] || !IsInside(joints))
                    continue;
                int place = LandmarkClip.BodyValues + (exchanged ? 1 - hand : hand) * LandmarkClip.HandValues;
                for (int j = 0; j < joints.Length; j++)
                    (joints[j] + palm * (jitter[j] + biases[hand][j])).CopyTo(frame[(place + 3 * j)..]);
            }
        }
        return NpyArray.From(values, frames, LandmarkClip.FrameValues);

        Vector3[] Seen(Vector3[] points, Vector3 origin)
        {
            float depth = Depth(origin);
            return
            [
                .. points.Select(p =>
                {
                    SKPoint at = view.Project(p, out float pixels);
                    return new Vector3(at.X, at.Y, (Depth(p) - depth) * pixels);
                }),
            ];
        }

        float Depth(Vector3 point) => Vector3.Distance(point, signer.Camera);

        bool IsInside(Vector3[] joints) =>
            joints.All(j => j is { X: > 0, Y: > 0 } && j.X < options.Width && j.Y < options.Height);

        (int Joint, Vector3 At)[] Body(Pose pose, Signer of)
        {
            float scale = of.Skeleton.Scale;
            (int, Vector3)[] points =
            [
                (Nose, pose.Head + NoseFromHead * scale),
                (LeftShoulder, pose.Left.Shoulder),
                (LeftShoulder + 1, pose.Right.Shoulder),
                (LeftElbow, pose.Left.Elbow),
                (LeftElbow + 1, pose.Right.Elbow),
                (LeftWrist, pose.Left.Wrist),
                (LeftWrist + 1, pose.Right.Wrist),
                (LeftHip, pose.Pelvis + HipFromPelvis * scale),
                (LeftHip + 1, pose.Pelvis - HipFromPelvis * scale),
            ];
            Vector3[] seen = Seen([.. points.Select(p => p.Item2)], pose.Pelvis);
            float width = Vector3.Distance(seen[1], seen[2]);
            return [.. points.Select((p, i) => (p.Item1, seen[i] + width * Jitter / 2 * random.NormalVector(1)))];
        }

        static void WriteBody((int Joint, Vector3 At)[] joints, Span<float> frame)
        {
            foreach ((int joint, Vector3 at) in joints)
            {
                at.CopyTo(frame[(4 * joint)..]);
                frame[4 * joint + 3] = 1;
            }
        }
    }

    private static Vector3[] Noise(SeededRandom random, float deviation) =>
        [
            .. Enumerable
                .Range(0, LandmarkClip.HandJoints)
                .Select(_ => random.NormalVector(deviation) * new Vector3(1, 1, DepthFactor)),
        ];
}

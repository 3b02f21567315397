using Gesto.Landmarks;

namespace Gesto.MediaPipe;

/// <summary>Landmarks as a `.pose` file, whose components and points have the names that others give MediaPipe's.
/// The hands' world coordinates have none; they are `LEFT_HAND_WORLD_LANDMARKS` and
/// `RIGHT_HAND_WORLD_LANDMARKS`.</summary>
internal static class LandmarkPose
{
    private const string Format = "XYZC";

    private static readonly (ushort Red, ushort Green, ushort Blue) Red = (255, 0, 0),
        Green = (0, 255, 0);

    /// <summary>Joints that a bone joins.</summary>
    public static IReadOnlyList<(ushort From, ushort To)> BodyBones { get; } =
    [
        (0, 1),
        (1, 2),
        (2, 3),
        (3, 7),
        (0, 4),
        (4, 5),
        (5, 6),
        (6, 8),
        (9, 10),
        (11, 12),
        (11, 13),
        (13, 15),
        (15, 17),
        (15, 19),
        (15, 21),
        (17, 19),
        (12, 14),
        (14, 16),
        (16, 18),
        (16, 20),
        (16, 22),
        (18, 20),
        (11, 23),
        (12, 24),
        (23, 24),
        (23, 25),
        (24, 26),
        (25, 27),
        (26, 28),
        (27, 29),
        (28, 30),
        (29, 31),
        (30, 32),
        (27, 31),
        (28, 32),
    ];

    /// <summary>Of a hand: each finger, and across the knuckles.</summary>
    public static IReadOnlyList<(ushort From, ushort To)> HandBones { get; } =
    [
        .. from finger in Enumerable.Range(0, 5)
        from joint in Enumerable.Range(0, 3)
        select ((ushort)(4 * finger + joint + 1), (ushort)(4 * finger + joint + 2)),
        (0, 1),
        (0, 5),
        (5, 9),
        (9, 13),
        (13, 17),
        (0, 17),
    ];

    public static PoseFile Of(VideoLandmarks found)
    {
        (string Name, int Points, bool Body)[] components =
        [
            ("POSE_LANDMARKS", LandmarkClip.BodyJoints, true),
            ("LEFT_HAND_LANDMARKS", LandmarkClip.HandJoints, false),
            ("RIGHT_HAND_LANDMARKS", LandmarkClip.HandJoints, false),
            ("POSE_WORLD_LANDMARKS", LandmarkClip.BodyJoints, true),
            ("LEFT_HAND_WORLD_LANDMARKS", LandmarkClip.HandJoints, false),
            ("RIGHT_HAND_WORLD_LANDMARKS", LandmarkClip.HandJoints, false),
        ];
        var values = new List<float>();
        var confidences = new List<float>();
        foreach (HolisticResult frame in found.Frames)
        {
            Add(frame.Pose?.Joints, 4, LandmarkClip.BodyJoints, j => frame.Pose!.Visibility(j));
            Add(frame.Left?.Joints, 3, LandmarkClip.HandJoints, _ => frame.Left!.Presence);
            Add(frame.Right?.Joints, 3, LandmarkClip.HandJoints, _ => frame.Right!.Presence);
            Add(frame.Pose?.World, 3, LandmarkClip.BodyJoints, j => frame.Pose!.Visibility(j));
            Add(frame.Left?.World, 3, LandmarkClip.HandJoints, _ => frame.Left!.Presence);
            Add(frame.Right?.World, 3, LandmarkClip.HandJoints, _ => frame.Right!.Presence);
        }
        return new PoseFile
        {
            Size = (checked((ushort)found.Width), checked((ushort)found.Height), checked((ushort)found.Width)),
            Components =
            [
                .. components.Select(c => new PoseComponent(
                    c.Name,
                    Format,
                    c.Body ? PoseLandmarks.BodyNames : PoseLandmarks.HandNames,
                    c.Body ? BodyBones : HandBones,
                    [c.Name.StartsWith("LEFT", StringComparison.Ordinal) ? Green : Red]
                )),
            ],
            FramesPerSecond = found.FramesPerSecond,
            Frames = found.Frames.Count,
            People = 1,
            Values = [.. values],
            Confidences = [.. confidences],
        };

        void Add(float[]? joints, int width, int count, Func<int, float> confidence)
        {
            for (int j = 0; j < count; j++)
            {
                values.AddRange(joints is null ? [0, 0, 0] : joints.AsSpan(j * width, 3));
                confidences.Add(joints is null ? 0 : confidence(j));
            }
        }
    }
}

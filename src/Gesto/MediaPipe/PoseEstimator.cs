using System.Numerics;
using Gesto.Landmarks;

namespace Gesto.MediaPipe;

/// <summary>A body in a picture.</summary>
/// <param name="Joints">33 × (x, y, z, visibility): pixels, z from the hips towards the camera below zero; visibility
/// 0…1.</param>
/// <param name="World">33 × (x, y, z), metres from the middle of the hips.</param>
internal sealed record PoseResult(float[] Joints, float[] World)
{
    /// <summary>Where the body is looked for in the next frame of a video.</summary>
    public Region Next { get; init; }

    /// <returns>Where a joint is in the picture.</returns>
    public Vector2 At(int joint) => new(Joints[4 * joint], Joints[4 * joint + 1]);

    public float Visibility(int joint) => Joints[4 * joint + 3];

    /// <returns>Whether an arm's hand is higher than the other's.</returns>
    public bool IsHigher(bool left) => At(Wrist(left)).Y < At(Wrist(!left)).Y;

    /// <returns>Whether an arm's hand is as far below the shoulders as features take for one at rest, and a little
    /// farther: the hand's own network says where it is only roughly the same. Shoulders of somebody who turns are near
    /// each other; then the trunk's length says how far that is.</returns>
    public bool IsAtRest(bool left)
    {
        Vector2 shoulders = (At(11) + At(12)) / 2,
            hips = (At(23) + At(24)) / 2;
        float unit = Math.Max(Vector2.Distance(At(11), At(12)), Vector2.Distance(shoulders, hips) / TrunkOfWidth);
        return At(Wrist(left)).Y - shoulders.Y > (LandmarkFeatures.Lowest + 0.05f) * unit;
    }

    /// <summary>Length of a trunk, in shoulder widths.</summary>
    private const float TrunkOfWidth = 1.6f;

    private static int Wrist(bool left) => left ? 15 : 16;
}

/// <summary>Finds the body that the detector is surest of, and its joints.</summary>
internal sealed class PoseEstimator(LandmarkNetwork detection, LandmarkNetwork pose)
{
    /// <summary>Cells on each side of a joint whose heat is weighed, and the heat that one must have.</summary>
    private const int Reach = 3;
    private const float LeastHeat = 0.5f;

    /// <summary>Of the network's joints those that no body has: its middle, and a point that says how large it is and
    /// how it leans.</summary>
    private const int Hips = 33,
        Rim = 34;

    private static readonly BoxDetector Boxes = new(
        LandmarkModel.PoseDetection.Side,
        points: 4,
        (8, 2),
        (16, 2),
        (32, 6)
    );

    /// <param name="frame">The picture.</param>
    /// <param name="before">The body in the frame before: it is looked for where it must be now, and anywhere only if
    /// it is not there; null = anywhere.</param>
    /// <returns>Null where there is nobody.</returns>
    public PoseResult? Find(RgbFrame frame, PoseResult? before = null) =>
        (before is null ? null : Read(frame, before.Next))
        ?? (FindRegion(frame) is { } region ? Read(frame, region) : null);

    private Region? FindRegion(RgbFrame frame)
    {
        Region whole = Region.Around(frame);
        List<Detection> people = detection.Run(frame, whole, outputs => Boxes.Read(outputs[0], outputs[1]));
        if (people.Count == 0)
            return null;
        // The first point is the middle of the hips, the second says how large a body is and how it leans.
        Vector2 hips = people[0].Points[0],
            rim = people[0].Points[1];
        return Around(whole.ToPicture(hips.X, hips.Y), whole.ToPicture(rim.X, rim.Y));
    }

    private static Region Around(Vector2 hips, Vector2 rim) => Region.ByPoints(hips, rim).Square(1.25f);

    private PoseResult? Read(RgbFrame frame, Region region) =>
        pose.Run(frame, region, outputs => outputs[1][0] > 0.5f ? Read(outputs, region) : null);

    private static PoseResult Read(float[][] outputs, Region region)
    {
        (float[] raw, float[] heatmaps, float[] metres) = (outputs[0], outputs[2], outputs[3]);
        var joints = new float[LandmarkClip.BodyValues];
        var world = new float[LandmarkClip.BodyJoints * 3];
        for (int j = 0; j < LandmarkClip.BodyJoints; j++)
        {
            ReadOnlySpan<float> from = raw.AsSpan(j * LandmarkModel.PoseValues, LandmarkModel.PoseValues);
            At(j).CopyTo(joints, 4 * j);
            joints[4 * j + 2] = from[2] / LandmarkModel.Pose.Side * region.Width;
            joints[4 * j + 3] = Sigmoid(from[3]);
            region.Turned(new Vector2(metres[3 * j], metres[3 * j + 1])).CopyTo(world, 3 * j);
            world[3 * j + 2] = metres[3 * j + 2];
        }
        return new(joints, world) { Next = Around(At(Hips), At(Rim)) };

        Vector2 At(int joint)
        {
            const int Heatmap = LandmarkModel.HeatmapSide * LandmarkModel.HeatmapSide;
            ReadOnlySpan<float> from = raw.AsSpan(joint * LandmarkModel.PoseValues, 2);
            Vector2 own = Refined(
                new Vector2(from[0], from[1]) / LandmarkModel.Pose.Side,
                heatmaps.AsSpan(joint * Heatmap, Heatmap)
            );
            return region.ToPicture(own.X, own.Y);
        }
    }

    /// <summary>Moves a joint to the middle of the heat around it, where there is enough.</summary>
    /// <param name="own">0…1 of the region.</param>
    /// <param name="heatmap">The joint's, row by row, before the sigmoid.</param>
    private static Vector2 Refined(Vector2 own, ReadOnlySpan<float> heatmap)
    {
        const int Side = LandmarkModel.HeatmapSide;
        (int column, int row) = ((int)(own.X * Side), (int)(own.Y * Side));
        // Beside or above the region nothing is known. MediaPipe forgets to ask what is below it, and there the last
        // rows still pull.
        if (column < 0 || column >= Side || row < 0)
            return own;
        float sum = 0,
            most = 0;
        Vector2 middle = default;
        for (int y = Math.Max(0, row - Reach); y < Math.Min(Side, row + Reach + 1); y++)
        for (int x = Math.Max(0, column - Reach); x < Math.Min(Side, column + Reach + 1); x++)
        {
            float heat = Sigmoid(heatmap[y * Side + x]);
            sum += heat;
            most = Math.Max(most, heat);
            middle += new Vector2(x, y) * heat;
        }
        return most >= LeastHeat ? middle / Side / sum : own;
    }

    private static float Sigmoid(float v) => 1 / (1 + MathF.Exp(-v));
}

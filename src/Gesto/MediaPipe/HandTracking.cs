using System.Numerics;

namespace Gesto.MediaPipe;

/// <summary>Where a hand of the frame before is looked for: MediaPipe keeps a square that fits its joints as long as
/// what the body says of the hand does not differ much.</summary>
/// <remarks>Source: MediaPipe's calculators HandLandmarksToRect and RoiTracking, and the hand_tracking graph's
/// thresholds.</remarks>
internal static class HandTracking
{
    /// <summary>Differences from the new square that are borne: radians; parts of its side.</summary>
    private const float MostTurn = 40 * MathF.PI / 180,
        MostShift = 0.2f,
        MostGrowth = 0.4f;

    /// <summary>Part of the new square, about its middle, that must hold all joints.</summary>
    private const float Holds = 0.9f;

    private const int Wrist = 0,
        Index = 5,
        Middle = 9,
        Ring = 13;

    /// <summary>Finger joints move too much to be fitted.</summary>
    private static readonly int[] Palm = [0, 1, 2, 3, 5, 6, 9, 10, 13, 14, 17, 18];

    /// <param name="before">The hand in the frame before; null = it had none.</param>
    /// <param name="found">Where the body says that it is now.</param>
    /// <returns>Where to look.</returns>
    public static Region Choose(HandResult? before, Region found)
    {
        if (before is null)
            return found;
        Vector2[] joints =
        [
            .. Enumerable
                .Range(0, before.Joints.Length / 3)
                .Select(j => new Vector2(before.Joints[3 * j], before.Joints[3 * j + 1])),
        ];
        Region kept = Around(joints);
        float turn = MathF.Abs(kept.Rotation - found.Rotation);
        Vector2 shift = Vector2.Abs(Along(kept.Centre, found)),
            most = MostShift * new Vector2(found.Width, found.Height),
            half = Holds / 2 * new Vector2(found.Width, found.Height);
        bool near =
            Math.Min(turn, MathF.Tau - turn) <= MostTurn
            && Vector2.LessThanOrEqualAll(shift, most)
            && MathF.Abs(kept.Width - found.Width) <= MostGrowth * found.Width
            && joints.All(j => Vector2.LessThanAll(Vector2.Abs(Along(j, found)), half));
        return near ? kept : found;
    }

    /// <summary>A square with the fingers up.</summary>
    /// <param name="joints">21.</param>
    internal static Region Around(Vector2[] joints)
    {
        Vector2 fingers = ((joints[Index] + joints[Ring]) / 2 + joints[Middle]) / 2;
        var turned = new Region(joints[Wrist], 0, 0, Region.Turn(joints[Wrist], fingers));
        Vector2 least = new(float.MaxValue),
            most = new(float.MinValue);
        foreach (int joint in Palm)
        {
            Vector2 at = Along(joints[joint], turned);
            (least, most) = (Vector2.Min(least, at), Vector2.Max(most, at));
        }
        Vector2 size = most - least;
        return (
            turned with
            {
                Centre = turned.Centre + turned.Turned((least + most) / 2),
                Width = size.X,
                Height = size.Y,
            }
        ).Square(2, down: -0.1f);
    }

    /// <returns>A place from a region's middle, along its axes.</returns>
    private static Vector2 Along(Vector2 place, Region region) =>
        (region with { Rotation = -region.Rotation }).Turned(place - region.Centre);
}

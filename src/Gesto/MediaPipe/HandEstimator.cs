using System.Numerics;
using Gesto.Landmarks;

namespace Gesto.MediaPipe;

/// <summary>A hand in a picture.</summary>
/// <param name="Joints">21 × (x, y, z): pixels, z from the wrist, towards the camera below zero.</param>
/// <param name="World">21 × (x, y, z), metres from the middle of the hand.</param>
/// <param name="Presence">How sure the network is that this is a hand, 0.5…1.</param>
/// <param name="Right">How sure it is that it is a right one, 0…1, in a picture that is not mirrored.</param>
internal sealed record HandResult(float[] Joints, float[] World, float Presence, float Right)
{
    private const int MiddleKnuckle = 9;

    /// <returns>The hand with its joints in the picture where its world points would be, seen from the wrist, at the
    /// size of the palm.</returns>
    public HandResult ByWorld()
    {
        float scale = Palm(Joints) / Math.Max(Palm(World), 1e-6f);
        var joints = new float[Joints.Length];
        for (int i = 0; i < joints.Length; i++)
            joints[i] = Joints[i % 3] + (World[i] - World[i % 3]) * scale;
        return this with { Joints = joints };

        static float Palm(float[] points) =>
            Vector3.Distance(new(points.AsSpan(0, 3)), new(points.AsSpan(3 * MiddleKnuckle, 3)));
    }
}

/// <summary>Finds a hand's joints.</summary>
internal sealed class HandEstimator(LandmarkNetwork recrop, LandmarkNetwork hand)
{
    /// <summary>A wrist of the body that is seen less has no hand that one could see.</summary>
    private const float SeenWrist = 0.1f;

    /// <summary>By what the network's z is divided, for the same scale as x and y.</summary>
    private const float DepthScale = 0.4f;

    private static readonly int Side = LandmarkModel.Hand.Side;

    /// <summary>Looks where the body's arm ends.</summary>
    /// <param name="frame">The picture.</param>
    /// <param name="body">The body in it.</param>
    /// <param name="left">The left hand.</param>
    /// <param name="before">The hand in the frame before, where it is to be followed.</param>
    /// <returns>Null where no hand is seen.</returns>
    public HandResult? Find(RgbFrame frame, PoseResult body, bool left, HandResult? before = null)
    {
        // wrist, then the knuckles of little and index finger
        int wrist = left ? 15 : 16;
        if (!(body.Visibility(wrist) > SeenWrist))
            return null;
        Vector2 middle = (2 * body.At(wrist + 4) + body.At(wrist + 2)) / 3;
        float side = 2 * Vector2.Distance(middle, body.At(wrist));
        Region around = new Region(middle, side, side, Region.Turn(body.At(wrist), middle)).Square(2.7f, down: -0.1f);
        Region exact = recrop.Run(frame, around, outputs =>
        {
            float[] points = outputs[0];
            float scale = 1f / LandmarkModel.HandRecrop.Side;
            return Region.ByPoints(
                around.ToPicture(points[0] * scale, points[1] * scale),
                around.ToPicture(points[2] * scale, points[3] * scale),
                up: -MathF.PI / 2
            );
        });
        return Read(frame, HandTracking.Choose(before, exact.Square(1, down: -0.1f)));
    }

    /// <param name="frame">The picture.</param>
    /// <param name="region">A square around the hand, fingers up.</param>
    /// <returns>Null where there is no hand.</returns>
    public HandResult? Read(RgbFrame frame, Region region) =>
        hand.Run(frame, region, outputs => outputs[1][0] > 0.5f ? Read(outputs, region) : null);

    private static HandResult Read(float[][] outputs, Region region)
    {
        (float[] raw, float[] metres) = (outputs[0], outputs[3]);
        var joints = new float[LandmarkClip.HandValues];
        var world = new float[LandmarkClip.HandValues];
        for (int at = 0; at < joints.Length; at += 3)
        {
            region.ToPicture(raw[at] / Side, raw[at + 1] / Side).CopyTo(joints, at);
            joints[at + 2] = raw[at + 2] / Side / DepthScale * region.Width;
            region.Turned(new Vector2(metres[at], metres[at + 1])).CopyTo(world, at);
            world[at + 2] = metres[at + 2];
        }
        return new(joints, world, outputs[1][0], outputs[2][0]);
    }
}

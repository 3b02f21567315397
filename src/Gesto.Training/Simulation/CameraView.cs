using System.Numerics;
using SkiaSharp;

namespace Gesto.Training.Simulation;

/// <summary>A pinhole camera: body frame in metres → picture in pixels, x to the right, y down.</summary>
internal sealed class CameraView
{
    // Picture heights per unit of y / depth: a vertical field of view of 46 degrees.
    private const float Focal = 1.18f;

    private readonly Matrix4x4 toCamera;
    private readonly int width,
        height;

    public CameraView(Vector3 camera, Vector3 lookAt, int width, int height)
    {
        toCamera = Matrix4x4.CreateLookAt(camera, lookAt, Vector3.UnitY);
        this.width = width;
        this.height = height;
    }

    /// <param name="point">Body frame, metres.</param>
    /// <param name="pixelsPerMetre">At that depth.</param>
    public SKPoint Project(Vector3 point, out float pixelsPerMetre)
    {
        Vector3 seen = Vector3.Transform(point, toCamera);
        pixelsPerMetre = Focal * height / MathF.Max(0.15f, -seen.Z);
        return new SKPoint(width / 2f + seen.X * pixelsPerMetre, height / 2f - seen.Y * pixelsPerMetre);
    }

    public SKPoint Project(Vector3 point) => Project(point, out _);
}

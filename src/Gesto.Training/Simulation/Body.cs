using System.Numerics;
using SkiaSharp;

namespace Gesto.Training.Simulation;

/// <summary>How the parts of the body are drawn.</summary>
internal static class Body
{
    public static void DrawTorso(CameraRenderer to, Pose pose)
    {
        Vector3 left = pose.Left.Shoulder,
            right = pose.Right.Shoulder,
            hips = pose.Pelvis,
            neck = pose.Neck;
        float scale = to.Signer.Skeleton.Scale;
        Vector3[] outline =
        [
            neck + new Vector3(-0.055f, 0.025f, 0) * scale,
            right + new Vector3(0, 0.05f, 0) * scale,
            right + new Vector3(-0.045f, -0.03f, 0) * scale,
            hips + new Vector3(-0.175f, 0.17f, 0) * scale,
            hips + new Vector3(-0.20f, -0.2f, 0) * scale,
            hips + new Vector3(0.20f, -0.2f, 0) * scale,
            hips + new Vector3(0.175f, 0.17f, 0) * scale,
            left + new Vector3(0.045f, -0.03f, 0) * scale,
            left + new Vector3(0, 0.05f, 0) * scale,
            neck + new Vector3(0.055f, 0.025f, 0) * scale,
        ];
        using SKPath path = Polygon(to, outline);
        SKPoint shoulderLeft = to.View.Project(left),
            shoulderRight = to.View.Project(right);
        to.Canvas.DrawPath(path, to.Stroke(to.Signer.Clothes.Times(0.7f), 5));
        SKPaint paint = to.Fill(to.Signer.Clothes);
        float lit = 0.10f * to.Signer.Light.X;
        using SKShader shader = SKShader.CreateLinearGradient(
            shoulderRight,
            shoulderLeft,
            [
                to.Shade(to.Signer.Clothes.Times(0.85f - lit)),
                to.Shade(to.Signer.Clothes.Times(1.08f)),
                to.Shade(to.Signer.Clothes.Times(0.85f + lit)),
            ],
            SKShaderTileMode.Clamp
        );
        paint.Shader = shader;
        to.Canvas.DrawPath(path, paint);
        paint.Shader = null;
        to.Limb(
            neck + new Vector3(0, -0.02f, 0.02f) * scale,
            neck + new Vector3(0, 0.11f, 0.01f) * scale,
            0.055f * scale,
            0.05f * scale,
            to.Signer.Skin.Times(0.86f),
            0.85f
        );
    }

    public static void DrawHead(CameraRenderer to, Pose pose)
    {
        SKPoint centre = to.View.Project(pose.Head + new Vector3(0, 0, 0.05f), out float pixels);
        pixels *= to.Signer.Skeleton.Scale;
        float w = 0.072f * pixels,
            h = 0.105f * pixels;
        SKCanvas canvas = to.Canvas;
        canvas.DrawOval(centre.X, centre.Y - 0.22f * h, w * 1.17f, h * 0.98f, to.Fill(to.Signer.Hair));
        if (to.Signer.LongHair)
            canvas.DrawRoundRect(
                centre.X - w * 1.2f,
                centre.Y - 0.3f * h,
                w * 2.4f,
                h * 1.35f,
                w * 0.5f,
                w * 0.5f,
                to.Fill(to.Signer.Hair)
            );
        SKPaint paint = to.Fill(to.Signer.Skin);
        using SKShader shader = SKShader.CreateRadialGradient(
            new(centre.X + to.Signer.Light.X * w * 0.5f, centre.Y - h * 0.3f),
            h * 1.4f,
            [to.Shade(to.Signer.Skin.Times(1.06f)), to.Shade(to.Signer.Skin.Times(0.78f))],
            SKShaderTileMode.Clamp
        );
        paint.Shader = shader;
        canvas.DrawOval(centre.X, centre.Y, w, h, paint);
        paint.Shader = null;
        canvas.DrawOval(centre.X, centre.Y - 0.86f * h, w * 0.88f, h * 0.26f, to.Fill(to.Signer.Hair));
        foreach (int side in (ReadOnlySpan<int>)[-1, 1])
        {
            float x = centre.X + side * 0.42f * w,
                y = centre.Y - 0.16f * h;
            canvas.DrawOval(x, y, 0.19f * w, 0.075f * h, to.Fill(new(0.95f, 0.95f, 0.95f)));
            canvas.DrawCircle(x, y, 0.075f * h, to.Fill(new(0.15f, 0.11f, 0.09f)));
            canvas.DrawLine(
                x - 0.22f * w,
                y - 0.15f * h,
                x + 0.22f * w,
                y - 0.15f * h,
                to.Stroke(to.Signer.Hair.Times(0.9f), 0.045f * h)
            );
        }
        canvas.DrawLine(
            centre.X,
            centre.Y - 0.08f * h,
            centre.X + 0.1f * w,
            centre.Y + 0.18f * h,
            to.Stroke(to.Signer.Skin.Times(0.7f), 0.03f * h)
        );
        canvas.DrawLine(
            centre.X - 0.3f * w,
            centre.Y + 0.48f * h,
            centre.X + 0.3f * w,
            centre.Y + 0.48f * h,
            to.Stroke(new(0.62f, 0.28f, 0.28f), 0.06f * h)
        );
    }

    public static void AddArm(CameraRenderer to, ArmPose arm)
    {
        float scale = to.Signer.Skeleton.Scale;
        Rgb skin = to.Signer.Skin,
            sleeve = to.Signer.Clothes.Times(1.12f);
        Vector3 cuff = Vector3.Lerp(arm.Elbow, arm.Wrist, 0.25f);
        to.AddLayer((arm.Shoulder.Z + arm.Elbow.Z) / 2 - 0.05f, () =>
            to.Limb(arm.Shoulder, arm.Elbow, 0.052f * scale, 0.043f * scale, sleeve)
        );
        to.AddLayer((arm.Elbow.Z + arm.Wrist.Z) / 2 - 0.02f, () =>
        {
            to.Limb(cuff, arm.Wrist, 0.036f * scale, 0.025f * scale, skin);
            to.Limb(arm.Elbow, cuff, 0.043f * scale, 0.041f * scale, sleeve);
        });
        AddHand(to, arm, scale, skin);
    }

    private static void AddHand(CameraRenderer to, ArmPose arm, float scale, Rgb skin)
    {
        Vector3 middle = (arm.Wrist + arm.Joint(2, 0)) / 2;
        // The palm is paler than the back of the hand, and the side turned to the light brighter.
        bool palmSeen = Vector3.Dot(arm.PalmNormal, to.Signer.Camera - middle) > 0;
        Vector3 seen = palmSeen ? arm.PalmNormal : -arm.PalmNormal;
        Rgb colour = (palmSeen ? skin.Towards(new(1f, 0.80f, 0.74f), 0.25f) : skin).Times(
            0.86f + 0.16f * Vector3.Dot(seen, to.Signer.Light)
        );
        to.AddLayer(middle.Z, () => DrawPalm(to, arm, scale, colour));
        for (int finger = 0; finger < ArmPose.Fingers; finger++)
        {
            float radius =
                (
                    finger == 0 ? 0.0115f
                    : finger == 4 ? 0.0082f
                    : 0.0095f
                ) * scale;
            for (int bone = 0; bone < 3; bone++)
            {
                Vector3 from = arm.Joint(finger, bone),
                    tip = arm.Joint(finger, bone + 1);
                float taper = radius * (1 - 0.1f * bone);
                // Fingers nearer to the camera are lighter: the depth cue that shadows give.
                float near = Math.Clamp(1 + 2.2f * ((from.Z + tip.Z) / 2 - middle.Z), 0.8f, 1.12f);
                to.AddLayer((from.Z + tip.Z) / 2, () =>
                    to.Limb(from, tip, taper, taper * 0.9f, colour.Times(near), 0.55f)
                );
            }
        }
    }

    private static void DrawPalm(CameraRenderer to, ArmPose arm, float scale, Rgb colour)
    {
        Vector3 side = Vector3.Normalize(arm.Joint(1, 0) - arm.Joint(4, 0));
        using SKPath path = Polygon(
            to,
            [
                arm.Wrist + side * (0.022f * scale),
                arm.Joint(0, 0),
                arm.Joint(1, 0),
                arm.Joint(2, 0),
                arm.Joint(3, 0),
                arm.Joint(4, 0),
                arm.Wrist - side * (0.022f * scale),
            ]
        );
        to.View.Project(arm.Wrist, out float pixels);
        float thick = 0.019f * scale * pixels;
        to.Canvas.DrawPath(path, to.Stroke(colour.Times(0.6f), thick + 1.4f));
        to.Canvas.DrawPath(path, to.Stroke(colour, thick));
        to.Canvas.DrawPath(path, to.Fill(colour.Towards(new(1, 1, 0.97f), 0.05f)));
    }

    private static SKPath Polygon(CameraRenderer to, ReadOnlySpan<Vector3> points)
    {
        var path = new SKPath();
        path.MoveTo(to.View.Project(points[0]));
        foreach (Vector3 point in points[1..])
            path.LineTo(to.View.Project(point));
        path.Close();
        return path;
    }
}

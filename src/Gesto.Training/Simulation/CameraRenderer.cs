using System.Numerics;
using SkiaSharp;

namespace Gesto.Training.Simulation;

/// <summary>Draws poses as a webcam one metre away would see them: perspective, shaded limbs in depth order, face,
/// light, a cluttered background, sensor noise. Holds bitmaps: dispose it; one per thread and sample.</summary>
internal sealed class CameraRenderer : IDisposable
{
    private static readonly sbyte[] SensorNoise = MakeNoise();

    private readonly Signer signer;
    private readonly SeededRandom random;
    private readonly SKBitmap picture,
        background;
    private readonly SKCanvas canvas;
    private readonly SKPaint paint = new() { IsAntialias = true };
    private readonly CameraView view;
    private readonly float brightness;
    private readonly List<(float Depth, Action Draw)> layers = [];

    /// <param name="signer">Who is seen, and where camera and light stand.</param>
    /// <param name="width">Pixels.</param>
    /// <param name="height">Pixels.</param>
    /// <param name="seed">Of what differs from sample to sample: exposure and noise.</param>
    public CameraRenderer(Signer signer, int width, int height, ulong seed)
    {
        this.signer = signer;
        Width = width;
        Height = height;
        random = new SeededRandom(seed, SeededRandom.HashOf("camera"));
        brightness = signer.Brightness * (1 + (float)random.Normal(0.04));
        view = new CameraView(signer.Camera, signer.LookAt, width, height);
        var info = new SKImageInfo(width, height, SKColorType.Rgba8888, SKAlphaType.Opaque);
        picture = new SKBitmap(info);
        canvas = new SKCanvas(picture);
        background = new SKBitmap(info);
        Background.Draw(background, signer, brightness);
    }

    public int Width { get; }

    public int Height { get; }

    /// <param name="pose">Body frame, metres.</param>
    /// <param name="frame">Receives (height, width, 3), RGB.</param>
    public void Render(Pose pose, Span<byte> frame)
    {
        canvas.DrawBitmap(background, 0, 0);
        Body.DrawTorso(this, pose);
        layers.Clear();
        layers.Add((pose.Head.Z + 0.02f, () => Body.DrawHead(this, pose)));
        foreach (ArmPose arm in (ReadOnlySpan<ArmPose>)[pose.Right, pose.Left])
            Body.AddArm(this, arm);
        // A stable sort: equal depths keep their order on every machine.
        foreach ((_, Action draw) in layers.OrderBy(l => l.Depth))
            draw();
        CopyWithNoise(frame);
    }

    public void Dispose()
    {
        paint.Dispose();
        canvas.Dispose();
        picture.Dispose();
        background.Dispose();
    }

    internal Signer Signer => signer;

    internal SKCanvas Canvas => canvas;

    internal CameraView View => view;

    internal SKPaint Fill(Rgb colour)
    {
        paint.Shader = null;
        paint.Style = SKPaintStyle.Fill;
        paint.Color = Shade(colour);
        return paint;
    }

    internal SKPaint Stroke(Rgb colour, float width)
    {
        Fill(colour);
        paint.Style = SKPaintStyle.Stroke;
        paint.StrokeWidth = width;
        paint.StrokeCap = SKStrokeCap.Round;
        paint.StrokeJoin = SKStrokeJoin.Round;
        return paint;
    }

    internal SKColor Shade(Rgb colour) => new(Level(colour.R), Level(colour.G), Level(colour.B));

    internal void AddLayer(float depth, Action draw) => layers.Add((depth, draw));

    /// <summary>A round, tapered limb with a dark rim and a lit side.</summary>
    internal void Limb(Vector3 from, Vector3 to, float fromRadius, float toRadius, Rgb colour, float rim = 0.62f)
    {
        SKPoint a = view.Project(from, out float scaleA),
            b = view.Project(to, out float scaleB);
        float ra = fromRadius * scaleA,
            rb = toRadius * scaleB;
        Capsule(a, b, ra + 0.7f, rb + 0.7f, colour.Times(rim));
        Capsule(a, b, ra, rb, colour);
        var lit = new SKPoint(signer.Light.X * 0.35f, -signer.Light.Y * 0.35f);
        Capsule(
            new(a.X + lit.X * ra, a.Y + lit.Y * ra),
            new(b.X + lit.X * rb, b.Y + lit.Y * rb),
            ra * 0.5f,
            rb * 0.5f,
            colour.Towards(new(1, 1, 0.97f), 0.07f)
        );
    }

    private void Capsule(SKPoint a, SKPoint b, float ra, float rb, Rgb colour)
    {
        float dx = b.X - a.X,
            dy = b.Y - a.Y,
            length = MathF.Sqrt(dx * dx + dy * dy);
        using var path = new SKPath();
        path.AddCircle(a.X, a.Y, ra);
        if (length > 0.01f)
        {
            path.AddCircle(b.X, b.Y, rb);
            float nx = -dy / length,
                ny = dx / length;
            path.MoveTo(a.X - nx * ra, a.Y - ny * ra); // same turning sense as the circles, so the union is filled
            path.LineTo(b.X - nx * rb, b.Y - ny * rb);
            path.LineTo(b.X + nx * rb, b.Y + ny * rb);
            path.LineTo(a.X + nx * ra, a.Y + ny * ra);
            path.Close();
        }
        canvas.DrawPath(path, Fill(colour));
    }

    private byte Level(float value) => (byte)Math.Clamp(255 * value * brightness, 0, 255);

    private void CopyWithNoise(Span<byte> frame)
    {
        ReadOnlySpan<byte> pixels = picture.GetPixelSpan();
        for (int row = 0; row < Height; row++)
        {
            ReadOnlySpan<byte> from = pixels.Slice(row * picture.RowBytes, Width * 4);
            Span<byte> to = frame.Slice(row * Width * 3, Width * 3);
            ReadOnlySpan<sbyte> noise = SensorNoise.AsSpan(random.Below(SensorNoise.Length - to.Length), to.Length);
            for (int x = 0, i = 0; x < from.Length; x += 4, i += 3)
            {
                to[i] = (byte)Math.Clamp(from[x] + noise[i], 0, 255);
                to[i + 1] = (byte)Math.Clamp(from[x + 1] + noise[i + 1], 0, 255);
                to[i + 2] = (byte)Math.Clamp(from[x + 2] + noise[i + 2], 0, 255);
            }
        }
    }

    private static sbyte[] MakeNoise()
    {
        var random = new SeededRandom(224);
        var noise = new sbyte[1 << 16];
        for (int i = 0; i < noise.Length; i++)
            noise[i] = (sbyte)Math.Round(random.Normal(2.2));
        return noise;
    }
}

using System.Numerics;
using Gesto.Signs;

namespace Gesto.Training.Simulation;

internal enum Movement
{
    Still,
    Line,
    ThereAndBack,
    Arc,
    Circle,
    ZigZag,
}

internal enum Hands
{
    One,
    Symmetric,
    Alternating,
    Base,
}

/// <summary>What one class does, for the nominal right-handed signer: invented motion, not LIS.</summary>
/// <param name="Class">The class it stands for.</param>
/// <param name="Start">Handshape when the stroke begins.</param>
/// <param name="End">Handshape when it ends; differs from <paramref name="Start"/> in opening and closing
/// signs.</param>
/// <param name="Place">Where the dominant hand's contact point is mid-stroke: metres, body frame, scale 1. The dominant
/// hand is the right one, at negative x.</param>
/// <param name="Along">Unit vector the fingers point to.</param>
/// <param name="PalmNormal">Unit vector the palm faces, perpendicular to <paramref name="Along"/>.</param>
/// <param name="Movement">The path of the stroke.</param>
/// <param name="Direction">Unit vector of the movement; +z goes towards camera and radar.</param>
/// <param name="Across">Unit vector perpendicular to it: where arcs bulge and circles turn.</param>
/// <param name="Amplitude">Extent of the movement, metres at scale 1.</param>
/// <param name="Repetitions">1…3.</param>
/// <param name="Twist">Forearm rotation to and fro, radians.</param>
/// <param name="Wiggle">Finger wiggling, radians.</param>
/// <param name="Hands">What the other hand does: nothing, the mirror image, its counter-movement, or a flat
/// base.</param>
internal sealed record SignScript(
    SignClass Class,
    Handshape Start,
    Handshape End,
    Vector3 Place,
    Vector3 Along,
    Vector3 PalmNormal,
    Movement Movement,
    Vector3 Direction,
    Vector3 Across,
    float Amplitude,
    int Repetitions,
    float Twist,
    float Wiggle,
    Hands Hands
)
{
    /// <summary>Least <see cref="Distance"/> between any two scripts of a catalogue.</summary>
    public const double LeastDistance = 0.25;

    private const int Instants = 12;

    /// <summary>Nominal length of the stroke, without the ways from and to rest.</summary>
    public double StrokeSeconds =>
        Movement switch
        {
            Movement.Still => Wiggle > 0 || Twist > 0 || Start != End ? 0.5 : 0.32,
            Movement.Line => 0.38,
            Movement.Arc => 0.45,
            Movement.Circle => 0.14 + 0.36 * Repetitions,
            Movement.ThereAndBack => 0.10 + 0.29 * Repetitions,
            _ => 0.6,
        };

    /// <param name="time">0…1 through the stroke.</param>
    /// <returns>Offset of the hand from <see cref="Place"/>, metres at scale 1; at rest at both ends.</returns>
    public Vector3 OffsetAt(double time)
    {
        float eased = MinimumJerk(time);
        float turns = 2 * MathF.PI * Repetitions;
        return Amplitude
            * Movement switch
            {
                Movement.Line => Direction * (eased - 0.5f),
                Movement.Arc => Direction * (eased - 0.5f) + Across * (0.6f * MathF.Sin(MathF.PI * eased)),
                Movement.Circle => 0.5f * (Direction * MathF.Cos(turns * eased) + Across * MathF.Sin(turns * eased)),
                Movement.ThereAndBack => Direction * (0.5f - 0.5f * MathF.Cos(turns * (float)time)),
                Movement.ZigZag => Direction * (eased - 0.5f) + Across * (0.4f * MathF.Sin(3 * MathF.PI * eased)),
                _ => Vector3.Zero,
            };
    }

    /// <returns>0 (handshape <see cref="Start"/>) … 1 (<see cref="End"/>) at a time 0…1 of the stroke.</returns>
    public float ShapeWeightAt(double time) =>
        Start == End ? 0
        : Repetitions == 1 ? MinimumJerk(Math.Clamp((time - 0.15) / 0.7, 0, 1))
        : 0.5f - 0.5f * MathF.Cos((2 * Repetitions - 1) * MathF.PI * (float)time);

    /// <returns>Forearm rotation in radians.</returns>
    public float TwistAt(double time) => Twist * MathF.Sin(2 * MathF.PI * Repetitions * MinimumJerk(time));

    /// <summary>How differently two scripts move the nominal signer: root mean square over the stroke and the terms,
    /// where 0.1 m of hand position, 0.6 rad of finger joints in all and 0.7 rad of hand orientation count 1
    /// each.</summary>
    public double Distance(SignScript other)
    {
        double sum = 0;
        Span<float> mine = stackalloc float[Handshape.AngleCount],
            theirs = stackalloc float[Handshape.AngleCount];
        for (int i = 0; i < Instants; i++)
        {
            double time = (i + 0.5) / Instants;
            sum += (Place + OffsetAt(time) - other.Place - other.OffsetAt(time)).LengthSquared() / 0.01;
            Start.Blend(End, ShapeWeightAt(time), mine);
            other.Start.Blend(other.End, other.ShapeWeightAt(time), theirs);
            double joints = 0;
            for (int k = 0; k < mine.Length; k++)
                joints += (mine[k] - theirs[k]) * (mine[k] - theirs[k]);
            sum += joints / 0.36;
            double turn =
                Math.Acos(Math.Clamp(Vector3.Dot(Along, other.Along), -1, 1))
                + Math.Acos(Math.Clamp(Vector3.Dot(PalmNormal, other.PalmNormal), -1, 1))
                + Math.Abs(TwistAt(time) - other.TwistAt(time));
            sum += turn * turn / 4 / 0.49;
            if (Wiggle != other.Wiggle)
                sum += 0.5;
            if (Hands != other.Hands)
                sum += 1;
        }
        return Math.Sqrt(sum / Instants / 3);
    }

    /// <summary>Position along a movement that is as smooth as can be: 10 t³ − 15 t⁴ + 6 t⁵.</summary>
    /// <remarks>T. Flash, N. Hogan, "The coordination of arm movements", J. Neuroscience 5(7), 1985.</remarks>
    public static float MinimumJerk(double time)
    {
        double t = Math.Clamp(time, 0, 1);
        return (float)(t * t * t * (10 + t * (-15 + 6 * t)));
    }
}

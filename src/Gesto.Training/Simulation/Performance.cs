using System.Numerics;

namespace Gesto.Training.Simulation;

/// <summary>One take of one sign by one signer: rest → sign → rest as a function of time, which camera and radar both
/// see.</summary>
/// <remarks>The ways are minimum-jerk; a slow sway of the body and a hand tremor of 8–11 Hz are added
/// (J. McAuley, C. Marsden, "Physiological and pathological tremors", Brain 123, 2000).</remarks>
internal sealed class Performance
{
    private static readonly Quaternion RestOrientation = Turn(new(0.75f, -0.45f, 0.45f), new(0f, -0.5f, -0.85f));

    private readonly SignScript script;
    private readonly Signer signer;
    private readonly double strokeStart,
        strokeEnd,
        moveStart,
        restAgain;
    private readonly float amplitude,
        looseness,
        wigglePhase;
    private readonly Vector3 placeShift,
        restShift,
        sessionShift;
    private readonly Quaternion handTurn;
    private readonly float[] fingerNoise = new float[Handshape.AngleCount];
    private readonly double[] swayPhase = new double[9];
    private readonly double tremorHz;
    private readonly float tremor;

    public Performance(SignScript script, Signer signer, int take, ulong seed)
    {
        this.script = script;
        this.signer = signer;
        var session = new SeededRandom(seed, SeededRandom.HashOf("session"), (ulong)signer.Number, (ulong)take);
        sessionShift = session.NormalVector(0.012);
        var random = new SeededRandom(
            seed,
            SeededRandom.HashOf("take"),
            (ulong)signer.Number,
            (ulong)take,
            (ulong)script.Class.Id
        );
        double Varied(double seconds) => seconds * signer.Tempo * Math.Clamp(1 + random.Normal(0.08), 0.75, 1.3);
        moveStart = random.Between(0.06, 0.26);
        // Longer ways take longer, less than in proportion.
        float way = Vector3.Distance(script.Place, RestPlace() / signer.Skeleton.Scale);
        strokeStart = moveStart + Varied(0.24 + 0.32 * way);
        strokeEnd = strokeStart + Varied(script.StrokeSeconds);
        restAgain = strokeEnd + Varied(0.23 + 0.30 * way);
        DurationSeconds = restAgain + random.Between(0.05, 0.18);
        amplitude = (float)(signer.Amplitude * Math.Clamp(1 + random.Normal(0.08), 0.75, 1.3)) * signer.Skeleton.Scale;
        looseness = Math.Clamp(signer.Looseness + (float)random.Normal(0.04), 0, 0.3f);
        placeShift = signer.PlaceOffset + random.NormalVector(0.011);
        restShift = random.NormalVector(0.012);
        Vector3 turn = signer.HandTurn + random.NormalVector(0.07);
        handTurn = Quaternion.CreateFromAxisAngle(Vector3.Normalize(turn + new Vector3(1e-6f)), turn.Length());
        for (int i = 0; i < fingerNoise.Length; i++)
            fingerNoise[i] = (float)random.Normal(i % 3 == 2 ? 0.03 : 0.07);
        for (int i = 0; i < swayPhase.Length; i++)
            swayPhase[i] = random.Between(0, 2 * Math.PI);
        wigglePhase = (float)random.Between(0, 2 * Math.PI);
        tremorHz = random.Between(8, 11);
        tremor = (float)random.Between(0.0002, 0.0006);
    }

    public double DurationSeconds { get; }

    /// <summary>When the hand has arrived at the place of the sign, and when it leaves it.</summary>
    public (double Start, double End) StrokeSeconds => (strokeStart, strokeEnd);

    /// <param name="seconds">Time since the clip's start; before 0 and after the end the signer rests.</param>
    public Pose PoseAt(double seconds)
    {
        Vector3 sway = new(
            0.004f * Wave(0.35, seconds, 0) + 0.001f * Wave(0.9, seconds, 1),
            0.0015f * Wave(0.25, seconds, 2),
            0.004f * Wave(0.3, seconds, 3) + 0.0015f * Wave(0.7, seconds, 4)
        );
        Vector3 shake =
            tremor
            * new Vector3(
                Wave(tremorHz, seconds, 5),
                Wave(tremorHz * 1.13, seconds, 6),
                Wave(tremorHz * 0.91, seconds, 7)
            );
        HandTarget dominant = Dominant(seconds, shake),
            other = Other(seconds, shake);
        Vector3 lean =
            0.006f * script.Place.Y * Vector3.UnitZ * Presence(seconds)
            + 0.002f * Vector3.UnitX * Wave(0.5, seconds, 8);
        Pose pose = signer.Skeleton.Reach(dominant, other, lean);
        pose = signer.LeftHanded ? pose.Mirrored() : pose;
        Vector3 shift = sway + sessionShift;
        return new Pose(
            pose.Head + shift,
            pose.Neck + shift,
            pose.Pelvis + sessionShift,
            pose.Right.Moved(shift),
            pose.Left.Moved(shift)
        );
    }

    private static Quaternion Turn(Vector3 along, Vector3 palm)
    {
        (along, palm) = SignCatalogue.Orthonormal((along, palm));
        Vector3 thumb = Vector3.Cross(along, palm);
        return Quaternion.Normalize(
            Quaternion.CreateFromRotationMatrix(
                new Matrix4x4(
                    thumb.X,
                    thumb.Y,
                    thumb.Z,
                    0,
                    along.X,
                    along.Y,
                    along.Z,
                    0,
                    palm.X,
                    palm.Y,
                    palm.Z,
                    0,
                    0,
                    0,
                    0,
                    1
                )
            )
        );
    }

    private float Wave(double hertz, double seconds, int channel) =>
        (float)Math.Sin(2 * Math.PI * hertz * seconds + swayPhase[channel]);

    /// <summary>0 at rest … 1 during the stroke.</summary>
    private float Presence(double seconds) =>
        seconds < strokeEnd
            ? SignScript.MinimumJerk((seconds - moveStart) / (strokeStart - moveStart))
            : 1 - SignScript.MinimumJerk((seconds - strokeEnd) / (restAgain - strokeEnd));

    private double StrokeTime(double seconds) => Math.Clamp((seconds - strokeStart) / (strokeEnd - strokeStart), 0, 1);

    private HandTarget Dominant(double seconds, Vector3 shake)
    {
        double time = StrokeTime(seconds);
        Vector3 sign = script.Place * signer.Skeleton.Scale + placeShift + script.OffsetAt(time) * amplitude;
        Quaternion orientation = Turn(script.Along, script.PalmNormal);
        orientation = orientation * Quaternion.CreateFromAxisAngle(Vector3.UnitY, script.TwistAt(time));
        return Between(
            RestPlace(),
            sign,
            orientation,
            script.Start,
            script.End,
            script.ShapeWeightAt(time),
            seconds,
            shake
        );
    }

    private HandTarget Other(double seconds, Vector3 shake)
    {
        double time = StrokeTime(seconds);
        Vector3 rest = RestPlace();
        if (script.Hands == Hands.One)
            return new HandTarget(
                rest + shake,
                RestOrientation,
                Angles(Handshape.Relaxed, Handshape.Relaxed, 0, 0, seconds)
            );
        if (script.Hands == Hands.Base)
        {
            // A flat hand, palm up, below the place of the sign (x is mirrored: this is still "as if a right hand").
            Vector3 below = new Vector3(
                -script.Place.X,
                MathF.Max(script.Place.Y - 0.10f, -0.4f),
                MathF.Max(script.Place.Z, 0.2f)
            );
            return Between(
                rest,
                below * signer.Skeleton.Scale + placeShift,
                Turn(new(0.8f, 0.1f, 0.6f), Vector3.UnitY),
                Handshape.Table["flat"],
                Handshape.Table["flat"],
                0,
                seconds,
                shake
            );
        }
        Vector3 apart = new Vector3(MathF.Min(script.Place.X, -0.07f), script.Place.Y, script.Place.Z);
        Vector3 offset = script.OffsetAt(time) * (script.Hands == Hands.Alternating ? -amplitude : amplitude);
        Quaternion orientation =
            Turn(script.Along, script.PalmNormal) * Quaternion.CreateFromAxisAngle(Vector3.UnitY, script.TwistAt(time));
        return Between(
            rest,
            apart * signer.Skeleton.Scale + placeShift + offset,
            orientation,
            script.Start,
            script.End,
            script.ShapeWeightAt(time),
            seconds,
            shake
        );
    }

    private Vector3 RestPlace() => new Vector3(-0.10f, -0.46f, 0.20f) * signer.Skeleton.Scale + restShift;

    private HandTarget Between(
        Vector3 rest,
        Vector3 sign,
        Quaternion orientation,
        Handshape start,
        Handshape end,
        float weight,
        double seconds,
        Vector3 shake
    )
    {
        float presence = Presence(seconds);
        // Hands travel on a slight arch away from the body, never through it.
        Vector3 arch = new Vector3(-0.03f, 0, 0.09f) * (4 * presence * (1 - presence));
        Vector3 contact = Vector3.Lerp(rest, sign, presence) + arch + shake;
        Quaternion turned = Quaternion.Slerp(RestOrientation, handTurn * orientation, presence);
        return new HandTarget(contact, turned, Angles(start, end, weight, MathF.Min(1, 1.4f * presence), seconds));
    }

    private float[] Angles(Handshape start, Handshape end, float weight, float presence, double seconds)
    {
        var angles = new float[Handshape.AngleCount];
        start.Blend(end, weight, angles);
        float held = presence * (1 - looseness);
        double stroke = seconds - strokeStart;
        bool wiggling = script.Wiggle > 0 && stroke > 0 && seconds < strokeEnd;
        for (int i = 0; i < angles.Length; i++)
        {
            angles[i] = Handshape.Relaxed.Angles[i] + (angles[i] - Handshape.Relaxed.Angles[i]) * held + fingerNoise[i];
            if (wiggling && i >= 3 && i % 3 == 0)
            {
                double edge = Math.Min(1, Math.Min(stroke, strokeEnd - seconds) / 0.1); // no jump at either end
                angles[i] += (float)(
                    edge * script.Wiggle * (1 + Math.Sin(2 * Math.PI * 4.5 * stroke + wigglePhase + i))
                );
            }
        }
        return angles;
    }
}

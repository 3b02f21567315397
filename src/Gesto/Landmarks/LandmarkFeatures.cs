using System.Numerics;

namespace Gesto.Landmarks;

/// <summary>Makes of landmarks what tells signs apart and not who made them or where: the one place for it.</summary>
/// <remarks>A step holds, in this order:
/// <list type="bullet">
/// <item>the body (14): nose, shoulders, elbows and wrists, left before right, × (x, y), from the middle of the
/// shoulders, in shoulder widths; then 1 where the body is found, else 0;</item>
/// <item>the left hand, then the right (468 each): its joints but the wrist, 20 × (x, y, z) in the palm's frame (60);
/// the distances between its 21 joints, pair by pair (210); the cosines of the angles between its 20 bones, pair by
/// pair (190), which do not change with how long fingers are; unit vectors in the picture, where the palm faces (3) and
/// where the fingers point (3); the wrist from the middle of the shoulders in shoulder widths (2); then 1 where the
/// hand is found, else 0.</item>
/// </list>
/// The palm's frame has its origin in the wrist, its y-axis to the middle knuckle, which is 1 away, its x-axis from
/// the little knuckle to that of the index, and its z-axis to one side of the palm, so that turning a hand changes
/// nothing and a left hand looks like a right one. A hand at rest far below the shoulders counts as not found.
/// Between frames in which something is found it is interpolated over time, before and after them it stays as it is
/// next; what is never found is 0, and so is the body of data sets of hands alone. The shoulders' width is the clip's
/// median: it is who signs and how far away. A clip whose left hand signs is mirrored as a whole: who signs is
/// left-handed, or the picture is mirrored. The hand that signs is the one farther above rest, over all frames.
/// </remarks>
internal static class LandmarkFeatures
{
    /// <summary>F.</summary>
    public const int Width = BodyWidth + 1 + 2 * (HandWidth + 1);

    /// <summary>Names what is above in feature keys.</summary>
    public const string Name =
        "shoulders-and-palms, angles of bones, no hands at rest, the hand that signs as the right one";

    private const int BodyWidth = 14;

    /// <summary>Features of a hand but whether it is found.</summary>
    public const int HandWidth = 468;

    private const int Bones = LandmarkClip.HandJoints - 1;

    /// <summary>Legs, hips and most of the face say little that these do not, and are noise to a line.</summary>
    private static readonly int[] BodyJoints = [0, LeftShoulder, RightShoulder, 13, 14, 15, 16];

    private const int LeftShoulder = 11,
        RightShoulder = 12,
        IndexKnuckle = 5,
        MiddleKnuckle = 9,
        LittleKnuckle = 17;

    /// <summary>Wrists that are farther below the shoulders, in shoulder widths, are at rest: an arm that hangs has
    /// 1.5 to 1.8. Where hands rest, and whether they are in the picture then, is who signs.</summary>
    public const float Lowest = 1.4f;

    /// <summary>What is smaller has no direction.</summary>
    private const float Least = 1e-6f;

    /// <summary>Of a hand's values the x of what has a direction or a place in the picture, its y after it: where the
    /// palm faces, where the fingers point, the wrist.</summary>
    private static readonly int[] Across = [HandWidth - 8, HandWidth - 5, HandWidth - 2];

    /// <summary>Where in a step it stands whether body, left and right hand are found.</summary>
    public static readonly IReadOnlyList<int> Presence = [BodyWidth, BodyWidth + 1 + HandWidth, Width - 1];

    /// <param name="hand">0 left, 1 right.</param>
    /// <returns>Where in a step its features begin.</returns>
    public static int HandStart(int hand) => BodyWidth + 1 + hand * (HandWidth + 1);

    /// <returns>Of a step the body's joints, (x, y) each.</returns>
    public static ReadOnlySpan<float> BodyOf(ReadOnlySpan<float> step) => step[..BodyWidth];

    /// <returns>Of a step what is known of a hand but whether it is found.</returns>
    /// <param name="step">(<see cref="Width"/>).</param>
    /// <param name="hand">0 left, 1 right.</param>
    public static ReadOnlySpan<float> HandOf(ReadOnlySpan<float> step, int hand) =>
        step.Slice(HandStart(hand), HandWidth);

    /// <param name="clip">The landmarks.</param>
    /// <returns>(T, <see cref="Width"/>), finite.</returns>
    public static float[] Of(LandmarkClip clip) => Of(clip, out _);

    /// <inheritdoc cref="Of(LandmarkClip)"/>
    /// <param name="clip">The landmarks.</param>
    /// <param name="mirrored">The left hand signs, and is the right one in them.</param>
    public static float[] Of(LandmarkClip clip, out bool mirrored)
    {
        var steps = new float[clip.Length * Width];
        (Vector2[]? middles, float unit) = Shoulders(clip);
        if (middles is not null)
            Body(clip, middles, unit, steps);
        for (int hand = 0; hand < 2; hand++)
            Hand(clip, hand, middles, unit, steps);
        mirrored = AboveRest(steps, hand: 0) > AboveRest(steps, hand: 1);
        if (mirrored)
            Mirror(steps);
        return steps;
    }

    /// <returns>How far the wrist is above <see cref="Lowest"/>, in shoulder widths, summed over the frames in which
    /// the hand is found; of hands alone, whose places are not known, this counts frames.</returns>
    private static float AboveRest(ReadOnlySpan<float> steps, int hand)
    {
        float sum = 0;
        for (; steps.Length > 0; steps = steps[Width..])
            if (steps[Presence[1 + hand]] > 0)
                sum += Lowest - HandOf(steps, hand)[^1];
        return sum;
    }

    /// <summary>Makes the features of the mirrored recording, as if its signer were left-handed: the hands are
    /// exchanged, what points left points right. The same as <see cref="Of(LandmarkClip)"/> of mirrored landmarks, were
    /// the hand that signs not always the right one.</summary>
    /// <param name="steps">(T, <see cref="Width"/>), changed in place.</param>
    public static void Mirror(Span<float> steps)
    {
        Span<float> hand = stackalloc float[HandWidth + 1];
        for (; steps.Length > 0; steps = steps[Width..])
        {
            for (int pair = 1; pair < BodyJoints.Length; pair += 2) // left before right, after the nose
            for (int axis = 0; axis < 2; axis++)
                (steps[2 * pair + axis], steps[2 * pair + 2 + axis]) = (
                    steps[2 * pair + 2 + axis],
                    steps[2 * pair + axis]
                );
            for (int joint = 0; joint < BodyJoints.Length; joint++)
                steps[2 * joint] = -steps[2 * joint];
            Span<float> left = steps.Slice(BodyWidth + 1, HandWidth + 1),
                right = steps.Slice(BodyWidth + 1 + HandWidth + 1, HandWidth + 1);
            left.CopyTo(hand);
            right.CopyTo(left);
            hand.CopyTo(right);
            foreach (int across in Across)
                (left[across], right[across]) = (-left[across], -right[across]);
        }
    }

    /// <summary>Makes of what features have on the mean what they and those of the mirrored recordings have together.
    /// Where most signers use one hand, the other's features hardly vary, and scaled by that alone they would be
    /// enormous in a mirrored recording.</summary>
    /// <param name="mean">(F), changed in place.</param>
    /// <param name="deviation">(F), likewise.</param>
    public static void AddMirrored(float[] mean, float[] deviation)
    {
        float[] squares = [.. mean.Zip(deviation, (m, d) => m * m + d * d)],
            mirroredMean = [.. mean],
            mirroredSquares = [.. squares];
        Mirror(mirroredMean);
        Mirror(mirroredSquares); // what is across becomes negative there
        for (int f = 0; f < mean.Length; f++)
        {
            mean[f] = (mean[f] + mirroredMean[f]) / 2;
            float square = (squares[f] + Math.Abs(mirroredSquares[f])) / 2;
            float variance = square - mean[f] * mean[f];
            deviation[f] = variance > Least ? MathF.Sqrt(variance) : 1;
        }
    }

    /// <summary>Makes the features of the recording with its signer leaning and nearer or farther, limbs longer or
    /// shorter against the shoulders: what points somewhere in the picture is turned, what is measured from the
    /// shoulders is stretched too.</summary>
    /// <param name="steps">(T, <see cref="Width"/>), changed in place.</param>
    /// <param name="radians">From x to y.</param>
    /// <param name="stretch">Factor of distances from the shoulders, above 0.</param>
    public static void Turn(Span<float> steps, float radians, float stretch)
    {
        (float sine, float cosine) = MathF.SinCos(radians);
        for (; steps.Length > 0; steps = steps[Width..])
        {
            for (int joint = 0; joint < BodyJoints.Length; joint++)
                Rotate(steps[(2 * joint)..], stretch);
            for (int hand = 0; hand < 2; hand++)
            {
                Span<float> of = steps.Slice(HandStart(hand), HandWidth);
                Rotate(of[Across[0]..], 1);
                Rotate(of[Across[1]..], 1);
                Rotate(of[Across[2]..], stretch);
            }
        }

        void Rotate(Span<float> at, float by) =>
            (at[0], at[1]) = (by * (cosine * at[0] - sine * at[1]), by * (sine * at[0] + cosine * at[1]));
    }

    /// <summary>Makes a hand one that was never found, unless the other was not.</summary>
    /// <param name="steps">(T, <see cref="Width"/>), changed in place.</param>
    /// <param name="hand">0 left, 1 right.</param>
    public static void HideHand(Span<float> steps, int hand)
    {
        bool other = false;
        for (int step = 0; step < steps.Length; step += Width)
            other |= steps[step + Presence[2 - hand]] > 0;
        for (int step = 0; other && step < steps.Length; step += Width)
            steps.Slice(step + HandStart(hand), HandWidth + 1).Clear();
    }

    /// <returns>The middle of the shoulders in each frame and their distance; null where never found.</returns>
    private static (Vector2[]? Middles, float Unit) Shoulders(LandmarkClip clip)
    {
        var middles = new float[clip.Length * 2];
        var widths = new List<float>();
        var found = new bool[clip.Length];
        for (int t = 0; t < clip.Length; t++)
        {
            Vector2 left = BodyAt(clip, t, LeftShoulder),
                right = BodyAt(clip, t, RightShoulder);
            float width = Vector2.Distance(left, right);
            if (left == default || right == default || width < Least)
                continue;
            found[t] = true;
            widths.Add(width);
            ((left + right) / 2).CopyTo(middles, 2 * t);
        }
        if (widths.Count == 0)
            return (null, 1);
        Interpolate(middles, 2, 0, 2, found);
        widths.Sort();
        return (
            [.. Enumerable.Range(0, clip.Length).Select(t => new Vector2(middles.AsSpan(2 * t, 2)))],
            widths[widths.Count / 2]
        );
    }

    private static void Body(LandmarkClip clip, Vector2[] middles, float unit, float[] steps)
    {
        foreach ((int place, int joint) in BodyJoints.Index())
        {
            var found = new bool[clip.Length];
            for (int t = 0; t < clip.Length; t++)
            {
                Vector2 at = BodyAt(clip, t, joint);
                found[t] = at != default;
                ((at - middles[t]) / unit).CopyTo(steps, t * Width + 2 * place);
            }
            Interpolate(steps, Width, 2 * place, 2, found);
        }
        for (int t = 0; t < clip.Length; t++)
            steps[t * Width + BodyWidth] =
                BodyAt(clip, t, LeftShoulder) != default && BodyAt(clip, t, RightShoulder) != default ? 1 : 0;
    }

    private static void Hand(LandmarkClip clip, int hand, Vector2[]? middles, float unit, float[] steps)
    {
        int start = HandStart(hand);
        var found = new bool[clip.Length];
        var joints = new Vector3[LandmarkClip.HandJoints];
        var bones = new Vector3[Bones];
        for (int t = 0; t < clip.Length; t++)
        {
            Span<float> to = steps.AsSpan(t * Width + start, HandWidth);
            int first = t * LandmarkClip.FrameValues + LandmarkClip.BodyValues + hand * LandmarkClip.HandValues;
            for (int j = 0; j < joints.Length; j++)
                joints[j] = new Vector3(clip.Values.AsSpan(first + 3 * j, 3));
            Vector3 wrist = joints[0];
            (Vector3 x, Vector3 y, Vector3 z, float length) = Palm(joints, left: hand == 0, to[^8..^2]);
            Vector2 place = middles is null ? default : (new Vector2(wrist.X, wrist.Y) - middles[t]) / unit;
            if (length == 0 || place.Y > Lowest)
                continue;
            found[t] = true;
            for (int j = 0; j < joints.Length; j++)
            {
                Vector3 from = (joints[j] - wrist) / length;
                joints[j] = new Vector3(Vector3.Dot(from, x), Vector3.Dot(from, y), Vector3.Dot(from, z));
                if (j > 0)
                    joints[j].CopyTo(to[(3 * (j - 1))..]);
            }
            int at = 3 * (joints.Length - 1);
            for (int a = 0; a < joints.Length; a++)
            for (int b = a + 1; b < joints.Length; b++)
                to[at++] = Vector3.Distance(joints[a], joints[b]);
            for (int j = 1; j < joints.Length; j++)
                bones[j - 1] = Direction(joints[j] - (j % 4 == 1 ? default : joints[j - 1])); // knuckles: of the wrist
            for (int a = 0; a < bones.Length; a++)
            for (int b = a + 1; b < bones.Length; b++)
                to[at++] = Vector3.Dot(bones[a], bones[b]);
            place.CopyTo(to[^2..]);
            steps[t * Width + start + HandWidth] = 1;
        }
        Interpolate(steps, Width, start, HandWidth, found);
    }

    /// <summary>The palm's frame in the picture.</summary>
    /// <param name="joints">In the picture.</param>
    /// <param name="left">Of a left hand.</param>
    /// <param name="faces">Receives where the palm faces and where the fingers point.</param>
    /// <returns>Three unit vectors, and the palm's length, 0 where there is no hand.</returns>
    private static (Vector3 X, Vector3 Y, Vector3 Z, float Length) Palm(Vector3[] joints, bool left, Span<float> faces)
    {
        Vector3 y = joints[MiddleKnuckle] - joints[0];
        float length = y.Length();
        if (length < Least)
            return default;
        y /= length;
        Vector3 x = joints[IndexKnuckle] - joints[LittleKnuckle];
        x -= Vector3.Dot(x, y) * y;
        if (x.Length() < Least * length)
            return default;
        x = Vector3.Normalize(x);
        Vector3 z = Vector3.Cross(x, y) * (left ? -1 : 1);
        z.CopyTo(faces);
        y.CopyTo(faces[3..]);
        return (x, y, z, length);
    }

    /// <returns>Of length 1, or 0 where there is none.</returns>
    private static Vector3 Direction(Vector3 v) => v.Length() < Least ? default : Vector3.Normalize(v);

    private static Vector2 BodyAt(LandmarkClip clip, int frame, int joint) =>
        new(clip.Values.AsSpan(frame * LandmarkClip.FrameValues + 4 * joint, 2));

    /// <summary>Fills frames in which something is not found from those around them.</summary>
    /// <param name="values">(T, …), <paramref name="width"/> a frame.</param>
    /// <param name="width">Values of a frame.</param>
    /// <param name="start">First of the values to fill.</param>
    /// <param name="count">How many.</param>
    /// <param name="found">Frames that have them; where none has, all become 0.</param>
    private static void Interpolate(float[] values, int width, int start, int count, bool[] found)
    {
        int before = -1;
        for (int t = 0; t < found.Length; t++)
        {
            if (found[t])
            {
                before = t;
                continue;
            }
            int after = Array.IndexOf(found, true, t);
            Span<float> to = values.AsSpan(t * width + start, count);
            if (before < 0 && after < 0)
            {
                to.Clear();
                continue;
            }
            int a = before < 0 ? after : before,
                b = after < 0 ? before : after;
            float share = a == b ? 0 : (t - a) / (float)(b - a);
            for (int i = 0; i < count; i++)
                to[i] = (1 - share) * values[a * width + start + i] + share * values[b * width + start + i];
        }
    }
}

using System.Numerics;
using Gesto.Landmarks;

namespace Gesto.Training.Reports;

/// <summary>Whose line it is.</summary>
internal enum SkeletonPart
{
    Body,
    LeftHand,
    RightHand,
}

/// <summary>A line through some points.</summary>
/// <param name="Part">Whose.</param>
/// <param name="Found">False where it was not found in this frame, and is what others make likely.</param>
/// <param name="Points">Two or more.</param>
internal sealed record SkeletonLine(SkeletonPart Part, bool Found, Vector2[] Points);

/// <summary>A recording's landmarks as lines to be drawn: the whole figure, and each hand larger, since in a whole
/// figure fingers are a few pixels.</summary>
/// <remarks>Drawn is what a run learnt from: the features, which are upright and of one size whoever signs, and are
/// there for landmarks of every format and of videos. The palm's length against the shoulders is not among them, so
/// that every figure has the same hands.</remarks>
internal sealed class SkeletonFigure
{
    /// <summary>Of shoulder widths: about 9.5 cm of 35.</summary>
    private const float Palm = 0.28f;

    private const int HeadCorners = 20;

    private static readonly Vector2 Head = new(0.24f, 0.32f); // half its width and height, shoulder widths

    private readonly LandmarkSkeleton[] steps;

    private SkeletonFigure(LandmarkSkeleton[] steps) => this.steps = steps;

    /// <summary>T.</summary>
    public int Length => steps.Length;

    public bool HasBody => steps.Any(s => s.Body is not null);

    /// <returns>True where the hand is found in any step.</returns>
    public bool Has(SkeletonPart hand) => steps.Any(s => HandOf(s, hand) is not null);

    /// <returns>Null where the steps are other features, or nothing is found in any of them.</returns>
    /// <param name="values">(T, F), with or without padding after it.</param>
    /// <param name="length">T.</param>
    /// <param name="shape">Of a step: (F).</param>
    public static SkeletonFigure? Of(float[] values, int length, IReadOnlyList<int> shape)
    {
        if (shape is not [LandmarkFeatures.Width])
            return null;
        var figure = new SkeletonFigure([
            .. Enumerable
                .Range(0, length)
                .Select(t => LandmarkSkeleton.Of(values.AsSpan(t * LandmarkFeatures.Width, LandmarkFeatures.Width))),
        ]);
        return figure.HasBody || figure.Has(SkeletonPart.LeftHand) || figure.Has(SkeletonPart.RightHand)
            ? figure
            : null;
    }

    /// <summary>The whole figure, in shoulder widths from the middle of the shoulders, y downwards; nothing where no
    /// body is known.</summary>
    public IEnumerable<SkeletonLine> Whole(int step)
    {
        LandmarkSkeleton s = steps[step];
        if (s.Body is not [var nose, var leftShoulder, var rightShoulder, var leftElbow, var rightElbow, _, _])
            yield break;
        yield return Body(Arm(leftShoulder, leftElbow, s.Left?.Wrist ?? s.Body[5]));
        yield return Body(Arm(rightShoulder, rightElbow, s.Right?.Wrist ?? s.Body[6]));
        yield return Body([leftShoulder, rightShoulder]);
        if (nose != default)
        {
            yield return Body([
                .. Enumerable
                    .Range(0, HeadCorners + 1)
                    .Select(i => nose + Head * new Vector2(MathF.Sin(Turn(i)), -MathF.Cos(Turn(i)))),
            ]);
            yield return Body([(leftShoulder + rightShoulder) / 2, nose + new Vector2(0, Head.Y)]);
        }
        foreach (SkeletonPart part in (SkeletonPart[])[SkeletonPart.LeftHand, SkeletonPart.RightHand])
            if (HandOf(s, part) is { } hand)
                foreach (Vector2[] bones in Bones(hand.Joints, j => hand.Wrist + Palm * j))
                    yield return new(part, hand.Found, bones);

        SkeletonLine Body(Vector2[] points) => new(SkeletonPart.Body, s.BodyFound, points);

        static float Turn(int i) => 2 * MathF.PI * i / HeadCorners;

        // An arm ends where it is not known how it goes on.
        static Vector2[] Arm(Vector2 shoulder, Vector2 elbow, Vector2 wrist) =>
            elbow == default ? [shoulder, shoulder]
            : wrist == default ? [shoulder, elbow]
            : [shoulder, elbow, wrist];
    }

    /// <summary>One hand as the picture shows it, in palm lengths from the middle of what it takes up, y downwards;
    /// nothing where it is never found.</summary>
    public IEnumerable<SkeletonLine> Hand(int step, SkeletonPart part)
    {
        if (HandOf(steps[step], part) is not { } hand)
            return [];
        Vector2 middle = (hand.Joints.Aggregate(Vector2.Min) + hand.Joints.Aggregate(Vector2.Max)) / 2;
        return Bones(hand.Joints, j => j - middle).Select(bones => new SkeletonLine(part, hand.Found, bones));
    }

    /// <returns>Each finger from the wrist on, and across the knuckles.</returns>
    private static IEnumerable<Vector2[]> Bones(Vector2[] joints, Func<Vector2, Vector2> at)
    {
        for (int finger = 0; finger < 5; finger++)
            yield return [.. new[] { 0, 1, 2, 3, 4 }.Select(j => at(joints[j == 0 ? 0 : 4 * finger + j]))];
        yield return [at(joints[5]), at(joints[9]), at(joints[13]), at(joints[17])];
    }

    private static SkeletonHand? HandOf(LandmarkSkeleton step, SkeletonPart hand) =>
        hand == SkeletonPart.LeftHand ? step.Left : step.Right;
}

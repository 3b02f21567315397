using System.Numerics;
using Gesto.Landmarks;

namespace Gesto.Tests.Landmarks;

public class LandmarkFeaturesTests
{
    private const int Shape = 460, // joints in the palm's frame, distances, angles
        LeftHand = 15,
        Hand = 468,
        RightHand = LeftHand + Hand + 1;

    private static readonly Vector2[] Shoulders = [new(0.7f, 0.5f), new(0.3f, 0.5f)];

    private static float[] Step(LandmarkClip clip, int frame = 0) =>
        LandmarkFeatures.Of(clip)[(frame * LandmarkFeatures.Width)..((frame + 1) * LandmarkFeatures.Width)];

    private static void Near(ReadOnlySpan<float> expected, ReadOnlySpan<float> found, float tolerance = 2e-4f)
    {
        Assert.Equal(expected.Length, found.Length);
        for (int i = 0; i < expected.Length; i++)
            Assert.True(Math.Abs(expected[i] - found[i]) < tolerance, $"[{i}]: {expected[i]} / {found[i]}");
    }

    [Fact]
    public void Turning_moving_and_scaling_a_hand_leaves_its_shape()
    {
        Vector3[] hand = Hands.Open();
        float[] still = Step(Hands.Clip((null, null, hand)));
        float[] moved = Step(
            Hands.Clip(
                (null, null, hand.Moved(Quaternion.CreateFromYawPitchRoll(0.4f, -1.1f, 2.2f), 3, new(0.2f, 0.5f, 0)))
            )
        );
        Near(still.AsSpan(RightHand, Shape), moved.AsSpan(RightHand, Shape));
        Assert.Contains(still[RightHand..(RightHand + Shape)], v => Math.Abs(v) > 0.5);
    }

    [Fact]
    public void The_middle_knuckle_is_one_up_and_distances_are_in_palm_lengths()
    {
        Vector3[] hand = Hands.Open();
        float[] step = Step(Hands.Clip((null, null, hand)));
        Near([0, 1, 0], step.AsSpan(RightHand + 3 * (9 - 1), 3)); // the wrist has no place
        // Pairs (0, 1) … (0, 20), (1, 2) …: thumb's tip, 4, to the index's, 8.
        int pair = Enumerable.Range(0, 4).Sum(a => 20 - a) + (8 - 4 - 1);
        Assert.Equal(
            Vector3.Distance(hand[4], hand[8]) / Vector3.Distance(hand[0], hand[9]),
            step[RightHand + 60 + pair],
            1e-4f
        );
    }

    [Fact]
    public void Angles_between_bones_do_not_change_with_how_long_they_are()
    {
        Vector3[] hand = Hands.Open(),
            other = [.. hand];
        var random = new Random(5);
        for (int finger = 0; finger < 5; finger++)
        for (int joint = 1; joint <= 4; joint++)
        {
            int at = 4 * finger + joint,
                from = joint == 1 ? 0 : at - 1;
            other[at] = other[from] + (0.7f + 0.6f * random.NextSingle()) * (hand[at] - hand[from]);
        }
        ReadOnlySpan<float> angles = Step(Hands.Clip((null, null, hand))).AsSpan(RightHand + 270, 190),
            same = Step(Hands.Clip((null, null, other))).AsSpan(RightHand + 270, 190);
        Near(angles, same);
        // The first pair: the thumb's first two bones.
        float cosine = Vector3.Dot(Vector3.Normalize(hand[1] - hand[0]), Vector3.Normalize(hand[2] - hand[1]));
        Assert.Equal(cosine, angles[0], 1e-4f);
        Assert.Contains(
            Step(Hands.Clip((null, null, hand)))
                .AsSpan(RightHand + 60, 210)
                .ToArray()
                .Zip(Step(Hands.Clip((null, null, other))).AsSpan(RightHand + 60, 210).ToArray()),
            p => Math.Abs(p.First - p.Second) > 0.05
        );
    }

    [Fact]
    public void A_mirrored_left_hand_has_the_shape_of_the_right_one()
    {
        Vector3[] hand = Hands.Open();
        Vector3[] mirrored = [.. hand.Select(j => j with { X = -j.X })];
        float[] step = Step(Hands.Clip((null, mirrored, hand)));
        Near(step.AsSpan(RightHand, Shape), step.AsSpan(LeftHand, Shape));
        Assert.Contains(step[RightHand..(RightHand + 60)].Where((_, i) => i % 3 == 2), z => Math.Abs(z) > 0.05);
    }

    [Fact]
    public void Where_the_palm_faces_turns_with_the_hand()
    {
        Vector3[] hand = Hands.Open();
        float[] one = Step(Hands.Clip((null, null, hand)))[(RightHand + Shape)..(RightHand + Shape + 6)];
        float[] turned = Step(
            Hands.Clip(
                (null, null, hand.Moved(Quaternion.CreateFromAxisAngle(Vector3.UnitZ, MathF.PI / 2), 1, default))
            )
        )[(RightHand + Shape)..(RightHand + Shape + 6)];
        Near([-one[1], one[0], one[2], -one[4], one[3], one[5]], turned); // x to y, y to −x
        Assert.Equal(1, new Vector3(one).Length(), 1e-4f);
    }

    [Fact]
    public void A_mirrored_clip_gives_the_same_steps_and_the_hand_that_signs_is_the_right_one()
    {
        Vector3[] high = Hands
                .Open()
                .Moved(Quaternion.CreateFromYawPitchRoll(0.4f, -1.1f, 2.2f), 1, new(0.4f, 0.2f, 0)),
            low = Hands.Open(4).Moved(Quaternion.CreateFromYawPitchRoll(1, 0.3f, 0), 2, new(0.6f, 0.9f, 0));
        static Vector2[] Across(Vector2[] places) => [.. places.Select(p => p with { X = 1 - p.X }).Reverse()];
        static Vector3[] Over(Vector3[] hand) => [.. hand.Select(j => j with { X = 1 - j.X })];
        float[] right = LandmarkFeatures.Of(
                Hands.Clip((Shoulders, low, high), (null, null, high), (Shoulders, low, null))
            ),
            left = LandmarkFeatures.Of(
                Hands.Clip(
                    (Across(Shoulders), Over(high), Over(low)),
                    (null, Over(high), null),
                    (Across(Shoulders), null, Over(low))
                )
            );
        Assert.Equal((0.2f - 0.5f) / 0.4f, right[RightHand + Hand - 1], 1e-4f);
        for (int t = 0; t < 3; t++)
        for (int i = 0; i < LandmarkFeatures.Width; i++)
            if (i is >= 2 and < 6 or >= 14) // nose, elbows and wrists of these clips are nowhere
                Assert.True(
                    Math.Abs(right[t * LandmarkFeatures.Width + i] - left[t * LandmarkFeatures.Width + i]) < 2e-4f,
                    $"{t}, {i}"
                );
    }

    [Fact]
    public void A_hand_seen_for_a_moment_is_not_the_one_that_signs()
    {
        Vector3[] hand = Hands.Open(),
            signs = hand.Moved(Quaternion.Identity, 1, new(0.4f, 0.4f, 0)),
            passes = hand.Moved(Quaternion.Identity, 1, new(0.6f, 0.2f, 0)); // higher, in one frame of three
        float[] steps = LandmarkFeatures.Of(
            Hands.Clip((Shoulders, passes, signs), (Shoulders, null, signs), (Shoulders, null, signs))
        );
        Assert.Equal([1, 0, 0], Enumerable.Range(0, 3).Select(t => (int)steps[t * LandmarkFeatures.Width + 15 + Hand]));
    }

    [Fact]
    public void Mirroring_twice_changes_nothing_and_once_exchanges_the_hands()
    {
        Vector3[] one = Hands.Open().Moved(Quaternion.CreateFromYawPitchRoll(0.4f, -1.1f, 2.2f), 1, new(0.4f, 0.2f, 0)),
            other = Hands.Open(4).Moved(Quaternion.CreateFromYawPitchRoll(1, 0.3f, 0), 2, new(0.6f, 0.9f, 0));
        float[] steps = LandmarkFeatures.Of(Hands.Clip((Shoulders, other, one))),
            mirrored = [.. steps];
        LandmarkFeatures.Mirror(mirrored);
        Near(steps.AsSpan(RightHand, Shape), mirrored.AsSpan(LeftHand, Shape));
        for (int i = Shape; i < Hand; i++)
            Assert.Equal((i is Shape or Shape + 3 or Hand - 2 ? -1 : 1) * steps[RightHand + i], mirrored[LeftHand + i]);
        LandmarkFeatures.Mirror(mirrored);
        Assert.Equal(steps, mirrored);
    }

    [Fact]
    public void Features_are_turned_as_landmarks_are_and_a_hidden_hand_is_one_that_was_never_found()
    {
        Vector3[] hand = Hands
            .Open()
            .Moved(Quaternion.CreateFromYawPitchRoll(0.4f, -1.1f, 2.2f), 1, new(0.4f, 0.2f, 0));
        var by = Quaternion.CreateFromAxisAngle(Vector3.UnitZ, 0.3f);
        static Vector2 Flat(Vector3 v) => new(v.X, v.Y);
        Vector2[] leaning = [.. Shoulders.Select(s => Flat(Vector3.Transform(new Vector3(s, 0), by)))];
        float[] turned = LandmarkFeatures.Of(Hands.Clip((Shoulders, hand, hand)));
        LandmarkFeatures.Turn(turned, 0.3f, 1);
        float[] expected = LandmarkFeatures.Of(
            Hands.Clip((leaning, hand.Moved(by, 1, default), hand.Moved(by, 1, default)))
        );
        Near(expected.AsSpan(2, 4), turned.AsSpan(2, 4));
        Near(expected.AsSpan(15), turned.AsSpan(15));
        LandmarkFeatures.HideHand(turned, 0);
        Near(
            LandmarkFeatures.Of(Hands.Clip((leaning, null, hand.Moved(by, 1, default)))).AsSpan(15),
            turned.AsSpan(15)
        );
        LandmarkFeatures.HideHand(turned, 1); // the only one
        Assert.Contains(turned[RightHand..], v => v != 0);
    }

    [Fact]
    public void What_is_measured_from_the_shoulders_is_stretched_and_nothing_else()
    {
        float[] step = Step(
            Hands.Clip((Shoulders, null, Hands.Open().Moved(Quaternion.Identity, 1, new(0.4f, 0.2f, 0))))
        );
        float[] stretched = [.. step];
        LandmarkFeatures.Turn(stretched, 0, 2);
        for (int i = 0; i < step.Length; i++)
            Assert.Equal(
                i < 14 || i == RightHand + Hand - 2 || i == RightHand + Hand - 1 ? 2 * step[i] : step[i],
                stretched[i],
                1e-5f
            );
    }

    [Fact]
    public void A_person_twice_as_near_and_elsewhere_looks_the_same()
    {
        Vector3[] hand = Hands.Open().Moved(Quaternion.Identity, 1, new(0.4f, 0.2f, 0));
        Vector2[] near = [.. Shoulders.Select(s => 2 * s + new Vector2(-0.3f, 0.1f))];
        float[] far = Step(Hands.Clip((Shoulders, null, hand)));
        Near(far, Step(Hands.Clip((near, null, hand.Moved(Quaternion.Identity, 2, new(-0.3f, 0.1f, 0))))));
        // The wrist, from the middle of the shoulders (0.5, 0.5), in their width 0.4.
        Near([(0.4f - 0.5f) / 0.4f, (0.2f - 0.5f) / 0.4f], far.AsSpan(RightHand + Hand - 2, 2));
        Near([0.5f, 0, -0.5f, 0], far.AsSpan(2, 4)); // shoulders
    }

    [Fact]
    public void A_gap_is_filled_evenly_and_presence_tells_of_it()
    {
        Vector3[] hand = Hands.Open();
        LandmarkClip clip = Hands.Clip(
            (Shoulders, null, null),
            (Shoulders, null, hand),
            (null, null, null),
            (null, null, null),
            (Shoulders, null, hand.Moved(Quaternion.Identity, 1, new(0.12f, 0, 0)))
        );
        float[][] steps = [.. Enumerable.Range(0, 5).Select(t => Step(clip, t))];
        Assert.Equal([0, 1, 0, 0, 1], steps.Select(s => (int)s[RightHand + Hand]));
        Assert.Equal([1, 1, 0, 0, 1], steps.Select(s => (int)s[14]));
        float[] across = [.. steps.Select(s => s[RightHand + Hand - 2])];
        Assert.Equal(across[1], across[0]); // before it is first found, as it is found
        Assert.Equal(0.1f, across[2] - across[1], 1e-4f); // a third of 0.12 in widths of 0.4
        Assert.Equal(0.1f, across[3] - across[2], 1e-4f);
        Assert.All(steps, s => Assert.All(s[LeftHand..RightHand], v => Assert.Equal(0, v)));
    }

    [Fact]
    public void Hands_alone_have_no_body()
    {
        float[] step = Step(Hands.Clip((null, Hands.Open(), null)));
        Assert.All(step[..RightHand], v => Assert.Equal(0, v));
        Near([0, 0, 1], step.AsSpan(RightHand + Hand - 2));
        Assert.Equal(LandmarkFeatures.Width, step.Length);
    }

    [Fact]
    public void A_hand_at_rest_counts_as_not_found_and_one_alone_is_the_one_that_signs()
    {
        Vector3[] hand = Hands.Open(),
            resting = hand.Moved(Quaternion.Identity, 1, new(0.7f, 0.5f + 1.5f * 0.4f, 0)),
            signing = hand.Moved(Quaternion.Identity, 1, new(0.7f, 0.5f + 1.3f * 0.4f, 0));
        float[] rests = Step(Hands.Clip((Shoulders, resting, hand))),
            signs = Step(Hands.Clip((Shoulders, signing, hand)));
        Assert.All(rests[LeftHand..(LeftHand + Hand + 1)], v => Assert.Equal(0, v));
        Assert.Equal(1, signs[LeftHand + Hand]);

        Vector3[] mirrored = [.. hand.Select(j => j with { X = -j.X })];
        Near(Step(Hands.Clip((null, null, hand))), Step(Hands.Clip((null, mirrored, null))));
        Assert.Equal((0f, 1f), Found(Step(Hands.Clip((Shoulders, hand, null)))));
        Assert.Equal((0f, 1f), Found(Step(Hands.Clip((Shoulders, resting, hand)))));

        static (float, float) Found(float[] step) => (step[LeftHand + Hand], step[RightHand + Hand]);
    }

    [Fact]
    public void Mean_and_deviation_with_mirrored_recordings_are_those_of_both()
    {
        var random = new Random(7);
        float[][] steps =
        [
            .. Enumerable
                .Range(0, 50)
                .Select(_ => Enumerable.Range(0, LandmarkFeatures.Width).Select(_ => random.NextSingle()).ToArray()),
        ];
        float[][] twins = [.. steps.Select(s => s.ToArray())];
        foreach (float[] twin in twins)
            LandmarkFeatures.Mirror(twin);
        (float[] mean, float[] deviation) = Of(steps);
        (float[] expectedMean, float[] expectedDeviation) = Of([.. steps, .. twins]);
        LandmarkFeatures.AddMirrored(mean, deviation);
        Near(expectedMean, mean);
        Near(expectedDeviation, deviation);

        static (float[] Mean, float[] Deviation) Of(float[][] steps)
        {
            float[] mean = [.. Enumerable.Range(0, steps[0].Length).Select(f => steps.Average(s => s[f]))];
            return (mean, [.. mean.Select((m, f) => MathF.Sqrt(steps.Average(s => (s[f] - m) * (s[f] - m))))]);
        }
    }

    [Fact]
    public void Fractions_of_a_picture_are_brought_to_one_unit_and_nothing_else_is()
    {
        LandmarkClip fractions = Hands.Clip(
            (Shoulders, null, Hands.Open().Moved(Quaternion.Identity, 1, new(0.3f, 0.3f, 0)))
        );
        LandmarkClip one = fractions.InOneUnit();
        for (int i = 0; i < one.Values.Length; i++)
        {
            bool y = i < LandmarkClip.BodyValues ? i % 4 == 1 : (i - LandmarkClip.BodyValues) % 3 == 1;
            Assert.Equal(fractions.Values[i] * (y ? 0.75f : 1), one.Values[i]);
        }
        LandmarkClip pixels = fractions with { Values = [.. fractions.Values.Select(v => 480 * v)] };
        Assert.Same(pixels, pixels.InOneUnit());
        LandmarkClip hand = Hands.Clip((null, null, Hands.Open().Moved(Quaternion.Identity, 1, new(0.3f, 0.3f, 0))));
        Assert.Same(hand, hand.InOneUnit());
    }
}

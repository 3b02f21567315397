using System.Numerics;
using Gesto.MediaPipe;

namespace Gesto.Tests.MediaPipe;

public class HandTrackingTests
{
    /// <summary>Wrist below, knuckles above: the palm is 40 wide and 100 high, about (100, 150).</summary>
    private static Vector2[] Upright()
    {
        var joints = new Vector2[21];
        Array.Fill(joints, new Vector2(100, 130));
        joints[0] = new(100, 200);
        (joints[5], joints[9], joints[13], joints[17]) = (new(80, 110), new(100, 100), new(120, 110), new(115, 120));
        joints[12] = new(100, 40); // a finger's tip counts for nothing
        return joints;
    }

    private static HandResult Hand(IEnumerable<Vector2> joints) =>
        new([.. joints.SelectMany(j => new[] { j.X, j.Y, 0 })], new float[63], 1, 1);

    [Fact]
    public void A_square_fits_the_palm_with_the_fingers_up()
    {
        Region square = HandTracking.Around(Upright());
        // Twice the longer side, a tenth of the height towards the fingers.
        Assert.Equal(200, square.Width, 1e-3);
        Assert.Equal(200, square.Height, 1e-3);
        Assert.Equal(0, square.Rotation, 1e-5);
        Assert.Equal(100, square.Centre.X, 1e-3);
        Assert.Equal(150 - 10, square.Centre.Y, 1e-3);
    }

    [Theory]
    [InlineData(0.3f)]
    [InlineData(-2.5f)]
    [InlineData(MathF.PI)]
    public void It_turns_with_the_hand(float angle)
    {
        Matrix3x2 turn = Matrix3x2.CreateRotation(angle, new(60, 70));
        Region still = HandTracking.Around(Upright()),
            turned = HandTracking.Around([.. Upright().Select(j => Vector2.Transform(j, turn))]);
        Assert.Equal(still.Width, turned.Width, 1e-2);
        Assert.True(Vector2.Distance(Vector2.Transform(still.Centre, turn), turned.Centre) < 1e-2);
        Assert.Equal(0, MathF.Sin((turned.Rotation - angle) / 2), 1e-4);
    }

    [Theory]
    [InlineData(0, 0, 1, 0, true)]
    [InlineData(39, 0, 1, 0, true)]
    [InlineData(-39, 0, 1, 0, true)] // a fifth of 200
    [InlineData(-41, 0, 1, 0, false)]
    [InlineData(0, 39, 1, 0, false)] // the finger's tip is outside
    [InlineData(0, 0, 0.72, 0, false)] // larger by 0.4 of the new one's side, but joints are outside
    [InlineData(0, 0, 1.7, 0, false)]
    [InlineData(0, 0, 1.6, 0, true)]
    [InlineData(0, 0, 1.3, 39, true)]
    [InlineData(0, 0, 1.3, 41, false)]
    [InlineData(0, 0, 1.3, -41, false)]
    public void A_square_is_kept_while_the_body_says_about_the_same(
        float right,
        float down,
        float size,
        float degrees,
        bool kept
    )
    {
        Vector2[] joints = Upright();
        joints[12] = new(100, 60);
        Region own = HandTracking.Around(joints);
        var found = new Region(
            own.Centre + new Vector2(right, down),
            own.Width * size,
            own.Height * size,
            own.Rotation + degrees * MathF.PI / 180
        );
        Assert.Equal(kept ? own : found, HandTracking.Choose(Hand(joints), found));
        Assert.Equal(found, HandTracking.Choose(null, found));
    }

    [Fact]
    public void Angles_on_both_sides_of_half_a_turn_are_near_each_other()
    {
        Matrix3x2 turn = Matrix3x2.CreateRotation(MathF.PI - 0.1f, new(100, 150));
        Vector2[] joints = [.. Upright().Select(j => Vector2.Transform(j, turn))];
        Region own = HandTracking.Around(joints);
        var found = own with { Rotation = own.Rotation + 0.3f - MathF.Tau };
        found = found with { Width = 1.3f * found.Width, Height = 1.3f * found.Height };
        Assert.Equal(own, HandTracking.Choose(Hand(joints), found));
    }
}

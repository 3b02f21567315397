using System.Numerics;
using Gesto.MediaPipe;

namespace Gesto.Tests.MediaPipe;

/// <summary>Regions and what is cut out of them, against planted pictures.</summary>
public class RegionTests
{
    private static readonly LandmarkModel Model = LandmarkModel.Hand; // 224, 0…1, the edge's colour beyond the edge

    /// <summary>Red tells the column, green the row.</summary>
    private static RgbFrame Ramp(int width, int height)
    {
        var pixels = new byte[width * height * 3];
        for (int y = 0; y < height; y++)
        for (int x = 0; x < width; x++)
            (pixels[3 * (y * width + x)], pixels[3 * (y * width + x) + 1]) = ((byte)x, (byte)y);
        return new(pixels, width, height);
    }

    private static float[] Sample(RgbFrame frame, Region region, LandmarkModel model)
    {
        var planes = new float[3 * model.Side * model.Side];
        RegionSampler.Sample(frame, region, model, planes);
        return planes;
    }

    [Theory]
    [InlineData(10, 0, 0)] // to the right: a quarter turn clockwise
    [InlineData(0, -10, 0.25)] // upwards: none
    [InlineData(-10, 0, 0.5)]
    public void A_region_turns_until_its_rim_is_above_its_middle(float x, float y, double quarter)
    {
        Region region = Region.ByPoints(new(50, 50), new Vector2(50 + x, 50 + y));
        Assert.Equal(20, region.Width, 1e-3f);
        Assert.Equal(50 + x, region.ToPicture(0.5f, 0).X, 1e-3f);
        Assert.Equal(50 + y, region.ToPicture(0.5f, 0).Y, 1e-3f);
        Assert.Equal(Math.Cos(Math.Tau * (0.25 - quarter)), Math.Cos(region.Rotation), 1e-5);
    }

    [Fact]
    public void A_square_moves_along_its_own_axis_before_it_grows()
    {
        var region = new Region(new(100, 100), 20, 40, MathF.PI / 2); // its own y-axis points to the left
        Region square = region.Square(2, down: 0.5f);
        Assert.Equal((80f, 80f), (square.Width, square.Height));
        Assert.Equal(80, square.Centre.X, 1e-3f);
        Assert.Equal(100, square.Centre.Y, 1e-3f);
    }

    [Fact]
    public void Pixels_are_read_at_their_places_between_pixel_centres()
    {
        RgbFrame frame = Ramp(200, 150);
        var region = new Region(new(90, 70), 60, 60, 0.4f);
        float[] planes = Sample(frame, region, Model);
        int side = Model.Side;
        foreach ((int row, int column) in new[] { (0, 0), (17, 200), (223, 223), (100, 3), (201, 98) })
        {
            Vector2 place = region.ToPicture((column + 0.5f) / side, (row + 0.5f) / side);
            Assert.Equal((place.X - 0.5f) / 255, planes[row * side + column], 1e-4f);
            Assert.Equal((place.Y - 0.5f) / 255, planes[side * side + row * side + column], 1e-4f);
            Assert.Equal(0, planes[2 * side * side + row * side + column]);
        }
    }

    [Fact]
    public void Beyond_the_edge_is_the_edges_colour_or_black()
    {
        RgbFrame frame = Ramp(100, 100);
        var region = new Region(new(100, 50), 80, 80); // its right half lies outside
        int side = Model.Side,
            last = side - 1;
        Assert.Equal(99 / 255f, Sample(frame, region, Model)[last], 1e-6f);
        LandmarkModel detector = LandmarkModel.PoseDetection; // −1…1, black beyond
        float[] planes = Sample(frame, region, detector);
        Assert.Equal(-1, planes[detector.Side - 1]);
        Assert.True(planes[detector.Side / 2 - 2] > -0.5f);
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    [InlineData(1e30f)]
    [InlineData(-1e30f)]
    public void A_region_that_is_nowhere_reads_no_memory_that_is_not_the_pictures(float where)
    {
        float[] planes = Sample(Ramp(3, 2), new Region(new(where, where), 10, where), Model);
        Assert.All(planes, v => Assert.InRange(v, 0, 1));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Pixels_are_those_of_a_plain_loop_to_the_last_bit(bool blackBeyond)
    {
        var random = new Random(3);
        LandmarkModel model = blackBeyond ? LandmarkModel.PoseDetection : LandmarkModel.Pose;
        foreach ((int width, int height) in new[] { (1, 2), (5, 3), (200, 151), (640, 360) })
        {
            var pixels = new byte[width * height * 3];
            random.NextBytes(pixels);
            var frame = new RgbFrame(pixels, width, height);
            foreach (float turn in new[] { 0, 0.4f, -2.5f })
            {
                var region = new Region(new(0.9f * width, height / 2f), 0.8f * width, 1.3f * height, turn);
                Assert.Equal(Plain(frame, region, model), Sample(frame, region, model));
            }
        }
    }

    private static float[] Plain(RgbFrame frame, Region region, LandmarkModel model)
    {
        int side = model.Side;
        (float scale, float offset) = model.Signed ? (2f / 255, -1f) : (1f / 255, 0f);
        Vector2 start = region.ToPicture(0.5f / side, 0.5f / side),
            right = region.Turned(new(region.Width / side, 0)),
            down = region.Turned(new(0, region.Height / side));
        var planes = new float[3 * side * side];
        for (int row = 0; row < side; row++)
        for (int column = 0; column < side; column++)
        {
            Vector2 first = start + down * row;
            float x = first.X + column * right.X,
                y = first.Y + column * right.Y,
                insideX = Math.Clamp(x - 0.5f, 0, frame.Width - 1),
                insideY = Math.Clamp(y - 0.5f, 0, frame.Height - 1);
            (int left, int top) = ((int)insideX, (int)insideY);
            (int next, int below) = (Math.Min(left + 1, frame.Width - 1), Math.Min(top + 1, frame.Height - 1));
            bool seen = !model.BlackBeyond || (x >= 0 && x <= frame.Width && y >= 0 && y <= frame.Height);
            for (int colour = 0; colour < 3; colour++)
            {
                float upper = Mix(At(left, top), At(next, top), insideX - left),
                    lower = Mix(At(left, below), At(next, below), insideX - left),
                    value = seen ? Mix(upper, lower, insideY - top) : 0;
                float scaled = value * scale;
                planes[(colour * side + row) * side + column] = scaled + offset;

                float At(int atX, int atY) => frame.Pixels[(atY * frame.Width + atX) * 3 + colour];
            }
        }
        return planes;

        static float Mix(float a, float b, float by)
        {
            float step = (b - a) * by;
            return a + step;
        }
    }

    [Theory]
    [InlineData(0.5f, false)]
    [InlineData(1.40f, false)] // what features take for signing, or nearly
    [InlineData(1.5f, true)]
    public void A_hand_far_below_the_shoulders_is_at_rest(float low, bool isAtRest)
    {
        Assert.Equal(isAtRest, Body(width: 100, trunk: 140, low).IsAtRest(left: true));
        Assert.False(Body(width: 100, trunk: 140, low).IsAtRest(left: false));
        // of somebody who turns the shoulders come near each other, and the hand stays where it is
        Assert.Equal(isAtRest, Body(width: 30, trunk: 160, low * 100 / 30).IsAtRest(left: true));

        static PoseResult Body(float width, float trunk, float low)
        {
            var joints = new float[33 * 4];
            Put(11, 200 + width / 2, 100);
            Put(12, 200 - width / 2, 100);
            Put(23, 220, 100 + trunk);
            Put(24, 180, 100 + trunk);
            Put(15, 260, 100 + low * width);
            Put(16, 150, 120);
            return new(joints, new float[33 * 3]);

            void Put(int joint, float x, float y) => (joints[4 * joint], joints[4 * joint + 1]) = (x, y);
        }
    }

    [Theory]
    [InlineData(1, 2)]
    [InlineData(2, 1)]
    [InlineData(5, 3)]
    public void The_last_pixel_has_no_byte_behind_it(int width, int height)
    {
        RgbFrame frame = Ramp(width, height);
        float[] planes = Sample(frame, new Region(new(width - 0.5f, height - 0.5f), 0.01f, 0.01f), Model);
        Assert.Equal((width - 1) / 255f, planes[0], 1e-4f);
        Assert.Equal((height - 1) / 255f, planes[Model.Side * Model.Side], 1e-4f);
    }

    [Fact]
    public void A_picture_with_fewer_bytes_than_it_says_is_refused() =>
        Assert.Throws<ArgumentException>(() => Sample(new(new byte[20], 3, 3), Region.Around(new([], 3, 3)), Model));
}

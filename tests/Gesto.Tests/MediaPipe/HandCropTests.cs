using System.Numerics;
using Gesto.MediaPipe;
using Gesto.Video;

namespace Gesto.Tests.MediaPipe;

/// <summary>Where a hand is cut out of a frame, and what is in the cut.</summary>
public class HandCropTests
{
    private const int Width = 200,
        Height = 150,
        Side = HandCrop.Side;

    /// <summary>Red says the column, green the row.</summary>
    private static RgbFrame Frame()
    {
        var pixels = new byte[Width * Height * 3];
        for (int i = 0; i < Width * Height; i++)
            (pixels[3 * i], pixels[3 * i + 1], pixels[3 * i + 2]) = ((byte)(i % Width), (byte)(i / Width), 77);
        return new(pixels, Width, Height);
    }

    /// <summary>A hand whose wrist is below its middle knuckle, turned clockwise.</summary>
    private static float[] Joints(float x, float y, float width, float height, float radians = 0)
    {
        (float X, float Y)[] places = [.. Enumerable.Repeat((x, y), 21)];
        (places[0], places[9]) = ((x, y + height / 2), (x, y - height / 2));
        (places[4], places[20]) = ((x - width / 2, y), (x + width / 2, y));
        var turn = new Region(default, 1, 1, radians);
        var centre = new Vector2(x, y);
        return
        [
            .. places
                .Select(p => centre + turn.Turned(new Vector2(p.X, p.Y) - centre))
                .SelectMany(p => new[] { p.X, p.Y, 0 }),
        ];
    }

    [Theory]
    [InlineData(60, 20, 0)]
    [InlineData(20, 60, 0)]
    [InlineData(60, 20, 1.2f)]
    [InlineData(20, 60, -2.5f)]
    public void The_square_is_turned_as_the_hand_is_and_has_a_margin_on_its_longer_side(
        float width,
        float height,
        float radians
    )
    {
        Region square = HandCrop.SquareOf(Joints(70, 60, width, height, radians), Width, Height)!.Value;
        Assert.Equal(70, square.Centre.X, 1e-3f);
        Assert.Equal(60, square.Centre.Y, 1e-3f);
        Assert.Equal(84, square.Width, 1e-3f); // 60, and four tenths more
        Assert.Equal(84, square.Height, 1e-3f);
        Assert.Equal(radians, square.Rotation, 1e-4f);
    }

    [Theory]
    [InlineData(-300, 60, 40)] // left of the frame
    [InlineData(70, 300, 40)] // below it
    [InlineData(70, 60, 0)] // a point
    [InlineData(70, 60, 1e30f)]
    [InlineData(1e30f, 60, 40)]
    [InlineData(float.NaN, 60, 40)]
    [InlineData(70, float.NegativeInfinity, 40)]
    public void What_is_no_hand_in_the_frame_is_not_cut(float x, float y, float size) =>
        Assert.Null(HandCrop.SquareOf(Joints(x, y, size, size), Width, Height));

    [Fact]
    public void A_square_of_the_pictures_size_is_the_frames_own_pixels_and_beyond_the_frame_the_mean_colour()
    {
        byte[] picture = HandCrop.Cut(Frame(), new Region(new(-20 + Side / 2, 90 + Side / 2), Side, Side));
        for (int y = 0; y < Side; y++)
        for (int x = 0; x < Side; x++)
        {
            ReadOnlySpan<byte> expected =
                x < 20 || y >= Height - 90 ? FrameFits.Fill : [(byte)(x - 20), (byte)(y + 90), 77];
            Assert.True(expected.SequenceEqual(picture.AsSpan((y * Side + x) * 3, 3)), $"column {x}, row {y}");
        }
    }

    [Theory]
    [InlineData(Side / 2)] // drawn larger
    [InlineData(130)] // each pixel the mean of two by two places
    public void Another_square_is_scaled_and_its_places_stay(int side)
    {
        byte[] picture = HandCrop.Cut(Frame(), new Region(new(100, 75), side, side));
        for (int at = 4; at < Side - 4; at++)
        {
            float place = ((at + 0.5f) / Side - 0.5f) * side - 0.5f;
            Assert.Equal(100 + place, picture[(50 * Side + at) * 3], 0.51f);
            Assert.Equal(75 + place, picture[(at * Side + 50) * 3 + 1], 0.51f);
        }
    }

    [Fact]
    public void Fingers_that_point_right_point_up_in_the_picture()
    {
        Region square = HandCrop.SquareOf(Joints(100, 75, 40, 40, MathF.PI / 2), Width, Height)!.Value;
        byte[] picture = HandCrop.Cut(Frame(), square);
        // up is to the right in the frame, so is red; right is down there, so is green
        Assert.Equal(100 + 28 * (1 - 41f / Side), picture[(20 * Side + 56) * 3] + 0.5f, 0.52f);
        Assert.Equal(75 - 28 * (1 - 41f / Side), picture[(56 * Side + 20) * 3 + 1] + 0.5f, 0.52f);
    }

    [Fact]
    public void Fine_stripes_of_a_large_hand_become_their_mean_and_no_pattern()
    {
        var pixels = new byte[1000 * 1000 * 3];
        for (int i = 0; i < pixels.Length; i++)
            pixels[i] = (byte)(i / 3 % 2 * 200); // every other column
        byte[] picture = HandCrop.Cut(new RgbFrame(pixels, 1000, 1000), new Region(new(500, 500), 560, 560));
        Assert.All(picture, v => Assert.InRange(v, 60, 140)); // five columns a pixel: two or three of them bright
    }

    [Fact]
    public void A_mirrored_hand_has_its_columns_from_right_to_left_and_its_colours_as_they_were()
    {
        byte[] picture = HandCrop.Cut(Frame(), new Region(new(40 + Side / 2, 10 + Side / 2), Side, Side)),
            mirrored = HandCrop.Mirrored(picture);
        Assert.Equal([40 + 111, 10 + 3, 77], mirrored[(3 * Side * 3)..(3 * Side * 3 + 3)]);
        Assert.Equal([40, 10 + 3, 77], mirrored[((3 * Side + Side - 1) * 3)..(4 * Side * 3)]);
        Assert.Equal(picture, HandCrop.Mirrored(mirrored));
    }
}

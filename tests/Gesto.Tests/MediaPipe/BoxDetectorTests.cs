using System.Numerics;
using Gesto.MediaPipe;

namespace Gesto.Tests.MediaPipe;

/// <summary>Boxes planted at known anchors.</summary>
public class BoxDetectorTests
{
    private const int Width = 6;

    /// <summary>A picture of 8 × 8 pixels: 2 × 2 places with two anchors, then one place with one.</summary>
    private static readonly BoxDetector Detector = new(8, points: 1, (4, 2), (8, 1));

    private readonly float[] boxes = new float[9 * Width],
        scores = [.. Enumerable.Repeat(-5f, 9)];

    private void Plant(int anchor, float score, params float[] box)
    {
        box.CopyTo(boxes, anchor * Width);
        scores[anchor] = score;
    }

    [Fact]
    public void A_box_lies_around_its_anchor()
    {
        Plant(3, 2, 1, -1, 2, 4, 0.5f, 0); // second anchor of the place at the right above: (6, 2) pixels
        Detection found = Assert.Single(Detector.Read(boxes, scores));
        Assert.Equal(1 / (1 + MathF.Exp(-2)), found.Score, 1e-6f);
        Near(new(6, -1), found.Corner);
        Near(new(2, 4), found.Size);
        Near(new(6.5f, 2), Assert.Single(found.Points));
    }

    [Fact]
    public void Boxes_of_one_thing_are_weighed_by_their_scores_and_the_surest_stands_first()
    {
        Plant(0, 0, 0, 0, 4, 4, 0, 0); // a probability of 1/2, at (2, 2)
        Plant(1, 100, 1, 0, 4, 4, 4, 0); // of 1, a pixel beside it: they share 12 of 20 square pixels
        Plant(6, 1, 0, 0, 2, 2, 0, 0); // something else, at (6, 6)
        List<Detection> found = Detector.Read(boxes, scores);
        Assert.Equal(2, found.Count);
        Assert.Equal(1, found[0].Score);
        Assert.Equal((0 + 2 * 1) / 3f / 8, found[0].Corner.X, 1e-6f);
        Assert.Equal((2 + 2 * 6) / 3f / 8, found[0].Points[0].X, 1e-6f);
        Near(new(5, 5), found[1].Corner);
    }

    /// <param name="pixels">Of the 8 × 8 picture.</param>
    /// <param name="found">Of its side.</param>
    private static void Near(Vector2 pixels, Vector2 found) =>
        Assert.InRange(Vector2.Distance(pixels / 8, found), 0, 1e-6f);

    [Fact]
    public void Nothing_is_found_where_nothing_is_sure()
    {
        Plant(2, -0.001f, 0, 0, 4, 4, 0, 0);
        Plant(3, float.NaN, 0, 0, 4, 4, 0, 0);
        Assert.Empty(Detector.Read(boxes, scores));
    }

    [Fact]
    public void A_box_without_an_area_does_not_stop_the_search()
    {
        Plant(0, 1, 0, 0, 0, 0, 0, 0);
        Assert.Single(Detector.Read(boxes, scores));
    }
}

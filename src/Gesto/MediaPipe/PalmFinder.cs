using System.Numerics;

namespace Gesto.MediaPipe;

/// <summary>Finds hands by their palms, as MediaPipe's hands solution does.</summary>
internal sealed class PalmFinder(LandmarkNetwork detection, HandEstimator hands)
{
    /// <summary>Hands looked at.</summary>
    private const int Most = 2;

    /// <summary>Squares that overlap more are of one hand.</summary>
    private const float SameHand = 0.5f;

    /// <summary>Of a palm's points, the wrist and the knuckle of the middle finger.</summary>
    private const int Wrist = 0,
        MiddleKnuckle = 2;

    private static readonly BoxDetector Boxes = new(LandmarkModel.PalmDetection.Side, points: 7, (8, 2), (16, 6));

    /// <param name="frame">The picture.</param>
    /// <param name="zoomedOut">The picture is looked at so many times smaller, black around it: the network knows no
    /// palm that fills a picture.</param>
    /// <returns>In MediaPipe's order; none or up to two.</returns>
    public List<HandResult> Find(RgbFrame frame, float zoomedOut = 1)
    {
        Region whole = Region.Around(frame).Square(zoomedOut);
        List<Detection> palms = detection.Run(frame, whole, outputs => Boxes.Read(outputs[0], outputs[1]));
        var squares = new List<Region>();
        foreach (Detection palm in palms.Take(Most))
        {
            Region square = Around(palm, whole);
            squares.RemoveAll(other => Overlap(other, square) > SameHand); // the later one stays
            squares.Add(square);
        }
        return [.. squares.Select(square => hands.Read(frame, square)).OfType<HandResult>()];
    }

    private static Region Around(Detection palm, Region whole)
    {
        Vector2 middle = palm.Corner + palm.Size / 2;
        Vector2 wrist = palm.Points[Wrist],
            knuckle = palm.Points[MiddleKnuckle];
        float turn = Region.Turn(whole.ToPicture(wrist.X, wrist.Y), whole.ToPicture(knuckle.X, knuckle.Y));
        return new Region(
            whole.ToPicture(middle.X, middle.Y),
            palm.Size.X * whole.Width,
            palm.Size.Y * whole.Height,
            turn
        ).Square(2.6f, down: -0.5f);
    }

    /// <summary>As if none were turned.</summary>
    private static float Overlap(Region a, Region b)
    {
        Vector2 size = new(a.Width, a.Height),
            other = new(b.Width, b.Height);
        return BoxDetector.Overlap(a.Centre - size / 2, size, b.Centre - other / 2, other);
    }
}

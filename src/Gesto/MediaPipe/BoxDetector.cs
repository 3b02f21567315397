using System.Numerics;

namespace Gesto.MediaPipe;

/// <summary>Something found in a picture.</summary>
/// <param name="Score">0.5…1.</param>
/// <param name="Corner">Top left of its box; like all here, 0…1 of the region looked at.</param>
/// <param name="Size">Width and height.</param>
/// <param name="Points">The model's.</param>
internal sealed record Detection(float Score, Vector2 Corner, Vector2 Size, Vector2[] Points);

/// <summary>Reads the boxes of MediaPipe's detectors.</summary>
/// <remarks>Each box lies around an anchor on grids that get coarser; those that overlap are merged into one by their
/// scores' weights. Source: W. Liu et al., "SSD", 2016, and V. Bazarevsky et al., "BlazeFace", 2019.</remarks>
internal sealed class BoxDetector
{
    /// <summary>Boxes that overlap more are of one thing: intersection over union.</summary>
    private const float SameThing = 0.3f;

    private readonly int side;
    private readonly int points;
    private readonly Vector2[] anchors;

    /// <param name="side">Of the network's picture, pixels.</param>
    /// <param name="points">Points of a box.</param>
    /// <param name="grids">Pixels between anchors, and how many stand at one place.</param>
    public BoxDetector(int side, int points, params (int Stride, int Anchors)[] grids)
    {
        (this.side, this.points) = (side, points);
        anchors =
        [
            .. from grid in grids
            let cells = side / grid.Stride
            from y in Enumerable.Range(0, cells)
            from x in Enumerable.Range(0, cells)
            from _ in Enumerable.Range(0, grid.Anchors)
            select new Vector2(x + 0.5f, y + 0.5f) / cells,
        ];
    }

    /// <param name="boxes">For each anchor its centre's offset, width, height and points' offsets, pixels.</param>
    /// <param name="scores">For each anchor, before the sigmoid.</param>
    /// <returns>The surest first.</returns>
    public List<Detection> Read(float[] boxes, float[] scores)
    {
        var all = new List<Detection>();
        int width = 4 + 2 * points;
        for (int i = 0; i < anchors.Length; i++)
        {
            if (!(scores[i] >= 0)) // a probability of one half
                continue;
            int start = i * width;
            var size = new Vector2(boxes[start + 2], boxes[start + 3]) / side;
            all.Add(
                new(
                    1 / (1 + MathF.Exp(-Math.Min(scores[i], 100))),
                    Point(start) - size / 2,
                    size,
                    [.. Enumerable.Range(0, points).Select(p => Point(start + 4 + 2 * p))]
                )
            );

            Vector2 Point(int at) => new Vector2(boxes[at], boxes[at + 1]) / side + anchors[i];
        }
        return Merged([.. all.OrderByDescending(d => d.Score)]);
    }

    private static List<Detection> Merged(List<Detection> rest)
    {
        var merged = new List<Detection>();
        while (rest.Count > 0)
        {
            ILookup<bool, Detection> same = rest.ToLookup(d => Overlap(d, rest[0]) > SameThing);
            Detection first = rest[0];
            merged.Add(same[true].Any() ? Mean([.. same[true]]) : first);
            if (!same[true].Any())
                break; // a box without an area is like nothing, not even itself
            rest = [.. same[false]];
        }
        return merged;
    }

    /// <summary>Each weighs as much as it is sure.</summary>
    private static Detection Mean(Detection[] of)
    {
        float all = of.Sum(d => d.Score);
        Vector2 corner = Weighed(d => d.Corner);
        return new(
            of[0].Score,
            corner,
            Weighed(d => d.Corner + d.Size) - corner,
            [.. of[0].Points.Select((_, p) => Weighed(d => d.Points[p]))]
        );

        Vector2 Weighed(Func<Detection, Vector2> what) =>
            of.Aggregate(Vector2.Zero, (sum, d) => sum + what(d) * d.Score) / all;
    }

    private static float Overlap(Detection a, Detection b) => Overlap(a.Corner, a.Size, b.Corner, b.Size);

    /// <returns>Intersection over union of two rectangles.</returns>
    public static float Overlap(Vector2 corner, Vector2 size, Vector2 otherCorner, Vector2 otherSize)
    {
        Vector2 both = Vector2.Min(corner + size, otherCorner + otherSize) - Vector2.Max(corner, otherCorner);
        if (!(both.X > 0 && both.Y > 0))
            return 0;
        float intersection = both.X * both.Y;
        return intersection / (size.X * size.Y + otherSize.X * otherSize.Y - intersection);
    }
}

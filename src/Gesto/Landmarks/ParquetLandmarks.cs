using Gesto.Files;

namespace Gesto.Landmarks;

/// <summary>Landmarks in a Parquet table, as the Google ISLR challenge publishes them: a row a point, with the columns
/// `frame`, `type` (face, left_hand, pose, right_hand), `landmark_index`, `x`, `y` and `z`; others are not read. x and
/// y are fractions of the picture's width and height, nulls or NaN where a point is not found.</summary>
/// <remarks>A frame has all 543 points, in any order; frames follow each other in the order of their numbers, of which
/// some may be left out. The format has no visibility: it is 1 where a joint is found. The face is not used.</remarks>
internal static class ParquetLandmarks
{
    /// <summary>Of a frame.</summary>
    private const int Points = 468 + 2 * LandmarkClip.HandJoints + LandmarkClip.BodyJoints;

    /// <summary>More than two minutes, and many times the longest recording of one sign; bounds the memory, about 30
    /// bytes a row.</summary>
    private const int MostFrames = 4096;

    private static readonly string[] Types = ["face", "left_hand", "pose", "right_hand"];

    /// <summary>Of each type.</summary>
    private static readonly int[] Counts =
    [
        468,
        LandmarkClip.HandJoints,
        LandmarkClip.BodyJoints,
        LandmarkClip.HandJoints,
    ];

    private const string Expected =
        "expected 543 points a frame: face 0 to 467, left_hand 0 to 20, pose 0 to 32, right_hand 0 to 20";

    /// <exception cref="IOException">It cannot be read.</exception>
    /// <exception cref="InvalidDataException">Another format, or rows that are not such points; or as <see
    /// cref="LandmarkClip.Checked"/>.</exception>
    public static LandmarkClip Load(string path) => Of(ParquetFile.Load(path, MostFrames * Points), path);

    /// <param name="table">The table.</param>
    /// <param name="path">What to call it in errors.</param>
    public static LandmarkClip Of(ParquetFile table, string path)
    {
        if (table.Rows == 0 || table.Rows % Points != 0)
            throw new InvalidDataException(
                $"{path}: {table.Rows} rows, expected a multiple of {Points}; {Expected}. Leave the sample out."
            );
        int[] frames = table.Integers("frame"),
            indices = table.Integers("landmark_index");
        byte[] types = table.Words("type", Types);
        float[] x = table.Singles("x"),
            y = table.Singles("y"),
            z = table.Singles("z");
        var values = new float[table.Rows / Points * LandmarkClip.FrameValues];
        var seen = new bool[Types.Length, Points];
        for (int row = 0; row < table.Rows; row++)
        {
            int first = row - row % Points;
            if (row == first)
                Array.Clear(seen);
            if (frames[row] != frames[first] || row == first && row > 0 && frames[row] <= frames[row - 1])
                throw Wrong(row, $"frame {frames[row]} after frame {frames[row - 1]}");
            (int type, int index) = (types[row], indices[row]);
            if (index < 0 || index >= Counts[type])
                throw Wrong(row, $"{Types[type]} {index}");
            if (seen[type, index])
                throw Wrong(row, $"{Types[type]} {index} again");
            seen[type, index] = true;
            if (Types[type] == "face" || float.IsNaN(x[row]) || float.IsNaN(y[row]))
                continue;
            Span<float> to = values.AsSpan(row / Points * LandmarkClip.FrameValues + Place(type, index));
            (to[0], to[1], to[2]) = (x[row], y[row], float.IsNaN(z[row]) ? 0 : z[row]);
            if (Types[type] == "pose")
                to[3] = 1;
        }
        return LandmarkClip.Checked(path, values);

        InvalidDataException Wrong(int row, string found) =>
            new($"{path}: found {found} in row {row}; {Expected}, frames in their order. Leave the sample out.");
    }

    /// <returns>Of a joint among a frame's values.</returns>
    private static int Place(int type, int index) =>
        Types[type] switch
        {
            "pose" => 4 * index,
            "left_hand" => LandmarkClip.BodyValues + 3 * index,
            _ => LandmarkClip.BodyValues + LandmarkClip.HandValues + 3 * index,
        };
}

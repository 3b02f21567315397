namespace Gesto.Landmarks;

/// <summary>Body and hands out of a `.pose` file, found by the names that MediaPipe's points have in it.</summary>
internal static class PoseLandmarks
{
    private static readonly string[] Body =
    [
        "NOSE",
        "LEFT_EYE_INNER",
        "LEFT_EYE",
        "LEFT_EYE_OUTER",
        "RIGHT_EYE_INNER",
        "RIGHT_EYE",
        "RIGHT_EYE_OUTER",
        "LEFT_EAR",
        "RIGHT_EAR",
        "MOUTH_LEFT",
        "MOUTH_RIGHT",
        "LEFT_SHOULDER",
        "RIGHT_SHOULDER",
        "LEFT_ELBOW",
        "RIGHT_ELBOW",
        "LEFT_WRIST",
        "RIGHT_WRIST",
        "LEFT_PINKY",
        "RIGHT_PINKY",
        "LEFT_INDEX",
        "RIGHT_INDEX",
        "LEFT_THUMB",
        "RIGHT_THUMB",
        "LEFT_HIP",
        "RIGHT_HIP",
        "LEFT_KNEE",
        "RIGHT_KNEE",
        "LEFT_ANKLE",
        "RIGHT_ANKLE",
        "LEFT_HEEL",
        "RIGHT_HEEL",
        "LEFT_FOOT_INDEX",
        "RIGHT_FOOT_INDEX",
    ];

    private static readonly string[] Hand =
    [
        "WRIST",
        .. new[] { "THUMB_CMC", "THUMB_MCP", "THUMB_IP", "THUMB_TIP" },
        .. new[] { "INDEX_FINGER", "MIDDLE_FINGER", "RING_FINGER", "PINKY" }.SelectMany(finger =>
            new[] { "MCP", "PIP", "DIP", "TIP" }.Select(joint => $"{finger}_{joint}")
        ),
    ];

    /// <summary>Of the points of `POSE_LANDMARKS`, and of those of a hand.</summary>
    public static IReadOnlyList<string> BodyNames => Body;

    public static IReadOnlyList<string> HandNames => Hand;

    /// <exception cref="IOException">It cannot be read.</exception>
    /// <exception cref="InvalidDataException">Not a `.pose` file, or without MediaPipe's body and hands.</exception>
    public static LandmarkClip Load(string path) => Of(PoseFile.Load(path), path);

    /// <param name="file">Of the first person; components that are missing count as not found.</param>
    /// <param name="path">What to call it in errors.</param>
    /// <returns>Coordinates as in the file, pixels mostly; the confidence is the body's visibility.</returns>
    /// <exception cref="InvalidDataException">No frame, nobody, or points of another model; or as <see
    /// cref="LandmarkClip.Checked"/>.</exception>
    public static LandmarkClip Of(PoseFile file, string path)
    {
        if (file.Frames == 0 || file.People == 0)
            throw new InvalidDataException(
                $"{path}: {file.Frames} frames of {file.People} people, expected one of each at least. Leave the sample out."
            );
        (int Point, int At, int Width)[] places =
        [
            .. Places(file, "POSE_LANDMARKS", Body, 0, 4),
            .. Places(file, "LEFT_HAND_LANDMARKS", Hand, LandmarkClip.BodyValues, 3),
            .. Places(file, "RIGHT_HAND_LANDMARKS", Hand, LandmarkClip.BodyValues + LandmarkClip.HandValues, 3),
        ];
        if (places.Length == 0)
            throw new InvalidDataException(
                $"{path}: components {string.Join(", ", file.Components.Select(c => c.Name))}, expected MediaPipe's POSE_LANDMARKS, LEFT_HAND_LANDMARKS or RIGHT_HAND_LANDMARKS. "
                    + "Estimate the poses with MediaPipe holistic."
            );
        int points = file.Points,
            dimensions = file.Dimensions;
        var values = new float[file.Frames * LandmarkClip.FrameValues];
        for (int t = 0; t < file.Frames; t++)
            foreach ((int point, int at, int width) in places)
            {
                int from = t * file.People * points + point;
                float confidence = file.Confidences[from];
                if (confidence == 0)
                    continue;
                Span<float> to = values.AsSpan(t * LandmarkClip.FrameValues + at, width);
                file.Values.AsSpan(from * dimensions, Math.Min(3, dimensions)).CopyTo(to);
                if (width == 4)
                    to[3] = confidence;
            }
        return LandmarkClip.Checked(path, values);
    }

    /// <returns>For each known point of a component its place among the file's points, and in a frame of a
    /// clip.</returns>
    private static IEnumerable<(int Point, int At, int Width)> Places(
        PoseFile file,
        string component,
        string[] names,
        int start,
        int width
    )
    {
        int first = 0;
        foreach (PoseComponent group in file.Components)
        {
            if (group.Name == component)
                foreach ((int i, string point) in group.Points.Index())
                    if (Array.IndexOf(names, point) is >= 0 and var joint)
                        yield return (first + i, start + joint * width, width);
            first += group.Points.Count;
        }
    }
}

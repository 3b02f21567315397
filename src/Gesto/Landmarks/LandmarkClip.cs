namespace Gesto.Landmarks;

/// <summary>Body and hands over the frames of a recording, as MediaPipe's holistic model numbers them.</summary>
/// <param name="Values">(T, <see cref="FrameValues"/>): the body's 33 joints × (x, y, z, visibility), then the left and
/// the right hand's 21 joints × (x, y, z); finite, zeros where a joint is not found. x and y in any one unit, x to the
/// right and y downwards in the picture.</param>
/// <param name="Length">T, 1 or more.</param>
internal sealed record LandmarkClip(float[] Values, int Length)
{
    /// <summary>Of the body.</summary>
    public const int BodyJoints = 33;

    /// <summary>Of a hand: the wrist, then four of each finger from thumb to little finger, tips last.</summary>
    public const int HandJoints = 21;

    /// <summary>Values of the body in a frame, before the hands'.</summary>
    public const int BodyValues = BodyJoints * 4;

    /// <summary>Values of one hand in a frame.</summary>
    public const int HandValues = HandJoints * 3;

    /// <summary>Values of a frame.</summary>
    public const int FrameValues = BodyValues + 2 * HandValues;

    /// <summary>More than a day of video; keeps hostile files from asking for much.</summary>
    public const int MostFrames = 1_000_000;

    /// <summary>Larger coordinates are no place in any picture.</summary>
    private const float Farthest = 1e6f;

    /// <returns>The clip, checked.</returns>
    /// <exception cref="InvalidDataException">A value is not finite or far outside any picture.</exception>
    public static LandmarkClip Checked(string path, float[] values)
    {
        for (int i = 0; i < values.Length; i++)
            if (!(Math.Abs(values[i]) <= Farthest))
                throw new InvalidDataException(
                    FormattableString.Invariant(
                        $"{path}: found {values[i]} in frame {i / FrameValues}, expected coordinates within ±{Farthest:0}. Write zeros for what is not found, or leave the sample out."
                    )
                );
        return new LandmarkClip(values, values.Length / FrameValues);
    }
}

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

    /// <summary>Legs below a picture are guessed, not farther than this.</summary>
    private const float FarthestFraction = 8;

    private const float HeightOfWidth = 3f / 4;

    /// <summary>Larger coordinates are no place in any picture.</summary>
    private const float Farthest = 1e6f;

    /// <summary>What MediaPipe says is fractions of a picture's width and height, and most arrays hold that: a hand
    /// that turns changes its shape in them. Nobody writes down how wide the pictures were; cameras of the tutorials
    /// that people follow have 4:3. Hands without a body may be scaled in any way and are left alone.</summary>
    /// <returns>The same with y in the unit of x where there is a body and nearly all coordinates are such
    /// fractions.</returns>
    public LandmarkClip InOneUnit()
    {
        int fractions = 0,
            others = 0;
        float farthest = 0;
        bool body = false;
        foreach (int y in Heights())
            if ((Values[y - 1], Values[y]) != (0, 0))
            {
                (float least, float most) = (Math.Min(Values[y - 1], Values[y]), Math.Max(Values[y - 1], Values[y]));
                _ = least >= 0 && most <= 1 ? fractions++ : others++;
                farthest = Math.Max(farthest, Math.Max(most, -least));
                body |= y % FrameValues < BodyValues;
            }
        if (!body || fractions < 3 * others || farthest > FarthestFraction)
            return this;
        float[] values = [.. Values];
        foreach (int y in Heights())
            values[y] *= HeightOfWidth;
        return this with { Values = values };
    }

    /// <summary>Where y stands in the values.</summary>
    private IEnumerable<int> Heights()
    {
        for (int frame = 0; frame < Values.Length; frame += FrameValues)
        {
            for (int at = 0; at < BodyValues; at += 4)
                yield return frame + at + 1;
            for (int at = BodyValues; at < FrameValues; at += 3)
                yield return frame + at + 1;
        }
    }

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

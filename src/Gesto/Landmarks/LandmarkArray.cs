using Gesto.Files;

namespace Gesto.Landmarks;

/// <summary>Landmarks in a numpy array of floats: (T, 1662) = body, face, left hand, right hand; (T, 258) without the
/// face; (T, 126) the hands alone; or one such frame. What a tutorial of many copies began, many data sets
/// have.</summary>
internal static class LandmarkArray
{
    /// <summary>Body 33 × 4, face 468 × 3, left hand 21 × 3, right hand 21 × 3.</summary>
    private const int WithFace = 1662;

    /// <summary>Both hands.</summary>
    private const int HandsAlone = 2 * LandmarkClip.HandValues;

    /// <summary>A quarter of an hour of the largest frames; a header that announces more is refused before anything is
    /// allocated.</summary>
    private const long ByteLimit = 1L << 29;

    /// <exception cref="IOException">It cannot be read.</exception>
    /// <exception cref="InvalidDataException">Not a `.npy` of such a shape; or as <see
    /// cref="LandmarkClip.Checked"/>.</exception>
    public static LandmarkClip Load(string path) => LandmarkClip.Checked(path, Values(path));

    /// <returns>True where a `.npy` holds as many values a frame as landmarks do.</returns>
    public static bool Is(string path)
    {
        using FileStream stream = RecordingFile.Open(path);
        try
        {
            return IsWidth(WidthOf(NpyFile.ReadHeader(stream, path).Shape));
        }
        catch (InvalidDataException)
        {
            return false;
        }
    }

    /// <returns>(T, <see cref="LandmarkClip.FrameValues"/>), values not looked at, but that a group of numpy's NaN is
    /// zeros: others write so what is not found.</returns>
    internal static float[] Values(string path)
    {
        using FileStream stream = RecordingFile.Open(path, 1 << 16);
        NpyArray array = NpyFile.Read(stream, path, ByteLimit);
        int width = WidthOf(array.Shape);
        if (!IsWidth(width))
            throw new InvalidDataException(
                $"{path}: shape ({string.Join(", ", array.Shape)}), expected (frames, 1662), (frames, 258) or (frames, 126): body 33 x 4, face 468 x 3, "
                    + "left hand 21 x 3, right hand 21 x 3; without the face; or the hands alone. Save it in this order."
            );
        if (array.DType is not ("<f2" or "<f4" or "<f8"))
            throw new InvalidDataException(
                $"{path}: numbers of type '{array.DType}', expected floats. Save array.astype(np.float32)."
            );
        int frames = array.Shape is [_] ? 1 : array.Shape[0];
        if (frames is < 1 or > LandmarkClip.MostFrames)
            throw new InvalidDataException(
                $"{path}: {frames} frames, expected 1 to {LandmarkClip.MostFrames}. Leave the sample out."
            );
        float[] read = array.ToSingles();
        var values = new float[frames * LandmarkClip.FrameValues];
        for (int t = 0; t < frames; t++)
        {
            ReadOnlySpan<float> from = read.AsSpan(t * width, width);
            Span<float> to = values.AsSpan(t * LandmarkClip.FrameValues, LandmarkClip.FrameValues);
            if (width != HandsAlone)
                Copy(from[..LandmarkClip.BodyValues], to, LandmarkClip.BodyJoints);
            Copy(from[^HandsAlone..^LandmarkClip.HandValues], to[LandmarkClip.BodyValues..], 1);
            Copy(from[^LandmarkClip.HandValues..], to[^LandmarkClip.HandValues..], 1);
        }
        return values;
    }

    /// <returns>Values of a frame; 0 for another number of axes.</returns>
    private static int WidthOf(int[] shape) => shape.Length is 1 or 2 ? shape[^1] : 0;

    private static bool IsWidth(int width) => width is WithFace or LandmarkClip.FrameValues or HandsAlone;

    /// <summary>Copies so many groups; one of NaN alone stays zeros.</summary>
    private static void Copy(ReadOnlySpan<float> from, Span<float> to, int groups)
    {
        int size = from.Length / groups;
        for (int at = 0; at < from.Length; at += size)
        {
            ReadOnlySpan<float> group = from.Slice(at, size);
            bool found = false;
            foreach (float v in group)
                found |= !float.IsNaN(v);
            if (found)
                group.CopyTo(to[at..]);
        }
    }
}

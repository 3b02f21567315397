namespace Gesto.Video;

/// <summary>How a frame of another shape becomes a square (or whatever shape is asked for).</summary>
public enum FrameFit
{
    /// <summary>Each axis is scaled by itself: nothing is lost, hands become thinner or broader. The source
    /// project's.</summary>
    Squash,

    /// <summary>The whole frame in its own shape, in the middle; what is left over is filled with ImageNet's
    /// mean colour.</summary>
    Pad,

    /// <summary>The largest part of the wanted shape from the middle: what stands beside it is lost.</summary>
    Crop,
}

/// <summary>The arithmetic of <see cref="FrameFit"/>, and its words in feature keys.</summary>
internal static class FrameFits
{
    private const string Words = "; fit ";

    /// <summary>ImageNet's mean colour, R, G, B, not black: the encoders take it off every pixel, so it comes to zero,
    /// which is what convolutions see beyond a picture's edge. Black would draw two hard edges.</summary>
    public static ReadOnlySpan<byte> Fill => [124, 116, 104];

    /// <summary>Beyond grey frames: the mean colour's grey.</summary>
    public const byte GreyFill = 117;

    /// <returns>The part of a frame that is kept.</returns>
    public static (int Left, int Top, int Width, int Height) Part(
        FrameFit fit,
        int width,
        int height,
        int toWidth,
        int toHeight
    )
    {
        if (fit != FrameFit.Crop)
            return (0, 0, width, height);
        (int w, int h) =
            (long)width * toHeight > (long)height * toWidth
                ? (Scale(height, toWidth, toHeight), height)
                : (width, Scale(width, toHeight, toWidth));
        return ((width - w) / 2, (height - h) / 2, w, h);
    }

    /// <returns>Where that part goes.</returns>
    public static (int Left, int Top, int Width, int Height) Place(
        FrameFit fit,
        int width,
        int height,
        int toWidth,
        int toHeight
    )
    {
        if (fit != FrameFit.Pad)
            return (0, 0, toWidth, toHeight);
        (int w, int h) =
            (long)width * toHeight > (long)height * toWidth
                ? (toWidth, Scale(height, toWidth, width))
                : (Scale(width, toHeight, height), toHeight);
        return ((toWidth - w) / 2, (toHeight - h) / 2, w, h);
    }

    /// <returns>A feature key's preprocessing: the encoder's own words, and the fit's where it is not the default, so
    /// that features of earlier versions keep their keys.</returns>
    public static string InKey(string preprocessing, FrameFit fit) =>
        fit == FrameFit.Squash ? preprocessing : preprocessing + Words + fit.ToString().ToLowerInvariant();

    /// <summary>Reads <see cref="InKey"/> back.</summary>
    /// <exception cref="InvalidDataException">A fit that this version does not know.</exception>
    public static (string Preprocessing, FrameFit Fit) Parse(string key)
    {
        int at = key.LastIndexOf(Words, StringComparison.Ordinal);
        if (at < 0)
            return (key, FrameFit.Squash);
        string name = key[(at + Words.Length)..];
        return
            Enum.GetValues<FrameFit>().FirstOrDefault(f => f != FrameFit.Squash && InKey(key[..at], f) == key)
                is var fit
                    and not FrameFit.Squash
            ? (key[..at], fit)
            : throw new InvalidDataException(
                $"RGB preprocessing '{key}': the fit '{name}' is not known to this version of Gesto."
            );
    }

    /// <returns>length · by / of, rounded, 1 at least.</returns>
    private static int Scale(int length, int by, int of) => (int)Math.Max(1, ((long)length * by * 2 + of) / (2L * of));
}

namespace Gesto.Video;

/// <summary>Which frames of a recording are used.</summary>
public static class FrameSampling
{
    /// <summary>T, the number of frames kept at most, and the padded length of every feature array.</summary>
    public const int Length = 30;

    /// <summary>Names this rule in a <see cref="Features.FeatureKey"/>.</summary>
    public const string Name = "linspace-30";

    /// <summary>All frames where there are at most 30; else 30 values evenly spaced from 0 to n − 1, truncated.</summary>
    /// <param name="frames">n, the number of frames that decode, ≥ 0.</param>
    /// <returns>Ascending frame numbers: the values of <c>numpy.linspace(0, n - 1, 30, dtype=int)</c> from n = 30 on.</returns>
    public static int[] Indices(int frames)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(frames);
        if (frames < Length) return [.. Enumerable.Range(0, frames)];
        // numpy multiplies by the rounded step and sets the last value: (i * (n-1)) / 29 in integers would differ
        // where the product's rounding falls below a whole number.
        double step = (frames - 1) / (double)(Length - 1);
        var indices = new int[Length];
        for (int i = 0; i < Length - 1; i++) indices[i] = (int)(i * step);
        indices[^1] = frames - 1;
        return indices;
    }
}

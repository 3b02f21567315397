using System.Globalization;

namespace Gesto.Video;

/// <summary>Which frames of a recording are used.</summary>
/// <param name="Length">T, the number of frames kept at most, and the padded length of every feature array; ≥ 1.</param>
public sealed record FrameSampling(int Length)
{
    private const string Prefix = "linspace-";

    /// <summary>30 frames at most, the source project's.</summary>
    public static FrameSampling Default { get; } = new(30);

    /// <summary>Names this rule in a <see cref="Features.FeatureKey"/>; <see cref="Parse"/> reads it back.</summary>
    public string Name => string.Create(CultureInfo.InvariantCulture, $"{Prefix}{Length}");

    /// <exception cref="InvalidDataException">The text is not one that <see cref="Name"/> makes.</exception>
    public static FrameSampling Parse(string name) =>
        name.StartsWith(Prefix, StringComparison.Ordinal) &&
        int.TryParse(name.AsSpan(Prefix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out int length) && length > 0
            ? new FrameSampling(length)
            : throw new InvalidDataException($"Frame sampling '{name}' is not known to this version of Gesto.");

    /// <summary>All frames where there are at most T; else T values evenly spaced from 0 to n − 1, truncated.</summary>
    /// <param name="frames">n, the number of frames that decode, ≥ 0.</param>
    /// <returns>Ascending frame numbers: the values of <c>numpy.linspace(0, n - 1, T, dtype=int)</c> from n = T on.</returns>
    public int[] Indices(int frames)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(frames);
        if (frames < Length) return [.. Enumerable.Range(0, frames)];
        if (Length == 1) return [0];
        // numpy multiplies by the rounded step and sets the last value: (i * (n-1)) / (T-1) in integers would differ
        // where the product's rounding falls below a whole number.
        double step = (frames - 1) / (double)(Length - 1);
        var indices = new int[Length];
        for (int i = 0; i < Length - 1; i++) indices[i] = (int)(i * step);
        indices[^1] = frames - 1;
        return indices;
    }
}

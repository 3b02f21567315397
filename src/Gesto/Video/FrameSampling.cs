using System.Globalization;

namespace Gesto.Video;

/// <summary>Which frames of a recording are used.</summary>
/// <param name="Length">T, the number of frames kept at most, and the padded length of every feature array; ≥
/// 1.</param>
/// <remarks>Immutable; thread-safe.</remarks>
public sealed record FrameSampling(int Length)
{
    private const string ByIndex = "linspace-",
        InTime = "time-";

    /// <summary>30 frames at most, the source project's.</summary>
    public static FrameSampling Default { get; } = new(30);

    /// <summary>Names this rule in a <see cref="Encoders.FeatureKey"/>; <see cref="Parse"/> reads it back.</summary>
    internal string Name => string.Create(CultureInfo.InvariantCulture, $"{(EvenInTime ? InTime : ByIndex)}{Length}");

    /// <summary>False: frames evenly spaced by their numbers. True: evenly spaced in time, for videos whose frames come
    /// unevenly (phones in poor light, radar recorded as it comes). Arrays and files without times have no clock: there
    /// numbers are taken for times.</summary>
    public bool EvenInTime { get; init; }

    /// <exception cref="InvalidDataException">The text is not one that <see cref="Name"/> makes.</exception>
    internal static FrameSampling Parse(string name)
    {
        string prefix = name.StartsWith(InTime, StringComparison.Ordinal) ? InTime : ByIndex;
        return
            name.StartsWith(prefix, StringComparison.Ordinal)
            && int.TryParse(name.AsSpan(prefix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out int length)
            && length > 0
            ? new FrameSampling(length) { EvenInTime = prefix == InTime }
            : throw new InvalidDataException($"Frame sampling '{name}' is not known to this version of Gesto.");
    }

    /// <summary>By number: all frames where there are at most T; else T values evenly spaced from 0 to n − 1,
    /// truncated. In time: as many moments, evenly spaced from the first frame's to the last one's, and for each the
    /// frame nearest to it, of two the earlier.</summary>
    /// <param name="frames">n, the number of frames that decode, ≥ 0.</param>
    /// <param name="times">When each of them is shown, seconds, ascending, n or more; null or fewer: no clock.</param>
    /// <returns>min(n, T) ascending frame numbers. By number: the values of <c>numpy.linspace(0, n - 1, T,
    /// dtype=int)</c> from n = T on. In time a frame may come several times, as it would stand on a screen, and others
    /// not at all.</returns>
    internal int[] Indices(int frames, IReadOnlyList<double>? times = null)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(frames);
        if (EvenInTime && frames > 1 && times?.Count >= frames && times[frames - 1] > times[0])
            return NearestInTime(frames, times);
        if (frames < Length)
            return [.. Enumerable.Range(0, frames)];
        if (Length == 1)
            return [0];
        // numpy multiplies by the rounded step and sets the last value: (i * (n-1)) / (T-1) in integers would differ
        // where the product's rounding falls below a whole number.
        double step = (frames - 1) / (double)(Length - 1);
        var indices = new int[Length];
        for (int i = 0; i < Length - 1; i++)
            indices[i] = (int)(i * step);
        indices[^1] = frames - 1;
        return indices;
    }

    private int[] NearestInTime(int frames, IReadOnlyList<double> times)
    {
        var indices = new int[Math.Min(frames, Length)];
        double span = times[frames - 1] - times[0];
        int nearest = 0;
        for (int i = 1; i < indices.Length; i++)
        {
            double moment = times[0] + span * i / (indices.Length - 1);
            while (nearest < frames - 1 && times[nearest + 1] <= moment)
                nearest++;
            indices[i] =
                nearest < frames - 1 && times[nearest + 1] - moment < moment - times[nearest] ? nearest + 1 : nearest;
        }
        return indices;
    }
}

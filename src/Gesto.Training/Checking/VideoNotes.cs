using Gesto.Video;

namespace Gesto.Training.Checking;

/// <summary>What is worth knowing of a video that is whole.</summary>
internal static class VideoNotes
{
    /// <summary>Two frames this much further apart than on average, or this much closer; one lost frame makes 2 of
    /// it.</summary>
    private const double Longest = 1.25,
        Shortest = 0.75;

    /// <summary>Times in whole milliseconds, as Matroska keeps them, are off by as much between two frames.</summary>
    private const double RoundingSeconds = 0.002;

    /// <param name="info">From the container.</param>
    /// <param name="frames">Frames that decode.</param>
    /// <returns>Kinds and messages; usually none.</returns>
    public static IEnumerable<(string Kind, string Message)> Of(VideoInfo info, int frames)
    {
        if (info.Light != LightRange.Standard)
            yield return (
                ProblemKind.HighDynamicRange,
                $"{info.Path}: high dynamic range ({(info.Light == LightRange.Hlg ? "HLG" : "PQ")}). Its frames are converted to standard R, G, B by "
                    + "their matrix, without tone mapping: they look paler than on the phone. Record all videos of a data set alike, best with HDR switched off."
            );
        if (info.Times?.Count == frames && frames > 2 && Uneven(info.Times) is { } uneven)
            yield return (ProblemKind.UnevenRate, $"{info.Path}: {uneven}");
    }

    /// <returns>The spread in words; null where the rate is even.</returns>
    private static string? Uneven(IReadOnlyList<double> times)
    {
        double[] gaps = [.. Enumerable.Range(1, times.Count - 1).Select(i => times[i] - times[i - 1])];
        double shortest = gaps.Min(),
            longest = gaps.Max(),
            mean = gaps.Average();
        if (longest - shortest <= RoundingSeconds || (longest <= Longest * mean && shortest >= Shortest * mean))
            return null;
        double off = Enumerable.Range(0, times.Count).Max(i => Math.Abs(times[i] - times[0] - i * mean));
        return FormattableString.Invariant(
            $"an uneven frame rate: frames are {shortest:0.000} to {longest:0.000} s apart, {mean:0.000} s on average, and up to {off:0.000} s away from an even clock. Frames taken evenly by index are not even in time; sampling by time takes them so."
        );
    }
}

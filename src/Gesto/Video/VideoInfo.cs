namespace Gesto.Video;

/// <summary>What a file's container says, before anything is decoded.</summary>
/// <param name="Path">The file.</param>
/// <param name="Container">"matroska", "mov" or "avi", told by the file's first bytes, not by its name.</param>
/// <param name="Codec">e.g. "h264".</param>
/// <param name="Width">As coded, before any rotation.</param>
/// <param name="Height">As coded, before any rotation.</param>
/// <param name="Packets">Packets of the video stream meant for showing: one per frame in the usual codecs.</param>
/// <param name="Duration">Seconds the header announces for the video stream; null where it does not.</param>
/// <param name="LastsSeconds">From the first packet's time to the end of the last one.</param>
internal sealed record VideoInfo(
    string Path,
    string Container,
    string Codec,
    int Width,
    int Height,
    int Packets,
    double? Duration,
    double LastsSeconds
)
{
    /// <summary>Read by <see cref="ContainerIndex"/>, not by ffprobe: a contradiction is looked into before it is
    /// believed.</summary>
    internal bool FromIndex { get; init; }

    /// <summary>When each frame is shown: <see cref="Packets"/> times, ascending, seconds from any zero; null where the
    /// file does not tell all of them. Not the decoder's word: where another number of frames decodes, they are other
    /// frames' times.</summary>
    public IReadOnlyList<double>? Times { get; init; }

    /// <summary>How light is stored. Frames of a high dynamic range are converted to standard R, G, B by their matrix
    /// alone, so they look paler and flatter than on the phone that took them.</summary>
    public LightRange Light { get; init; }
}

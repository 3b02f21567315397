namespace Gesto.Video;

/// <summary>What is wrong with a video file.</summary>
public enum VideoFault
{
    /// <summary>Zero bytes, or no frame decodes.</summary>
    Empty,

    /// <summary>Not a known container, or the decoder reports damage.</summary>
    Undecodable,

    /// <summary>Fewer or more frames decode than the file's packets or duration announce.</summary>
    FrameCount,
}

/// <summary>A video file that cannot be trusted. The message names the file, what was found and what to do.</summary>
/// <remarks>Nothing of it changes after it was thrown.</remarks>
public sealed class VideoException : IOException
{
    internal VideoException(VideoFault fault, string message)
        : base(message) => Fault = fault;

    /// <summary>The kind of fault.</summary>
    public VideoFault Fault { get; }
}

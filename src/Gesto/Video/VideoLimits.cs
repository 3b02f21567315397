namespace Gesto.Video;

/// <summary>Limits within which a file is decoded; files come from anywhere.</summary>
internal sealed record VideoLimits
{
    public static VideoLimits Default { get; } = new();

    /// <summary>Largest width × height, checked before any frame is allocated. Default: 8K UHD.</summary>
    public int MaxPixels { get; init; } = 7680 * 4320;

    /// <summary>Most frames decoded. A sign lasts seconds; 10,000 frames are five minutes.</summary>
    public int MaxFrames { get; init; } = 10_000;

    /// <summary>Longest a file may take to decode.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromMinutes(5);
}

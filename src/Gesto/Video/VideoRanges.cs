namespace Gesto.Video;

/// <summary>How a video stores light.</summary>
internal enum LightRange
{
    /// <summary>Standard: what every screen shows.</summary>
    Standard,

    /// <summary>High dynamic range by hybrid log-gamma, as phones record it. Source: ITU-R BT.2100.</summary>
    Hlg,

    /// <summary>High dynamic range by the perceptual quantiser. Source: ITU-R BT.2100, SMPTE ST 2084.</summary>
    Pq,
}

/// <summary>Tells streams of high dynamic range, or of more than eight bits, from a container's words.</summary>
internal static class VideoRanges
{
    // Numbers of ITU-T H.273, table 3 (transfer characteristics), which MP4 and Matroska use.
    private const int TransferPq = 16,
        TransferHlg = 18;

    public static bool IsHigh(long transfer) => transfer is TransferPq or TransferHlg;

    /// <param name="name">What ffprobe calls the transfer characteristics.</param>
    public static LightRange Of(string? name) =>
        name switch
        {
            "arib-std-b67" => LightRange.Hlg,
            "smpte2084" => LightRange.Pq,
            _ => LightRange.Standard,
        };

    /// <param name="codec">ffmpeg's name.</param>
    /// <param name="settings">The decoder's settings as MP4 and Matroska carry them: avcC, hvcC, av1C.</param>
    /// <returns>False where the profile allows more than eight bits, or the settings are not there.</returns>
    public static bool IsEightBit(string codec, ReadOnlySpan<byte> settings) =>
        codec switch
        {
            // Baseline, Main, Extended, High. Source: ISO/IEC 14496-15, 5.3.3.
            "h264" => settings.Length > 1 && settings[1] is (66 or 77 or 88 or 100),
            "hevc" => settings.Length > 1 && (settings[1] & 0x1F) == 1, // Main
            "av1" => settings.Length > 2 && (settings[2] & 0x40) == 0, // high_bitdepth
            _ => true,
        };
}

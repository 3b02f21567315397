namespace Gesto.Radar;

/// <summary>What a radar file is. Values of two kinds are not mixed: each has its own unit and axes.</summary>
internal enum RadarKind
{
    /// <summary>Maps in a bare array.</summary>
    RangeDoppler,

    /// <summary>Range-time maps in a bare array.</summary>
    RangeTime,

    /// <summary>Raw recording of Infineon's BGT60 kits.</summary>
    Infineon,

    /// <summary>Raw recording of Texas Instruments' DCA1000 board.</summary>
    Dca1000,

    /// <summary>Google's Soli, as the deep-soli data set keeps it.</summary>
    Soli,

    /// <summary>KaiKuTek's K60168.</summary>
    KaiKuTek,
}

internal static class RadarKindWords
{
    /// <returns>E.g. "range-Doppler maps".</returns>
    public static string Of(RadarKind kind) =>
        kind switch
        {
            RadarKind.RangeDoppler => "range-Doppler maps",
            RadarKind.RangeTime => "range-time maps",
            RadarKind.Infineon => "Infineon sessions of raw ADC",
            RadarKind.Dca1000 => "TI DCA1000 captures of raw ADC",
            RadarKind.Soli => "Soli .h5 maps",
            _ => "KaiKuTek .h5 maps",
        };

    /// <returns>The word in feature keys; null for bare arrays, whose keys had none from the beginning.</returns>
    public static string? KeyOf(RadarKind kind) =>
        kind is RadarKind.RangeDoppler or RadarKind.RangeTime ? null : kind.ToString().ToLowerInvariant();
}

namespace Gesto.Radar;

/// <summary>The chirps of a frequency-modulated continuous-wave radar, and the axes that follow from them.</summary>
/// <remarks>Source: C. Iovescu, S. Rao, Texas Instruments white paper SPYY005.</remarks>
internal sealed record FmcwWaveform
{
    /// <summary>Speed of light, metres per second.</summary>
    public const double LightMps = 299_792_458;

    /// <summary>Frequency at the middle of the chirp; 60 GHz as in MultiMeDaLIS.</summary>
    public double CarrierHz { get; init; } = 60e9;

    /// <summary>Frequency swept while samples are taken; 4 GHz gives range bins of 3.75 cm.</summary>
    public double BandwidthHz { get; init; } = 4e9;

    /// <summary>N, chirps in a frame; a power of two.</summary>
    public int ChirpsPerFrame { get; init; } = 128;

    /// <summary>S, real ADC samples in a chirp; a power of two. Half of them become range bins.</summary>
    public int SamplesPerChirp { get; init; } = 128;

    /// <summary>From one chirp's start to the next one's; 0.3125 ms reaches ± 4 m/s at 60 GHz.</summary>
    public double ChirpPeriodSeconds { get; init; } = 0.3125e-3;

    /// <summary>ADC rate; 2 MHz takes 128 samples in 64 µs.</summary>
    public double SampleRateHz { get; init; } = 2e6;

    /// <summary>Frames a second; about 13 in MultiMeDaLIS.</summary>
    public double FrameRateHz { get; init; } = 13;

    public double WavelengthMetres => LightMps / CarrierHz;

    public double RangeResolutionMetres => LightMps / (2 * BandwidthHz);

    public int RangeBins => SamplesPerChirp / 2;

    public double MaxRangeMetres => RangeBins * RangeResolutionMetres;

    public double VelocityResolutionMps => WavelengthMetres / (2 * ChirpsPerFrame * ChirpPeriodSeconds);

    /// <summary>Velocities from minus this up to, not including, plus this are unambiguous.</summary>
    public double MaxVelocityMps => WavelengthMetres / (4 * ChirpPeriodSeconds);

    /// <summary>Time from the first chirp's start to the end of the last one's period.</summary>
    public double FrameSeconds => ChirpsPerFrame * ChirpPeriodSeconds;

    /// <summary>A waveform whose range-Doppler maps have a given size.</summary>
    /// <param name="rangeBins">R, a power of two, 16…512. Up to 64 bins cover 2.4 m at 4 GHz or less; more bins widen
    /// the sweep up to 7 GHz, all of the 57–64 GHz band, and then the range: 256 bins reach 5.5 m.</param>
    /// <param name="dopplerBins">D, a power of two, 16…2048. Up to 128 bins cover ± 4 m/s; more bins fill the frame's
    /// 75 ms and then shorten the chirps: 1024 bins reach ± 17 m/s.</param>
    /// <exception cref="ArgumentException">A size is not a power of two in its limits.</exception>
    public static FmcwWaveform OfSize(int rangeBins, int dopplerBins)
    {
        if (
            !int.IsPow2(rangeBins)
            || rangeBins is < 16 or > 512
            || !int.IsPow2(dopplerBins)
            || dopplerBins is < 16 or > 2048
        )
            throw new ArgumentException(
                $"A range-Doppler map of {rangeBins}x{dopplerBins} cannot be made: give powers of two, 16…512 range bins and "
                    + "16…2048 Doppler bins, e.g. 64x128 or 256x1024."
            );
        double period = dopplerBins <= 128 ? 0.3125e-3 : Math.Min(0.3125e-3, 75e-3 / dopplerBins);
        return new FmcwWaveform
        {
            BandwidthHz = Math.Min(7e9, 4e9 * rangeBins / 64),
            SamplesPerChirp = 2 * rangeBins,
            ChirpsPerFrame = dopplerBins,
            ChirpPeriodSeconds = period,
            SampleRateHz = Math.Max(2e6, 2 * rangeBins / (0.8 * period)),
        };
    }
}

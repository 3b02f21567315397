namespace Gesto.Radar;

/// <summary>Turns radar frames into range profiles; profiles one after another are a range-time map. Holds work space:
/// one per thread.</summary>
internal sealed class RangeTimeProcessor
{
    private readonly FmcwWaveform waveform;
    private readonly RangeTransform range;

    /// <exception cref="ArgumentException">The samples of a chirp are not a power of two.</exception>
    public RangeTimeProcessor(FmcwWaveform waveform) =>
        (this.waveform, range) = (waveform, new RangeTransform(waveform));

    /// <summary>Computes the profile of one frame of one antenna.</summary>
    /// <param name="beat">Beat signal, real, (chirps, samples), row-major, volts.</param>
    /// <param name="profile">Receives samples / 2 values, dB: 20 log10 of the amplitude in volts of a tone on that bin.
    /// Bin r is range r · <c>RangeResolutionMetres</c>.</param>
    /// <exception cref="ArgumentException">A span's length does not match the waveform.</exception>
    /// <remarks>Hann window and FFT over fast time, then the mean of power over the chirps: unlike the sum of voltages
    /// it shows a moving hand as strongly as a still one. How the 2026 challenge's maps were made is unknown; the axes
    /// and the unit are theirs. Source of the transform: C. Iovescu, S. Rao, Texas Instruments white paper
    /// SPYY005.</remarks>
    public void Compute(ReadOnlySpan<float> beat, Span<float> profile)
    {
        int chirps = waveform.ChirpsPerFrame;
        if (profile.Length != waveform.RangeBins)
            throw new ArgumentException(
                $"The profile has room for {profile.Length} values, the waveform gives {waveform.RangeBins}.",
                nameof(profile)
            );
        range.Compute(beat);
        for (int bin = 0; bin < profile.Length; bin++)
        {
            ReadOnlySpan<float> re = range.Real.AsSpan(bin * chirps, chirps),
                im = range.Imaginary.AsSpan(bin * chirps, chirps);
            float power = 0;
            for (int chirp = 0; chirp < chirps; chirp++)
                power += re[chirp] * re[chirp] + im[chirp] * im[chirp];
            profile[bin] = 10 * MathF.Log10(power / chirps + RangeDopplerProcessor.SmallestPower);
        }
    }
}

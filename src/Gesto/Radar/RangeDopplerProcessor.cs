namespace Gesto.Radar;

/// <summary>Turns radar frames into range-Doppler power maps. Holds work space: one per thread.</summary>
public sealed class RangeDopplerProcessor
{
    /// <summary>Power given where there is none, so that a logarithm exists: far below any receiver's noise.</summary>
    public const float FloorDb = -200;

    /// <summary>Added to every power, V²: <see cref="FloorDb"/> as a power.</summary>
    internal const float SmallestPower = 1e-20f;

    private readonly FmcwWaveform waveform;
    private readonly RangeTransform range;
    private readonly FourierTransform slow;
    private readonly float[] slowWindow, slowReal, slowImaginary;

    /// <exception cref="ArgumentException">Chirps or samples are not a power of two.</exception>
    public RangeDopplerProcessor(FmcwWaveform waveform)
    {
        this.waveform = waveform;
        range = new RangeTransform(waveform);
        slow = new FourierTransform(waveform.ChirpsPerFrame);
        slowWindow = RangeTransform.Hann(waveform.ChirpsPerFrame, 1); // sum 1: a tone on a bin keeps its amplitude
        slowReal = new float[waveform.RangeBins * waveform.ChirpsPerFrame];
        slowImaginary = new float[slowReal.Length];
    }

    /// <summary>Computes the map of one frame of one antenna.</summary>
    /// <param name="beat">Beat signal, real, (chirps, samples), row-major, volts.</param>
    /// <param name="map">Receives (samples / 2, chirps), dB: 20 log10 of the amplitude in volts of a tone on that bin. Row r is
    /// range r · <c>RangeResolutionMetres</c>; column chirps / 2 + k is radial velocity k · <c>VelocityResolutionMps</c>,
    /// positive when the scatterer moves away.</param>
    /// <exception cref="ArgumentException">A span's length does not match the waveform.</exception>
    /// <remarks>Hann window and FFT over fast time, then slow time. Source: C. Iovescu, S. Rao, Texas Instruments white paper
    /// SPYY005. The beat's phase grows with range, so positive beat frequencies are kept and a receding scatterer turns forward
    /// from chirp to chirp.</remarks>
    public void Compute(ReadOnlySpan<float> beat, Span<float> map)
    {
        int chirps = waveform.ChirpsPerFrame, bins = waveform.RangeBins;
        if (map.Length != bins * chirps)
            throw new ArgumentException($"The map has room for {map.Length} values, the waveform gives {bins}x{chirps}.", nameof(map));

        range.Compute(beat);                                                // (samples, chirps)

        for (int chirp = 0; chirp < chirps; chirp++)
        {
            int row = slow.PlaceOf(chirp) * bins;
            float weight = slowWindow[chirp];
            for (int bin = 0; bin < bins; bin++)
            {
                slowReal[row + bin] = range.Real[bin * chirps + chirp] * weight;
                slowImaginary[row + bin] = range.Imaginary[bin * chirps + chirp] * weight;
            }
        }
        slow.TransformReordered(slowReal, slowImaginary, bins);             // (chirps, bins)

        for (int column = 0; column < chirps; column++)
        {
            int row = ((column + chirps / 2) % chirps) * bins;               // zero velocity to the middle
            for (int bin = 0; bin < bins; bin++)
            {
                float re = slowReal[row + bin], im = slowImaginary[row + bin];
                map[bin * chirps + column] = 10 * MathF.Log10(re * re + im * im + SmallestPower);
            }
        }
    }
}

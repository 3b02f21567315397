namespace Gesto.Radar;

/// <summary>Turns radar frames into range-Doppler power maps. Holds work space: one per thread.</summary>
public sealed class RangeDopplerProcessor
{
    /// <summary>Power given where there is none, so that a logarithm exists: far below any receiver's noise.</summary>
    public const float FloorDb = -200;

    private readonly FmcwWaveform waveform;
    private readonly FourierTransform fast, slow;
    private readonly float[] fastWindow, slowWindow;
    private readonly float[] fastReal, fastImaginary, slowReal, slowImaginary;

    /// <exception cref="ArgumentException">Chirps or samples are not a power of two.</exception>
    public RangeDopplerProcessor(FmcwWaveform waveform)
    {
        this.waveform = waveform;
        fast = new FourierTransform(waveform.SamplesPerChirp);
        slow = new FourierTransform(waveform.ChirpsPerFrame);
        // Each window has sum 1, the fast one 2 because half of a real tone's amplitude is at negative frequencies:
        // so a tone on a bin shows its own amplitude there.
        fastWindow = Hann(waveform.SamplesPerChirp, 2);
        slowWindow = Hann(waveform.ChirpsPerFrame, 1);
        fastReal = new float[waveform.SamplesPerChirp * waveform.ChirpsPerFrame];
        fastImaginary = new float[fastReal.Length];
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
        int chirps = waveform.ChirpsPerFrame, samples = waveform.SamplesPerChirp, bins = waveform.RangeBins;
        if (beat.Length != chirps * samples)
            throw new ArgumentException($"The beat signal has {beat.Length} values, the waveform {chirps}x{samples}.", nameof(beat));
        if (map.Length != bins * chirps)
            throw new ArgumentException($"The map has room for {map.Length} values, the waveform gives {bins}x{chirps}.", nameof(map));

        for (int sample = 0; sample < samples; sample++)
        {
            Span<float> row = fastReal.AsSpan(fast.PlaceOf(sample) * chirps, chirps);
            float weight = fastWindow[sample];
            for (int chirp = 0; chirp < chirps; chirp++) row[chirp] = beat[chirp * samples + sample] * weight;
        }
        Array.Clear(fastImaginary);
        fast.TransformReordered(fastReal, fastImaginary, chirps);           // (samples, chirps)

        for (int chirp = 0; chirp < chirps; chirp++)
        {
            int row = slow.PlaceOf(chirp) * bins;
            float weight = slowWindow[chirp];
            for (int bin = 0; bin < bins; bin++)
            {
                slowReal[row + bin] = fastReal[bin * chirps + chirp] * weight;
                slowImaginary[row + bin] = fastImaginary[bin * chirps + chirp] * weight;
            }
        }
        slow.TransformReordered(slowReal, slowImaginary, bins);             // (chirps, bins)

        for (int column = 0; column < chirps; column++)
        {
            int row = ((column + chirps / 2) % chirps) * bins;               // zero velocity to the middle
            for (int bin = 0; bin < bins; bin++)
            {
                float re = slowReal[row + bin], im = slowImaginary[row + bin];
                map[bin * chirps + column] = 10 * MathF.Log10(re * re + im * im + 1e-20f);
            }
        }
    }

    private static float[] Hann(int length, double sum)
    {
        var window = new float[length];
        for (int i = 0; i < length; i++) window[i] = (float)(sum / length * (1 - Math.Cos(2 * Math.PI * i / length)));
        return window;
    }
}

namespace Gesto.Radar;

/// <summary>Turns radar frames into range-Doppler power maps. Holds work space: one per thread.</summary>
internal sealed class RangeDopplerProcessor
{
    /// <summary>Power given where there is none, so that a logarithm exists: far below any receiver's noise.</summary>
    public const float FloorDb = -200;

    /// <summary>Added to every power, V²: <see cref="FloorDb"/> as a power.</summary>
    internal const float SmallestPower = 1e-20f;

    private readonly FmcwWaveform waveform;
    private readonly RangeTransform range;
    private readonly FourierTransform slow;
    private readonly float[] slowWindow,
        slowReal,
        slowImaginary;

    /// <exception cref="ArgumentException">Chirps or samples are not a power of two.</exception>
    public RangeDopplerProcessor(FmcwWaveform waveform)
        : this(waveform, waveform.ChirpsPerFrame, waveform.SamplesPerChirp) { }

    /// <summary>For frames of fewer chirps and samples than the transforms are long: zeros complete them, which
    /// interpolates the map.</summary>
    /// <param name="waveform">Chirps and samples of the transforms, powers of two, with the axes that follow from
    /// them.</param>
    /// <param name="recordedChirps">Chirps of a frame, at most the waveform's.</param>
    /// <param name="recordedSamples">Samples of a chirp, at most the waveform's.</param>
    /// <exception cref="ArgumentException">Chirps or samples of the waveform are not a power of two.</exception>
    internal RangeDopplerProcessor(FmcwWaveform waveform, int recordedChirps, int recordedSamples)
    {
        this.waveform = waveform;
        range = new RangeTransform(waveform, recordedChirps, recordedSamples);
        slow = new FourierTransform(waveform.ChirpsPerFrame);
        slowWindow = RangeTransform.Hann(recordedChirps, 1); // sum 1: a tone on a bin keeps its amplitude
        slowReal = new float[waveform.RangeBins * waveform.ChirpsPerFrame];
        slowImaginary = new float[slowReal.Length];
    }

    /// <summary>Computes the map of one frame of one antenna.</summary>
    /// <param name="beat">Beat signal, real, (chirps, samples), row-major, volts.</param>
    /// <param name="map">Receives (samples / 2, chirps), dB: 20 log10 of the amplitude in volts of a tone on that bin.
    /// Row r is range r · <c>RangeResolutionMetres</c>; column chirps / 2 + k is radial velocity k ·
    /// <c>VelocityResolutionMps</c>, positive when the scatterer moves away.</param>
    /// <exception cref="ArgumentException">A span's length does not match the waveform.</exception>
    /// <remarks>Hann window and FFT over fast time, then slow time. Source: C. Iovescu, S. Rao, Texas Instruments white
    /// paper SPYY005. The beat's phase grows with range, so positive beat frequencies are kept and a receding scatterer
    /// turns forward from chirp to chirp.</remarks>
    public void Compute(ReadOnlySpan<float> beat, Span<float> map) => Compute(beat, default, map);

    /// <summary>As the other one, for receivers that give a complex beat signal.</summary>
    /// <param name="beat">Its real part, I.</param>
    /// <param name="quadrature">Its imaginary part, Q; empty where the receiver has none.</param>
    /// <param name="map">As above: the positive beat frequencies.</param>
    internal void Compute(ReadOnlySpan<float> beat, ReadOnlySpan<float> quadrature, Span<float> map)
    {
        int chirps = waveform.ChirpsPerFrame,
            recorded = slowWindow.Length,
            bins = waveform.RangeBins;
        if (map.Length != bins * chirps)
            throw new ArgumentException(
                $"The map has room for {map.Length} values, the waveform gives {bins}x{chirps}.",
                nameof(map)
            );

        range.Compute(beat, quadrature); // (samples, recorded chirps)

        for (int chirp = 0; chirp < chirps; chirp++)
        {
            int row = slow.PlaceOf(chirp) * bins;
            float weight = chirp < recorded ? slowWindow[chirp] : 0;
            int from = Math.Min(chirp, recorded - 1);
            for (int bin = 0; bin < bins; bin++)
            {
                slowReal[row + bin] = range.Real[bin * recorded + from] * weight;
                slowImaginary[row + bin] = range.Imaginary[bin * recorded + from] * weight;
            }
        }
        slow.TransformReordered(slowReal, slowImaginary, bins); // (chirps, bins)

        for (int column = 0; column < chirps; column++)
        {
            int row = ((column + chirps / 2) % chirps) * bins; // zero velocity to the middle
            for (int bin = 0; bin < bins; bin++)
            {
                float re = slowReal[row + bin],
                    im = slowImaginary[row + bin];
                map[bin * chirps + column] = 10 * MathF.Log10(re * re + im * im + SmallestPower);
            }
        }
    }

    /// <returns>See <see cref="RangeTransform.Sides"/>, of the frame just computed.</returns>
    internal (double Positive, double Negative) Sides() => range.Sides();
}

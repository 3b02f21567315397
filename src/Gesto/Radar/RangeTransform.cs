namespace Gesto.Radar;

/// <summary>Hann window and FFT over the fast time of a frame's chirps: beat frequencies, that is range. Holds work
/// space: one per thread.</summary>
internal sealed class RangeTransform
{
    private readonly FourierTransform transform;
    private readonly float[] window;
    private readonly int chirps;

    /// <param name="waveform">Its samples are the transform's length.</param>
    /// <param name="recordedChirps">Chirps of a beat signal; null: the waveform's.</param>
    /// <param name="recordedSamples">Samples of a chirp, at most the waveform's, which zeros complete; null: the
    /// waveform's.</param>
    /// <exception cref="ArgumentException">The samples of a chirp are not a power of two.</exception>
    public RangeTransform(FmcwWaveform waveform, int? recordedChirps = null, int? recordedSamples = null)
    {
        chirps = recordedChirps ?? waveform.ChirpsPerFrame;
        transform = new FourierTransform(waveform.SamplesPerChirp);
        // Sum 2, because half of a real tone's amplitude is at negative frequencies: so a tone on a bin shows its own
        // amplitude.
        window = Hann(recordedSamples ?? waveform.SamplesPerChirp, 2);
        Real = new float[waveform.SamplesPerChirp * chirps];
        Imaginary = new float[Real.Length];
    }

    /// <summary>(samples, chirps): rows 0 … RangeBins − 1 are the range bins, the rest negative beat frequencies, of a
    /// real beat the mirror image. Volts.</summary>
    public float[] Real { get; }

    /// <summary>As <see cref="Real"/>.</summary>
    public float[] Imaginary { get; }

    /// <param name="beat">Beat signal of one antenna, (recorded chirps, recorded samples), row-major, volts.</param>
    /// <param name="quadrature">Its imaginary part, where the receiver has one; else empty.</param>
    /// <exception cref="ArgumentException">A span's length does not match the waveform.</exception>
    public void Compute(ReadOnlySpan<float> beat, ReadOnlySpan<float> quadrature = default)
    {
        int samples = window.Length;
        if (beat.Length != chirps * samples)
            throw new ArgumentException(
                $"The beat signal has {beat.Length} values, the waveform {chirps}x{samples}.",
                nameof(beat)
            );
        if (!quadrature.IsEmpty && quadrature.Length != beat.Length)
            throw new ArgumentException($"Q has {quadrature.Length} values, I has {beat.Length}.", nameof(quadrature));
        if (quadrature.IsEmpty)
        {
            Place(beat, 1, Real);
            Array.Clear(Imaginary);
        }
        else // a complex tone has all of its amplitude at its own frequency, not half of it
        {
            Place(beat, 0.5f, Real);
            Place(quadrature, 0.5f, Imaginary);
        }
        transform.TransformReordered(Real, Imaginary, chirps);
    }

    /// <returns>Power of the frame just computed at positive and at negative beat frequencies, V². The bins next to 0
    /// are left out: what leaks from transmitter to receiver has no range.</returns>
    public (double Positive, double Negative) Sides()
    {
        const int NearZero = 3;
        double positive = 0,
            negative = 0;
        for (int bin = NearZero; bin < transform.Length / 2; bin++)
        {
            positive += Power(bin);
            negative += Power(transform.Length - bin);
        }
        return (positive, negative);
    }

    private double Power(int row)
    {
        double power = 0;
        for (int i = row * chirps; i < (row + 1) * chirps; i++)
            power += Real[i] * Real[i] + Imaginary[i] * Imaginary[i];
        return power;
    }

    private void Place(ReadOnlySpan<float> beat, float scale, float[] work)
    {
        int samples = window.Length;
        for (int sample = 0; sample < transform.Length; sample++)
        {
            Span<float> row = work.AsSpan(transform.PlaceOf(sample) * chirps, chirps);
            if (sample >= samples)
            {
                row.Clear();
                continue;
            }
            float weight = window[sample] * scale;
            for (int chirp = 0; chirp < chirps; chirp++)
                row[chirp] = beat[chirp * samples + sample] * weight;
        }
    }

    /// <returns>A Hann window of a given sum.</returns>
    public static float[] Hann(int length, double sum)
    {
        var window = new float[length];
        for (int i = 0; i < length; i++)
            window[i] = (float)(sum / length * (1 - Math.Cos(2 * Math.PI * i / length)));
        return window;
    }
}

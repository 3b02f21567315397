namespace Gesto.Radar;

/// <summary>Hann window and FFT over the fast time of a frame's chirps: beat frequencies, that is range. Holds work space: one
/// per thread.</summary>
internal sealed class RangeTransform
{
    private readonly FmcwWaveform waveform;
    private readonly FourierTransform transform;
    private readonly float[] window;

    /// <exception cref="ArgumentException">The samples of a chirp are not a power of two.</exception>
    public RangeTransform(FmcwWaveform waveform)
    {
        this.waveform = waveform;
        transform = new FourierTransform(waveform.SamplesPerChirp);
        // Sum 2, because half of a real tone's amplitude is at negative frequencies: so a tone on a bin shows its own amplitude.
        window = Hann(waveform.SamplesPerChirp, 2);
        Real = new float[waveform.SamplesPerChirp * waveform.ChirpsPerFrame];
        Imaginary = new float[Real.Length];
    }

    /// <summary>(samples, chirps): rows 0 … RangeBins − 1 are the range bins, the rest the mirror image. Volts.</summary>
    public float[] Real { get; }

    /// <summary>As <see cref="Real"/>.</summary>
    public float[] Imaginary { get; }

    /// <param name="beat">Beat signal of one antenna, real, (chirps, samples), row-major, volts.</param>
    /// <exception cref="ArgumentException">The span's length does not match the waveform.</exception>
    public void Compute(ReadOnlySpan<float> beat)
    {
        int chirps = waveform.ChirpsPerFrame, samples = waveform.SamplesPerChirp;
        if (beat.Length != chirps * samples)
            throw new ArgumentException($"The beat signal has {beat.Length} values, the waveform {chirps}x{samples}.", nameof(beat));
        for (int sample = 0; sample < samples; sample++)
        {
            Span<float> row = Real.AsSpan(transform.PlaceOf(sample) * chirps, chirps);
            float weight = window[sample];
            for (int chirp = 0; chirp < chirps; chirp++) row[chirp] = beat[chirp * samples + sample] * weight;
        }
        Array.Clear(Imaginary);
        transform.TransformReordered(Real, Imaginary, chirps);
    }

    /// <returns>A Hann window of a given sum.</returns>
    public static float[] Hann(int length, double sum)
    {
        var window = new float[length];
        for (int i = 0; i < length; i++) window[i] = (float)(sum / length * (1 - Math.Cos(2 * Math.PI * i / length)));
        return window;
    }
}

using Gesto.Files;

namespace Gesto.Radar;

/// <summary>Frames of raw ADC samples, whatever kit recorded them, and the way to range-Doppler maps.</summary>
/// <param name="Path">Where they come from.</param>
/// <param name="Kind">Which kit.</param>
/// <param name="Frames">T ≥ 1.</param>
/// <param name="Receivers">A.</param>
/// <param name="Chirps">N, chirps of a frame; any number.</param>
/// <param name="Samples">S, ADC samples of a chirp, complex ones where <paramref name="IsComplex"/>; any
/// number.</param>
/// <param name="IsComplex">The receivers give I and Q.</param>
/// <param name="Recorded">The waveform with N and S as recorded, powers of two or not.</param>
internal sealed record RawCapture(
    string Path,
    RadarKind Kind,
    int Frames,
    int Receivers,
    int Chirps,
    int Samples,
    bool IsComplex,
    FmcwWaveform Recorded
)
{
    /// <summary>A Hann window over fewer chirps leaves hardly a Doppler axis.</summary>
    public const int FewestChirps = 4;

    /// <summary>Likewise of the range axis.</summary>
    public const int FewestSamples = 8;

    /// <summary>How much more of the power may lie at negative beat frequencies. Noise is the same on both sides; a
    /// receiver's image is 30 dB below its signal.</summary>
    private const double ExchangedRatio = 4;

    /// <param name="frame">0 … Frames − 1.</param>
    /// <param name="receiver">0 … Receivers − 1.</param>
    /// <param name="beat">Receives (N, S), of full scale 1; an offset is taken out afterwards.</param>
    /// <param name="quadrature">Likewise Q; empty where the samples are real.</param>
    public delegate void FrameReader(int frame, int receiver, Span<float> beat, Span<float> quadrature);

    /// <returns>(T, A, R, D), dB relative to full scale: what <see cref="RangeDopplerProcessor"/> gives, where full
    /// scale counts as 1 V. R is half of the samples and D the chirps, both rounded up to a power of two.</returns>
    /// <param name="read">Reads frames, in order.</param>
    /// <param name="exchanged">What to do where I and Q turn out to be exchanged, a sentence.</param>
    /// <exception cref="InvalidDataException">I and Q are exchanged.</exception>
    public RangeDopplerFile ToMaps(FrameReader read, string exchanged = "")
    {
        FmcwWaveform waveform = Padded();
        var processor = new RangeDopplerProcessor(waveform, Chirps, Samples);
        int map = waveform.RangeBins * waveform.ChirpsPerFrame,
            at = 0;
        float[] beat = new float[Chirps * Samples],
            quadrature = IsComplex ? new float[beat.Length] : [];
        long cells = (long)Frames * Receivers * map;
        if (cells * sizeof(float) > NpyFile.DefaultByteLimit)
            throw new InvalidDataException(
                $"{Path}: its maps take {cells * sizeof(float)} bytes, the limit is {NpyFile.DefaultByteLimit}. A recording of one sign lasts seconds: cut it."
            );
        var values = new float[cells];
        double positive = 0,
            negative = 0;
        for (int frame = 0; frame < Frames; frame++)
        {
            for (int receiver = 0; receiver < Receivers; receiver++, at += map)
            {
                read(frame, receiver, beat, quadrature);
                TakeOutOffset(beat);
                TakeOutOffset(quadrature);
                processor.Compute(beat, quadrature, values.AsSpan(at, map));
                (double p, double n) = processor.Sides();
                (positive, negative) = (positive + p, negative + n);
            }
        }
        if (IsComplex && negative > ExchangedRatio * positive)
            throw new InvalidDataException(
                $"{Path}: {100 * negative / (positive + negative):0} % of the power is at negative beat frequencies, where nothing can be: I and Q are exchanged. {exchanged}"
            );
        return new RangeDopplerFile(Path, values, Frames, Receivers, waveform.RangeBins, waveform.ChirpsPerFrame)
        {
            Kind = Kind,
            Waveform = waveform,
        };
    }

    /// <summary>The waveform of the transforms: zeros after the samples are as if the sweep went on, zeros after the
    /// chirps likewise.</summary>
    private FmcwWaveform Padded()
    {
        int samples = (int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)Samples);
        return Recorded with
        {
            ChirpsPerFrame = (int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)Chirps),
            SamplesPerChirp = samples,
            BandwidthHz = Recorded.BandwidthHz * samples / Samples,
        };
    }

    /// <summary>Each chirp's own mean: a converter's middle is never quite its number's, and it drifts.</summary>
    private void TakeOutOffset(Span<float> beat)
    {
        for (; beat.Length > 0; beat = beat[Samples..])
        {
            double sum = 0;
            foreach (float v in beat[..Samples])
                sum += v;
            var mean = (float)(sum / Samples);
            for (int s = 0; s < Samples; s++)
                beat[s] -= mean;
        }
    }
}

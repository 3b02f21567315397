using System.Numerics;
using Gesto.Radar;
using Gesto.Training.Simulation;

namespace Gesto.Tests.Radar;

public class RangeDopplerTests
{
    [Theory]
    [InlineData(0.30, +1.2)] // receding
    [InlineData(0.75, -0.8)] // approaching
    [InlineData(1.20, 0.0)] // still
    [InlineData(2.00, +3.0)]
    public void One_scatterer_peaks_at_its_own_range_and_velocity(double rangeMetres, double velocityMps)
    {
        var waveform = new FmcwWaveform();
        float[] map = Map(waveform, beat: Echo(waveform, rangeMetres, velocityMps, sine: 0), antenna: 0);

        int peak = Array.IndexOf(map, map.Max());
        double middleOfFrame = rangeMetres + velocityMps * waveform.FrameSeconds / 2;
        int row = peak / waveform.ChirpsPerFrame,
            column = peak % waveform.ChirpsPerFrame;
        // Half a bin of rounding, and half a bin because range changes while the frame lasts.
        Assert.Equal(middleOfFrame / waveform.RangeResolutionMetres, row, tolerance: 1.0);
        Assert.Equal(
            velocityMps / waveform.VelocityResolutionMps,
            column - waveform.ChirpsPerFrame / 2,
            tolerance: 1.0
        );
    }

    [Theory]
    [InlineData(64, 128)]
    [InlineData(256, 1024)]
    public void The_same_scatterer_is_found_in_maps_of_every_size(int rangeBins, int dopplerBins)
    {
        FmcwWaveform waveform = FmcwWaveform.OfSize(rangeBins, dopplerBins);
        float[] map = Map(waveform, Echo(waveform, 1.0, 1.0, sine: 0), antenna: 0);
        int peak = Array.IndexOf(map, map.Max());
        Assert.Equal(
            1.0 + waveform.FrameSeconds / 2,
            peak / dopplerBins * waveform.RangeResolutionMetres,
            tolerance: 0.05
        );
        Assert.Equal(1.0, (peak % dopplerBins - dopplerBins / 2) * waveform.VelocityResolutionMps, tolerance: 0.07);
    }

    [Theory]
    [InlineData(0.5)]
    [InlineData(-0.25)]
    [InlineData(0.0)]
    public void Antennas_half_a_wavelength_apart_see_pi_times_the_sine_of_the_angle(double sine)
    {
        var waveform = new FmcwWaveform();
        float[] beat = Echo(waveform, rangeMetres: 20 * waveform.RangeResolutionMetres, velocityMps: 0, sine);
        Complex[] tones = [.. Enumerable.Range(0, FmcwRadar.Antennas).Select(a => Tone(waveform, beat, a, bin: 20))];
        for (int a = 1; a < tones.Length; a++)
            Assert.Equal(Math.PI * sine, (tones[a] / tones[a - 1]).Phase, tolerance: 1e-3); // float32 beat signal
    }

    [Fact]
    public void A_tone_on_a_bin_shows_its_amplitude_there_and_Hann_sidelobes_beside_it()
    {
        var waveform = new FmcwWaveform();
        int chirps = waveform.ChirpsPerFrame,
            samples = waveform.SamplesPerChirp;
        const double Volts = 0.02;
        var beat = new float[chirps * samples];
        for (int n = 0; n < chirps; n++)
        for (int s = 0; s < samples; s++)
            beat[n * samples + s] = (float)(Volts * Math.Cos(2 * Math.PI * (10.0 * s / samples + 7.0 * n / chirps)));
        var map = new float[waveform.RangeBins * chirps];
        new RangeDopplerProcessor(waveform).Compute(beat, map);
        double At(int row, int column) => map[row * chirps + chirps / 2 + column];
        Assert.Equal(20 * Math.Log10(Volts), At(10, 7), tolerance: 0.01);
        Assert.Equal(20 * Math.Log10(Volts / 2), At(11, 7), tolerance: 0.01); // a Hann window halves the neighbour
        Assert.Equal(20 * Math.Log10(Volts / 2), At(10, 6), tolerance: 0.01);
        Assert.True(At(10, -7) < -100, $"mirror velocity at {At(10, -7)} dB");
    }

    [Fact]
    public void The_fourier_transform_equals_its_definition()
    {
        const int Length = 16,
            Columns = 11; // not a multiple of the vector width
        var random = new SeededRandom(3);
        var input = new Complex[Length, Columns];
        var transform = new FourierTransform(Length);
        float[] real = new float[Length * Columns],
            imaginary = new float[Length * Columns];
        for (int i = 0; i < Length; i++)
        for (int c = 0; c < Columns; c++)
        {
            input[i, c] = new Complex(random.Normal(), random.Normal());
            real[transform.PlaceOf(i) * Columns + c] = (float)input[i, c].Real;
            imaginary[transform.PlaceOf(i) * Columns + c] = (float)input[i, c].Imaginary;
        }
        transform.TransformReordered(real, imaginary, Columns);
        for (int k = 0; k < Length; k++)
        for (int c = 0; c < Columns; c++)
        {
            Complex expected = 0;
            for (int i = 0; i < Length; i++)
                expected += input[i, c] * Complex.Exp(new Complex(0, -2 * Math.PI * i * k / Length));
            Assert.Equal(expected.Real, real[k * Columns + c], tolerance: 1e-5);
            Assert.Equal(expected.Imaginary, imaginary[k * Columns + c], tolerance: 1e-5);
        }
    }

    [Fact]
    public void Wrong_sizes_are_refused_with_the_right_ones()
    {
        var processor = new RangeDopplerProcessor(new FmcwWaveform());
        var error = Assert.Throws<ArgumentException>(() => processor.Compute(new float[5], new float[64 * 128]));
        Assert.Contains("128x128", error.Message, StringComparison.Ordinal);
        Assert.Contains(
            "64x128",
            Assert.Throws<ArgumentException>(() => FmcwWaveform.OfSize(60, 128)).Message,
            StringComparison.Ordinal
        );
    }

    private static float[] Echo(FmcwWaveform waveform, double rangeMetres, double velocityMps, double sine)
    {
        var radar = new FmcwRadar(waveform);
        var arrow = new Vector3((float)sine, 0, -(float)Math.Sqrt(1 - sine * sine)); // away from the radar
        Vector3[] edges =
        [
            .. Enumerable
                .Range(0, FmcwRadar.Blocks + 1)
                .Select(e => arrow * (float)(rangeMetres + velocityMps * radar.EdgeSeconds(e))),
        ];
        var beat = new float[FmcwRadar.Antennas * waveform.ChirpsPerFrame * waveform.SamplesPerChirp];
        radar.AddEcho(edges, Vector3.Zero, 0.02f, beat);
        return beat;
    }

    private static float[] Map(FmcwWaveform waveform, float[] beat, int antenna)
    {
        int length = waveform.ChirpsPerFrame * waveform.SamplesPerChirp;
        var map = new float[waveform.RangeBins * waveform.ChirpsPerFrame];
        new RangeDopplerProcessor(waveform).Compute(beat.AsSpan(antenna * length, length), map);
        return map;
    }

    /// <summary>The first chirp's Fourier sum at one range bin, straight from the definition.</summary>
    private static Complex Tone(FmcwWaveform waveform, float[] beat, int antenna, int bin)
    {
        int samples = waveform.SamplesPerChirp,
            start = antenna * waveform.ChirpsPerFrame * samples;
        Complex sum = 0;
        for (int s = 0; s < samples; s++)
            sum += beat[start + s] * Complex.Exp(new Complex(0, -2 * Math.PI * bin * s / samples));
        return sum;
    }
}

using System.Numerics;
using Gesto.Radar;

namespace Gesto.Tests.Radar;

public class RangeDopplerTests
{
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
        var random = new Random(3);
        var input = new Complex[Length, Columns];
        var transform = new FourierTransform(Length);
        float[] real = new float[Length * Columns],
            imaginary = new float[Length * Columns];
        for (int i = 0; i < Length; i++)
        for (int c = 0; c < Columns; c++)
        {
            input[i, c] = new Complex(Noise.Normal(random), Noise.Normal(random));
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
}

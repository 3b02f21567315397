using Gesto.Radar;

namespace Gesto.Tests.Radar;

public class RangeTimeTests
{
    private static readonly FmcwWaveform Edition2026 = FmcwWaveform.OfSize(256, 64);

    [Theory]
    [InlineData(0)]
    [InlineData(7)]
    [InlineData(32)] // turns half round from chirp to chirp: a sum of voltages would cancel
    public void A_tone_on_a_bin_shows_its_amplitude_there_whatever_its_Doppler(int dopplerBin)
    {
        int chirps = Edition2026.ChirpsPerFrame,
            samples = Edition2026.SamplesPerChirp;
        const double Volts = 0.02;
        var beat = new float[chirps * samples];
        for (int n = 0; n < chirps; n++)
        for (int s = 0; s < samples; s++)
            beat[n * samples + s] = (float)(
                Volts * Math.Cos(2 * Math.PI * (40.0 * s / samples + (double)dopplerBin * n / chirps))
            );
        float[] profile = Profile(beat, antenna: 0);
        Assert.Equal(20 * Math.Log10(Volts), profile[40], tolerance: 0.01);
        Assert.Equal(20 * Math.Log10(Volts / 2), profile[41], tolerance: 0.01); // a Hann window halves the neighbour
        Assert.Equal(20 * Math.Log10(Volts / 2), profile[39], tolerance: 0.01);
        Assert.True(profile[43] < -100, $"{profile[43]} dB three bins away");
    }

    [Fact]
    public void White_noise_lies_where_its_variance_says()
    {
        const double Volts = 1e-3;
        var random = new Random(4);
        int samples = Edition2026.SamplesPerChirp;
        float[] beat =
        [
            .. Enumerable
                .Range(0, Edition2026.ChirpsPerFrame * samples)
                .Select(_ => (float)(Volts * Noise.Normal(random))),
        ];
        // Each bin's power is the variance times the window's sum of squares, 2² · 1.5 / S for a Hann window of sum 2.
        double expected = 10 * Math.Log10(Volts * Volts * 6 / samples);
        // Bins 1 … 254: at frequency 0 a real signal has twice the power. 64 chirps and 254 bins scatter the mean by
        // 0.05 dB.
        Assert.Equal(
            expected,
            10 * Math.Log10(Profile(beat, 0)[1..255].Average(db => Math.Pow(10, db / 10))),
            tolerance: 0.2
        );
    }

    [Fact]
    public void Wrong_sizes_are_refused_with_the_right_ones()
    {
        var processor = new RangeTimeProcessor(Edition2026);
        Assert.Contains(
            "64x512",
            Assert.Throws<ArgumentException>(() => processor.Compute(new float[5], new float[256])).Message,
            StringComparison.Ordinal
        );
        Assert.Contains(
            "gives 256",
            Assert.Throws<ArgumentException>(() => processor.Compute(new float[64 * 512], new float[128])).Message,
            StringComparison.Ordinal
        );
    }

    private static float[] Profile(float[] beat, int antenna)
    {
        int length = Edition2026.ChirpsPerFrame * Edition2026.SamplesPerChirp;
        var profile = new float[Edition2026.RangeBins];
        new RangeTimeProcessor(Edition2026).Compute(beat.AsSpan(antenna * length, length), profile);
        return profile;
    }
}

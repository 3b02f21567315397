using System.Numerics;
using Gesto.Radar;
using Gesto.Training.Simulation;

namespace Gesto.Training.Tests.Simulation;

public class SimulatedRangeDopplerTests
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

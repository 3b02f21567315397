using System.Numerics;
using Gesto.Radar;
using Gesto.Training.Simulation;

namespace Gesto.Training.Tests.Simulation;

public class SimulatedRangeTimeTests
{
    private static readonly FmcwWaveform Edition2026 = FmcwWaveform.OfSize(
        SimulationOptions.Challenge2026.RangeBins,
        SimulationOptions.Challenge2026.DopplerBins
    );

    [Theory]
    [InlineData(0.30, +1.2)] // receding
    [InlineData(0.75, -0.8)] // approaching
    [InlineData(1.20, 0.0)] // still
    [InlineData(4.80, 0.0)]
    public void One_scatterer_peaks_in_the_bin_of_its_range(double rangeMetres, double velocityMps)
    {
        float[] beat = Echo(rangeMetres, velocityMps);
        double middleOfFrame = rangeMetres + velocityMps * Edition2026.FrameSeconds / 2;
        // Half a bin of rounding, and half of the bins crossed while the frame lasts.
        double slack = 0.5 + Math.Abs(velocityMps) * Edition2026.FrameSeconds / 2 / Edition2026.RangeResolutionMetres;
        for (int antenna = 0; antenna < FmcwRadar.Antennas; antenna++)
        {
            float[] profile = Profile(beat, antenna);
            Assert.Equal(256, profile.Length);
            Assert.Equal(
                middleOfFrame / Edition2026.RangeResolutionMetres,
                Array.IndexOf(profile, profile.Max()),
                tolerance: slack
            );
        }
    }

    private static float[] Echo(double rangeMetres, double velocityMps)
    {
        var radar = new FmcwRadar(Edition2026);
        Vector3[] edges =
        [
            .. Enumerable
                .Range(0, FmcwRadar.Blocks + 1)
                .Select(e => new Vector3(0, 0, -(float)(rangeMetres + velocityMps * radar.EdgeSeconds(e)))),
        ];
        var beat = new float[FmcwRadar.Antennas * Edition2026.ChirpsPerFrame * Edition2026.SamplesPerChirp];
        radar.AddEcho(edges, Vector3.Zero, 0.02f, beat);
        return beat;
    }

    private static float[] Profile(float[] beat, int antenna)
    {
        int length = Edition2026.ChirpsPerFrame * Edition2026.SamplesPerChirp;
        var profile = new float[Edition2026.RangeBins];
        new RangeTimeProcessor(Edition2026).Compute(beat.AsSpan(antenna * length, length), profile);
        return profile;
    }
}

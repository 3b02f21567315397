using Gesto.Radar;

namespace Gesto.Tests.Radar;

public class RadarValuesTests
{
    private const int Cells = 20 * 32 * 32;

    /// <summary>Amplitudes of receiver noise (Rayleigh, scale 1) and an echo in one cell of every map.</summary>
    private static float[] Amplitudes(double echo, int seed = 5)
    {
        var random = new Random(seed);
        return
        [
            .. Enumerable
                .Range(0, Cells)
                .Select(i =>
                    i % 1024 == 300
                        ? (float)echo
                        : (float)Math.Sqrt(Math.Pow(Noise.Normal(random), 2) + Math.Pow(Noise.Normal(random), 2))
                ),
        ];
    }

    private static float[] Each(float[] values, Func<double, double> change) =>
        Array.ConvertAll(values, v => (float)change(v));

    public static TheoryData<string, string, string> Scales { get; } =
        new()
        {
            { "power dB", "<f4", nameof(RadarScale.Decibels) },
            { "dB above the noise", "<f4", nameof(RadarScale.Decibels) },
            { "magnitudes", "<f4", nameof(RadarScale.Linear) },
            { "small magnitudes", "<f4", nameof(RadarScale.Linear) },
            { "powers", "<f8", nameof(RadarScale.Linear) },
            { "counts", "<u2", nameof(RadarScale.Linear) },
            { "quiet counts", "<u2", nameof(RadarScale.Linear) },
            { "grey", "|u1", nameof(RadarScale.Grey) },
            { "grey 0 to 1", "<f4", nameof(RadarScale.Grey) },
            { "real parts of counts", "<i2", nameof(RadarScale.BothSigns) },
        };

    [Theory]
    [MemberData(nameof(Scales))]
    public void The_same_echo_is_told_by_its_numbers(string form, string dtype, string expected)
    {
        float[] echo = Amplitudes(200); // 46 dB above the noise
        float[] values = form switch
        {
            "power dB" => Each(echo, v => 20 * Math.Log10(v * 1e-4 + 1e-10)),
            "dB above the noise" => Each(echo, v => Math.Max(0, 20 * Math.Log10(v * 10 + 1e-9))),
            "magnitudes" => echo,
            "small magnitudes" => Each(echo, v => v * 1e-6),
            "powers" => Each(echo, v => v * v),
            "counts" => Each(echo, v => Math.Round(v * 20)),
            "quiet counts" => Each(Amplitudes(3), v => Math.Round(v * 20)), // noise alone, up to 100
            "grey" => Each(echo, v => Math.Round(Math.Clamp(60 + 80 * Math.Log10(v + 1e-9), 0, 255))),
            "grey 0 to 1" => Each(echo, v => Math.Clamp((60 + 80 * Math.Log10(v + 1e-9)) / 255, 0, 1)),
            _ => Each(echo, v => Math.Round(v * 20) * (v > 1 ? 1 : -1)),
        };
        Assert.Equal(expected, $"{RadarValues.Of(dtype, values).Scale}");
    }

    [Fact]
    public void Recordings_are_judged_together_because_a_quiet_one_looks_like_levels()
    {
        RadarValues quiet = RadarValues.Of("<f4", Amplitudes(3)),
            loud = RadarValues.Of("<f4", Amplitudes(500));
        Assert.NotEqual(RadarScale.Linear, quiet.Scale);
        Assert.Equal(RadarScale.Linear, quiet.With(loud).Scale);
        Assert.Equal(RadarScale.Linear, loud.With(quiet).Scale);
        Assert.Equal(
            (quiet.Lowest < loud.Lowest ? quiet.Lowest : loud.Lowest, 500f),
            (quiet.With(loud).Lowest, quiet.With(loud).Highest)
        );
    }

    [Fact]
    public void Zeros_between_counts_do_not_make_the_median()
    {
        // What a processor that cuts at a threshold leaves: 90 % zeros, and few values that say how high they stand.
        float[] values = [.. Enumerable.Range(0, Cells).Select(i => i % 10 == 0 ? 40f : 0)];
        Assert.Equal(1, RadarValues.Of("<f4", values).Contrast);
        Assert.Equal(1, RadarValues.Of("<f4", new float[50]).Contrast);
    }
}

using System.Globalization;
using System.Runtime.InteropServices;
using Gesto.Radar;

namespace Gesto.Tests.Radar;

public sealed class Dca1000CaptureTests : IDisposable
{
    private const int Frames = 3,
        Chirps = 16,
        Receivers = 4,
        Samples = 32;

    private readonly Folder folder = new();

    public void Dispose() => folder.Dispose();

    private string Json(
        string order = "iq",
        string lanes = "pairs",
        int chirps = Chirps,
        int samples = Samples,
        string more = ""
    ) =>
        folder.Write(
            "a.json",
            $$"""
            {"chirps": {{chirps}}, "samples": {{samples}}, "receivers": {{Receivers}}, "order": "{{order}}", "lanes": "{{lanes}}", {{more}}
             "startHz": 60e9, "slopeHzPerSecond": 100e12, "sampleRateHz": 2e6, "chirpSeconds": 500e-6, "frameSeconds": 0.05}
            """
        );

    /// <summary>Echoes of a point that moves, in TI's order of words: the phase grows with range, 4π · range /
    /// wavelength.</summary>
    private void Bin(bool qFirst, bool laneByLane, double range, double velocity)
    {
        const double Start = 60e9,
            Slope = 100e12,
            Rate = 2e6,
            Light = 299_792_458;
        double middle = Start + Slope * Samples / Rate / 2;
        var words = new List<short>();
        for (int t = 0; t < Frames; t++)
        for (int n = 0; n < Chirps; n++)
        {
            var i = new short[Receivers, Samples];
            var q = new short[Receivers, Samples];
            for (int a = 0; a < Receivers; a++)
            for (int s = 0; s < Samples; s++)
            {
                double r = range + velocity * n * 500e-6;
                double phase =
                    4 * Math.PI * middle * r / Light
                    + 2 * Math.PI * 2 * Slope * r / Light * (s - Samples / 2) / Rate
                    + 0.4 * a;
                i[a, s] = (short)(40 + (1000 + 100 * a) * Math.Cos(phase)); // with an offset, as converters have
                q[a, s] = (short)(-30 + (1000 + 100 * a) * Math.Sin(phase));
            }
            if (qFirst)
                (i, q) = (q, i);
            if (laneByLane)
                for (int s = 0; s < Samples; s++)
                    words.AddRange([i[0, s], i[1, s], i[2, s], i[3, s], q[0, s], q[1, s], q[2, s], q[3, s]]);
            else
                for (int a = 0; a < Receivers; a++)
                for (int s = 0; s < Samples; s += 2)
                    words.AddRange([i[a, s], i[a, s + 1], q[a, s], q[a, s + 1]]);
        }
        File.WriteAllBytes(folder["a.bin"], MemoryMarshal.AsBytes<short>(CollectionsMarshal.AsSpan(words)).ToArray());
    }

    private string Refused() => Assert.Throws<InvalidDataException>(() => RadarArray.Load(folder["a.bin"])).Message;

    [Theory]
    [InlineData("iq", "pairs", 0.50, 1.0)]
    [InlineData("qi", "pairs", 0.75, -0.8)]
    [InlineData("iq", "receivers", 1.10, 0.0)]
    public void An_echo_comes_out_at_its_range_and_speed_in_either_order_of_words(
        string order,
        string lanes,
        double range,
        double velocity
    )
    {
        Json(order, lanes);
        Bin(order == "qi", lanes == "receivers", range, velocity);
        RangeDopplerFile maps = RadarArray.Load(folder["a.bin"]);
        Assert.Equal((Frames, Receivers, Samples / 2, Chirps), (maps.Frames, maps.Antennas, maps.Rows, maps.Columns));
        // 32 samples at 2 MHz sweep 1.6 GHz: bins of 9.37 cm; 16 chirps of 0.5 ms at 60.8 GHz: bins of 0.308 m/s.
        Assert.Equal(299_792_458 / 2 / 1.6e9, maps.Waveform!.RangeResolutionMetres, 1e-9);
        Assert.Equal(299_792_458 / 60.8e9 / 2 / (16 * 500e-6), maps.Waveform.VelocityResolutionMps, 1e-9);
        foreach ((int i, float[] map) in maps.Values.Chunk(maps.Rows * maps.Columns).Index())
        {
            int peak = Array.IndexOf(map, map.Max());
            Assert.Equal(
                range,
                peak / Chirps * maps.Waveform.RangeResolutionMetres,
                maps.Waveform.RangeResolutionMetres / 2 + 0.01
            );
            Assert.Equal(
                velocity,
                (peak % Chirps - Chirps / 2) * maps.Waveform.VelocityResolutionMps,
                maps.Waveform.VelocityResolutionMps / 2 + 0.01
            );
            // The tone's own amplitude of full scale 32,768, less what a Hann window loses halfway between two bins
            // (1.42 dB), twice.
            double amplitude = 20 * Math.Log10((1000 + 100 * (i % Receivers)) / 32768.0);
            Assert.InRange(map[peak], amplitude - 2.9, amplitude + 0.1);
        }
    }

    [Theory]
    [InlineData("iq", "Set \"order\": \"qi\" in a.json.")]
    [InlineData("qi", "Set \"order\": \"iq\" in a.json.")]
    public void Exchanged_I_and_Q_are_noticed_and_named(string order, string cure)
    {
        Json(order);
        Bin(qFirst: order == "iq", laneByLane: false, 0.75, 0.8);
        string message = Refused();
        Assert.Contains(
            "% of the power is at negative beat frequencies, where nothing can be: I and Q are exchanged.",
            message,
            StringComparison.Ordinal
        );
        Assert.Contains(cure, message, StringComparison.Ordinal);
    }

    [Fact]
    public void Noise_alone_says_nothing_of_I_and_Q()
    {
        Json();
        var random = new Random(5);
        var words = new short[Frames * Chirps * Receivers * Samples * 2];
        for (int i = 0; i < words.Length; i++)
            words[i] = (short)random.Next(-50, 51);
        File.WriteAllBytes(folder["a.bin"], MemoryMarshal.AsBytes<short>(words).ToArray());
        Assert.Equal(Frames, RadarArray.Load(folder["a.bin"]).Frames);
    }

    [Fact]
    public void A_size_that_does_not_divide_names_what_it_needs_and_what_would_fit()
    {
        Bin(false, false, 0.75, 0);
        // The file holds 3 frames of 16 chirps: 24 chirps give 2 frames exactly, 128 give none.
        Json(chirps: 128);
        Assert.Contains(
            "holds 12,288 values; 1 frame(s) of 128 chirps x 4 receivers x 32 complex samples need 32,768. chirps 48",
            Refused(),
            StringComparison.Ordinal
        );
        Json(samples: 64, more: "\"frames\": 3,");
        Assert.Contains(
            "3 frame(s) of 16 chirps x 4 receivers x 64 complex samples need 24,576. samples 32 or receivers 2 would fit: correct a.json.",
            Refused(),
            StringComparison.Ordinal
        );
        Json();
        File.WriteAllBytes(folder["a.bin"], File.ReadAllBytes(folder["a.bin"])[..^130]);
        Assert.Contains("the file is cut, or of another recording", Refused(), StringComparison.Ordinal);
        File.WriteAllBytes(folder["a.bin"], []);
        Assert.Contains("holds 0 values", Refused(), StringComparison.Ordinal);
    }

    [Fact]
    public void Settings_that_are_missing_or_unknown_are_named_with_an_example()
    {
        Bin(false, false, 0.75, 0);
        Assert.Contains(
            "a.json: not there, and a DCA1000 file does not tell its own sizes. Write it, e.g. {\"chirps\"",
            Refused(),
            StringComparison.Ordinal
        );
        Json(more: "\"chirp\": 3,");
        Assert.Contains("unknown key 'chirp'; valid are chirps, samples", Refused(), StringComparison.Ordinal);
        Json(more: "\"bandwidthHz\": 4e9,");
        Assert.Contains("give slopeHzPerSecond, or bandwidthHz", Refused(), StringComparison.Ordinal);
        Json(order: "i");
        Assert.Contains("'order' is \"i\", expected \"iq\" or \"qi\"", Refused(), StringComparison.Ordinal);
        File.WriteAllText(folder["a.json"], Dca1000Settings.Example);
        Assert.Equal(4, RadarArray.AntennasOf(folder["a.bin"]));
        Assert.Equal(
            string.Create(CultureInfo.InvariantCulture, $"{70e12 * 256 / 5e6}"),
            string.Create(
                CultureInfo.InvariantCulture,
                $"{Dca1000Settings.Load(folder["a.json"]).Waveform.BandwidthHz}"
            )
        );
    }
}

using Gesto.Files;
using Gesto.Radar;

namespace Gesto.Tests.Radar;

public sealed class InfineonSessionTests : IDisposable
{
    private readonly Folder folder = new();

    public void Dispose() => folder.Dispose();

    private string Session => folder[$"{InfineonSession.Folder}/radar.npy"];

    private string Config => folder[$"{InfineonSession.Folder}/config.json"];

    [Theory]
    [InlineData(32, 64)]
    [InlineData(24, 100)] // completed with zeros to 32 and 128
    public void The_maps_are_those_that_numpy_computes(int chirps, int samples)
    {
        Directory.CreateDirectory(folder[InfineonSession.Folder]);
        string output = Reference.RunPython(
            "numpy",
            """
            import sys, json, numpy as np
            folder, n, s = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
            g = np.random.default_rng(1)
            adc = (2030 + 300 * np.cos(0.3 * np.arange(s) + 0.5 * np.arange(n)[:, None]) + g.normal(0, 30, (2, 3, n, s))).round().astype('<u2')
            np.save(folder + '/radar.npy', adc)
            json.dump({'device_config': {'fmcw_single_shape': {'rx_antennas': [1, 2, 3], 'tx_antennas': [1], 'tx_power_level': 31, 'if_gain_dB': 33,
                'lower_frequency_Hz': 60000000000, 'upper_frequency_Hz': 61500000000, 'num_chirps_per_frame': n, 'num_samples_per_chirp': s,
                'chirp_repetition_time_s': 0.0005, 'frame_repetition_time_s': 0.0773, 'sample_rate_Hz': 1000000}}}, open(folder + '/config.json', 'w'))
            v = (adc - 2048.0) / 2048
            v -= v.mean(-1, keepdims=True)
            pn, ps = 1 << (n - 1).bit_length(), 1 << (s - 1).bit_length()
            hann = lambda k, total: np.hanning(k + 1)[:-1] / np.hanning(k + 1)[:-1].sum() * total
            r = np.fft.fft(v * hann(s, 2), ps, -1)[..., :ps // 2]
            d = np.fft.fftshift(np.fft.fft(r * hann(n, 1)[:, None], pn, -2), axes=-2)
            maps = 10 * np.log10(np.abs(d) ** 2 + 1e-20).swapaxes(-1, -2)
            np.save(folder + '/expected.npy', maps.astype('<f4'))
            print(299792458 / 2 / (1.5e9 * ps / s), 299792458 / 60.75e9 / 2 / (pn * 0.0005))
            """,
            folder[InfineonSession.Folder],
            $"{chirps}",
            $"{samples}"
        );
        RangeDopplerFile maps = RadarArray.Load(Session);
        NpyArray expected = NpyFile.Load(folder[$"{InfineonSession.Folder}/expected.npy"]);
        Assert.Equal(expected.Shape, new[] { maps.Frames, maps.Antennas, maps.Rows, maps.Columns });
        float[] values = expected.ToSingles();
        // float32 against float64: 1e-3 dB, where power is not next to nothing.
        for (int i = 0; i < values.Length; i++)
            if (values[i] > -100)
                Assert.Equal(values[i], maps.Values[i], tolerance: 0.01);
        double[] axes =
        [
            .. output.Split(' ').Select(t => double.Parse(t, System.Globalization.CultureInfo.InvariantCulture)),
        ];
        Assert.Equal(axes[0], maps.Waveform!.RangeResolutionMetres, 1e-9);
        Assert.Equal(axes[1], maps.Waveform.VelocityResolutionMps, 1e-9);
    }

    [Theory]
    [InlineData(
        "\"num_chirps_per_frame\": 32",
        "\"num_chirps_per_frame\": 16",
        "found <u2 (3, 3, 32, 64), config.json beside it says <u2 (frames, 3 receivers, 16 chirps, 64 samples)"
    )]
    [InlineData(
        "\"num_chirps_per_frame\": 32",
        "\"num_chirps_per_frame\": 1",
        "'device_config.fmcw_single_shape.num_chirps_per_frame' is 1, expected a whole number from 4 to 8192"
    )]
    [InlineData(
        "\"sample_rate_Hz\": ",
        "\"sample_rate_Hz\": -",
        "sample_rate_Hz' is -2000000, expected a number from 1000 to"
    )]
    [InlineData(
        "[1, 2, 3]",
        "[]",
        "'device_config.fmcw_single_shape.rx_antennas' is [], expected a list of 1 to 16 entries"
    )]
    [InlineData("fmcw_single_shape", "fmcw_scene", "found no 'fmcw_single_shape'")]
    [InlineData("{", "", "not JSON")]
    public void Settings_that_do_not_fit_are_named(string old, string changed, string expected)
    {
        FmcwWaveform waveform = FmcwWaveform.OfSize(32, 32);
        var silence = new float[3 * 3 * waveform.ChirpsPerFrame * waveform.SamplesPerChirp];
        InfineonSession.Write(folder[InfineonSession.Folder], waveform, 3, silence);
        string text = File.ReadAllText(Config);
        int at = text.IndexOf(old, StringComparison.Ordinal);
        File.WriteAllText(Config, text[..at] + changed + text[(at + old.Length)..]);
        Assert.Contains(
            expected,
            Assert.Throws<InvalidDataException>(() => RadarArray.Load(Session)).Message,
            StringComparison.Ordinal
        );
    }
}

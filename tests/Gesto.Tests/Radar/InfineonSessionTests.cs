using System.Numerics;
using System.Runtime.InteropServices;
using Gesto.Files;
using Gesto.Radar;
using Gesto.Recordings;
using Gesto.Training.Checking;
using Gesto.Training.Datasets;
using Gesto.Training.Features;
using Gesto.Training.Simulation;

namespace Gesto.Tests.Radar;

public sealed class InfineonSessionTests : IDisposable
{
    private readonly Folder folder = new();

    public void Dispose() => folder.Dispose();

    private string Session => folder[$"{InfineonSession.Folder}/radar.npy"];

    private string Config => folder[$"{InfineonSession.Folder}/config.json"];

    private static FmcwWaveform Small => FmcwWaveform.OfSize(32, 32);

    /// <summary>Three frames of one scatterer, as a session.</summary>
    private void Write(FmcwWaveform waveform, double rangeMetres, double velocityMps, double sine)
    {
        var radar = new FmcwRadar(waveform);
        var arrow = new Vector3((float)sine, 0, -(float)Math.Sqrt(1 - sine * sine)); // away from the radar
        Vector3[] edges =
        [
            .. Enumerable
                .Range(0, FmcwRadar.Blocks + 1)
                .Select(e => arrow * (float)(rangeMetres + velocityMps * radar.EdgeSeconds(e))),
        ];
        int frame = FmcwRadar.Antennas * waveform.ChirpsPerFrame * waveform.SamplesPerChirp;
        var beat = new float[3 * frame];
        for (int t = 0; t < 3; t++)
            radar.AddEcho(edges, Vector3.Zero, 0.5f, beat.AsSpan(t * frame, frame));
        InfineonSession.Write(folder[InfineonSession.Folder], waveform, FmcwRadar.Antennas, beat);
    }

    [Theory]
    [InlineData(0.60, +1.2, 0.5)] // receding
    [InlineData(0.75, -0.8, -0.25)] // approaching
    [InlineData(1.00, 0.0, 0)] // still
    public void A_scatterer_comes_out_at_its_range_speed_and_angle(double rangeMetres, double velocityMps, double sine)
    {
        Write(Small, rangeMetres, velocityMps, sine);
        RangeDopplerFile maps = RadarArray.Load(Session);
        Assert.Equal(
            (3, 3, 32, 32, RadarKind.Infineon),
            (maps.Frames, maps.Antennas, maps.Rows, maps.Columns, maps.Kind)
        );
        Assert.Equal(3, RadarArray.AntennasOf(Session));
        FmcwWaveform waveform = maps.Waveform!;
        foreach (float[] map in maps.Values.Chunk(32 * 32))
        {
            int peak = Array.IndexOf(map, map.Max());
            // Half a bin of rounding, and half a bin because range changes while the frame lasts.
            Assert.Equal(
                rangeMetres + velocityMps * waveform.FrameSeconds / 2,
                peak / 32 * waveform.RangeResolutionMetres,
                waveform.RangeResolutionMetres
            );
            Assert.Equal(
                velocityMps,
                (peak % 32 - 16) * waveform.VelocityResolutionMps,
                waveform.VelocityResolutionMps
            );
        }
        // The angle is in the phases of the file's own samples: π · sine from receiver to receiver, half a wavelength
        // apart.
        ushort[] adc = MemoryMarshal.Cast<byte, ushort>(NpyFile.Load(Session).Bytes).ToArray();
        int bin = (int)Math.Round(rangeMetres / waveform.RangeResolutionMetres);
        Complex[] tones = [.. Enumerable.Range(0, 3).Select(a => Tone(adc.AsSpan(a * 32 * 64, 64), bin))];
        for (int a = 1; a < 3; a++)
            Assert.Equal(Math.PI * sine, (tones[a] / tones[a - 1]).Phase, tolerance: 0.15); // the mirror tone leaks in
    }

    /// <summary>The first chirp's Fourier sum at one range bin with a Hann window, straight from the
    /// definition.</summary>
    private static Complex Tone(ReadOnlySpan<ushort> chirp, int bin)
    {
        Complex sum = 0;
        for (int s = 0; s < chirp.Length; s++)
            sum +=
                (chirp[s] - 2048.0)
                * (1 - Math.Cos(2 * Math.PI * s / chirp.Length))
                * Complex.Exp(new Complex(0, -2 * Math.PI * bin * s / chirp.Length));
        return sum;
    }

    [Fact]
    public void A_simulated_session_and_simulated_maps_of_one_motion_agree_within_half_a_dB()
    {
        FmcwWaveform waveform = FmcwWaveform.OfSize(64, 64);
        Signer signer = Signer.Create(5, 1);
        var performance = new Performance(SignCatalogue.Lis126[40], signer, 1, 5);
        var recorder = new RadarRecorder(waveform);
        float[] beat = recorder.RecordBeat(performance, signer, noiseSeed: 9);
        InfineonSession.Write(
            folder[InfineonSession.Folder],
            waveform,
            3,
            Array.ConvertAll(beat, v => v / SampleRecorder.ConverterVolts)
        );
        RangeDopplerFile maps = RadarArray.Load(Session);
        double fullScaleDb = 20 * Math.Log10(SampleRecorder.ConverterVolts),
            peak = maps.Values.Max() + fullScaleDb;
        var processor = new RangeDopplerProcessor(waveform);
        var map = new float[64 * 64];
        int compared = 0;
        foreach ((int i, float[] back) in maps.Values.Chunk(map.Length).Index())
        {
            processor.Compute(beat.AsSpan(i * 64 * 128, 64 * 128), map);
            for (int cell = 2 * 64; cell < map.Length; cell++) // the two bins next to 0 lose the chirps' own mean
            {
                if (map[cell] < peak - 40)
                    continue;
                compared++;
                Assert.Equal(map[cell], back[cell] + fullScaleDb, tolerance: 0.5);
            }
        }
        Assert.True(compared > 5000, $"{compared} cells");
    }

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
        Write(Small, 1, 0, 0);
        string text = File.ReadAllText(Config);
        int at = text.IndexOf(old, StringComparison.Ordinal);
        File.WriteAllText(Config, text[..at] + changed + text[(at + old.Length)..]);
        Assert.Contains(
            expected,
            Assert.Throws<InvalidDataException>(() => RadarArray.Load(Session)).Message,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void A_session_is_found_as_a_folder_in_a_manifest_and_in_a_sample_folder_and_becomes_features()
    {
        var needs = new RecordingNeeds(Rgb: false, RadarVideos: false, RadarArrays: true, Antennas: 3);
        Write(Small, 0.6, 1, 0);
        foreach (
            string to in (string[])
                ["data/train/0_A/SAMPLE_1/RadarIfxAvian_00", "loose/rec_1/RadarIfxAvian_00", "loose/rec_2"]
        )
        {
            Directory.CreateDirectory(folder[to]);
            foreach (string file in Directory.GetFiles(folder[InfineonSession.Folder]))
                File.Copy(file, Path.Combine(folder[to], Path.GetFileName(file)));
        }
        Assert.Equal(
            "train/0_A/SAMPLE_1/RadarIfxAvian_00/radar.npy",
            Assert.Single(Dataset.Open(folder["data"]).Samples).Radar[0]
        );
        folder.Write(
            "loose/manifest.csv",
            "sample,label,name,split,rdm1\na,0,A,train,rec_1\nb,1,B,train,rec_2\nc,1,B,train,rec_2/radar.npy\n"
        );
        Dataset loose = Dataset.Open(folder["loose"]);
        Assert.Equal(
            ["rec_1/RadarIfxAvian_00/radar.npy", "rec_2/radar.npy", "rec_2/radar.npy"],
            loose.Samples.Select(s => s.Radar[0])
        );
        Assert.Equal("RadarIfxAvian_00/radar.npy", RecordingFiles.At(folder["loose/rec_1"], needs).Sample.Radar[0]);
        Assert.Equal("radar.npy", RecordingFiles.At(folder["loose/rec_2"], needs).Sample.Radar[0]);

        DoctorReport report = DatasetDoctor.Report(loose, new DoctorOptions { FewestTrainSamples = 1 }, null, default);
        // 2 GHz swept (4 GHz at 64 range bins): 7.49 cm; 32 chirps of 0.3125 ms at 60 GHz: 0.25 m/s.
        Assert.StartsWith(
            "3 recordings: Infineon sessions of raw ADC (frames, receivers, chirps, samples), 3 antennas, 32 range x 32 Doppler bins of 7.49 cm and 0.25 m/s, ",
            Assert.Single(report.Radar).ToString(),
            StringComparison.Ordinal
        );
        Assert.Equal("dB", report.Radar[0].Scale);

        Extraction.Run(loose, folder["features"], null, new ExtractionOptions(), null, default);
        FeatureStore store = FeatureStore.Open(folder["features/radar"]);
        Assert.Equal(("own size of infineon", "<f4"), (store.Key.Preprocessing, store.Key.DType));
        Assert.Equal([30, 3, 32, 32], store.Key.Shape);
        Assert.Equal(RadarArray.Load(Session).Values, store.Load("a").ToSingles()[..(3 * 3 * 32 * 32)]);
    }
}

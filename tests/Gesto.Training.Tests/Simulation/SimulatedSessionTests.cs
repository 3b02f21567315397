using System.Numerics;
using System.Runtime.InteropServices;
using Gesto.Files;
using Gesto.Radar;
using Gesto.Recordings;
using Gesto.Training.Checking;
using Gesto.Training.Datasets;
using Gesto.Training.Features;
using Gesto.Training.Simulation;

namespace Gesto.Training.Tests.Simulation;

/// <summary>Scatterers of the simulation, written as an Infineon session and read back.</summary>
public sealed class SimulatedSessionTests : IDisposable
{
    private readonly Folder folder = new();

    public void Dispose() => folder.Dispose();

    private string Session => folder[$"{InfineonSession.Folder}/radar.npy"];

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

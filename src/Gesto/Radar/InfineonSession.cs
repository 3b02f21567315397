using System.Globalization;
using System.Runtime.InteropServices;
using Gesto.Files;

namespace Gesto.Radar;

/// <summary>A recording of Infineon's BGT60 kits as their tools keep it: a folder (`RadarIfxAvian_00`) with
/// `radar.npy`, &lt;u2 (frames, receivers, chirps, samples), the numbers of a 12-bit converter, and
/// `config.json`.</summary>
/// <remarks>The bandwidth between start and end frequency is taken to be swept while the samples are taken, as
/// Infineon's own range axis has it. What full scale is in volts depends on the gain: dB are relative to full
/// scale.</remarks>
internal sealed class InfineonSession : IRadarReader
{
    public const string DataFile = "radar.npy";
    public const string ConfigFile = "config.json";
    public const string VersionFile = "format.version";

    /// <summary>Folder of the first sensor in a recording's folder.</summary>
    public const string Folder = "RadarIfxAvian_00";

    /// <summary>The converter's middle: 12 bits count 0…4095.</summary>
    private const int Middle = 2048;

    private static readonly string[] Place = ["device_config", "fmcw_single_shape"];

    public bool Reads(string path) =>
        Path.GetFileName(path).Equals(DataFile, StringComparison.OrdinalIgnoreCase) && File.Exists(ConfigOf(path));

    /// <returns>The data file of a session that lies in a folder, or is the folder itself, relative to it; null where
    /// there is none.</returns>
    public static string? In(string folder)
    {
        foreach (string inner in (string[])[Folder + "/", ""])
        {
            string path = Path.Combine(folder, inner + DataFile);
            if (File.Exists(path) && File.Exists(ConfigOf(path)))
                return inner + DataFile;
        }
        return null;
    }

    public int Antennas(string path, RadarAxes? axes)
    {
        using KitSettings settings = KitSettings.Load(ConfigOf(path), Place);
        return settings.Count("rx_antennas", MapContradictions.MostAntennas);
    }

    public RangeDopplerFile Load(string path, RadarAxes? axes)
    {
        (FmcwWaveform waveform, int receivers) = ReadConfig(ConfigOf(path));
        int chirps = waveform.ChirpsPerFrame,
            samples = waveform.SamplesPerChirp;
        NpyArray array = NpyFile.Load(path);
        int[] shape = array.Shape;
        if (
            array.DType != "<u2"
            || shape.Length != 4
            || shape[0] < 1
            || shape[1] != receivers
            || shape[2] != chirps
            || shape[3] != samples
        )
            throw new InvalidDataException(
                $"{path}: found {array.DType} ({string.Join(", ", shape)}), {ConfigFile} beside it says <u2 (frames, {receivers} receivers, {chirps} chirps, {samples} "
                    + "samples). The two are not of one recording."
            );
        var capture = new RawCapture(
            path,
            RadarKind.Infineon,
            shape[0],
            receivers,
            chirps,
            samples,
            IsComplex: false,
            waveform
        );
        return capture.ToMaps(
            (frame, receiver, beat, _) =>
            {
                ReadOnlySpan<ushort> adc = MemoryMarshal
                    .Cast<byte, ushort>(array.Bytes)
                    .Slice((frame * receivers + receiver) * beat.Length, beat.Length);
                for (int i = 0; i < adc.Length; i++)
                {
                    if (adc[i] >= 2 * Middle)
                        throw new InvalidDataException(
                            $"{path}: found {adc[i]} in frame {frame}, a 12-bit converter ends at {2 * Middle - 1}."
                        );
                    beat[i] = (adc[i] - Middle) / (float)Middle;
                }
            }
        ) with
        {
            Axes = "frames,receivers,chirps,samples",
        };
    }

    /// <summary>Writes a session as the reader takes it.</summary>
    /// <param name="folder">Where `radar.npy` and `config.json` go.</param>
    /// <param name="waveform">What recorded it.</param>
    /// <param name="receivers">A.</param>
    /// <param name="beat">(frames, A, chirps, samples), of full scale 1; what is beyond is cut, as a converter
    /// does.</param>
    internal static void Write(string folder, FmcwWaveform waveform, int receivers, ReadOnlySpan<float> beat)
    {
        var adc = new ushort[beat.Length];
        for (int i = 0; i < adc.Length; i++)
            adc[i] = (ushort)Math.Clamp(MathF.Round(beat[i] * Middle) + Middle, 0, 2 * Middle - 1);
        int[] shape =
        [
            beat.Length / (receivers * waveform.ChirpsPerFrame * waveform.SamplesPerChirp),
            receivers,
            waveform.ChirpsPerFrame,
            waveform.SamplesPerChirp,
        ];
        NpyFile.Save(
            Path.Combine(folder, DataFile),
            new NpyArray("<u2", shape, MemoryMarshal.AsBytes<ushort>(adc).ToArray())
        );
        AtomicFile.WriteText(Path.Combine(folder, VersionFile), "1.0.0\n");
        AtomicFile.WriteText(
            Path.Combine(folder, ConfigFile),
            string.Create(
                CultureInfo.InvariantCulture,
                $$"""
                {
                  "device_config": {
                    "fmcw_single_shape": {
                      "rx_antennas": [{{string.Join(", ", Enumerable.Range(1, receivers))}}],
                      "tx_antennas": [1],
                      "start_frequency_Hz": {{waveform.CarrierHz - waveform.BandwidthHz / 2:R}},
                      "end_frequency_Hz": {{waveform.CarrierHz + waveform.BandwidthHz / 2:R}},
                      "sample_rate_Hz": {{waveform.SampleRateHz:R}},
                      "num_samples_per_chirp": {{waveform.SamplesPerChirp}},
                      "num_chirps_per_frame": {{waveform.ChirpsPerFrame}},
                      "chirp_repetition_time_s": {{waveform.ChirpPeriodSeconds:R}},
                      "frame_repetition_time_s": {{1 / waveform.FrameRateHz:R}}
                    }
                  }
                }

                """
            )
        );
    }

    private static string ConfigOf(string path) => Path.Combine(Path.GetDirectoryName(path) ?? "", ConfigFile);

    private static (FmcwWaveform Waveform, int Receivers) ReadConfig(string path)
    {
        using KitSettings settings = KitSettings.Load(path, Place);
        double start = settings.Number("start_frequency_Hz", 1e9, 3e11, "lower_frequency_Hz"),
            end = settings.Number("end_frequency_Hz", start + 1e6, 3e11, "upper_frequency_Hz");
        var waveform = new FmcwWaveform
        {
            CarrierHz = (start + end) / 2,
            BandwidthHz = end - start,
            SampleRateHz = settings.Number("sample_rate_Hz", 1e3, 1e9),
            SamplesPerChirp = settings.Whole("num_samples_per_chirp", RawCapture.FewestSamples, 8192),
            ChirpsPerFrame = settings.Whole("num_chirps_per_frame", RawCapture.FewestChirps, 8192),
            ChirpPeriodSeconds = settings.Number("chirp_repetition_time_s", 1e-6, 1),
            FrameRateHz = 1 / settings.Number("frame_repetition_time_s", 1e-5, 1000),
        };
        return (waveform, settings.Count("rx_antennas", MapContradictions.MostAntennas));
    }
}

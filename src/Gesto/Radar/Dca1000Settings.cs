namespace Gesto.Radar;

/// <summary>How two samples lie in a DCA1000 file.</summary>
internal enum Dca1000Lanes
{
    /// <summary>Two lanes (xWR16xx, 18xx, 64xx, 68xx): a receiver's samples in pairs, I0 I1 Q0 Q1, receiver after
    /// receiver.</summary>
    Pairs,

    /// <summary>Four lanes (xWR12xx, 14xx): of one sample I of four receivers, then Q of them; unused ones hold
    /// zeros.</summary>
    Receivers,
}

/// <summary>`NAME.json` beside `NAME.bin`, which has no header of its own.</summary>
/// <param name="Chirps">N, chirps of a frame.</param>
/// <param name="Samples">S, complex ADC samples of a chirp.</param>
/// <param name="Receivers">A.</param>
/// <param name="Frames">T; null where the file's size tells.</param>
/// <param name="QFirst">The words of Q come before those of I.</param>
/// <param name="Lanes">The order of words.</param>
/// <param name="Waveform">What recorded it, with N and S.</param>
internal sealed record Dca1000Settings(
    int Chirps,
    int Samples,
    int Receivers,
    int? Frames,
    bool QFirst,
    Dca1000Lanes Lanes,
    FmcwWaveform Waveform
)
{
    /// <summary>A file that needs only its numbers exchanged, for errors and documentation.</summary>
    public const string Example =
        """{"chirps": 128, "samples": 256, "receivers": 4, "order": "iq", "startHz": 60e9, "slopeHzPerSecond": 70e12, "sampleRateHz": 5e6, "chirpSeconds": 160e-6, "frameSeconds": 0.05}""";

    private static readonly string[] Known =
    [
        "chirps",
        "samples",
        "receivers",
        "frames",
        "order",
        "lanes",
        "startHz",
        "slopeHzPerSecond",
        "bandwidthHz",
        "sampleRateHz",
        "chirpSeconds",
        "frameSeconds",
    ];

    /// <summary>Words that a frame takes, 16 bits each.</summary>
    public long WordsPerFrame => WordsOf(Chirps, Samples, Receivers);

    public long WordsOf(int chirps, int samples, int receivers) =>
        2L * chirps * samples * (Lanes == Dca1000Lanes.Receivers ? 4 : receivers);

    /// <exception cref="InvalidDataException">A key is unknown, missing or out of range.</exception>
    /// <exception cref="FileNotFoundException">No such file.</exception>
    public static Dca1000Settings Load(string path)
    {
        if (!File.Exists(path))
            throw new InvalidDataException(
                $"{path}: not there, and a DCA1000 file does not tell its own sizes. Write it, e.g. {Example}"
            );
        using KitSettings settings = KitSettings.Load(path);
        if (settings.Keys.FirstOrDefault(k => !Known.Contains(k)) is { } unknown)
            throw new InvalidDataException($"{path}: unknown key '{unknown}'; valid are {string.Join(", ", Known)}.");
        int samples = settings.Whole("samples", RawCapture.FewestSamples, 8192),
            chirps = settings.Whole("chirps", RawCapture.FewestChirps, 8192);
        if (samples % 2 != 0)
            throw new InvalidDataException(
                $"{path}: 'samples' is {samples}; they are stored in pairs, so their number is even."
            );
        double rate = settings.Number("sampleRateHz", 1e3, 1e9),
            start = settings.Number("startHz", 1e9, 3e11);
        if (settings.Has("slopeHzPerSecond") == settings.Has("bandwidthHz"))
            throw new InvalidDataException(
                $"{path}: give slopeHzPerSecond, or bandwidthHz, the frequencies swept while the samples are taken; one of the two."
            );
        double bandwidth = settings.Has("bandwidthHz")
            ? settings.Number("bandwidthHz", 1e6, 1e11)
            : settings.Number("slopeHzPerSecond", 1e9, 1e17) * samples / rate;
        var waveform = new FmcwWaveform
        {
            CarrierHz = start + bandwidth / 2,
            BandwidthHz = bandwidth,
            SampleRateHz = rate,
            SamplesPerChirp = samples,
            ChirpsPerFrame = chirps,
            ChirpPeriodSeconds = settings.Number("chirpSeconds", 1e-6, 1),
            FrameRateHz = 1 / settings.Number("frameSeconds", 1e-5, 1000),
        };
        return new Dca1000Settings(
            chirps,
            samples,
            settings.Whole("receivers", 1, 4),
            settings.Has("frames") ? settings.Whole("frames", 1, 1_000_000) : null,
            settings.Word("order", "iq", "qi") == "qi",
            settings.Word("lanes", "pairs", "receivers") == "receivers" ? Dca1000Lanes.Receivers : Dca1000Lanes.Pairs,
            waveform
        );
    }
}

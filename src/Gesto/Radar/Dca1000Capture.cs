using System.Globalization;
using System.Runtime.InteropServices;
using Gesto.Files;

namespace Gesto.Radar;

/// <summary>A recording of Texas Instruments' DCA1000 board: a `.bin` of int16 without a header, and a `.json` of the
/// same name that says what is in it (<see cref="Dca1000Settings"/>).</summary>
/// <remarks>Source of the word order: Texas Instruments, application report SWRA581B, "Mmwave Radar Device ADC Raw Data
/// Capture". One transmitter: chirps of several in turn are not taken apart.</remarks>
internal sealed class Dca1000Capture : IRadarReader
{
    private const float FullScale = 32768;

    public bool Reads(string path) => Path.GetExtension(path).Equals(".bin", StringComparison.OrdinalIgnoreCase);

    public int Antennas(string path, RadarAxes? axes) =>
        Dca1000Settings.Load(Path.ChangeExtension(path, ".json")).Receivers;

    public RangeDopplerFile Load(string path, RadarAxes? axes)
    {
        string json = Path.ChangeExtension(path, ".json");
        Dca1000Settings settings = Dca1000Settings.Load(json);
        using FileStream stream = RecordingFile.Open(path, bufferSize: 1);
        int frames = FramesIn(path, stream.Length, settings);
        var capture = new RawCapture(
            path,
            RadarKind.Dca1000,
            frames,
            settings.Receivers,
            settings.Chirps,
            settings.Samples,
            IsComplex: true,
            settings.Waveform
        );
        var words = new short[settings.WordsPerFrame];
        int latest = -1;
        return capture.ToMaps(
            (frame, receiver, i, q) =>
            {
                if (frame != latest)
                    stream.ReadExactly(MemoryMarshal.AsBytes(words.AsSpan()));
                latest = frame;
                if (settings.QFirst)
                    TakeOut(settings, words, receiver, q, i);
                else
                    TakeOut(settings, words, receiver, i, q);
            },
            $"Set \"order\": \"{(settings.QFirst ? "iq" : "qi")}\" in {Path.GetFileName(json)}."
        ) with
        {
            Axes = "frames,chirps,receivers,samples",
        };
    }

    /// <summary>One receiver's words of a frame, of full scale 1.</summary>
    private static void TakeOut(
        Dca1000Settings settings,
        short[] words,
        int receiver,
        Span<float> first,
        Span<float> second
    )
    {
        int chirps = settings.Chirps,
            samples = settings.Samples;
        for (int chirp = 0; chirp < chirps; chirp++)
        {
            for (int sample = 0; sample < samples; sample++)
            {
                int at =
                    settings.Lanes == Dca1000Lanes.Receivers
                        ? (chirp * samples + sample) * 8 + receiver
                        : (chirp * settings.Receivers + receiver) * 2 * samples + sample / 2 * 4 + sample % 2;
                first[chirp * samples + sample] = words[at] / FullScale;
                second[chirp * samples + sample] =
                    words[at + (settings.Lanes == Dca1000Lanes.Receivers ? 4 : 2)] / FullScale;
            }
        }
    }

    /// <exception cref="InvalidDataException">The size is not that of whole frames; the message names sizes that would
    /// fit.</exception>
    private static int FramesIn(string path, long bytes, Dca1000Settings settings)
    {
        long words = bytes / 2,
            perFrame = settings.WordsPerFrame;
        if (bytes > NpyFile.DefaultByteLimit)
            throw new InvalidDataException($"{path}: {bytes} bytes, the limit is {NpyFile.DefaultByteLimit}.");
        if (
            bytes % 2 == 0
            && words > 0
            && words % perFrame == 0
            && (settings.Frames is null || words / perFrame == settings.Frames)
        )
            return (int)(words / perFrame);
        int frames = settings.Frames ?? (int)Math.Max(1, (words + perFrame - 1) / perFrame);
        string[] fits =
        [
            .. Fits("chirps", settings.Chirps, n => settings.WordsOf(n, settings.Samples, settings.Receivers)),
            .. Fits("samples", settings.Samples, n => settings.WordsOf(settings.Chirps, n, settings.Receivers)),
            .. Fits("receivers", settings.Receivers, n => settings.WordsOf(settings.Chirps, settings.Samples, n)),
        ];
        throw new InvalidDataException(
            string.Create(
                CultureInfo.InvariantCulture,
                $"{path}: holds {words:N0} values{(bytes % 2 == 0 ? "" : " and an odd byte")}; {frames} frame(s) of {settings.Chirps} chirps x {settings.Receivers} receivers x "
            )
                + string.Create(
                    CultureInfo.InvariantCulture,
                    $"{settings.Samples} complex samples need {frames * perFrame:N0}. "
                )
                + (
                    fits.Length > 0
                        ? $"{string.Join(" or ", fits)} would fit: correct {Path.GetFileName(Path.ChangeExtension(path, ".json"))}."
                        : "No other number of chirps, samples or receivers alone would fit: the file is cut, or of another recording."
                )
        );

        IEnumerable<string> Fits(string name, int given, Func<int, long> wordsOf)
        {
            int[] candidates =
                name == "receivers"
                    ? [1, 2, 3, 4]
                    : [16, 32, 48, 64, 96, 100, 128, 192, 200, 250, 255, 256, 384, 512, 1024];
            return (
                from n in candidates
                where
                    n != given
                    && words > 0
                    && words % wordsOf(n) == 0
                    && (settings.Frames is not { } f || words / wordsOf(n) == f)
                    && bytes % 2 == 0
                where name != "receivers" || settings.Lanes == Dca1000Lanes.Pairs
                where name != "samples" || n % 2 == 0
                orderby Math.Abs(Math.Log((double)n / given))
                select $"{name} {n}"
            ).Take(2);
        }
    }
}

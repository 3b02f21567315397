using System.Numerics;
using Gesto.Radar;

namespace Gesto.Training.Simulation;

/// <summary>Records a performance with the simulated radar: echoes of the body, static clutter, receiver noise →
/// range-Doppler maps in grey, or range-time maps in dB. Holds work space: one per thread.</summary>
internal sealed class RadarRecorder
{
    /// <summary>Grey 0 and 255 stand for these powers; in between grey is linear in dB.</summary>
    public const float BlackDb = -95,
        WhiteDb = -25;

    // Volts per ADC sample; in a 64 x 128 map the noise floor lies near −85 dB.
    private const float NoiseVolts = 2.4e-3f;
    private static readonly float[] Noise = MakeNoise();

    private readonly FmcwWaveform waveform;
    private readonly FmcwRadar radar;
    private readonly RangeDopplerProcessor processor;
    private readonly RangeTimeProcessor rangeTime;
    private readonly float[] beat,
        map;

    public RadarRecorder(FmcwWaveform waveform)
    {
        this.waveform = waveform;
        radar = new FmcwRadar(waveform);
        processor = new RangeDopplerProcessor(waveform);
        rangeTime = new RangeTimeProcessor(waveform);
        beat = new float[FmcwRadar.Antennas * waveform.ChirpsPerFrame * waveform.SamplesPerChirp];
        map = new float[waveform.RangeBins * waveform.ChirpsPerFrame];
    }

    // The beat signal is (chirps, samples) of one antenna, volts, and valid during the call.
    private delegate void FrameReceiver(int frame, int antenna, ReadOnlySpan<float> beat);

    /// <summary>Frames that fit a duration; frame t covers the time from t / frame rate on.</summary>
    public int FrameCount(double seconds) => Math.Max(1, (int)(seconds * waveform.FrameRateHz));

    /// <returns>Per antenna (frames, range bins, Doppler bins) row-major, grey.</returns>
    public byte[][] Record(Performance performance, Signer signer, ulong noiseSeed)
    {
        int cells = map.Length;
        byte[][] grey = PerAntenna<byte>(performance, cells);
        RecordFrames(performance, signer, noiseSeed, (frame, antenna, antennaBeat) =>
        {
            processor.Compute(antennaBeat, map);
            ToGrey(map, grey[antenna].AsSpan(frame * cells, cells));
        });
        return grey;
    }

    /// <returns>Per antenna (frames, range bins) row-major, dB as <see cref="RangeTimeProcessor"/> gives
    /// them.</returns>
    public float[][] RecordRangeTime(Performance performance, Signer signer, ulong noiseSeed)
    {
        int bins = waveform.RangeBins;
        float[][] profiles = PerAntenna<float>(performance, bins);
        RecordFrames(performance, signer, noiseSeed, (frame, antenna, antennaBeat) =>
            rangeTime.Compute(antennaBeat, profiles[antenna].AsSpan(frame * bins, bins))
        );
        return profiles;
    }

    /// <returns>What the receivers give, (frames, antennas, chirps, samples) row-major, volts.</returns>
    public float[] RecordBeat(Performance performance, Signer signer, ulong noiseSeed)
    {
        int perAntenna = beat.Length / FmcwRadar.Antennas;
        var all = new float[FrameCount(performance.DurationSeconds) * beat.Length];
        RecordFrames(performance, signer, noiseSeed, (frame, antenna, antennaBeat) =>
            antennaBeat.CopyTo(all.AsSpan((frame * FmcwRadar.Antennas + antenna) * perAntenna))
        );
        return all;
    }

    public static void ToGrey(ReadOnlySpan<float> powerDb, Span<byte> grey)
    {
        for (int i = 0; i < powerDb.Length; i++)
            grey[i] = (byte)Math.Clamp((powerDb[i] - BlackDb) * (255 / (WhiteDb - BlackDb)) + 0.5f, 0, 255);
    }

    private T[][] PerAntenna<T>(Performance performance, int valuesPerFrame)
    {
        int values = FrameCount(performance.DurationSeconds) * valuesPerFrame;
        return [.. Enumerable.Range(0, FmcwRadar.Antennas).Select(_ => new T[values])];
    }

    private void RecordFrames(Performance performance, Signer signer, ulong noiseSeed, FrameReceiver receive)
    {
        int frames = FrameCount(performance.DurationSeconds),
            perAntenna = beat.Length / FmcwRadar.Antennas;
        var random = new SeededRandom(noiseSeed, SeededRandom.HashOf("radar"));
        (Vector3 Point, float Strength)[] clutter = Clutter(signer);
        float[] gains =
        [
            .. Enumerable.Range(0, RadarScatterers.Count).Select(_ => (float)Math.Exp(random.Normal(0.35))),
        ];
        for (int frame = 0; frame < frames; frame++)
        {
            FillNoise(random);
            AddBody(performance, signer, frame / waveform.FrameRateHz, gains);
            foreach ((Vector3 point, float strength) in clutter)
                radar.AddEcho([point, point, point, point, point], signer.Radar, strength, beat);
            for (int antenna = 0; antenna < FmcwRadar.Antennas; antenna++)
                receive(frame, antenna, beat.AsSpan(antenna * perAntenna, perAntenna));
        }
    }

    private void AddBody(Performance performance, Signer signer, double start, float[] gains)
    {
        const int Edges = FmcwRadar.Blocks + 1;
        var points = new Vector3[Edges, RadarScatterers.Count];
        Span<Vector3> placed = new Vector3[RadarScatterers.Count];
        Span<float> strengths = stackalloc float[RadarScatterers.Count];
        for (int edge = 0; edge < Edges; edge++)
        {
            RadarScatterers.Place(performance.PoseAt(start + radar.EdgeSeconds(edge)), signer.Radar, placed, strengths);
            for (int i = 0; i < placed.Length; i++)
                points[edge, i] = placed[i];
        }
        Span<Vector3> path = stackalloc Vector3[Edges];
        for (int i = 0; i < RadarScatterers.Count; i++)
        {
            for (int edge = 0; edge < Edges; edge++)
                path[edge] = points[edge, i];
            radar.AddEcho(path, signer.Radar, strengths[i] * gains[i], beat);
        }
    }

    /// <summary>Furniture and wall behind and beside the signer: it stands still.</summary>
    private static (Vector3 Point, float Strength)[] Clutter(Signer signer)
    {
        var random = new SeededRandom(signer.SceneSeed, SeededRandom.HashOf("clutter"));
        return
        [
            .. Enumerable
                .Range(0, 9)
                .Select(_ =>
                    (
                        signer.Radar
                            + new Vector3(
                                (float)random.Normal(0.45),
                                (float)random.Normal(0.3),
                                -(float)random.Between(0.3, 2.3)
                            ),
                        (float)random.Between(0.004, 0.05)
                    )
                ),
        ];
    }

    private void FillNoise(SeededRandom random)
    {
        // Rows of one fixed table from random places: as good as fresh noise here, and not the costliest part any more.
        int samples = waveform.SamplesPerChirp;
        for (int row = 0; row < beat.Length; row += samples)
            Noise.AsSpan(random.Below(Noise.Length - samples), samples).CopyTo(beat.AsSpan(row, samples));
    }

    private static float[] MakeNoise()
    {
        var random = new SeededRandom(60_000_000_000);
        var noise = new float[1 << 16];
        for (int i = 0; i < noise.Length; i++)
            noise[i] = (float)random.Normal(NoiseVolts);
        return noise;
    }
}

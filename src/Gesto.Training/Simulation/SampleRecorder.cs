using Gesto.Files;
using Gesto.Radar;

namespace Gesto.Training.Simulation;

/// <summary>Camera and radar record one planned sample. Holds work space: one per thread.</summary>
internal sealed class SampleRecorder(SimulationOptions options)
{
    private const int RgbQuality = 23;
    private const int RadarQuality = 18;

    /// <summary>Full scale of the simulated converter: all echoes together stay below 0.25 V, and half a step of 12
    /// bits, 0.12 mV, is far below the receiver's noise.</summary>
    public const float ConverterVolts = 0.5f;

    private readonly RadarRecorder radar = new(FmcwWaveform.OfSize(options.RangeBins, options.DopplerBins));

    /// <summary>Makes the files of a sample: four videos, all from the same instant on, or one and a raw radar session,
    /// or three range-time maps.</summary>
    /// <param name="sample">What to record.</param>
    /// <param name="folder">Where to write, an existing folder; the names are the sample's own.</param>
    /// <param name="cancel">Stops the encoder.</param>
    public void Record(PlannedSample sample, string folder, CancellationToken cancel)
    {
        var performance = new Performance(sample.Script, sample.Signer, sample.Take, options.Seed);
        ulong noiseSeed = new SeededRandom(
            options.Seed,
            (ulong)sample.Signer.Number,
            (ulong)sample.Take,
            (ulong)sample.Script.Class.Id
        ).NextBits();
        string In(string path) => Path.Combine(folder, Path.GetFileName(path));
        if (sample.RgbPath is not { } rgb)
        {
            foreach ((int antenna, float[] map) in radar.RecordRangeTime(performance, sample.Signer, noiseSeed).Index())
                NpyFile.Save(
                    In(sample.RadarPath(antenna + 1)),
                    NpyArray.From(map, map.Length / options.RangeBins, options.RangeBins)
                );
            return;
        }
        if (sample.LandmarksPath is { } landmarks)
            NpyFile.Save(In(landmarks), LandmarkRecorder.Record(performance, sample.Signer, options, noiseSeed));
        var videos = new List<RawVideo>
        {
            new(
                In(rgb),
                Film(performance, sample.Signer, noiseSeed),
                options.Width,
                options.Height,
                options.FrameRateHz,
                "rgb24",
                RgbQuality
            ),
        };
        if (sample.SessionPath is not null)
            WriteSession(
                Path.Combine(folder, InfineonSession.Folder),
                radar.RecordBeat(performance, sample.Signer, noiseSeed)
            );
        byte[][] maps = sample.SessionPath is null ? radar.Record(performance, sample.Signer, noiseSeed) : [];
        for (int antenna = 0; antenna < maps.Length; antenna++)
            videos.Add(
                new RawVideo(
                    In(sample.RadarPath(antenna + 1)),
                    maps[antenna],
                    options.DopplerBins,
                    options.RangeBins,
                    new FmcwWaveform().FrameRateHz,
                    "gray",
                    RadarQuality
                )
            );
        VideoWriter.Write(videos, cancel);
    }

    private void WriteSession(string folder, float[] beat) =>
        InfineonSession.Write(
            folder,
            FmcwWaveform.OfSize(options.RangeBins, options.DopplerBins),
            FmcwRadar.Antennas,
            Array.ConvertAll(beat, v => v / ConverterVolts)
        );

    /// <returns>(frames, height, width, 3), RGB.</returns>
    public byte[] Film(Performance performance, Signer signer, ulong noiseSeed)
    {
        int count = options.FramesOf(performance),
            size = options.Width * options.Height * 3;
        using var camera = new CameraRenderer(signer, options.Width, options.Height, noiseSeed);
        var frames = new byte[count * size];
        for (int i = 0; i < count; i++)
            camera.Render(performance.PoseAt(i / options.FrameRateHz), frames.AsSpan(i * size, size));
        return frames;
    }
}

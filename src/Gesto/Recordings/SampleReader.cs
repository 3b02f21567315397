using System.Runtime.InteropServices;
using Gesto.Radar;
using Gesto.Video;

namespace Gesto.Recordings;

/// <summary>The sampled radar frames of one sample.</summary>
/// <param name="DType">"|u1" from video (grey levels), "&lt;f4" from `.npy` (the file's unit; range-time maps:
/// dB).</param>
/// <param name="Bytes">(T, A, R, D), row-major, little-endian.</param>
/// <param name="Length">T, 1 to the sampling's.</param>
/// <param name="Antennas">A.</param>
/// <param name="Rows">R, range.</param>
/// <param name="Columns">D, Doppler; 1 for range-time maps.</param>
/// <param name="Kind">The word of a kit's files, as in <see cref="RadarFormat.Kind"/>; null for video and bare
/// arrays.</param>
internal sealed record RadarClip(
    string DType,
    byte[] Bytes,
    int Length,
    int Antennas,
    int Rows,
    int Columns,
    string? Kind = null
);

/// <summary>Reads a sample's files into frames, the same way for extracting and for predicting.</summary>
/// <param name="root">Folder that the samples' paths are relative to.</param>
/// <param name="radar">How radar maps are cut and sized.</param>
/// <param name="limits">Limits for hostile or huge videos.</param>
/// <param name="rgbSampling">Which RGB frames are taken; null = <see cref="FrameSampling.Default"/>.</param>
/// <param name="radarSampling">Likewise.</param>
internal sealed class SampleReader(
    string root,
    RadarFormat radar,
    VideoLimits? limits = null,
    FrameSampling? rgbSampling = null,
    FrameSampling? radarSampling = null
)
{
    /// <summary>Antennas of one recording may end this many frames apart (one starts or stops first); the shortest
    /// one's number is then used for all.</summary>
    public const int AntennaSlackFrames = 2;

    private readonly VideoLimits limits = limits ?? VideoLimits.Default;
    private readonly FrameSampling rgbSampling = rgbSampling ?? FrameSampling.Default,
        radarSampling = radarSampling ?? FrameSampling.Default;
    private IReadOnlyList<ClipRequest> latest = [];

    /// <summary>What becomes of RGB frames that are no squares.</summary>
    public FrameFit RgbFit { get; init; }

    /// <summary>A decoder started beforehand, for the first sample that <see cref="Read"/> reads; the caller's to
    /// dispose.</summary>
    internal WaitingDecoder? Waiting { get; init; }

    /// <returns>A decoder for a sample with files like those read last; null where there are none.</returns>
    internal WaitingDecoder? StartDecoder() => WaitingDecoder.TryStart(latest, limits);

    /// <param name="sample">A sample with an RGB file.</param>
    /// <param name="size">Side of the square frames, pixels.</param>
    /// <param name="cancel">Stops the decoder.</param>
    /// <returns>(T, size, size, 3), R, G, B.</returns>
    /// <exception cref="IOException">The file is missing or cannot be trusted (<see
    /// cref="VideoException"/>).</exception>
    public Clip ReadRgb(Sample sample, int size, CancellationToken cancel) =>
        Read(new(sample, size, RadarToo: false), null, cancel).Rgb!;

    /// <param name="sample">A sample with radar files.</param>
    /// <param name="antennas">A, as many as the sample must have; null takes those it has.</param>
    /// <param name="cancel">Stops the decoder.</param>
    /// <exception cref="IOException">A file is missing or cannot be trusted.</exception>
    /// <exception cref="InvalidDataException">A bad `.npy`, or antennas that disagree.</exception>
    public RadarClip ReadRadar(Sample sample, int? antennas, CancellationToken cancel) =>
        Read(new(sample, null, RadarToo: true), antennas, cancel).Radar!;

    /// <summary>Reads both modalities at once: flawless videos of one sample share a decoder.</summary>
    /// <param name="asked">The sample, and what of it.</param>
    /// <param name="antennas">A, as many as the sample must have; null takes those it has.</param>
    /// <param name="cancel">Stops the decoder.</param>
    /// <param name="rgbArrived">Told of RGB frames as they come: the clip's buffer, and how many frames are in it. They
    /// hold only if the clip returned has that buffer.</param>
    /// <exception cref="IOException">A file is missing or cannot be trusted.</exception>
    /// <exception cref="InvalidDataException">A bad `.npy`, or antennas that disagree.</exception>
    internal (Clip? Rgb, RadarClip? Radar) Read(
        Asked asked,
        int? antennas,
        CancellationToken cancel,
        Action<byte[], int>? rgbArrived = null
    )
    {
        (List<ClipRequest> requests, Func<Clip[], (Clip?, RadarClip?)> finish) = Prepare(asked, antennas, cancel);
        if (requests.Count == 0)
            return finish([]);
        latest = requests;
        return finish(
            ClipFile.ReadAll(
                requests,
                limits,
                (request, frames, count) =>
                {
                    if (request == 0 && asked.RgbSize is not null)
                        rgbArrived?.Invoke(frames, count);
                },
                Waiting,
                cancel
            )
        );
    }

    /// <summary>Reads several samples in one decoder process, one after another.</summary>
    /// <param name="samples">What is asked for of each.</param>
    /// <param name="antennas">A, as many as each must have.</param>
    /// <param name="arrived">Told of each sample, by its place, as soon as all of it is there.</param>
    /// <param name="cancel">Stops the decoder.</param>
    /// <returns>False where a file needs a closer look: what was told of does not hold, read them one by one.</returns>
    /// <exception cref="IOException">As <see cref="Read"/>, before anything is decoded.</exception>
    /// <exception cref="InvalidDataException">As <see cref="Read"/>.</exception>
    internal bool TryReadTogether(
        IReadOnlyList<Asked> samples,
        int antennas,
        Action<int, Clip?, RadarClip?> arrived,
        CancellationToken cancel
    )
    {
        var requests = new List<ClipRequest>();
        var clips = new Clip?[samples.Count][];
        var finish = new Func<Clip[], (Clip?, RadarClip?)>[samples.Count];
        foreach ((int i, Asked asked) in samples.Index())
        {
            (List<ClipRequest> own, finish[i]) = Prepare(asked, antennas, cancel);
            clips[i] = new Clip?[own.Count];
            requests.AddRange(own.Select(r => r with { Turn = i }));
        }
        if (clips.Any(own => own.Length == 0))
            return false; // nothing to decode
        int[] first = [.. clips.Select((_, i) => clips[..i].Sum(own => own.Length))];
        return SampledDecoder.TryDecode(requests, limits, Tell, waiting: null, cancel);

        void Tell(int request, byte[] frames, int count)
        {
            (VideoInfo info, ClipFormat format, _, int sample) = requests[request];
            if (count * format.BytesPerFrame < frames.Length)
                return;
            clips[sample][request - first[sample]] = new Clip(frames, count, info.Packets);
            Clip[] whole = [.. clips[sample].OfType<Clip>()];
            if (whole.Length < clips[sample].Length)
                return;
            clips[sample] = [];
            (Clip? rgb, RadarClip? maps) = finish[sample](whole);
            arrived(sample, rgb, maps);
        }
    }

    /// <summary>What is asked for of a sample.</summary>
    /// <param name="Sample">It, which has what is asked for.</param>
    /// <param name="RgbSize">Side of the square RGB frames, pixels; null reads no RGB.</param>
    /// <param name="RadarToo">False reads no radar.</param>
    /// <param name="Watch">Sees the RGB frames at their own size, whether or not they are read.</param>
    internal readonly record struct Asked(Sample Sample, int? RgbSize, bool RadarToo, FrameWatch? Watch = null);

    /// <summary>What to decode of a sample, and what to make of the clips.</summary>
    private (List<ClipRequest> Requests, Func<Clip[], (Clip?, RadarClip?)> Finish) Prepare(
        Asked asked,
        int? antennas,
        CancellationToken cancel
    )
    {
        (Sample sample, int? rgbSize, bool radarToo, FrameWatch? watch) = asked;
        string[] files = radarToo ? RadarFiles(sample) : [];
        bool arrays = files.Length > 0 && RadarArray.Is(files[0]);
        if (files.Length > 0 && !arrays)
            RequireAntennas(sample, files.Length, antennas); // before decoding for nothing
        var requests = new List<ClipRequest>();
        if (rgbSize is not null || watch is not null)
        {
            string video = sample.Rgb
                ?? throw new FileNotFoundException($"{Path.Combine(root, sample.Key)}: no RGB video.");
            ClipFormat format = rgbSize is { } size
                ? new(Colour: true, size, size) { Fit = RgbFit }
                : new(Colour: true, 1, 1) { Crop = (_, _) => (0, 0, 1, 1) }; // whoever watches sees all of it
            requests.Add(
                new ClipRequest(
                    VideoFile.Probe(PathOf(video), limits, cancel),
                    format with
                    {
                        Sampling = rgbSampling,
                        Watch = watch,
                    }
                )
            );
        }
        int videos = requests.Count;
        if (files.Length > 0 && !arrays)
            requests.AddRange(RadarRequests(files, cancel));
        return (requests, Join);

        (Clip? Rgb, RadarClip? Radar) Join(Clip[] clips)
        {
            RadarClip? maps =
                files.Length == 0 ? null
                : arrays ? ReadArrays([.. files.Select(f => RadarArray.Load(f, radar.Axes))])
                : Interleave(clips[videos..]);
            if (maps is not null)
                RequireAntennas(sample, maps.Antennas, antennas);
            return (rgbSize is null ? null : clips[0], maps);
        }
    }

    /// <returns>A of a sample's radar, from its list of files and at most one header; 0 without radar.</returns>
    internal int AntennasOf(Sample sample)
    {
        string[] files = [.. sample.Radar.OfType<string>().Select(PathOf)];
        return files.Length == 1 && RadarArray.Is(files[0]) && File.Exists(files[0])
            ? RadarArray.AntennasOf(files[0], radar.Axes)
            : files.Length;
    }

    private void RequireAntennas(Sample sample, int found, int? expected)
    {
        if (expected is null || found == expected)
            return;
        string missing = string.Join(
            ", ",
            sample
                .Radar.Index()
                .Where(p => p.Item is null)
                .Select(p => SampleFiles.RadarRole(sample.Radar, p.Index + 1))
        );
        throw new FileNotFoundException(
            $"{Path.Combine(root, sample.Key)}: {found} radar antenna(s), expected {expected}"
                + (missing.Length > 0 ? $"; missing: {missing}." : ".")
        );
    }

    private string[] RadarFiles(Sample sample)
    {
        string[] files = [.. sample.Radar.OfType<string>().Select(PathOf)];
        if (files.Length == 0)
            throw new FileNotFoundException($"{Path.Combine(root, sample.Key)}: no radar file.");
        return files.FirstOrDefault(f => RadarArray.Is(f) != RadarArray.Is(files[0])) is { } other
            ? throw new InvalidDataException(
                $"{other}: radar of one sample is all arrays or all video, {Path.GetFileName(files[0])} is not of this kind."
            )
            : files;
    }

    private ClipRequest[] RadarRequests(string[] files, CancellationToken cancel)
    {
        VideoInfo[] infos = [.. files.Select(f => VideoFile.Probe(f, limits, cancel))];
        int shortest = CommonLength([.. infos.Select(i => (i.Path, i.Packets))]);
        (int rows, int columns) = radar.VideoSize;
        return
        [
            .. infos.Select(info => new ClipRequest(
                info,
                new ClipFormat(Colour: false, columns, rows)
                {
                    Sampling = radarSampling,
                    Crop = (width, height) =>
                    {
                        BinRange r = BinRange.Within(radar.Rows, height, info.Path, "rows"),
                            c = BinRange.Within(radar.Columns, width, info.Path, "columns");
                        return (c.Start, r.Start, c.Length, r.Length);
                    },
                },
                shortest
            )
            {
                Times = infos.MinBy(i => i.Packets)!.Times,
            }),
        ]; // one clock: the antennas' maps of one index belong together
    }

    /// <summary>A clips of (T, R, D) → (T, A, R, D).</summary>
    private RadarClip Interleave(Clip[] clips)
    {
        (int rows, int columns) = radar.VideoSize;
        int length = clips.Min(c => c.Length),
            map = rows * columns;
        var frames = new byte[length * clips.Length * map];
        for (int t = 0; t < length; t++)
        {
            for (int a = 0; a < clips.Length; a++)
                clips[a].Frames.AsSpan(t * map, map).CopyTo(frames.AsSpan((t * clips.Length + a) * map));
        }
        return new RadarClip("|u1", frames, length, clips.Length, rows, columns);
    }

    private RadarClip ReadArrays(RangeDopplerFile[] files)
    {
        (int rows, int columns) = files[0].SizeIn(radar);
        if (files.FirstOrDefault(f => f.SizeIn(radar) != (rows, columns)) is { } odd)
            throw new InvalidDataException(
                $"{odd.Path}: maps of {odd.Rows} x {odd.Columns}, {Path.GetFileName(files[0].Path)} has {files[0].Rows} x {files[0].Columns}."
            );
        if (files.FirstOrDefault(f => f.Kind != files[0].Kind) is { } other)
            throw new InvalidDataException(
                $"{other.Path}: {RadarKindWords.Of(other.Kind)}, {Path.GetFileName(files[0].Path)} is of {RadarKindWords.Of(files[0].Kind)}."
            );
        int[] wanted = radarSampling.Indices(CommonLength([.. files.Select(f => (f.Path, f.Frames))]));
        int antennas = files.Sum(f => f.Antennas),
            map = rows * columns;
        var values = new float[wanted.Length * antennas * map];
        int at = 0;
        foreach (int frame in wanted)
        {
            foreach (RangeDopplerFile file in files)
            {
                for (int a = 0; a < file.Antennas; a++, at += map)
                    file.CopyMap(frame, a, radar, values.AsSpan(at, map));
            }
        }
        return new RadarClip(
            "<f4",
            MemoryMarshal.AsBytes<float>(values).ToArray(),
            wanted.Length,
            antennas,
            rows,
            columns,
            RadarKindWords.KeyOf(files[0].Kind)
        );
    }

    private static int CommonLength((string Path, int Frames)[] files)
    {
        (string _, int shortest) = files.MinBy(f => f.Frames);
        (string path, int longest) = files.MaxBy(f => f.Frames);
        return longest - shortest <= AntennaSlackFrames
            ? shortest
            : throw new InvalidDataException(
                $"{path}: {longest} frames, another antenna of this sample has {shortest}. They are not one recording, or a file is cut."
            );
    }

    /// <returns>On disk.</returns>
    internal string PathOf(string relative) => Path.Combine(root, relative.Replace('/', Path.DirectorySeparatorChar));
}

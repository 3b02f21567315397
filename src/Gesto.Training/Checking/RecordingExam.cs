using Gesto.Files;
using Gesto.Radar;
using Gesto.Recordings;
using Gesto.Training.Datasets;
using Gesto.Video;

namespace Gesto.Training.Checking;

/// <summary>Opens and decodes the files of one sample and says what is wrong with them.</summary>
internal sealed class RecordingExam(Dataset dataset, VideoLimits limits, RadarAxes? axes)
{
    /// <summary>RGB and radar may differ by this part of the longer one, or <see cref="DurationSlackSeconds"/> if that
    /// is more: at 13 radar frames a second a recording's ends are 0.08 s coarse.</summary>
    private const double DurationSlack = 0.15;
    private const double DurationSlackSeconds = 0.3;

    private readonly string[] roles =
    [
        .. Enumerable.Range(1, 3).Select(a => SampleFiles.RadarRole(dataset.Samples.SelectMany(s => s.Radar), a)),
    ];

    /// <summary>Grey levels between darkest and brightest pixel of a whole video that still count as one grey: what
    /// lossy coding adds.</summary>
    private const int OneGrey = 2;

    private readonly Lock reading = new();
    private LandmarkReading? landmarks;

    /// <summary>Of all samples examined so far; null where none has any that can be read.</summary>
    public LandmarkReading? Landmarks => landmarks;

    /// <param name="sample">The sample.</param>
    /// <param name="hasRgb">True where other samples of the data set have RGB.</param>
    /// <param name="antennas">Which of the three antennas other samples have.</param>
    /// <param name="cancel">Stops the decoder.</param>
    /// <returns>The problems, the size of the sample's radar arrays in words, null where it has none that can be read,
    /// and how its radar was read.</returns>
    public (IReadOnlyList<Problem> Problems, string? ArraySize, (RadarReading, RadarValues?)? Radar) Examine(
        Sample sample,
        bool hasRgb,
        IReadOnlyList<bool> antennas,
        CancellationToken cancel
    )
    {
        var problems = new List<Problem>();
        if (hasRgb && !sample.Has(Modality.Rgb))
            problems.Add(Missing(sample, "RGB"));
        FileFacts? rgb = ExamineFile(sample, sample.Rgb, problems, cancel);
        var radar = new List<FileFacts>();
        for (int a = 0; a < antennas.Count; a++)
        {
            string? file = sample.Radar.ElementAtOrDefault(a);
            if (antennas[a] && file is null)
                problems.Add(Missing(sample, roles[a]));
            if (ExamineFile(sample, file, problems, cancel) is { } facts)
                radar.Add(facts);
        }
        foreach (Modality other in Modality.All.Where(m => m.Open is not null))
            ExamineOther(sample, other, problems, cancel);
        CompareAntennas(sample, radar, problems);
        CompareDurations(sample, rgb, radar, problems);
        return (
            problems,
            radar.FirstOrDefault(r => r.Seconds is null)?.Size,
            RadarReading.Of([.. radar.Select(r => r.Radar)])
        );
    }

    /// <summary>A registered modality's files are good where its own reader can read them.</summary>
    private void ExamineOther(Sample sample, Modality modality, List<Problem> problems, CancellationToken cancel)
    {
        if (sample.Files[modality] is not { } files)
        {
            if (dataset.Samples.Any(s => s.Has(modality)))
                problems.Add(Missing(sample, modality.Title));
            return;
        }
        try
        {
            using IStepReader reader = modality.Open!(null);
            RecordingSteps steps = reader.Read([.. files.Select(f => f is null ? null : dataset.PathOf(f))], cancel);
            if (modality == Modality.Landmarks)
                ExamineLandmarks(sample, files[0]!, LandmarkReading.Of(steps), problems);
        }
        catch (Exception e) when (e is InvalidDataException or IOException or UnauthorizedAccessException)
        {
            string file = files.First(f => f is not null)!,
                path = dataset.PathOf(file);
            bool there = File.Exists(path) || Directory.Exists(path);
            problems.Add(
                there
                    ? new Problem(sample.Key, file, ProblemKind.Undecodable, e.Message)
                    : new Problem(
                        sample.Key,
                        file,
                        ProblemKind.MissingModality,
                        $"{path}: named in {(dataset.Layout == IslrLayout.Words ? IslrLayout.FileName : ManifestFile.FileName)}, not on disk."
                    )
            );
        }
    }

    /// <summary>Nobody in any frame is no damage to a reader, but nothing to learn from either.</summary>
    private void ExamineLandmarks(Sample sample, string file, LandmarkReading found, List<Problem> problems)
    {
        if (found is { Body: 0, OtherHand: 0, SigningHand: 0 })
            problems.Add(
                new Problem(
                    sample.Key,
                    file,
                    ProblemKind.Empty,
                    $"{dataset.PathOf(file)}: no body and no hand in any frame. Find the landmarks again, or leave the sample out."
                )
            );
        lock (reading)
            landmarks = found.And(landmarks);
    }

    private FileFacts? ExamineFile(Sample sample, string? file, List<Problem> problems, CancellationToken cancel)
    {
        if (file is null)
            return null;
        cancel.ThrowIfCancellationRequested();
        string path = dataset.PathOf(file);
        void Report(string kind, string message, Suggestion? suggestion = null) =>
            problems.Add(new Problem(sample.Key, file, kind, message) { Suggestion = suggestion });
        try
        {
            FileFacts facts = RadarArray.Is(path)
                ? ArrayFacts(file, RadarArray.Load(path, axes))
                : VideoFacts(file, path, Report, cancel);
            bool array = facts.Seconds is null;
            if (facts.Range <= (array ? 0 : OneGrey))
                Report(
                    ProblemKind.Constant,
                    $"{path}: every {(array ? "value" : "pixel")} of all {facts.Frames} frames is the same."
                );
            else if (facts.Frozen)
                Report(
                    ProblemKind.Constant,
                    $"{path}: all {facts.Frames} frames are the same{(array ? "" : " picture")}."
                );
            else if (facts.LowestDb >= 0)
                Report(
                    ProblemKind.Unit,
                    FormattableString.Invariant(
                        $"{path}: no value below 0, the lowest is {facts.LowestDb:0.###}: expected dB, which are about -110 to -20 in the challenge's range-time maps. Save 10 * log10(power)."
                    )
                );
            return facts;
        }
        catch (VideoException e)
        {
            Report(
                e.Fault switch
                {
                    VideoFault.Empty => ProblemKind.Empty,
                    VideoFault.FrameCount => ProblemKind.FrameCount,
                    _ => ProblemKind.Undecodable,
                },
                e.Message
            );
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            Report(ProblemKind.MissingModality, $"{path}: named in {ManifestFile.FileName}, not on disk.");
        }
        catch (Exception e)
            when (e is InvalidDataException or IOException or UnauthorizedAccessException
                && e is not FfmpegStartException
            )
        {
            bool empty = RecordingFile.LengthOf(path) == 0;
            Report(
                empty ? ProblemKind.Empty : ProblemKind.Undecodable,
                empty ? $"{path}: the file is empty (0 bytes)." : e.Message,
                Suggestion.Of(e) is [var first, ..] ? first : null
            );
        }
        return null;
    }

    private FileFacts VideoFacts(
        string file,
        string path,
        Action<string, string, Suggestion?> report,
        CancellationToken cancel
    )
    {
        VideoInfo info = VideoFile.Probe(path, limits, cancel);
        int low = 255,
            high = 0;
        byte[]? first = null;
        bool frozen = true;
        int frames = VideoFile.Decode(
            info,
            colour: false,
            (_, _, _, pixels) =>
            {
                if (first is not null)
                    frozen = frozen && pixels.SequenceEqual(first);
                first ??= pixels.ToArray();
                if (high - low > OneGrey)
                    return;
                foreach (byte v in pixels)
                    (low, high) = (Math.Min(low, v), Math.Max(high, v));
            },
            limits,
            cancel
        );
        foreach ((string kind, string note) in VideoNotes.Of(info, frames))
            report(kind, note, kind == ProblemKind.UnevenRate ? new(NextStep.ExtractByTime, []) : null);
        return new FileFacts(
            file,
            frames,
            info.LastsSeconds,
            high - low,
            frozen && frames > 1,
            $"{info.Width} x {info.Height}",
            new RadarFacts("range-Doppler video", "", 1, info.Height, info.Width, null, null)
        );
    }

    private static FileFacts ArrayFacts(string file, RangeDopplerFile maps)
    {
        int frame = maps.Values.Length / maps.Frames;
        bool frozen = maps.Frames > 1;
        for (int t = 1; t < maps.Frames && frozen; t++)
            frozen = maps.Values.AsSpan(t * frame, frame).SequenceEqual(maps.Values.AsSpan(0, frame));
        RadarValues values = RadarValues.Of(maps.StoredAs, maps.Values);
        bool rangeTime = maps.Columns == 1;
        return new FileFacts(
            file,
            maps.Frames,
            null,
            values.Highest - values.Lowest,
            frozen,
            rangeTime ? $"{maps.Rows} range bins" : $"{maps.Rows} x {maps.Columns}",
            new RadarFacts(
                RadarKindWords.Of(maps.Kind),
                maps.Axes,
                maps.Antennas,
                maps.Rows,
                maps.Columns,
                values,
                maps.Waveform
            ),
            rangeTime ? values.Lowest : null
        );
    }

    private static void CompareAntennas(Sample sample, List<FileFacts> radar, List<Problem> problems)
    {
        foreach (FileFacts other in radar.Skip(1))
        {
            if (other.Frames != radar[0].Frames)
                problems.Add(
                    new Problem(
                        sample.Key,
                        other.File,
                        ProblemKind.AntennaLength,
                        $"{other.Frames} frames, {Path.GetFileName(radar[0].File)} has {radar[0].Frames}: the antennas record together."
                    )
                );
            else if (other.Size != radar[0].Size)
                problems.Add(
                    new Problem(
                        sample.Key,
                        other.File,
                        ProblemKind.AntennaLength,
                        $"maps of {other.Size}, {Path.GetFileName(radar[0].File)} has {radar[0].Size}."
                    )
                );
        }
    }

    private static void CompareDurations(Sample sample, FileFacts? rgb, List<FileFacts> radar, List<Problem> problems)
    {
        if (rgb?.Seconds is not { } a || radar.FirstOrDefault()?.Seconds is not { } b)
            return;
        if (Math.Abs(a - b) <= Math.Max(DurationSlackSeconds, DurationSlack * Math.Max(a, b)))
            return;
        problems.Add(
            new Problem(
                sample.Key,
                radar[0].File,
                ProblemKind.Duration,
                FormattableString.Invariant(
                    $"radar lasts {b:0.00} s, RGB {a:0.00} s: they show the same sign, so one is cut or of another take."
                )
            )
        );
    }

    private static Problem Missing(Sample sample, string role) =>
        new(sample.Key, "", ProblemKind.MissingModality, $"no {role} file; other samples have one.");

    /// <param name="File">Relative to the root.</param>
    /// <param name="Frames">Frames that decode.</param>
    /// <param name="Seconds">Null for arrays, which carry no clock.</param>
    /// <param name="Range">Largest minus smallest value.</param>
    /// <param name="Frozen">All frames equal the first.</param>
    /// <param name="Size">Frame size in words.</param>
    /// <param name="Radar">How it was read, if as radar.</param>
    /// <param name="LowestDb">Smallest value of a range-time map; null for other kinds.</param>
    private sealed record FileFacts(
        string File,
        int Frames,
        double? Seconds,
        float Range,
        bool Frozen,
        string Size,
        RadarFacts Radar,
        float? LowestDb = null
    );
}

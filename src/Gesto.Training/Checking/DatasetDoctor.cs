using System.Security.Cryptography;
using Gesto.Files;
using Gesto.Radar;
using Gesto.Recordings;
using Gesto.Training.Datasets;
using Gesto.Video;

namespace Gesto.Training.Checking;

/// <summary>How thoroughly the doctor looks.</summary>
public sealed record DoctorOptions
{
    /// <summary>Samples decoded at the same time.</summary>
    public int Threads { get; init; } = 2;

    /// <summary>A class with fewer train samples is reported: below four, holding one out leaves less than three to
    /// learn from.</summary>
    public int FewestTrainSamples { get; init; } = 4;

    /// <summary>The order of the axes of radar arrays; null: what the data set says.</summary>
    public RadarAxes? RadarAxes { get; init; }

    internal VideoLimits Limits { get; init; } = VideoLimits.Default;
}

/// <summary>What the doctor found.</summary>
/// <param name="Problems">Those of single samples in the data set's order, then those between samples. Empty when
/// healthy.</param>
/// <param name="Radar">How each kind of radar file was read; recordings with a bad file are in it as far as they could
/// be read.</param>
public sealed record DoctorReport(IReadOnlyList<Problem> Problems, IReadOnlyList<RadarReading> Radar)
{
    /// <summary>What the landmarks were read as; null where no recording has any that can be read.</summary>
    public LandmarkReading? Landmarks { get; init; }
}

/// <summary>Opens and decodes every file of a data set and compares what belongs together.</summary>
public static class DatasetDoctor
{
    /// <returns>The problems, and the notes among them (<see cref="Problem.IsNote"/>): those of single samples in the
    /// data set's order, then those between samples. Empty when healthy.</returns>
    /// <exception cref="FfmpegStartException">Videos cannot be decoded at all.</exception>
    public static IReadOnlyList<Problem> Examine(
        Dataset dataset,
        DoctorOptions options,
        IProgress<WorkProgress>? progress,
        CancellationToken cancel
    ) => Report(dataset, options, progress, cancel).Problems;

    /// <exception cref="FfmpegStartException">Videos cannot be decoded at all.</exception>
    /// <exception cref="InvalidDataException">The samples say different things of the radar's axes.</exception>
    public static DoctorReport Report(
        Dataset dataset,
        DoctorOptions options,
        IProgress<WorkProgress>? progress,
        CancellationToken cancel
    )
    {
        var exam = new RecordingExam(dataset, options.Limits, options.RadarAxes ?? dataset.RadarAxes);
        bool hasRgb = dataset.Samples.Any(s => s.Has(Modality.Rgb));
        bool[] antennas =
        [
            .. Enumerable.Range(0, 3).Select(a => dataset.Samples.Any(s => s.Radar.ElementAtOrDefault(a) is not null)),
        ];
        var found = new (IReadOnlyList<Problem> Problems, string? ArraySize, (RadarReading, RadarValues?)? Radar)[
            dataset.Samples.Count
        ];
        int done = 0;
        Parallel.For(
            0,
            found.Length,
            new ParallelOptions { MaxDegreeOfParallelism = options.Threads, CancellationToken = cancel },
            i =>
            {
                found[i] = exam.Examine(dataset.Samples[i], hasRgb, antennas, cancel);
                progress?.Report(new WorkProgress("check", Interlocked.Increment(ref done), found.Length, "samples"));
            }
        );
        IReadOnlyList<Problem> problems =
        [
            .. found.SelectMany(p => p.Problems),
            .. OddSizes(dataset, [.. found.Select(f => f.ArraySize)]),
            .. Duplicates(dataset, cancel),
            .. LabelExam.IdsAndNames(dataset.Samples),
            .. LabelExam.FewSamples(dataset.Samples, options.FewestTrainSamples),
            .. LabelExam.Leaks(dataset.Samples),
        ];
        return new DoctorReport(
            problems,
            RadarReading.Together(found.Select(f => f.Radar).OfType<(RadarReading, RadarValues?)>())
        )
        {
            Landmarks = exam.Landmarks,
        };
    }

    /// <summary>Arrays are stored in their own size, so one sample of another stops the extraction: a transposed (R,
    /// T), say.</summary>
    private static IEnumerable<Problem> OddSizes(Dataset dataset, string?[] sizes)
    {
        string? usual = sizes.OfType<string>().GroupBy(s => s).OrderByDescending(g => g.Count()).FirstOrDefault()?.Key;
        return from sample in sizes.Index()
            where sample.Item is not null && sample.Item != usual
            select new Problem(
                dataset.Samples[sample.Index].Key,
                "",
                ProblemKind.Size,
                $"radar arrays of {sample.Item}, most samples have {usual}."
            );
    }

    private static IEnumerable<Problem> Duplicates(Dataset dataset, CancellationToken cancel)
    {
        var files = dataset.Samples.SelectMany(s =>
            s.Files.Values.SelectMany(files => files)
                .OfType<string>()
                .Select(file => (Sample: s.Key, File: file, Length: LengthOf(dataset.PathOf(file))))
        );
        // Only files of one size can be equal, so hardly any is read a second time. Empty files are reported as empty.
        foreach (var sameSize in files.GroupBy(f => f.Length).Where(g => g.Key > 0 && g.Count() > 1))
        {
            foreach (
                var same in sameSize.GroupBy(f => HashOf(dataset.PathOf(f.File), cancel)).Where(g => g.Count() > 1)
            )
            {
                (_, string first, _) = same.First();
                foreach ((string sample, string file, _) in same.Skip(1))
                    yield return new Problem(sample, file, ProblemKind.Duplicate, $"the same content as {first}.");
            }
        }
    }

    /// <summary>Of a folder that is one recording, all its files'.</summary>
    private static long LengthOf(string path) => SampleFiles.FilesAt(path).Sum(f => RecordingFile.LengthOf(f) ?? 0);

    private static string HashOf(string path, CancellationToken cancel)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var part = new byte[1 << 20];
        foreach (string file in SampleFiles.FilesAt(path))
        {
            using FileStream stream = RecordingFile.Open(file);
            for (int n; (n = stream.Read(part)) > 0; hash.AppendData(part, 0, n))
                cancel.ThrowIfCancellationRequested();
        }
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}

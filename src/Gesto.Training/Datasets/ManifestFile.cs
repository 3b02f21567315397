using System.Globalization;
using CsvHelper;
using Gesto.Files;
using Gesto.Radar;
using Gesto.Recordings;

namespace Gesto.Training.Datasets;

/// <summary>`manifest.csv`: one line per sample, with what is known of it. Paths are relative to the manifest's folder,
/// or to a recordings root named beside it, '/'-separated, or absolute and inside that folder; an empty field means
/// unknown or absent. `rdm1` … `rdm3` hold the radar file of each antenna, whatever its kind: range-Doppler video or
/// arrays, or range-time maps; a file or folder with all antennas stands in `rdm1`. `radar_axes` says what an array's
/// axes are where their number does not, e.g. "A,T,R,D"; it is written only where a sample has it, as are
/// `landmarks`, a `.pose` or `.npy` file or a folder of frames, and the columns of modalities that were registered
/// (<see cref="Modality.Columns"/>).</summary>
public static class ManifestFile
{
    public const string FileName = "manifest.csv";

    /// <summary>All columns that are read.</summary>
    public static IReadOnlyList<string> Columns =>
        [
            "sample",
            "label",
            "name",
            "signer",
            "session",
            "split",
            .. Modality.All.SelectMany(m => m == Modality.Radar ? [.. m.Columns, RadarAxesColumn] : m.Columns),
        ];

    private const string RadarAxesColumn = "radar_axes";

    /// <summary>Reads the samples in the file's order. Only `sample` and `split` must be there as columns and be
    /// filled; columns of other names are passed over.</summary>
    /// <param name="path">The file.</param>
    /// <param name="recordings">Folder that the paths in it are relative to; null = the file's own.</param>
    /// <param name="passedOver">Receives the names of columns that are not read.</param>
    /// <returns>Samples whose paths are relative, whether or not the file's are.</returns>
    /// <exception cref="InvalidDataException">Names file, line, column, what was found and what is expected; also for a
    /// sample listed twice and for a path that leaves the data set.</exception>
    public static IReadOnlyList<Sample> Read(
        string path,
        string? recordings = null,
        ICollection<string>? passedOver = null
    )
    {
        CsvTable table = CsvTable.Read(path, Columns, ["sample", "split"]);
        foreach (string column in table.PassedOver)
            passedOver?.Add(column);
        var root = new RecordingsRoot(recordings ?? Path.GetDirectoryName(Path.GetFullPath(path))!);
        var lines = new Dictionary<string, long>(StringComparer.Ordinal);
        var samples = new List<Sample>(table.Rows.Count);
        foreach (CsvTable.Row row in table.Rows)
        {
            string key = InsidePath(row, "sample", null)
                ?? throw row.Error("sample", "", "the sample's key, e.g. train/1_AIUTARE/SAMPLE_12");
            if (!lines.TryAdd(key, row.Line))
                throw row.Error("sample", key, $"a key used once; line {lines[key]} has it already");
            samples.Add(
                new Sample
                {
                    Key = key,
                    Split = SplitOf(row),
                    ClassId = row.ClassId("label"),
                    ClassName = row.Text("name"),
                    Signer = row.Text("signer"),
                    Session = row.Text("session"),
                    Files = PerModality.For<IReadOnlyList<string?>>(Modality.All, m =>
                        m.Columns.Select(c => InsidePath(row, c, root)).ToArray() is var files
                        && files.Any(f => f is not null)
                            ? files
                            : null
                    ),
                    RadarAxes = AxesOf(row),
                }
            );
        }
        if (samples.Count == 0)
            throw new InvalidDataException($"{path}: a header and no samples.");
        return samples;
    }

    /// <summary>Writes the samples in the order given, atomically, lines ending in \n: the same samples give the same
    /// bytes.</summary>
    public static void Write(string path, IEnumerable<Sample> samples)
    {
        Sample[] all = [.. samples];
        Dictionary<string, Func<Sample, string?>> fields = new()
        {
            ["sample"] = s => s.Key,
            ["label"] = s => s.ClassId?.ToString(CultureInfo.InvariantCulture),
            ["name"] = s => s.ClassName,
            ["signer"] = s => s.Signer,
            ["session"] = s => s.Session,
            ["split"] = s => Text(s.Split),
            [RadarAxesColumn] = s => s.RadarAxes,
        };
        foreach (Modality modality in Modality.All)
        foreach ((int place, string column) in modality.Columns.Index())
            fields[column] = s => s.Files[modality]?.ElementAtOrDefault(place);
        string[] columns = [.. Columns.Where(c => AlwaysThere.Contains(c) || all.Any(s => fields[c](s) is not null))];
        WriteRows(path, columns, all.Select(s => columns.Select(c => fields[c](s)).ToArray()));
    }

    private static IEnumerable<string> AlwaysThere =>
        ["sample", "label", "name", "signer", "session", "split", .. Modality.Rgb.Columns, .. Modality.Radar.Columns];

    /// <returns>train, val or test: how files and options spell a split.</returns>
    public static string Text(Split split) =>
        split switch
        {
            Split.Train => "train",
            Split.Validation => "val",
            _ => "test",
        };

    internal static void WriteRows(string path, IReadOnlyList<string> header, IEnumerable<string?[]> rows) =>
        AtomicFile.Write(path, stream =>
        {
            using CsvWriter csv = CsvWriter.Create(
                stream,
                CsvWriterOptions.Default with
                {
                    NewLine = "\n",
                },
                leaveOpen: true
            );
            csv.WriteHeader([.. header]);
            foreach (string?[] row in rows)
                csv.WriteRecord(row);
        });

    private static Split SplitOf(CsvTable.Row row) =>
        row.Text("split") switch
        {
            "train" => Split.Train,
            "val" => Split.Validation,
            "test" => Split.Test,
            var other => throw row.Error("split", other, "train, val or test"),
        };

    private static string? AxesOf(CsvTable.Row row)
    {
        try
        {
            return row.Text(RadarAxesColumn) is { } text ? RadarAxes.Parse(text).ToString() : null;
        }
        catch (InvalidDataException e)
        {
            throw new InvalidDataException(
                $"{row.Error(RadarAxesColumn, row.Text(RadarAxesColumn), "axes").Message} {e.Message}",
                e
            );
        }
    }

    /// <summary>Keys become file names in the feature store, so they are held to the same rule as paths; but only paths
    /// may be written as absolute ones.</summary>
    private static string? InsidePath(CsvTable.Row row, string column, RecordingsRoot? root)
    {
        if (row.Text(column) is not { } path)
            return null;
        if (root is not null && Path.IsPathFullyQualified(path))
            return root.RelativeOf(path)
                ?? throw row.Error(
                        column,
                        path,
                        $"a path inside {root.Folder}, without '..'. Where the recordings are elsewhere, name that folder as the recordings' root"
                    )
                    .Suggest(NextStep.NameRecordingsRoot);
        return SampleKey.IsInside(path) ? path : throw row.Error(column, path, SampleKey.Expected);
    }
}

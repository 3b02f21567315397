using System.Globalization;
using Gesto.Files;
using Gesto.Recordings;

namespace Gesto.Training.Datasets;

/// <summary>Reads a data set as the Google ISLR challenge publishes it: `train.csv` with the columns `path`,
/// `participant_id`, `sequence_id` and `sign`, and the landmarks of each sequence in the file that `path` names,
/// `train_landmark_files/&lt;participant&gt;/&lt;sequence&gt;.parquet`.</summary>
/// <remarks>A participant is a signer. The layout has no split: the last fifth of the participants in the order of
/// their ids, one at least, is test and the others are train, as long as train keeps every sign. Where that cannot be,
/// as of one participant, the last fifth of each sign's sequences is, as in <see cref="LandmarkLayout"/>. Signs have
/// the ids of `sign_to_prediction_index_map.json` where it is there, else from 1 in ordinal order.</remarks>
public static class IslrLayout
{
    /// <summary>Lists the sequences.</summary>
    public const string FileName = "train.csv";

    /// <summary>A JSON object of signs and their ids.</summary>
    public const string MapFile = "sign_to_prediction_index_map.json";

    internal const string Words = "Google ISLR, train.csv and parquet files of landmarks";

    private const string Files = "train_landmark_files";

    private static readonly string[] Columns = ["path", "participant_id", "sequence_id", "sign"];

    /// <returns>All samples in the order of `train.csv`; null where the folder has another layout.</returns>
    /// <exception cref="InvalidDataException">Names file, line, column, what was found and what is expected; also for a
    /// sequence listed twice, and for a map that lacks a sign.</exception>
    public static IReadOnlyList<Sample>? TryRead(string root)
    {
        string path = Path.Combine(root, FileName);
        if (!File.Exists(path) || !Directory.Exists(Path.Combine(root, Files)) && !Names(path))
            return null;
        IReadOnlyList<CsvTable.Row> rows = CsvTable.Read(path, Columns, ["path", "participant_id", "sign"]).Rows;
        if (rows.Count == 0)
            throw new InvalidDataException($"{path}: a header and no sequences.");
        Dictionary<string, int> ids = IdsOf(root, rows);
        var lines = new Dictionary<string, long>(StringComparer.Ordinal);
        var samples = new List<Sample>(rows.Count);
        foreach (CsvTable.Row row in rows)
        {
            string file = row.Text("path") ?? "";
            if (!SampleKey.IsInside(file) || !file.EndsWith(".parquet", StringComparison.Ordinal))
                throw row.Error("path", file, $"a .parquet file, {SampleKey.Expected}");
            if (!lines.TryAdd(file, row.Line))
                throw row.Error("path", file, $"a file listed once; line {lines[file]} has it already");
            string sign = SignOf(row);
            samples.Add(
                new Sample
                {
                    Key = file[..^".parquet".Length],
                    Split = Split.Train,
                    ClassId = ids.TryGetValue(sign, out int id)
                        ? id
                        : throw row.Error("sign", sign, $"a sign that {MapFile} has"),
                    ClassName = sign,
                    Signer = row.Text("participant_id")
                        ?? throw row.Error("participant_id", "", "who signs, e.g. 26734"),
                    Files = PerModality<IReadOnlyList<string?>>.None.With(Modality.Landmarks, [file]),
                }
            );
        }
        HashSet<string> test = TestOf(samples);
        return [.. samples.Select(s => test.Contains(s.Key) ? s with { Split = Split.Test } : s)];
    }

    /// <returns>True where the first line names the columns that no other data set has together.</returns>
    private static bool Names(string path)
    {
        using var reader = new StreamReader(RecordingFile.Open(path));
        var line = new char[1024];
        string first = new string(line, 0, reader.ReadBlock(line)).Split('\n')[0];
        return Columns.All(c => first.Contains(c, StringComparison.Ordinal));
    }

    private static Dictionary<string, int> IdsOf(string root, IReadOnlyList<CsvTable.Row> rows)
    {
        string path = Path.Combine(root, MapFile);
        if (!File.Exists(path))
            return rows.Select(SignOf)
                .Distinct()
                .Order(StringComparer.Ordinal)
                .Index()
                .ToDictionary(s => s.Item, s => s.Index + 1, StringComparer.Ordinal);
        const string Cure = "Copy it from the challenge again, or delete it: signs are numbered without it, too.";
        var ids = JsonFile.Load<Dictionary<string, int>>(path, "a map of signs to their ids", Cure);
        foreach (IGrouping<int, string> id in ids.GroupBy(i => i.Value, i => i.Key))
            if (id.Key < 0 || id.Count() > 1)
                throw new InvalidDataException(
                    $"{path}: found id {id.Key} for {string.Join(" and ", id)}, expected ids of 0 or more, one for each sign. {Cure}"
                );
        return ids;
    }

    private static string SignOf(CsvTable.Row row) =>
        row.Text("sign") ?? throw row.Error("sign", "", "the sign's name, e.g. hello");

    private static HashSet<string> TestOf(List<Sample> samples)
    {
        string[] signers =
        [
            .. samples
                .Select(s => s.Signer!)
                .Distinct()
                .OrderBy(s => long.TryParse(s, NumberStyles.None, CultureInfo.InvariantCulture, out long n) ? n : -1)
                .ThenBy(s => s, StringComparer.Ordinal),
        ];
        Dictionary<int, int> left = samples.CountBy(s => s.ClassId!.Value).ToDictionary();
        var held = new HashSet<string>(StringComparer.Ordinal);
        int wanted = Math.Max(1, signers.Length / LandmarkLayout.TestPart);
        ILookup<string, Sample> of = samples.ToLookup(s => s.Signer!, StringComparer.Ordinal);
        foreach (string signer in signers.Reverse())
        {
            KeyValuePair<int, int>[] taken = [.. of[signer].CountBy(s => s.ClassId!.Value)];
            if (held.Count == wanted || taken.Any(t => left[t.Key] == t.Value))
                continue;
            held.Add(signer);
            foreach ((int id, int count) in taken)
                left[id] -= count;
        }
        return held.Count > 0
            ? [.. samples.Where(s => held.Contains(s.Signer!)).Select(s => s.Key)]
            :
            [
                .. samples
                    .GroupBy(s => s.ClassId)
                    .SelectMany(sign => sign.TakeLast(LandmarkLayout.TestOf(sign.Count())))
                    .Select(s => s.Key),
            ];
    }
}

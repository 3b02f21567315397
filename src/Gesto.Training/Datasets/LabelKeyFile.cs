using System.Globalization;
using Gesto.Recordings;

namespace Gesto.Training.Datasets;

/// <summary>`key.csv`: the labels of val and test, kept apart from the data so that training cannot see them.</summary>
public static class LabelKeyFile
{
    public const string FileName = "key.csv";

    private static readonly string[] Columns = ["sample", "label", "name"];

    /// <summary>Reads the columns `sample` and `label`; others, such as an organiser's own, are passed over.</summary>
    /// <returns>Sample key → class id.</returns>
    /// <exception cref="InvalidDataException">Names file, line, column, what was found and what is
    /// expected.</exception>
    public static IReadOnlyDictionary<string, int> Read(string path)
    {
        var labels = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (CsvTable.Row row in CsvTable.Read(path, Columns, ["sample", "label"], refuseAlike: false).Rows)
        {
            string key = row.Text("sample") ?? throw row.Error("sample", "", "a sample's key, e.g. test/SAMPLE_7");
            int id = row.ClassId("label") ?? throw row.Error("label", "", "a class id (0, 1, 2 …)");
            if (!labels.TryAdd(key, id))
                throw row.Error("sample", key, "a key used once");
        }
        return labels;
    }

    /// <summary>Writes the key, class id and name of each labelled sample, atomically.</summary>
    public static void Write(string path, IEnumerable<Sample> samples) =>
        ManifestFile.WriteRows(
            path,
            Columns,
            samples
                .Where(s => s.ClassId is not null)
                .Select(s => new[] { s.Key, s.ClassId!.Value.ToString(CultureInfo.InvariantCulture), s.ClassName })
        );
}

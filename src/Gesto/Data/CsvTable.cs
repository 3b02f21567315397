using System.Globalization;
using CsvHelper;

namespace Gesto.Data;

/// <summary>A small CSV file with a header of known column names, read so that every error can name its line and column.</summary>
internal sealed class CsvTable
{
    private readonly string path;
    private readonly Dictionary<string, int> columns;

    private CsvTable(string path, Dictionary<string, int> columns, List<Row> rows) =>
        (this.path, this.columns, Rows) = (path, columns, rows);

    public IReadOnlyList<Row> Rows { get; }

    /// <param name="path">The file, UTF-8.</param>
    /// <param name="known">All column names that may occur, in any order.</param>
    /// <param name="required">Those that must.</param>
    /// <exception cref="InvalidDataException">Unknown, repeated or missing column; a row with too few or too many fields.</exception>
    public static CsvTable Read(string path, IReadOnlyList<string> known, IReadOnlyList<string> required)
    {
        // The header is read as a plain record, so that its errors are worded like the others.
        using CsvReader reader = CsvReader.FromFile(path, CsvReaderOptions.Default with
        {
            Separator = ',',
            HasHeader = false,
            TrimWhitespace = true,
            TrackLineNumbers = true,
            MalformedData = CsvMalformedDataHandling.Throw,
        }, FileOptions.SequentialScan);
        try
        {
            if (!reader.Read())
                throw new InvalidDataException($"{path}: the file is empty, expected the header '{string.Join(',', known)}'.");
            Dictionary<string, int> columns = ReadHeader(path, Fields(reader), known, required);
            var rows = new List<Row>();
            CsvTable table = new(path, columns, rows);
            while (reader.Read())
            {
                string[] fields = Fields(reader);
                if (fields.Length != columns.Count)
                    throw new InvalidDataException(
                        $"{path}, line {reader.LineNumber}: found {fields.Length} fields, the header has {columns.Count}.");
                rows.Add(new Row(table, reader.LineNumber, fields));
            }
            return table;
        }
        catch (CsvFormatException e)
        {
            throw new InvalidDataException($"{path}, line {e.LineNumber}: {e.Message}", e);
        }
    }

    private static string[] Fields(CsvReader reader) => [.. Enumerable.Range(0, reader.FieldCount).Select(reader.GetString)];

    private static Dictionary<string, int> ReadHeader(
        string path, string[] header, IReadOnlyList<string> known, IReadOnlyList<string> required)
    {
        var columns = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach ((int i, string column) in header.Index())
        {
            if (!known.Contains(column))
                throw new InvalidDataException(
                    $"{path}, line 1, column {i + 1}: found '{column}', expected one of {string.Join(", ", known)}.");
            if (!columns.TryAdd(column, i))
                throw new InvalidDataException($"{path}, line 1, column {i + 1}: '{column}' occurs twice.");
        }
        if (required.FirstOrDefault(c => !columns.ContainsKey(c)) is { } missing)
            throw new InvalidDataException($"{path}, line 1: no column '{missing}', found {string.Join(", ", header)}.");
        return columns;
    }

    /// <summary>One line of the table.</summary>
    internal sealed record Row(CsvTable Table, long Line, string[] Fields)
    {
        /// <returns>The field, null where it is empty or the file has no such column.</returns>
        public string? Text(string column) =>
            Table.columns.TryGetValue(column, out int i) && Fields[i].Length > 0 ? Fields[i] : null;

        /// <returns>The class id in a field, null where it is empty.</returns>
        public int? ClassId(string column)
        {
            if (Text(column) is not { } text) return null;
            return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int id)
                ? id
                : throw Error(column, text, "a class id (0, 1, 2 …)");
        }

        public InvalidDataException Error(string column, string? found, string expected) =>
            new($"{Table.path}, line {Line}, column '{column}': found '{found}', expected {expected}.");
    }
}

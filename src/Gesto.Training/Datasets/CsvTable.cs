using System.Globalization;
using CsvHelper;

namespace Gesto.Training.Datasets;

/// <summary>A small CSV file with a header of column names, read so that every error can name its line and
/// column.</summary>
internal sealed class CsvTable
{
    private readonly string path;
    private readonly Dictionary<string, int> columns;

    private CsvTable(string path, Dictionary<string, int> columns, List<Row> rows) =>
        (this.path, this.columns, Rows) = (path, columns, rows);

    public IReadOnlyList<Row> Rows { get; }

    /// <summary>Columns of the file that are not known, in its order: nobody reads them.</summary>
    public IReadOnlyList<string> PassedOver { get; private init; } = [];

    /// <param name="path">The file, UTF-8.</param>
    /// <param name="known">All column names that are read, in any order. Others are passed over.</param>
    /// <param name="required">Those that must occur.</param>
    /// <param name="refuseAlike">A column that is nearly one of these is refused: as a misspelt one it would be missed
    /// in silence.</param>
    /// <exception cref="InvalidDataException">Misspelt, repeated or missing column; a row with too few or too many
    /// fields.</exception>
    public static CsvTable Read(
        string path,
        IReadOnlyList<string> known,
        IReadOnlyList<string> required,
        bool refuseAlike = true
    )
    {
        // The header is read as a plain record, so that its errors are worded like the others.
        using CsvReader reader = CsvReader.FromFile(
            path,
            CsvReaderOptions.Default with
            {
                Separator = ',',
                HasHeader = false,
                TrimWhitespace = true,
                TrackLineNumbers = true,
                MalformedData = CsvMalformedDataHandling.Throw,
            },
            FileOptions.SequentialScan
        );
        try
        {
            if (!reader.Read())
                throw new InvalidDataException(
                    $"{path}: the file is empty, expected the header '{string.Join(',', known)}'."
                );
            string[] header = Fields(reader);
            Dictionary<string, int> columns = ReadHeader(path, header, known, required, refuseAlike);
            var rows = new List<Row>();
            CsvTable table = new(path, columns, rows) { PassedOver = [.. header.Where(c => !columns.ContainsKey(c))] };
            while (reader.Read())
            {
                string[] fields = Fields(reader);
                if (fields.Length != header.Length)
                    throw new InvalidDataException(
                        $"{path}, line {reader.LineNumber}: found {fields.Length} fields, the header has {header.Length}."
                    );
                rows.Add(new Row(table, reader.LineNumber, fields));
            }
            return table;
        }
        catch (CsvFormatException e)
        {
            throw new InvalidDataException($"{path}, line {e.LineNumber}: {e.Message}", e);
        }
    }

    private static string[] Fields(CsvReader reader) =>
        [.. Enumerable.Range(0, reader.FieldCount).Select(reader.GetString)];

    private static Dictionary<string, int> ReadHeader(
        string path,
        string[] header,
        IReadOnlyList<string> known,
        IReadOnlyList<string> required,
        bool refuseAlike
    )
    {
        var columns = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach ((int i, string column) in header.Index())
        {
            if (!known.Contains(column))
            {
                if (refuseAlike && known.FirstOrDefault(k => IsNearly(column, k)) is { } meant)
                    throw new InvalidDataException(
                        $"{path}, line 1, column {i + 1}: found '{column}', expected one of {string.Join(", ", known)}. Did you mean '{meant}'? "
                            + "A column of your own needs a name that is less like it."
                    );
                continue;
            }
            if (!columns.TryAdd(column, i))
                throw new InvalidDataException($"{path}, line 1, column {i + 1}: '{column}' occurs twice.");
        }
        if (required.FirstOrDefault(c => !columns.ContainsKey(c)) is { } missing)
            throw new InvalidDataException(
                $"{path}, line 1: no column '{missing}', found {string.Join(", ", header)}."
            );
        return columns;
    }

    /// <summary>Up to two letters off, but less than half of the name: `date`, `take` and `age` are not a misspelt
    /// `name`.</summary>
    private static bool IsNearly(string column, string known)
    {
        int distance = EditDistance.Between(column.ToLowerInvariant(), known);
        return distance <= 2 && 2 * distance < known.Length;
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
            if (Text(column) is not { } text)
                return null;
            return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int id)
                ? id
                : throw Error(column, text, "a class id (0, 1, 2 …)");
        }

        public InvalidDataException Error(string column, string? found, string expected) =>
            new($"{Table.path}, line {Line}, column '{column}': found '{found}', expected {expected}.");
    }
}

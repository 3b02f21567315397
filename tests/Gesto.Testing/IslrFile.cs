using Parquet;
using Parquet.Schema;

namespace Gesto.Testing;

/// <summary>A row of a file of the Google ISLR challenge: one point of one frame.</summary>
internal sealed record IslrRow(int Frame, string Type, int Index, double? X, double? Y, double? Z);

/// <summary>Writes files as the Google ISLR challenge publishes them, by another implementation of Parquet than
/// Gesto's.</summary>
internal static class IslrFile
{
    /// <summary>The types of a frame in the order of the challenge's files, and the points of each.</summary>
    public static IReadOnlyList<(string Type, int Count)> Types { get; } =
    [("face", 468), ("left_hand", 21), ("pose", 33), ("right_hand", 21)];

    /// <returns>All 543 points of some frames, whose numbers start at 20.</returns>
    /// <param name="frames">How many.</param>
    /// <param name="at">Place of a point, by frame from 0, type and index; null where it is not found.</param>
    public static IEnumerable<IslrRow> Rows(int frames, Func<int, string, int, (double X, double Y, double Z)?> at) =>
        from t in Enumerable.Range(0, frames)
        from type in Types
        from i in Enumerable.Range(0, type.Count)
        let p = at(t, type.Type, i)
        select new IslrRow(20 + t, type.Type, i, p?.X, p?.Y, p?.Z);

    /// <param name="path">Where; folders are made.</param>
    /// <param name="rows">The rows.</param>
    /// <param name="leaveOut">A column that is not written.</param>
    /// <param name="asText">A column of numbers that is written as strings.</param>
    /// <param name="compression">Of the pages.</param>
    public static void Write(
        string path,
        IEnumerable<IslrRow> rows,
        string? leaveOut = null,
        string? asText = null,
        CompressionMethod compression = CompressionMethod.Snappy
    )
    {
        IslrRow[] all = [.. rows];
        var columns = new (string Name, Type Type, Func<IslrRow, object?> Of)[]
        {
            ("frame", typeof(short?), r => (short)r.Frame),
            ("row_id", typeof(string), r => $"{r.Frame}-{r.Type}-{r.Index}"),
            ("type", typeof(string), r => r.Type),
            ("landmark_index", typeof(short?), r => (short)r.Index),
            ("x", typeof(double?), r => r.X),
            ("y", typeof(double?), r => r.Y),
            ("z", typeof(double?), r => r.Z),
        }
            .Where(c => c.Name != leaveOut)
            .Select(c => c.Name == asText ? (c.Name, typeof(string), r => $"{c.Of(r)}") : c)
            .ToArray();
        DataField[] fields = [.. columns.Select(c => new DataField(c.Name, c.Type))];
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        using FileStream stream = File.Create(path);
        WriteAsync().GetAwaiter().GetResult();

        async Task WriteAsync()
        {
            await using ParquetWriter writer = await ParquetWriter.CreateAsync(
                new ParquetSchema(fields),
                stream,
                new ParquetOptions { CompressionMethod = compression }
            );
            using ParquetRowGroupWriter group = writer.CreateRowGroup();
            foreach ((DataField field, (_, Type type, Func<IslrRow, object?> of)) in fields.Zip(columns))
                if (type == typeof(string))
                    await group.WriteAsync(field, [.. all.Select(r => (string)of(r)!)]);
                else if (type == typeof(short?))
                    await group.WriteAsync<short>(field, all.Select(r => (short?)of(r)).ToArray());
                else
                    await group.WriteAsync<double>(field, all.Select(r => (double?)of(r)).ToArray());
        }
    }
}

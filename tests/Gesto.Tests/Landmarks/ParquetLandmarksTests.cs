using System.Buffers.Binary;
using System.Diagnostics;
using Gesto.Files;
using Gesto.Landmarks;

namespace Gesto.Tests.Landmarks;

/// <summary>Files of the Google ISLR challenge's schema. Golden/*.parquet were written by Apache Arrow's own C++
/// (through ParquetSharp 25.0.1.2), which pandas writes by too: snappy.parquet with its defaults, pages.parquet in
/// two row groups of small pages of version 2 by gzip with NaN for null, plain.parquet without dictionaries and
/// compression, zstd.parquet by Zstandard.</summary>
public sealed class ParquetLandmarksTests : IDisposable
{
    private const int Mutations = 1000;
    private const long AllowedBytes = 30_000_000;

    private readonly Folder folder = new();

    public void Dispose() => folder.Dispose();

    private static string Golden(string name) => Path.Combine(AppContext.BaseDirectory, "Golden", name);

    /// <summary>The formula that the golden files were written by; the left hand is found in every other frame, the
    /// right one in all but the first.</summary>
    private static (double X, double Y, double Z)? At(int t, string type, int i)
    {
        int place = IslrFile.Types.Index().First(k => k.Item.Type == type).Index;
        double Value(int axis) => (1 + axis + place * 0.125 + i / 1024.0) * (1 + t / 8.0) / 8;
        return (type == "left_hand" && t % 2 == 0) || (type == "right_hand" && t == 0)
            ? null
            : (Value(0), Value(1), Value(2));
    }

    private static float[] Expected(int frames)
    {
        var values = new List<float>();
        for (int t = 0; t < frames; t++)
            foreach (
                (string type, int count, int width) in new[]
                {
                    ("pose", 33, 4),
                    ("left_hand", 21, 3),
                    ("right_hand", 21, 3),
                }
            )
                for (int i = 0; i < count; i++)
                    values.AddRange(
                        At(t, type, i) is var (x, y, z)
                            ? [(float)x, (float)y, (float)z, .. Enumerable.Repeat(1f, width - 3)]
                            : new float[width]
                    );
        return [.. values];
    }

    private string Write(IEnumerable<IslrRow> rows, string? leaveOut = null, string? asText = null)
    {
        IslrFile.Write(folder["a.parquet"], rows, leaveOut, asText);
        return folder["a.parquet"];
    }

    private static string Refused(string path)
    {
        InvalidDataException e = Assert.Throws<InvalidDataException>(() => LandmarkFile.Load(path));
        Assert.StartsWith(path, e.Message, StringComparison.Ordinal);
        return e.Message;
    }

    [Theory]
    [InlineData("snappy.parquet", 3)]
    [InlineData("pages.parquet", 3)]
    [InlineData("plain.parquet", 2)]
    public void What_Arrow_wrote_is_read(string name, int frames)
    {
        LandmarkClip clip = LandmarkFile.Load(Golden(name));
        Assert.Equal(frames, clip.Length);
        Assert.Equal(Expected(frames), clip.Values);
    }

    [Theory]
    [InlineData(Parquet.CompressionMethod.Snappy)]
    [InlineData(Parquet.CompressionMethod.None)]
    [InlineData(Parquet.CompressionMethod.Gzip)]
    public void What_another_library_wrote_is_read(Parquet.CompressionMethod compression)
    {
        IslrFile.Write(folder["a.parquet"], IslrFile.Rows(5, At), compression: compression);
        Assert.Equal(Expected(5), LandmarkFile.Load(folder["a.parquet"]).Values);
    }

    [Fact]
    public void Points_of_a_frame_come_in_any_order_and_numbers_of_frames_may_be_left_out()
    {
        IslrRow[] rows = [.. IslrFile.Rows(3, At)];
        new Random(1).Shuffle(rows);
        string path = Write(rows.OrderBy(r => r.Frame).Select(r => r with { Frame = 3 * r.Frame }));
        Assert.Equal(Expected(3), LandmarkFile.Load(path).Values);
    }

    [Fact]
    public void Rows_that_are_no_points_of_frames_are_refused_with_what_was_found_and_expected()
    {
        IslrRow[] rows = [.. IslrFile.Rows(2, At)];
        foreach (
            (IEnumerable<IslrRow> wrong, string said) in new (IEnumerable<IslrRow>, string)[]
            {
                (rows[..^1], "1085 rows, expected a multiple of 543"),
                ([], "0 rows"),
                (Changed(7, r => r with { Index = 468 }), "face 468 in row 7; expected 543 points a frame"),
                (Changed(7, r => r with { Index = 6 }), "face 6 again in row 7"),
                (Changed(7, r => r with { Index = -1 }), "face -1 in row 7"),
                (Changed(7, r => r with { Type = "lips" }), "column 'type' holds 'lips', expected face, left_hand"),
                (Changed(7, r => r with { Frame = 5 }), "frame 5 after frame 20 in row 7"),
                (rows[543..].Concat(rows[..543]), "frame 20 after frame 21 in row 543"),
                (Changed(500, r => r with { X = double.PositiveInfinity }), "expected coordinates within"),
            }
        )
            Assert.Contains(said, Refused(Write(wrong)), StringComparison.Ordinal);

        IslrRow[] Changed(int row, Func<IslrRow, IslrRow> change) =>
            [.. rows.Select((r, i) => i == row ? change(r) : r)];
    }

    [Theory]
    [InlineData("frame", "integers")]
    [InlineData("type", null)]
    [InlineData("landmark_index", "integers")]
    [InlineData("x", "floats")]
    [InlineData("z", "floats")]
    public void A_column_that_is_absent_or_of_another_type_is_named(string column, string? expected)
    {
        IEnumerable<IslrRow> rows = IslrFile.Rows(1, At);
        Assert.Contains($"expected '{column}' too", Refused(Write(rows, leaveOut: column)), StringComparison.Ordinal);
        if (expected is not null)
            Assert.Contains(
                $"'{column}' is of type BYTE_ARRAY, expected {expected}",
                Refused(Write(rows, asText: column)),
                StringComparison.Ordinal
            );
    }

    [Fact]
    public void Another_compression_and_another_format_are_named()
    {
        Assert.Contains(
            "is compressed by Zstandard, expected nothing, Snappy or gzip",
            Refused(Golden("zstd.parquet")),
            StringComparison.Ordinal
        );
        Assert.Contains(
            "do not begin and end",
            Refused(folder.Write("b.parquet", "x,y,z\n1,2,3\n")),
            StringComparison.Ordinal
        );
        Assert.Contains("0 bytes that", Refused(folder.Write("c.parquet", "")), StringComparison.Ordinal);
        Assert.Throws<FileNotFoundException>(() => LandmarkFile.Load(folder["none.parquet"]));
    }

    [Fact]
    public void A_file_cut_anywhere_is_refused()
    {
        byte[] whole = File.ReadAllBytes(Golden("pages.parquet"));
        for (int length = 0; length < whole.Length; length += length < 300 || length > whole.Length - 300 ? 1 : 37)
        {
            Assert.Throws<InvalidDataException>(() => Load(whole[..length]));
            // With its last bytes in their place it has the looks of a whole one.
            if (length != whole.Length - 8)
                Assert.Throws<InvalidDataException>(() => Load([.. whole[..length], .. whole[^8..]]));
        }
    }

    [Theory]
    [InlineData("snappy.parquet")]
    [InlineData("pages.parquet")]
    [InlineData("plain.parquet")]
    public void Damage_gives_the_documented_exception_soon_and_takes_little_memory(string name)
    {
        byte[] whole = File.ReadAllBytes(Golden(name));
        int footer = BinaryPrimitives.ReadInt32LittleEndian(whole.AsSpan(whole.Length - 8)),
            refused = 0;
        for (int seed = 0; seed < Mutations; seed++)
        {
            var random = new Random(seed);
            byte[] bytes = [.. whole];
            // Half of them in the footer, where a format keeps its sizes.
            for (int n = random.Next(1, 4); n > 0; n--)
                bytes[
                    seed % 2 == 0 ? random.Next(bytes.Length) : random.Next(bytes.Length - 8 - footer, bytes.Length)
                ] = (byte)random.Next(256);
            long before = GC.GetAllocatedBytesForCurrentThread();
            var clock = Stopwatch.StartNew();
            try
            {
                Assert.All(LandmarkFeatures.Of(Load(bytes)), v => Assert.True(float.IsFinite(v)));
            }
            catch (InvalidDataException)
            {
                refused++;
            }
            Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, AllowedBytes);
            Assert.InRange(clock.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(15));
        }
        Assert.InRange(refused, Mutations / 5, Mutations - Mutations / 20); // it reaches what is read
    }

    /// <summary>Headers that other readers follow for ever, into a stack overflow or into memory.</summary>
    [Fact]
    public void Hostile_footers_are_refused_at_once()
    {
        byte[] nested = [0xF9, .. Enumerable.Repeat((byte)0x19, 200_000), 0x10];
        foreach (
            (byte[] footer, string said) in new (byte[], string)[]
            {
                ([0x15, 0x80, 0x80], "a header that is cut"),
                ([0x19, 0xF1, 0xFF, 0xFF, 0xFF, 0xFF, 0x07, 0], "announces 2147483647 where"),
                ([0x19, .. nested], "nests deeper"),
                ([0x18, 0xFF, 0xFF, 0xFF, 0xFF, 0x07, 0], "announces 2147483647 where"),
                ([0x15, .. Enumerable.Repeat((byte)0xFF, 11), 0], "more than ten bytes"),
                ([0x36, 0x80, 0xA8, 0xD6, 0xB9, 0x07, 0], "1000000000 rows, expected at most 2224128"),
                ([.. Enumerable.Repeat((byte)0x11, 200_000), 0], "more than 100000 values"),
            }
        )
        {
            byte[] length = new byte[4];
            BinaryPrimitives.WriteInt32LittleEndian(length, footer.Length);
            File.WriteAllBytes(folder["a.parquet"], [.. "PAR1"u8, .. footer, .. length, .. "PAR1"u8]);
            long before = GC.GetAllocatedBytesForCurrentThread();
            Assert.Contains(said, Refused(folder["a.parquet"]), StringComparison.Ordinal);
            Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, AllowedBytes);
        }
    }

    private static LandmarkClip Load(byte[] bytes) =>
        ParquetLandmarks.Of(ParquetFile.Read(bytes, "damaged", 4096 * 543), "damaged");
}

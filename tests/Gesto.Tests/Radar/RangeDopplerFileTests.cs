using Gesto.Files;
using Gesto.Radar;

namespace Gesto.Tests.Radar;

public sealed class RangeDopplerFileTests : IDisposable
{
    private readonly Folder folder = new();

    public void Dispose() => folder.Dispose();

    private string Save(string name, float[] values, params int[] shape)
    {
        NpyFile.Save(folder[name], NpyArray.From(values, shape));
        return folder[name];
    }

    private static float[] Ramp(int n) => [.. Enumerable.Range(0, n).Select(i => i * 0.5f - 100)];

    [Fact]
    public void One_antenna_and_several_are_told_apart_by_the_axes()
    {
        RangeDopplerFile one = RangeDopplerFile.Load(Save("one.npy", Ramp(4 * 3 * 5), 4, 3, 5));
        Assert.Equal((4, 1, 3, 5), (one.Frames, one.Antennas, one.Rows, one.Columns));
        RangeDopplerFile three = RangeDopplerFile.Load(Save("three.npy", Ramp(4 * 3 * 2 * 5), 4, 3, 2, 5));
        Assert.Equal((4, 3, 2, 5), (three.Frames, three.Antennas, three.Rows, three.Columns));
        var map = new float[10];
        three.CopyMap(frame: 2, antenna: 1, RadarFormat.Default, map);
        Assert.Equal(Ramp(120)[(2 * 3 + 1) * 10], map[0]);
    }

    [Theory]
    [InlineData(float.NaN, "NaN")]
    [InlineData(float.PositiveInfinity, "Infinity")]
    public void A_value_that_is_not_finite_is_named_with_its_place(float value, string shown)
    {
        float[] values = Ramp(4 * 3 * 5);
        values[(2 * 3 + 1) * 5 + 4] = value;
        Assert.Contains(
            $"bad.npy: found {shown} at [2, 1, 4]",
            Assert.Throws<InvalidDataException>(() => RangeDopplerFile.Load(Save("bad.npy", values, 4, 3, 5))).Message,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void Other_shapes_are_refused()
    {
        Assert.Contains(
            "found an array of shape (6, 10), expected range-Doppler maps",
            Assert.Throws<InvalidDataException>(() => RangeDopplerFile.Load(Save("flat.npy", Ramp(60), 6, 10))).Message,
            StringComparison.Ordinal
        );
        Assert.Contains(
            "holds no values",
            Assert.Throws<InvalidDataException>(() => RangeDopplerFile.Load(Save("none.npy", [], 0, 2, 3))).Message,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void An_object_array_is_not_opened()
    {
        // What numpy 1.24 writes for np.save(path, np.array([{}], dtype=object)): a pickle follows the header.
        byte[] header =
        [
            0x93,
            .. "NUMPY\x1\x0v\x0"u8,
            .. "{'descr': '|O', 'fortran_order': False, 'shape': (1,), }".PadRight(117).Select(c => (byte)c),
            (byte)'\n',
        ];
        File.WriteAllBytes(folder["object.npy"], [.. header, .. "\x80\x4]}a."u8]);
        Assert.Contains(
            "object.npy: an object array (dtype '|O') holds pickled Python code and is not opened",
            Assert.Throws<InvalidDataException>(() => RangeDopplerFile.Load(folder["object.npy"])).Message,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void An_absurd_shape_is_refused_before_allocation()
    {
        byte[] header =
        [
            0x93,
            .. "NUMPY\x1\x0v\x0"u8,
            .. "{'descr': '<f8', 'fortran_order': False, 'shape': (2147483647, 2147483647, 2147483647), }"
                .PadRight(117)
                .Select(c => (byte)c),
            (byte)'\n',
        ];
        File.WriteAllBytes(folder["huge.npy"], header);
        Assert.Contains(
            "the limit is",
            Assert.Throws<InvalidDataException>(() => RangeDopplerFile.Load(folder["huge.npy"])).Message,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void Bins_are_cut_as_numpy_cuts_them()
    {
        RangeDopplerFile file = RangeDopplerFile.Load(Save("a.npy", Ramp(2 * 4 * 6), 2, 4, 6));
        var format = new RadarFormat { Rows = BinRange.Parse("1:3"), Columns = BinRange.Parse("2:6") };
        var map = new float[8];
        file.CopyMap(1, 0, format, map);
        float[] whole = Ramp(48);
        Assert.Equal([.. from r in (int[])[1, 2] from c in (int[])[2, 3, 4, 5] select whole[24 + r * 6 + c]], map);
        Assert.Contains(
            "rows 1:9 asked for, the map has 4",
            Assert
                .Throws<InvalidDataException>(() => file.SizeIn(new RadarFormat { Rows = new BinRange(1, 9) }))
                .Message,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void A_format_is_read_back_from_its_words()
    {
        RadarFormat[] formats =
        [
            new(),
            new() { Size = (64, 48) },
            new() { Rows = new BinRange(50, 200) },
            new()
            {
                Size = (1, 2),
                Rows = new BinRange(50, 200),
                Columns = new BinRange(300, 724),
            },
        ];
        foreach (RadarFormat format in formats)
        {
            Assert.Equal(format, RadarFormat.Parse(format.ToString()));
            Assert.Equal(format, RadarFormat.Parse(format + ", divided by 255"));
        }
        Assert.Throws<InvalidDataException>(() => RadarFormat.Parse("nearest 3x3"));
        Assert.Throws<InvalidDataException>(() => BinRange.Parse("9:3"));
    }
}

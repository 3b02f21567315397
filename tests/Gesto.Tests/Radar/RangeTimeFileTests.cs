using Gesto.Files;
using Gesto.Radar;

namespace Gesto.Tests.Radar;

public sealed class RangeTimeFileTests : IDisposable
{
    private readonly Folder folder = new();

    public void Dispose() => folder.Dispose();

    private static float[] Decibels(int n) => [.. Enumerable.Range(0, n).Select(i => i * 0.25f - 108)];

    private string Save(string name, NpyArray array)
    {
        NpyFile.Save(folder[name], array);
        return folder[name];
    }

    private static string Refused(string path) =>
        Assert.Throws<InvalidDataException>(() => RadarArray.Load(path)).Message;

    [Fact]
    public void A_map_keeps_its_dB_as_one_antenna_with_one_Doppler_bin()
    {
        float[] values = Decibels(5 * 8);
        RangeDopplerFile maps = RadarArray.Load(Save("SAMPLE_1_RTM2.npy", NpyArray.From(values, 5, 8)));
        Assert.Equal((5, 1, 8, 1), (maps.Frames, maps.Antennas, maps.Rows, maps.Columns));
        var frame = new float[8];
        maps.CopyMap(frame: 3, antenna: 0, RadarFormat.Default, frame);
        Assert.Equal(values[24..32], frame);
    }

    [Theory]
    [InlineData("radar.npy", 2, 1)]
    [InlineData("radar.npy", 3, 3)]
    [InlineData("SAMPLE_1_rtm.NPY", 2, 1)]
    [InlineData("SAMPLE_1_RDM3.npy", 3, 3)]
    public void The_number_of_axes_tells_the_kind_whatever_the_file_is_called(string name, int axes, int dopplerBins) =>
        Assert.Equal(
            dopplerBins,
            RadarArray.Load(Save(name, NpyArray.From(Decibels(24), axes == 2 ? [4, 6] : [4, 2, 3]))).Columns
        );

    [Theory]
    [InlineData(
        "SAMPLE_1_RTM1.npy",
        new[] { 4, 2, 3 },
        "found an array of shape (4, 2, 3), expected a range-time map (T, R)"
    )]
    [InlineData("SAMPLE_1_RTM1.npy", new[] { 24 }, "found an array of shape (24), expected a range-time map (T, R)")]
    [InlineData("SAMPLE_1_RDM1.npy", new[] { 4, 6 }, "found an array of shape (4, 6), expected range-Doppler maps")]
    [InlineData("radar.npy", new[] { 24 }, "found an array of shape (24), expected range-Doppler maps")]
    [InlineData("SAMPLE_1_RTM1.npy", new[] { 0, 256 }, "shape (0, 256) holds no values")]
    public void A_wrong_number_of_axes_is_refused_with_what_was_expected(string name, int[] shape, string expected)
    {
        string path = Save(name, NpyArray.From(Decibels(shape.Aggregate(1, (a, b) => a * b)), shape));
        Assert.Contains($"{path}: {expected}", Refused(path), StringComparison.Ordinal);
    }

    [Fact]
    public void A_value_that_is_not_finite_is_named_with_its_frame_and_bin()
    {
        float[] values = Decibels(5 * 8);
        values[3 * 8 + 6] = float.NaN;
        Assert.Contains(
            "SAMPLE_1_RTM1.npy: found NaN at [3, 6], expected finite numbers",
            Refused(Save("SAMPLE_1_RTM1.npy", NpyArray.From(values, 5, 8))),
            StringComparison.Ordinal
        );
        values[3 * 8 + 6] = float.NegativeInfinity; // what log10 makes of an empty bin
        Assert.Contains(
            "found -Infinity at [3, 6]",
            Refused(Save("SAMPLE_1_RTM1.npy", NpyArray.From(values, 5, 8))),
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void Whole_numbers_are_no_dB() =>
        Assert.Contains(
            "found dtype '|u1', expected a range-time map in dB as floats",
            Refused(Save("SAMPLE_1_RTM1.npy", NpyArray.From(new byte[40], 5, 8))),
            StringComparison.Ordinal
        );

    [Fact]
    public void An_object_array_is_not_opened()
    {
        byte[] header =
        [
            0x93,
            .. "NUMPY\x1\x0v\x0"u8,
            .. "{'descr': '|O', 'fortran_order': False, 'shape': (2, 1), }".PadRight(117).Select(c => (byte)c),
            (byte)'\n',
        ];
        File.WriteAllBytes(folder["SAMPLE_1_RTM1.npy"], [.. header, .. "\x80\x4]}a."u8]);
        Assert.Contains(
            "holds pickled Python code and is not opened",
            Refused(folder["SAMPLE_1_RTM1.npy"]),
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void A_cut_file_says_how_much_is_missing()
    {
        string path = Save("SAMPLE_1_RTM1.npy", NpyArray.From(Decibels(5 * 8), 5, 8));
        File.WriteAllBytes(path, File.ReadAllBytes(path)[..^40]);
        Assert.Contains(
            "the header announces 160 bytes of data, found 120. The file is cut",
            Refused(path),
            StringComparison.Ordinal
        );
    }
}

using Gesto.Files;
using Gesto.Radar;

namespace Gesto.Tests.Radar;

public sealed class RadarAxesTests : IDisposable
{
    private readonly Folder folder = new();

    public void Dispose() => folder.Dispose();

    private string Save(string name, float[] values, params int[] shape)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(folder[name])!);
        NpyFile.Save(folder[name], NpyArray.From(values, shape));
        return folder[name];
    }

    [Theory]
    [InlineData("T,A,R,D")]
    [InlineData("A,T,R,D")]
    [InlineData("T,R,D,A")]
    [InlineData("D,R,A,T")]
    [InlineData("T,D,R")]
    [InlineData("r, d, t")]
    [InlineData("R,T")]
    [InlineData("T,A,R")]
    public void Every_order_of_axes_ends_in_the_same_place(string text)
    {
        RadarAxes axes = RadarAxes.Parse(text);
        (float[] values, int[] shape) = PlacedMaps.InOrder(axes.Letters);
        string path = Save("maps.npy", values, shape);
        RangeDopplerFile maps = RadarArray.Load(path, axes);
        int antennas = axes.Letters.Contains('A') ? 3 : 1,
            columns = axes.Letters.Contains('D') ? 5 : 1;
        Assert.Equal((7, antennas, 6, columns), (maps.Frames, maps.Antennas, maps.Rows, maps.Columns));
        Assert.Equal(antennas, RadarArray.AntennasOf(path, axes));
        Assert.Equal(columns == 1 ? RadarKind.RangeTime : RadarKind.RangeDoppler, maps.Kind);
        for (int t = 0; t < 7; t++)
        for (int a = 0; a < antennas; a++)
        for (int r = 0; r < 6; r++)
        for (int d = 0; d < columns; d++)
            Assert.Equal(PlacedMaps.ValueAt(t, a, r, d), maps.Values[((t * antennas + a) * 6 + r) * columns + d]);
    }

    [Theory]
    [InlineData("")]
    [InlineData("T,A,D")]
    [InlineData("T,R,R")]
    [InlineData("T,R,X")]
    public void Axes_without_frames_or_range_or_with_anything_else_are_refused(string text) =>
        Assert.Contains(
            "e.g. T,A,R,D or A,T,R,D",
            Assert.Throws<InvalidDataException>(() => RadarAxes.Parse(text)).Message,
            StringComparison.Ordinal
        );

    [Fact]
    public void Antennas_first_are_not_taken_for_frames_and_the_axes_settle_it()
    {
        (float[] values, int[] shape) = PlacedMaps.InOrder("ATRD");
        string path = Save("maps.npy", values, shape);
        Assert.Contains(
            "shape (3, 7, 6, 5) read as (T,A,R,D) would be 3 frames of 7 antennas: more antennas than frames. Say what the axes are: A,T,R,D",
            Assert.Throws<InvalidDataException>(() => RadarArray.Load(path)).Message,
            StringComparison.Ordinal
        );
        Assert.Contains(
            "3 axes; the radar axes given are T,A,R,D, 4",
            Assert
                .Throws<InvalidDataException>(() =>
                    RadarArray.Load(Save("three.npy", values, 7, 3, 30), RadarAxes.Parse("T,A,R,D"))
                )
                .Message,
            StringComparison.Ordinal
        );
        // Two frames of three antennas, said so.
        Assert.Equal(
            2,
            RadarArray.Load(Save("short.npy", values[..180], 2, 3, 6, 5), RadarAxes.Parse("T,A,R,D")).Frames
        );
        Assert.Contains(
            "20 antennas, more than the 16 that any kit has",
            Assert
                .Throws<InvalidDataException>(() =>
                    RadarArray.Load(Save("many.npy", new float[30 * 20 * 4], 30, 20, 2, 2))
                )
                .Message,
            StringComparison.Ordinal
        );
    }

    [Theory]
    [InlineData(12, 3, 16, 64)]
    [InlineData(12, 0, 16, 64)]
    public void Numbers_of_a_converter_are_no_maps(int frames, int antennas, int chirps, int samples)
    {
        // Beat tones of an echo and of leakage around the middle of 12 bits, with noise.
        var random = new Random(3);
        ushort[] adc =
        [
            .. Enumerable
                .Range(0, frames * Math.Max(1, antennas) * chirps * samples)
                .Select(i =>
                    (ushort)(
                        2040 + 600 * Math.Cos(0.1 * (i % samples)) + 200 * Math.Cos(0.7 * i) + random.Next(-20, 20)
                    )
                ),
        ];
        int[] shape = antennas == 0 ? [frames, chirps, samples] : [frames, antennas, chirps, samples];
        NpyFile.Save(
            folder["radar.npy"],
            new NpyArray("<u2", shape, System.Runtime.InteropServices.MemoryMarshal.AsBytes<ushort>(adc).ToArray())
        );
        Assert.Contains(
            "the raw beat signal of a 12-bit converter, expected range-Doppler maps. Keep an Infineon session together: config.json beside radar.npy",
            Assert.Throws<InvalidDataException>(() => RadarArray.Load(folder["radar.npy"])).Message,
            StringComparison.Ordinal
        );
    }

    [Theory]
    [InlineData("magnitudes")]
    [InlineData("logarithms")]
    public void Maps_of_whole_numbers_are_taken(string form)
    {
        var random = new Random(4);
        ushort[] counts =
        [
            .. Enumerable
                .Range(0, 12 * 16 * 32)
                .Select(i =>
                {
                    // near range bins are strong
                    double amplitude = (1 + random.NextDouble()) * (1 + 300.0 / (1 + i / 32 % 16));
                    return (ushort)(form == "magnitudes" ? 4 * amplitude : 800 + 400 * Math.Log2(amplitude) / 2);
                }),
        ];
        NpyFile.Save(
            folder["maps.npy"],
            new NpyArray(
                "<u2",
                [12, 16, 32],
                System.Runtime.InteropServices.MemoryMarshal.AsBytes<ushort>(counts).ToArray()
            )
        );
        Assert.Equal(
            (12, 1, 16, 32),
            RadarArray.Load(folder["maps.npy"]) is var m ? (m.Frames, m.Antennas, m.Rows, m.Columns) : default
        );
    }
}

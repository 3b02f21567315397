using Gesto.Files;
using Gesto.Radar;
using Gesto.Training.Checking;
using Gesto.Training.Datasets;
using Gesto.Training.Features;

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

    /// <summary>Tells the place it belongs to, so that every order of axes can be checked: no two places
    /// alike.</summary>
    private static float ValueAt(int t, int a, int r, int d) => t * 1000 + a * 100 + r * 10 + d - 5000;

    /// <summary>The array of 7 frames, 3 antennas, 6 range and 5 Doppler bins in an order of axes.</summary>
    private static (float[] Values, int[] Shape) InOrder(string letters)
    {
        int[] shape =
        [
            .. letters.Select(c =>
                c switch
                {
                    'T' => 7,
                    'A' => 3,
                    'R' => 6,
                    _ => 5,
                }
            ),
        ];
        var values = new float[shape.Aggregate(1, (x, y) => x * y)];
        for (int i = 0; i < values.Length; i++)
        {
            int rest = i,
                t = 0,
                a = 0,
                r = 0,
                d = 0;
            for (int axis = shape.Length - 1; axis >= 0; axis--)
            {
                int at = rest % shape[axis];
                rest /= shape[axis];
                if (letters[axis] == 'T')
                    t = at;
                else if (letters[axis] == 'A')
                    a = at;
                else if (letters[axis] == 'R')
                    r = at;
                else
                    d = at;
            }
            values[i] = ValueAt(t, a, r, d);
        }
        return (values, shape);
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
        (float[] values, int[] shape) = InOrder(axes.Letters);
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
            Assert.Equal(ValueAt(t, a, r, d), maps.Values[((t * antennas + a) * 6 + r) * columns + d]);
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
        (float[] values, int[] shape) = InOrder("ATRD");
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

    /// <summary>Two samples whose antennas come first, and a manifest that says so or does not.</summary>
    private Dataset AntennasFirst(string axesColumn)
    {
        (float[] values, int[] shape) = InOrder("ATRD");
        Save("data/one.npy", values, shape);
        Save("data/two.npy", [.. values.Select(v => v - 1)], shape);
        folder.Write(
            "data/manifest.csv",
            $"sample,label,name,split,rdm1,radar_axes\ns/1,0,A,train,one.npy,{axesColumn}\ns/2,1,B,train,two.npy,{axesColumn}\n"
        );
        return Dataset.Open(folder["data"]);
    }

    private static DoctorReport Check(Dataset data, RadarAxes? axes = null) =>
        DatasetDoctor.Report(data, new DoctorOptions { FewestTrainSamples = 1, RadarAxes = axes }, null, default);

    [Fact]
    public void Check_and_extract_refuse_the_same_arrays_and_read_them_once_the_manifest_or_an_option_says_the_axes()
    {
        Dataset silent = AntennasFirst("");
        Assert.Equal(2, Check(silent).Problems.Count);
        Assert.Contains(
            "more antennas than frames",
            Assert
                .Throws<InvalidDataException>(() =>
                    Extraction.Run(silent, folder["f"], null, new ExtractionOptions(), null, default)
                )
                .Message,
            StringComparison.Ordinal
        );
        DoctorReport told = Check(silent, RadarAxes.Parse("A,T,R,D"));
        Assert.Empty(told.Problems);
        Assert.Equal(
            [
                "2 recordings: range-Doppler maps (A, T, R, D), 3 antennas, 6 range x 5 Doppler bins, -5001 … 1254, both signs",
            ],
            told.Radar.Select(r => r.ToString())
        );

        Dataset said = AntennasFirst("\"A,T,R,D\"");
        Assert.Empty(Check(said).Problems);
        Extraction.Run(said, folder["said"], null, new ExtractionOptions(), null, default);
        Extraction.Run(
            silent,
            folder["option"],
            null,
            new ExtractionOptions { Radar = new RadarFormat { Axes = RadarAxes.Parse("A,T,R,D") } },
            null,
            default
        );
        FeatureStore store = FeatureStore.Open(folder["said/radar"]),
            other = FeatureStore.Open(folder["option/radar"]);
        Assert.Equal("own size axes A,T,R,D", store.Key.Preprocessing);
        Assert.Null(store.Key.DifferenceTo(other.Key));
        Assert.Equal([30, 3, 6, 5], store.Key.Shape);
        float[] values = store.Load("s/1").ToSingles();
        Assert.Equal(ValueAt(4, 2, 3, 1), values[((4 * 3 + 2) * 6 + 3) * 5 + 1]);
        // What is read as ever has the key it ever had, and a key is read back.
        Assert.Equal("own size", new RadarFormat().ToString());
        Assert.Equal(RadarAxes.Parse("A,T,R,D"), RadarFormat.Parse(store.Key.Preprocessing).Axes);
        var all = new RadarFormat
        {
            Size = (3, 4),
            Rows = new BinRange(1, 2),
            Axes = RadarAxes.Parse("T,R"),
            Kind = "infineon",
        };
        Assert.Equal(all, RadarFormat.Parse(all.ToString()));
        Assert.Equal(
            ["s/1", "s/2"],
            ManifestFile.Read(folder["said/manifest.csv"]).Select(s => s.RadarAxes == "A,T,R,D" ? s.Key : "")
        );
    }

    [Fact]
    public void A_manifest_with_two_orders_or_a_wrong_one_is_refused()
    {
        folder.Write(
            "data/manifest.csv",
            "sample,split,rdm1,radar_axes\na,train,a.npy,\"T,R,D\"\nb,train,b.npy,\"T,D,R\"\n"
        );
        Assert.Contains(
            "radar_axes are T,R,D and T,D,R",
            Assert.Throws<InvalidDataException>(() => Dataset.Open(folder["data"]).RadarAxes).Message,
            StringComparison.Ordinal
        );
        folder.Write("data/manifest.csv", "sample,split,rdm1,radar_axes\na,train,a.npy,\"T,Q\"\n");
        Assert.Contains(
            "line 2, column 'radar_axes': found 'T,Q'",
            Assert.Throws<InvalidDataException>(() => Dataset.Open(folder["data"])).Message,
            StringComparison.Ordinal
        );
    }
}

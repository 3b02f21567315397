using Gesto.Files;
using Gesto.Radar;
using Gesto.Training.Checking;
using Gesto.Training.Datasets;
using Gesto.Training.Features;

namespace Gesto.Training.Tests.Checking;

/// <summary>A data set that says in which order its arrays' axes are, or does not.</summary>
public sealed class RadarAxesOfDatasetTests : IDisposable
{
    private readonly Folder folder = new();

    public void Dispose() => folder.Dispose();

    private void Save(string name, float[] values, params int[] shape)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(folder[name])!);
        NpyFile.Save(folder[name], NpyArray.From(values, shape));
    }

    /// <summary>Two samples whose antennas come first, and a manifest that says so or does not.</summary>
    private Dataset AntennasFirst(string axesColumn)
    {
        (float[] values, int[] shape) = PlacedMaps.InOrder("ATRD");
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
        Assert.Equal(PlacedMaps.ValueAt(4, 2, 3, 1), values[((4 * 3 + 2) * 6 + 3) * 5 + 1]);
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

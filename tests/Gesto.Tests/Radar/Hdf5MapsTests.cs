using Gesto.Radar;
using PureHDF;

namespace Gesto.Tests.Radar;

public sealed class Hdf5MapsTests : IDisposable
{
    private readonly Folder folder = new();

    public void Dispose() => folder.Dispose();

    /// <summary>Soli: 5 frames whose values tell their place; KaiKuTek likewise, 6 frames, its second channel
    /// 9999.</summary>
    internal const string Script = """
        import sys, h5py, numpy as np
        soli = np.arange(5 * 4 * 1024).reshape(5, 4, 1024)
        with h5py.File(sys.argv[1], 'w') as f:
            for c in range(4): f.create_dataset(f'ch{c}', data=soli[:, c].astype('<f4'))
            f.create_dataset('label', data=np.full((5, 1), 3))
        kkt = np.full((2, 32, 32, 6), 9999, '<u2')
        kkt[0] = np.arange(6 * 1024).reshape(6, 32, 32).transpose(1, 2, 0)
        with h5py.File(sys.argv[2], 'w', libver=sys.argv[3]) as f:
            f.create_dataset('DS1', data=kkt, chunks=(1, 32, 32, 2), compression='gzip')
            f.create_dataset('LABEL', data=np.zeros(6, 'u1'))
        """;

    private void WriteWithH5py(string version) =>
        Reference.RunPython("h5py, numpy", Script, folder["soli.h5"], folder["kkt.h5"], version);

    /// <summary>The same by PureHDF's own writer.</summary>
    internal static void Write(string soli, string kkt)
    {
        var file = new H5File();
        for (int c = 0; c < 4; c++)
        {
            var channel = new float[5, 1024];
            for (int t = 0; t < 5; t++)
            for (int i = 0; i < 1024; i++)
                channel[t, i] = (t * 4 + c) * 1024 + i;
            file[$"ch{c}"] = channel;
        }
        file["label"] = new int[5];
        file.Write(soli);
        var maps = new ushort[2, 32, 32, 6];
        for (int t = 0; t < 6; t++)
        for (int i = 0; i < 1024; i++)
            (maps[0, i / 32, i % 32, t], maps[1, i / 32, i % 32, t]) = ((ushort)(t * 1024 + i), 9999);
        new H5File { ["DS1"] = maps, ["LABEL"] = new byte[6] }.Write(kkt);
    }

    [Theory]
    [InlineData("earliest")]
    [InlineData("latest")]
    [InlineData("PureHDF")]
    public void Frames_channels_range_and_Doppler_come_out_in_their_places(string writer)
    {
        if (writer == "PureHDF")
            Write(folder["soli.h5"], folder["kkt.h5"]);
        else
            WriteWithH5py(writer);
        RangeDopplerFile soli = RadarArray.Load(folder["soli.h5"]),
            kkt = RadarArray.Load(folder["kkt.h5"]);
        Assert.Equal((5, 4, 32, 32, RadarKind.Soli), (soli.Frames, soli.Antennas, soli.Rows, soli.Columns, soli.Kind));
        Assert.Equal(Enumerable.Range(0, 5 * 4 * 1024).Select(i => (float)i), soli.Values);
        Assert.Equal((6, 1, 32, 32, RadarKind.KaiKuTek), (kkt.Frames, kkt.Antennas, kkt.Rows, kkt.Columns, kkt.Kind));
        Assert.Equal(Enumerable.Range(0, 6 * 1024).Select(i => (float)i), kkt.Values);
        Assert.Equal((4, 1), (RadarArray.AntennasOf(folder["soli.h5"]), RadarArray.AntennasOf(folder["kkt.h5"])));
    }

    [Fact]
    public void Other_files_are_refused_with_what_was_expected()
    {
        string Refused(string path) => Assert.Throws<InvalidDataException>(() => RadarArray.Load(path)).Message;
        folder.Write("text.h5", "no HDF5 at all");
        Assert.Contains("not an HDF5 file", Refused(folder["text.h5"]), StringComparison.Ordinal);
        new H5File { ["maps"] = new float[4] }.Write(folder["other.h5"]);
        Assert.Contains(
            "expected the data sets ch0 … ch3 of Soli, or DS1 of KaiKuTek",
            Refused(folder["other.h5"]),
            StringComparison.Ordinal
        );
        new H5File { ["ch0"] = new float[4, 1000] }.Write(folder["size.h5"]);
        Assert.Contains("ch0 is (4, 1000), expected (T, 1024)", Refused(folder["size.h5"]), StringComparison.Ordinal);
        new H5File { ["DS1"] = new float[3, 32, 32, 2] }.Write(folder["three.h5"]);
        Assert.Contains(
            "DS1 is (3, 32, 32, 2), expected (2, 32, 32, T)",
            Refused(folder["three.h5"]),
            StringComparison.Ordinal
        );
        new H5File { ["DS1"] = new[] { "a", "b" } }.Write(folder["words.h5"]);
        Assert.Contains("expected numbers", Refused(folder["words.h5"]), StringComparison.Ordinal);
        Write(folder["soli.h5"], folder["kkt.h5"]);
        File.WriteAllBytes(folder["cut.h5"], File.ReadAllBytes(folder["kkt.h5"])[..1500]);
        Assert.Contains("a damaged HDF5 file", Refused(folder["cut.h5"]), StringComparison.Ordinal);
    }
}

using Gesto.Training.Checking;
using Gesto.Training.Datasets;
using PureHDF;

namespace Gesto.Training.Tests.Checking;

public sealed class LinearMapsTests
{
    [Fact]
    public void Counts_are_called_linear()
    {
        using var folder = new Folder();
        folder.Write("data/manifest.csv", "sample,label,name,split,rdm1\na,0,A,train,kkt_RDM.h5\n");
        var maps = new ushort[2, 32, 32, 6];
        for (int t = 0; t < 6; t++)
        for (int i = 0; i < 1024; i++)
            maps[0, i / 32, i % 32, t] = (ushort)(t * 1024 + i);
        new H5File { ["DS1"] = maps, ["LABEL"] = new byte[6] }.Write(folder["data/kkt_RDM.h5"]);
        DoctorReport report = DatasetDoctor.Report(
            Dataset.Open(folder["data"]),
            new DoctorOptions { FewestTrainSamples = 1 },
            null,
            default
        );
        Assert.Empty(report.Problems);
        Assert.Equal(
            "1 recording: KaiKuTek .h5 maps (DS1[0] as R, D, T), 1 antenna, 32 range x 32 Doppler bins, 0 … 6143, linear",
            Assert.Single(report.Radar).ToString()
        );
    }
}

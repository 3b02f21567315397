using System.Formats.Tar;
using System.IO.Compression;
using Gesto.Files;
using Gesto.MediaPipe;
using Gesto.Training.Weights;

namespace Gesto.Training.Tests.Weights;

/// <summary>Where MediaPipe's networks come from, and what is refused.</summary>
public sealed class LandmarkWeightsTests : IDisposable
{
    private readonly Folder folder = new();

    public void Dispose() => folder.Dispose();

    private WeightsCache Cache => new(folder["cache"]);

    [Fact]
    public void Another_package_is_refused_by_its_hash()
    {
        string package = folder["holistic.tgz"];
        using (var gzip = new GZipStream(File.Create(package), CompressionLevel.Fastest))
        using (var tar = new TarWriter(gzip))
        {
            var entry = new PaxTarEntry(TarEntryType.RegularFile, "package/pose_landmark_full.tflite")
            {
                DataStream = new MemoryStream([1, 2, 3]),
            };
            tar.WriteEntry(entry);
        }
        var error = Assert.Throws<InvalidDataException>(() => LandmarkWeights.Fetch(package, Cache));
        Assert.Contains("expected 8a3c0632e40e", error.Message, StringComparison.Ordinal);
        Assert.False(LandmarkWeights.AreIn(Cache));
    }

    [Fact]
    public void A_file_that_is_not_there_is_named() =>
        Assert.Contains(
            "npm pack @mediapipe/holistic@",
            Assert.Throws<FileNotFoundException>(() => LandmarkWeights.Fetch(folder["none.tgz"], Cache)).Message,
            StringComparison.Ordinal
        );

    [Fact]
    public void Without_the_networks_the_error_says_how_to_get_them()
    {
        var error = Assert.Throws<FileNotFoundException>(() => LandmarkWeights.Open(Cache));
        Assert.Equal(NextStep.FetchLandmarkWeights, Assert.Single(Suggestion.Of(error)).Step);
    }

    [Fact]
    public void A_damaged_network_is_refused()
    {
        string cached = Directory
            .CreateDirectory(Path.Combine(Cache.Folder, "mediapipe-holistic-0.5.1675471629"))
            .FullName;
        File.WriteAllBytes(Path.Combine(cached, "hand_recrop.tflite"), [.. "____TFL3"u8]);
        var error = Assert.Throws<InvalidDataException>(() => LandmarkWeights.ToOnnx(LandmarkModel.HandRecrop, Cache));
        Assert.Contains("hand_recrop", error.Message, StringComparison.Ordinal);
        Assert.Equal(NextStep.FetchLandmarkWeights, Assert.Single(Suggestion.Of(error)).Step);
    }

    [Fact]
    public void The_terms_go_with_the_networks()
    {
        Assert.Contains("Apache License", LandmarkWeights.Terms("LICENSE"), StringComparison.Ordinal);
        Assert.All(LandmarkModel.All, m =>
            Assert.Contains(m.Name, LandmarkWeights.Terms("NOTICE"), StringComparison.Ordinal)
        );
    }
}
